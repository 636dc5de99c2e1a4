// The live stream: server-sent events with resume, polling where a proxy holds them back, and the
// honest word "lost" when nothing comes. It keeps no data; whoever listens does.

import { address } from "./api.ts";
import type { Delta, Event, Topic } from "./model.ts";
import type { Link } from "./words.ts";

/** What is listened to, and who wants to know. */
export interface Listening {
  readonly run: number | null;
  readonly topics: readonly Topic[];
  /** `seq` of the last tick that is known; `null` asks for everything. */
  readonly since: number | null;
  readonly onEvent: (event: Event) => void;
  readonly onLink: (link: Link) => void;
}

/** Silence after which the page says so. While polling, an answer comes every two seconds. */
const LOST_AFTER_MS = 3000;
const LOST_AFTER_POLLING_MS = 6000;
/** A timer that is as late as this says more about the page than about the server. */
const LATE_MS = 500;
/** A stream that brings nothing for so long, twice, is held back by something in between. */
const HELD_BACK_AFTER_MS = 5000;
const POLL_EVERY_MS = 2000;
const RETRY_MS = [500, 1000, 2000, 3000] as const;
const NAMES = [
  ...(["hello", "snapshot", "tick", "state", "cloud", "alert", "mark", "log", "bye"] as const),
];

/** Begins to listen; the answer ends it. */
export function listen(listening: Listening): () => void {
  let since = listening.since;
  let stream: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let silence: ReturnType<typeof setTimeout> | undefined;
  let lastHeard: number | null = null;
  let heldBack = 0;
  let failures = 0;
  let isPolling = false;
  let isOver = false;

  function query(): Record<string, string | number | null> {
    return { run: listening.run, topics: listening.topics.join(","), since };
  }

  /** Something came: the way is open, until nothing has come for a while. */
  function heard(): void {
    failures = 0;
    lastHeard = Date.now() / 1000;
    listening.onLink({ kind: isPolling ? "polling" : "live" });
    awaitNext();
  }

  function awaitNext(): void {
    clearTimeout(silence);
    const limit = isPolling ? LOST_AFTER_POLLING_MS : LOST_AFTER_MS;
    const due = Date.now() + limit;
    silence = setTimeout(() => {
      // A page that was busy or asleep has not read yet what came meanwhile.
      if (Date.now() - due > LATE_MS) {
        silence = setTimeout(tell, LATE_MS);
      } else {
        tell();
      }
    }, limit);
    const tell = () => listening.onLink({ kind: "lost", since: lastHeard });
  }

  function take(event: Event): void {
    if (event.event === "snapshot" || event.event === "tick") {
      since = event.data.seq;
    }
    listening.onEvent(event);
    if (event.event === "bye" && event.data.reason === "signed_out") {
      listening.onLink({ kind: "signed_out" });
      end();
    }
  }

  function connect(): void {
    stream?.close();
    const source = new EventSource(address("/stream", query()));
    stream = source;
    let hasBroughtAnything = false;
    for (const name of NAMES) {
      source.addEventListener(name, (message: MessageEvent<string>) => {
        if (isOver || source !== stream) {
          return;
        }
        hasBroughtAnything = true;
        heldBack = 0;
        clearTimeout(timer);
        heard();
        take({ event: name, data: JSON.parse(message.data) } as Event);
      });
    }
    source.onerror = () => {
      if (!isOver && source === stream) {
        source.close();
        retry();
      }
    };
    timer = setTimeout(() => {
      if (!hasBroughtAnything) {
        heldBack += 1;
        source.close();
        if (heldBack >= 2) {
          isPolling = true;
          void poll();
        } else {
          connect();
        }
      }
    }, HELD_BACK_AFTER_MS);
  }

  /** Connects again after a while; a sign-in that is over is not a fault of the way. */
  function retry(): void {
    clearTimeout(timer);
    const wait = RETRY_MS[Math.min(failures, RETRY_MS.length - 1)];
    failures += 1;
    timer = setTimeout(() => void probe(), wait);
  }

  async function probe(): Promise<void> {
    const status = await fetch(address("/session"), { credentials: "same-origin" }).then(
      async (answer) => {
        const session = answer.ok ? await answer.json() : null;
        return session?.is_login_required && session.role === null ? 401 : answer.status;
      },
      () => 0,
    );
    if (isOver) {
      return;
    }
    if (status === 401) {
      listening.onLink({ kind: "signed_out" });
      end();
    } else if (status === 0 || status >= 500) {
      retry();
    } else {
      connect();
    }
  }

  async function poll(): Promise<void> {
    try {
      const answer = await fetch(address("/delta", query()), { credentials: "same-origin" });
      if (answer.status === 401 && !isOver) {
        listening.onLink({ kind: "signed_out" });
        end();
      } else if (answer.ok && !isOver) {
        const delta = (await answer.json()) as Delta;
        heard();
        delta.events.forEach(take);
        since = delta.seq;
      }
    } catch {
      // The silence is what is told; the next poll tries again.
    }
    if (!isOver) {
      timer = setTimeout(() => void poll(), POLL_EVERY_MS);
    }
  }

  function end(): void {
    isOver = true;
    clearTimeout(timer);
    clearTimeout(silence);
    stream?.close();
    stream = null;
  }

  listening.onLink({ kind: "connecting" });
  awaitNext();
  connect();
  return end;
}
