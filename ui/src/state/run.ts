// The run that is looked at, and what the server does meanwhile. Every part of the picture is a signal
// of its own: what did not change is not drawn again.

import { batch, computed, effect, signal } from "@preact/signals";
import { getRun } from "../api.ts";
import { listen } from "../live.ts";
import type { Event, Hello, State, Topic } from "../model.ts";
import {
  addAlert,
  addLog,
  addMark,
  addTick,
  fromSnapshot,
  NOTHING,
  type Picture,
} from "../picture.ts";
import { asSentence, type Link } from "../words.ts";
import { aftermath, forgetAftermath, sayBack, sayRestarted } from "./aftermath.ts";
import { cloud, takeClock } from "./cloud.ts";
import { isSignedIn, loadSession, session } from "./session.ts";
import { announce, toast } from "./tell.ts";

const picture = signal<Picture>(NOTHING);

/** The run that is looked at; `null` where a page is of none. */
export const viewedRun = signal<number | null>(null);
/** What is wanted of it. */
export const topics = signal<readonly Topic[]>([]);
/** The way to the server. */
export const link = signal<Link>({ kind: "connecting" });
/** What the server does, whichever run is looked at. */
export const server = signal<State | null>(null);
/** Whether the server would send another page than this one. */
export const isOld = signal(false);
/** The life of the server: another one after each of its starts. */
export const instance = signal<string | null>(null);
/** Version of the server. */
export const version = signal<string | null>(null);
/** Why the run cannot be shown; `null` if it can. */
export const missing = signal<string | null>(null);

/** Whether a snapshot of the run has come. */
export const isKnown = computed(() => picture.value.state !== null);
export const state = computed(() => picture.value.state);
export const overview = computed(() => picture.value.overview);
export const timeline = computed(() => picture.value.timeline);
export const heat = computed(() => picture.value.heat);
export const marks = computed(() => picture.value.marks);
export const alerts = computed(() => picture.value.alerts);
export const names = computed(() => picture.value.names);
export const entries = computed(() => picture.value.entries);
export const workers = computed(() => picture.value.workers);
export const failures = computed(() => picture.value.failures);
export const exceptions = computed(() => picture.value.exceptions);
export const log = computed(() => picture.value.log);
/** The server's clock at the last tick. */
export const now = computed(() => picture.value.now);
/** Whether the run lasts. */
export const isLasting = computed(() => {
  const phase = state.value?.phase;
  return phase === "starting" || phase === "running" || phase === "stopping";
});
/** Whether the server runs no test, whichever run is looked at. */
export const isIdle = computed(() => {
  const phase = server.value?.phase;
  return phase === "ready" || phase === "ended" || phase === "waiting_for_workers";
});
/** Whether the end of the server cut the run off, and nobody has opened what is left of it. */
export const isCut = computed(
  () => viewedRun.value !== null && aftermath.value?.cut === viewedRun.value,
);
/** Whether figures are older than they should be. */
export const isStale = computed(
  () => isCut.value || (link.value.kind === "lost" && isLasting.value),
);

/** Hash of this page, as the server that sent it said. */
let ownPage: string | null = null;
/** Whether ticks are of the run that is looked at. */
let isStreamed = false;
let lostAt: number | null = null;
/** Servers that have answered, one after another: each counts from its own beginning. */
const life = signal(0);

/** Time for which a hidden tab keeps its stream: a browser has six connections to a server. */
const HIDDEN_MS = 5000;
const isShown = signal(true);

/** Follows the run that is looked at, from now on. */
export function followRun(): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = () => {
    clearTimeout(timer);
    if (document.hidden) {
      timer = setTimeout(() => {
        isShown.value = false;
      }, HIDDEN_MS);
    } else {
      isShown.value = true;
    }
  };
  document.addEventListener("visibilitychange", look);
  // A tab that is opened behind another one is hidden from its first moment.
  look();
  let before: { run: number | null; topics: string; life: number } | null = null;
  effect(() => {
    const [run, wanted] = [viewedRun.value, topics.value];
    const asked = { run, topics: wanted.join(), life: life.value };
    if (!isShown.value || !isSignedIn.value) {
      return;
    }
    const isSame =
      before?.run === run && before.topics === asked.topics && before.life === asked.life;
    if (before?.run !== run) {
      if (run !== null && aftermath.peek()?.cut !== run) {
        forgetAftermath();
      }
      picture.value = NOTHING;
      missing.value = null;
      isStreamed = false;
    }
    before = asked;
    const since = isSame && picture.peek().seq > 0 ? picture.peek().seq : null;
    return listen({ run, topics: wanted, since, onEvent: take, onLink: takeLink });
  });
}

