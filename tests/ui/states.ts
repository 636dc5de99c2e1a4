// Every state that a run can be in: what the played server does, and what the page then says.

import type { EndKind, State } from "../../ui/src/model.ts";
import { type Mood, SCRIPT, type serve } from "../../ui/test/server.ts";

/** A state, and how it is told from the others. */
export interface Shown {
  /** What the server does besides {@link CALM}. */
  readonly mood: Partial<Mood>;
  /** Where it is seen. */
  readonly path: string;
  /** What it meets with once the page is there. */
  readonly meets?: (server: ReturnType<typeof serve>) => void;
  /** What the page says. */
  readonly says: RegExp;
  /** What is there only a moment later, as a selector. */
  readonly last?: string;
  /** Whether there is something to stop. */
  readonly lasts: boolean;
}

/** A server that does nothing unusual. */
export const CALM: Partial<Mood> = {
  script: SCRIPT,
  state: null,
  instance: "first",
  isSilent: false,
  needsLogin: false,
  provider: null,
  needsPassword: true,
  hasWorkers: true,
};

/** Before a run, and a run from its first users to each of its ends. */
export const STATES: readonly Shown[] = [
  { mood: { needsLogin: true }, path: "/login", says: /Sign in/, lasts: false },
  {
    mood: { hasWorkers: false, ...phase({ phase: "waiting_for_workers" }) },
    path: "/new",
    says: /No workers connected/,
    last: ".standing",
    lasts: false,
  },
  {
    mood: phase({ phase: "ready" }),
    path: "/new",
    says: /Start test/,
    last: ".standing",
    lasts: false,
  },
  run({}, /● Running/, true),
  run(
    phase({ phase: "starting", users: { running: 1240, target: 5000, peak: 1240, by_class: [] } }),
    /◔ Starting 1,240\/5,000/,
    true,
  ),
  run({ script: { ...SCRIPT, lost: 3 } }, /▲ 3 of 200 workers lost/, true),
  run(
    phase({ phase: "stopping", stopping_seconds: 16, still_running: ["a", "b"] }),
    /2 workers have not confirmed/,
    true,
  ),
  run(ended("finished", "the run time is over"), /Finished at/, false),
  run(ended("stopped", "stopped by 127.0.0.1"), /Stopped by 127\.0\.0\.1 at/, false),
  run(
    ended("workers_lost", "no worker answered for 3 s"),
    /✕ Ended at .*: no worker answered for 3 s\./,
    false,
  ),
  run(ended("error", "the shape raised an exception"), /Ended with an error at/, false),
  run(ended("cut_off", "the master ended"), /Cut off at/, false),
];

/** A run whose server falls silent, or is another one all of a sudden. */
export const LOST: readonly Shown[] = [
  {
    ...run({}, /No data since/, true),
    meets: (server) => {
      server.mood.isSilent = true;
    },
  },
  {
    ...run({}, /The master restarted at/, false),
    meets: (server) => {
      server.mood.state = (state) => ({ ...state, run: null, phase: "ready" });
      server.mood.instance = "second";
      server.cut();
    },
  },
];

/** No run is possible, for its test is missing or broken. */
export const WITHOUT_TEST: readonly Shown[] = [
  withoutTest("missing", "Could not find 'locustfile.py'.", /○ No test/),
  withoutTest(
    "broken",
    'Traceback:\n  File "locustfile.py", line 3\nSyntaxError',
    /✕ Test has an error/,
  ),
];

function run(mood: Partial<Mood>, says: RegExp, lasts: boolean): Shown {
  return { mood, path: "/runs/42/overview", says, lasts };
}

function withoutTest(kind: "missing" | "broken", text: string, says: RegExp): Shown {
  const test_error = { kind, path: "locustfile.py", text };
  return { mood: phase({ phase: "ready", test_error }), path: "/new", says, lasts: false };
}

function phase(changes: Partial<State>): Partial<Mood> {
  return { state: (state) => ({ ...state, ...changes }) };
}

function ended(kind: EndKind, reason: string): Partial<Mood> {
  return {
    state: (state) => {
      const time = (state.started_at ?? 0) + SCRIPT.history;
      return { ...state, phase: "ended", end: { kind, reason, time, by: null } };
    },
  };
}
