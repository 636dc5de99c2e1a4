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
import { asSentence, backText, type Link, restartedText } from "../words.ts";
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
/** What the strip says about the server after it was away; `null` if nothing. */
export const aftermath = signal<string | null>(null);

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
/** Whether figures are older than they should be. */
export const isStale = computed(() => link.value.kind === "lost" && isLasting.value);

/** Hash of this page, as the server that sent it said. */
let ownPage: string | null = null;
/** Whether ticks are of the run that is looked at. */
let isStreamed = false;
let lostAt: number | null = null;

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
  let before: { run: number | null; topics: string } | null = null;
  effect(() => {
    const [run, wanted] = [viewedRun.value, topics.value];
    if (!isShown.value || !isSignedIn.value) {
      return;
    }
    const asked = { run, topics: wanted.join() };
    const isSame = before !== null && before.run === run && before.topics === asked.topics;
    if (before?.run !== run) {
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
    aftermath.value = backText(Math.max(1, Date.now() / 1000 - lostAt));
    lostAt = null;
    setTimeout(() => {
      aftermath.value = null;
    }, 8000);
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
        picture.value = addAlert(picture.peek(), event.data);
        break;
      case "mark":
        if (event.data.by !== null && event.data.by !== session.peek()?.name) {
          toast(
            event.data.kind === "users"
              ? `${event.data.by} changed ${event.data.text}`
              : `${event.data.by}: ${event.data.text}`,
          );
        }
        picture.value = addMark(picture.peek(), event.data);
        break;
      case "log":
        picture.value = addLog(picture.peek(), event.data);
        break;
      case "bye":
        break;
    }
  });
}

function takeHello(hello: Hello): void {
  if (instance.peek() !== null && instance.peek() !== hello.instance) {
    const cut = picture.peek();
    const wasCut = cut.state !== null && cut.state.end === null && isLasting.peek();
    aftermath.value = restartedText(
      hello.now,
      wasCut ? cut.state.run : null,
      wasCut ? cut.now : null,
    );
    announce("The master restarted.", true);
  }
  instance.value = hello.instance;
  ownPage ??= hello.page;
  isOld.value = hello.page !== null && hello.page !== ownPage;
  version.value = hello.version;
  session.value = hello.session;
  takeClock(hello.now);
  cloud.value = hello.cloud;
  takeState(hello.state);
  if (!isOfViewed(hello.state.run) && picture.peek().state === null) {
    void loadEarlier(viewedRun.peek() as number);
  }
}

/** A run that is over is not streamed: it is asked for once. */
async function loadEarlier(run: number): Promise<void> {
  const answer = await getRun(run);
  if (viewedRun.peek() === run && answer.kind === "done") {
    picture.value = fromSnapshot(answer.value);
  } else if (viewedRun.peek() === run && answer.kind === "refused") {
    missing.value = asSentence(answer.problem.message);
  }
}

function takeState(next: State): void {
  const before = server.peek();
  server.value = next;
  if (before !== null && before.phase !== next.phase) {
    announce(`The run is ${next.phase.replaceAll("_", " ")}.`);
  }
  if (isOfViewed(next.run) && picture.peek().state !== null) {
    picture.value = { ...picture.peek(), state: next };
  }
}

/** What the server says is of the run that is looked at, if it is of it or nobody looks at any. */
function isOfViewed(run: number | null): boolean {
  return viewedRun.peek() === null || run === viewedRun.peek();
}