function takeLink(next: Link): void {
  const before = link.peek();
  if (next.kind === before.kind) {
    return;
  }
  link.value = next;
  if (next.kind === "lost") {
    lostAt = next.since;
    announce("Connection lost.", true);
  } else if (next.kind === "signed_out") {
    void loadSession();
  } else if (next.kind !== "connecting" && before.kind === "lost" && lostAt !== null) {
    sayBack(Math.max(1, Date.now() / 1000 - lostAt));
    lostAt = null;
  }
}

function take(event: Event): void {
  batch(() => {
    switch (event.event) {
      case "hello":
        takeHello(event.data);
        break;
      case "snapshot":
        isStreamed = isOfViewed(event.data.run);
        if (isStreamed) {
          picture.value = fromSnapshot(event.data);
        }
        break;
      case "tick":
        if (isStreamed) {
          picture.value = addTick(picture.peek(), event.data);
        }
        break;
      case "state":
        takeState(event.data);
        break;
      case "cloud":
        cloud.value = event.data;
        break;
      case "alert":
        if (!event.data.is_over && !picture.peek().alerts.has(event.data.id)) {
          announce(event.data.text, true);
        }
        if (isStreamed) {
          picture.value = addAlert(picture.peek(), event.data);
        }
        break;
      case "mark":
        if (event.data.by !== null && event.data.by !== session.peek()?.name) {
          toast(
            event.data.kind === "users"
              ? `${event.data.by} changed ${event.data.text}`
              : `${event.data.by}: ${event.data.text}`,
          );
        }
        if (isStreamed) {
          picture.value = addMark(picture.peek(), event.data);
        }
        break;
      case "log":
        if (isStreamed) {
          picture.value = addLog(picture.peek(), event.data);
        }
        break;
      case "bye":
        break;
    }
  });
}

function takeHello(hello: Hello): void {
  if (instance.peek() !== null && instance.peek() !== hello.instance) {
    takeRestart(hello.now);
  }
  instance.value = hello.instance;
  ownPage ??= hello.page;
  isOld.value = hello.page !== null && hello.page !== ownPage;
  version.value = hello.version;
  session.value = hello.session;
  takeClock(hello.now);
  cloud.value = hello.cloud;
  takeState(hello.state);
  const run = viewedRun.peek();
  if (run !== null && run !== hello.state.run && picture.peek().state === null) {
    void loadSaved(run);
  }
}

/** Another server answers than before. What the one before ran has ended with it. */
function takeRestart(time: number): void {
  const { state: last, now: seen } = picture.peek();
  announce("The master restarted.", true);
  life.value += 1;
  if (!isStreamed || last === null || last.run === null || !isLasting.peek()) {
    sayRestarted(time, null);
    return;
  }
  isStreamed = false;
  const cut = { run: last.run, last: seen };
  sayRestarted(time, cut);
  const end = { kind: "error", time: seen, by: null, reason: "the master restarted" } as const;
  picture.value = { ...picture.peek(), state: { ...last, phase: "ended", end } };
  void getRun(cut.run).then((answer) => {
    if (answer.kind !== "unreachable" && aftermath.peek()?.cut === cut.run) {
      sayRestarted(time, { ...cut, isSaved: answer.kind === "done" });
    }
  });
}

/** Shows what is left of the run that was cut off. */
export function openCut(): void {
  const run = viewedRun.peek();
  forgetAftermath();
  if (run !== null && !isStreamed) {
    void loadSaved(run);
  }
}

/** A run that is over is not streamed: it is asked for once. */
async function loadSaved(run: number): Promise<void> {
  const answer = await getRun(run);
  if (viewedRun.peek() !== run || isStreamed) {
    return;
  }
  if (answer.kind === "done") {
    const saved = fromSnapshot(answer.value);
    const known = picture.peek().state;
    // A server on another machine may take a while to see that the run has ended.
    const isOver = saved.state?.end === null && known?.end != null;
    picture.value = isOver ? { ...saved, state: known } : saved;
  } else if (answer.kind === "refused") {
    missing.value = asSentence(answer.problem.message);
  }
}

function takeState(next: State): void {
  const before = server.peek();
  server.value = next;
  if (before !== null && before.phase !== next.phase) {
    announce(`The run is ${next.phase.replaceAll("_", " ")}.`);
  }
  const known = picture.peek().state;
  if (known === null) {
    return;
  }
  if (isOfViewed(next.run)) {
    if (isStreamed) {
      picture.value = { ...picture.peek(), state: next };
    }
  } else if (isStreamed) {
    // Its end was missed if another run has begun while nobody looked.
    isStreamed = false;
    if (known.end === null) {
      void loadSaved(viewedRun.peek() as number);
    }
  }
}

/** What the server says is of the run that is looked at, if it is of it or nobody looks at any. */
function isOfViewed(run: number | null): boolean {
  return viewedRun.peek() === null || run === viewedRun.peek();
}
