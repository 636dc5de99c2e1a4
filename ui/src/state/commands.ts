// What people ask the server to do. Refusals become notices; questions go back to the page.

import * as api from "../api.ts";
import type { ConfirmRequired } from "../model.ts";
import { asSentence } from "../words.ts";
import { askToSignIn } from "./session.ts";
import { toast } from "./tell.ts";

export type { Answer } from "../api.ts";
export {
  address,
  checkTarget,
  getCompare,
  getEntry,
  getFailures,
  getFolders,
  getForm,
  getRuns,
  getSetup,
  getTrends,
  getWindow,
  getWorker,
  startRun,
} from "../api.ts";

/** Says what went wrong, where there is no field to say it under. True if nothing did. */
export function isDone<Value>(answer: api.Answer<Value>): answer is { kind: "done"; value: Value } {
  if (answer.kind === "refused") {
    if (answer.status === 401) {
      askToSignIn();
    }
    toast(asSentence(answer.problem.message));
  } else if (answer.kind === "unreachable") {
    toast("The server does not answer.");
  }
  return answer.kind === "done";
}

/** Stops a run; `now` cuts open requests off. */
export async function stop(run: number, now: boolean): Promise<void> {
  isDone(await api.stopRun(run, { now }));
}

/** Changes users; the answer is a question if one has to be asked first. */
export async function setUsers(
  run: number,
  users: number,
  rate: number | null,
  token: string | null,
): Promise<"done" | "failed" | ConfirmRequired> {
  const answer = await api.changeUsers(run, {
    users,
    spawn_rate: rate,
    confirmation: token === null ? null : { token },
  });
  if (answer.kind === "confirm") {
    return answer.question;
  }
  return isDone(answer) ? "done" : "failed";
}

/** Writes a note at a moment of the run. */
export async function note(run: number, text: string, time: number | null): Promise<boolean> {
  return isDone(await api.addNote(run, { text, time }));
}

/** Forgets a lost worker. */
export async function forgetWorker(id: string): Promise<boolean> {
  return isDone(await api.removeWorker(id));
}

/** Reads the files of the test again: the server begins anew. */
export async function reloadFiles(): Promise<boolean> {
  return isDone(await api.reloadFiles());
}

/** Makes a run the one to compare with. */
export async function baseline(run: number, isBaseline: boolean): Promise<boolean> {
  return isDone(await api.setBaseline(run, isBaseline));
}

/** Keeps a run whatever its age. */
export async function pin(run: number, isPinned: boolean): Promise<boolean> {
  return isDone(await api.setPinned(run, isPinned));
}

/** Deletes a run. */
export async function forgetRun(run: number): Promise<boolean> {
  return isDone(await api.deleteRun(run));
}

/** Takes a run in from a report; its number, or `null` if it was refused. */
export async function takeIn(report: string): Promise<number | null> {
  const answer = await api.importRun(report);
  return isDone(answer) ? answer.value.run : null;
}
