// What the first screen asks the server to do. Refusals become notices.

import * as api from "../api.ts";
import { asSentence } from "../words.ts";
import { askToSignIn } from "./session.ts";
import { toast } from "./tell.ts";

export type { Answer } from "../api.ts";
export { address, getRuns, getWindow } from "../api.ts";

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
