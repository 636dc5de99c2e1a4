import { describe, expect, test } from "vitest";
import { abortedText } from "./end-words.ts";
import { formatClock } from "./format.ts";
import type { State } from "./model.ts";
import { previewText, spreadText } from "./start-words.ts";
import {
  asSentence,
  elapsedText,
  emptyText,
  endSentence,
  lostText,
  noLinesText,
  otherRun,
  readyIn,
  restartedText,
  statePill,
  titleText,
} from "./words.ts";

const LIVE = { kind: "live" } as const;
const AT = 1_700_000_000;

function state(changes: Partial<State> = {}): State {
  return {
    phase: "running",
    run: 42,
    name: "checkout-peak",
    host: null,
    started_at: AT,
    ends_at: null,
    end: null,
    users: { running: 1240, target: 5000, peak: 1240, by_class: [] },
    load: { users: 5000, spawn_rate: 100, run_time_seconds: null, shape: null },
    workers: { active: 200, missing: 0, expected: 200 },
    stopping_seconds: null,
    still_running: [],
    cannot_start: null,
    test_error: null,
    notices: [],
    ...changes,
  };
}

describe("the pill", () => {
  test("says each phase by shape and word", () => {
    const said = (changes: Partial<State>) => {
      const pill = statePill(state(changes), LIVE);
      return `${pill.shape} ${pill.word}`;
    };
    expect(said({ phase: "waiting_for_workers" })).toBe("○ Waiting for workers");
    expect(said({ phase: "ready" })).toBe("○ Ready");
    expect(said({ phase: "starting" })).toBe("◔ Starting 1,240/5,000");
    expect(said({})).toBe("● Running");
    expect(said({ phase: "stopping", stopping_seconds: 3.4 })).toBe("◔ Stopping 3 s");
    expect(said({ workers: { active: 197, missing: 3, expected: 200 } })).toBe(
      "● Running (degraded)",
    );
  });

  test("does not call a run running when nothing is heard of it", () => {
    expect(statePill(state(), { kind: "lost", since: AT }).word).toBe("Not connected");
  });

  test("a run that has ended stays what it was while the server is away", () => {
    const end = { kind: "stopped", time: AT, by: "anna", reason: "" } as const;
    const pill = statePill(state({ phase: "ended", end }), { kind: "lost", since: AT });
    expect(pill.word).toBe("Stopped");
  });
});

test("requests that were cut off are told, unless there are none or nobody knows", () => {
  expect(abortedText(1)).toBe("1 request was cut off unanswered, and is counted nowhere else.");
  expect(abortedText(1200)).toMatch(/^1,200 requests were cut off unanswered/);
  expect([abortedText(0), abortedText(null), abortedText(undefined)]).toEqual([null, null, null]);
});

describe("sentences", () => {
  test("an end says how, when and why", () => {
    const time = formatClock(AT);
    expect(endSentence({ kind: "stopped", time: AT, by: "anna", reason: "asked" })).toBe(
      `Stopped by anna at ${time}.`,
    );
    expect(
      endSentence({ kind: "stopped", time: AT, by: null, reason: "stopped by 10.0.0.9" }),
    ).toBe(`Stopped by 10.0.0.9 at ${time}.`);
    expect(
      endSentence({
        kind: "workers_lost",
        time: AT,
        by: null,
        reason: "no worker answered for 3 s",
      }),
    ).toBe(`Ended at ${time}: no worker answered for 3 s.`);
  });

  test("the elapsed time stops with the run", () => {
    expect(elapsedText(state({ ends_at: AT + 1200 }), AT + 751)).toBe("12:31/20:00");
    const end = { kind: "finished", time: AT + 60, by: null, reason: "" } as const;
    expect(elapsedText(state({ end }), AT + 9999)).toBe("01:00");
  });

  test("the time until all users run follows from the rate", () => {
    expect(readyIn(state({ phase: "starting" }))).toBe("ready in about 38 s");
    expect(readyIn(state())).toBeNull();
  });

  test("the preview says what a start would do", () => {
    const load = { users: 5000, spawn_rate: 50, run_time_seconds: 1200, shape: null };
    const ends = formatClock(AT + 1200).slice(0, 5);
    expect(previewText(load, AT)).toBe(`5,000 users after 1 min 40 s, ends ${ends}.`);
    expect(previewText({ ...load, run_time_seconds: null }, AT)).toBe(
      "5,000 users after 1 min 40 s, runs until it is stopped.",
    );
    expect(previewText({ ...load, run_time_seconds: 10 }, AT)).toContain("Only 500 of 5,000");
    expect(previewText({ ...load, users: null }, AT)).toBeNull();
  });

  test("users are spread over workers", () => {
    expect(spreadText(5000, 200)).toBe(
      "5,000 users on 200 workers, 25 each. Estimated worker CPU is not known yet.",
    );
    expect(spreadText(5, 2)).toBe(
      "5 users on 2 workers, 2 or 3 each. Estimated worker CPU is not known yet.",
    );
    expect(spreadText(1, null)).toBe("1 user.");
  });

  test("no failures, none yet and no requests are different texts", () => {
    expect(emptyText("failures", 25_212, true)).toBe("No failures in 25,212 requests.");
    expect(emptyText("failures", 25_212, false)).toBe("No failures yet.");
    expect(emptyText("failures", 0, false)).toBe("No requests yet.");
    expect(noLinesText(0, false)).toBe("No requests yet.");
    expect(noLinesText(12, false)).toBe("Drawn as soon as the first seconds are complete.");
    expect(noLinesText(12, true)).toBe("The run was too short to be drawn.");
  });

  test("a lost connection and a restarted master are told apart", () => {
    expect(lostText(AT)).toBe(`No data since ${formatClock(AT)}. Retrying.`);
    const restarted = `The master restarted at ${formatClock(AT).slice(0, 5)}.`;
    const cut = { run: 42, last: AT - 60 };
    const said = `${restarted} Run 42 was cut off at ${formatClock(AT - 60)}`;
    expect(restartedText(AT, null)).toBe(restarted);
    expect(restartedText(AT, cut)).toBe(`${said}.`);
    expect(restartedText(AT, { ...cut, isSaved: true })).toBe(
      `${said} and is saved as incomplete.`,
    );
    expect(restartedText(AT, { ...cut, isSaved: false })).toBe(`${said} and was not saved.`);
  });

  test("a run is never told of itself as another one that is running", () => {
    expect(otherRun(state({ run: 42 }), 42)).toBeNull();
    expect(otherRun(state({ run: 43 }), 42)).toBe(43);
    expect(otherRun(state({ run: null, phase: "ready" }), 42)).toBeNull();
    expect(otherRun(null, 42)).toBeNull();
  });

  test("the title of the tab has the figures", () => {
    expect(titleText(statePill(state(), LIVE), "2,014", "0.8 %", "checkout-peak")).toBe(
      "● 2,014 req/s · 0.8 % failed · checkout-peak",
    );
  });
});

test("a refusal of the server is a sentence", () => {
  expect(asSentence("no workers connected")).toBe("No workers connected.");
  expect(asSentence("`a.b` is not allowed")).toBe("`a.b` is not allowed.");
  expect(asSentence("That password is not right.")).toBe("That password is not right.");
  expect(asSentence("")).toBe("");
});
