// What people ask the server to do, besides stopping a run: loaded with the page on which they do it.
// Refusals become notices; questions go back to the page.

import {
  addNote,
  changeUsers,
  chooseTestFile,
  deleteRun,
  signOut as endSession,
  importRun,
  signIn as postSession,
  reloadFiles as reload,
  removeWorker,
  setBaseline,
  setPinned,
} from "../api-later.ts";
import type { ConfirmRequired, Session } from "../model.ts";
import { type Answer, isDone } from "./commands.ts";
import { go } from "./place.ts";
import { loadSession, session } from "./session.ts";

export {
  checkTarget,
  getCompare,
  getEntry,
  getFailures,
  getFolders,
  getForm,
  getGroups,
  getSetup,
  getTestFiles,
  getTrends,
  getWorker,
  getWorkersCourse,
  startRun,
} from "../api-later.ts";

/** Signs in, and says what came of it. */
export async function signIn(name: string, password: string): Promise<Answer<Session>> {
  const answer = await postSession(name, password);
  if (answer.kind === "done") {
    session.value = answer.value;
  }
  return answer;
}

/** Signs out and shows the sign-in. */
export async function signOut(): Promise<void> {
  const answer = await endSession();
  if (answer.kind === "done") {
    go("/login");
    await loadSession();
  }
}

/** Changes users; the answer is a question if one has to be asked first. */
export async function setUsers(
  run: number,
  users: number,
  rate: number | null,
  token: string | null,
): Promise<"done" | "failed" | ConfirmRequired> {
  const answer = await changeUsers(run, {
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
  return isDone(await addNote(run, { text, time }));
}

/** Forgets a lost worker. */
export async function forgetWorker(id: string): Promise<boolean> {
  return isDone(await removeWorker(id));
}

/** Reads the files of the test again: the server begins anew. */
export async function reloadFiles(): Promise<boolean> {
  return isDone(await reload());
}

/** Takes another file as the test: the server begins anew. */
export async function chooseTest(file: string): Promise<boolean> {
  return isDone(await chooseTestFile(file));
}

/** Makes a run the one to compare with. */
export async function baseline(run: number, isBaseline: boolean): Promise<boolean> {
  return isDone(await setBaseline(run, isBaseline));
}

/** Keeps a run whatever its age. */
export async function pin(run: number, isPinned: boolean): Promise<boolean> {
  return isDone(await setPinned(run, isPinned));
}

/** Deletes a run. */
export async function forgetRun(run: number): Promise<boolean> {
  return isDone(await deleteRun(run));
}

/** Takes a run in from a report; its number, or `null` if it was refused. */
export async function takeIn(report: string): Promise<number | null> {
  const answer = await importRun(report);
  return isDone(answer) ? answer.value.run : null;
}
