// The cloud line: cost, time left, and the end of the machines. It is drawn again each second, so it
// is no live region: what has to be heard is announced once.

import { useEffect, useRef, useState } from "preact/hooks";
import {
  announcement,
  type CloudTone,
  cloudLine,
  extensionUsd,
  formatUsd,
  machineCount,
  pricesText,
} from "../cloud-words.ts";
import { formatSpan, plural } from "../format.ts";
import type { Cloud } from "../model.ts";
import { Button } from "../parts/button.tsx";
import { lazy } from "../parts/lazy.tsx";
import { cloud, serverNow } from "../state/cloud.ts";
import { tearDown } from "../state/ending.ts";
import { link } from "../state/run.ts";
import { isOperator } from "../state/session.ts";
import { announce } from "../state/tell.ts";
import "../style/later.ts";

const Dialogs = {
  more: lazy(() => import("./cloud-dialogs.tsx").then((page) => page.MoreTime)),
  end: lazy(() => import("./cloud-dialogs.tsx").then((page) => page.TearDown)),
  failed: lazy(() => import("./cloud-dialogs.tsx").then((page) => page.FailedMachines)),
  limited: lazy(() => import("./cloud-dialogs.tsx").then((page) => page.LimitedMachines)),
};

const SHAPES: Record<CloudTone, string> = { plain: "", ok: "✓ ", warning: "▲ ", danger: "✕ " };

/** The line; nothing where there is no cloud. */
export function CloudLine() {
  const shown = cloud.value;
  return shown === null ? null : <Line cloud={shown} />;
}

function Line(props: { cloud: Cloud }) {
  const shown = props.cloud;
  const now = useClock();
  const [open, setOpen] = useState<keyof typeof Dialogs | null>(null);
  const line = cloudLine(shown, now, link.value.kind === "lost");
  const Open = open && Dialogs[open];
  const isEnding = shown.teardown !== null;
  const before = useRef<Cloud | null>(null);
  useEffect(() => {
    const said = announcement(before.current, shown);
    before.current = shown;
    if (said !== null) {
      announce(said, line.tone === "danger");
    }
  }, [shown]);
  return (
    <section class={`cloud ${line.tone}`} aria-label="Cloud">
      {line.head !== "" && (
        <strong>
          {SHAPES[line.tone]}
          {line.head}
        </strong>
      )}
      {shown.condition === "tearing_down" && (
        <progress
          aria-label="Machines that have ended"
          max={machineCount(shown) ?? 1}
          value={shown.teardown?.ended ?? 0}
        />
      )}
      {line.facts.map((fact) => (
        <span key={fact.replace(/\d/g, "")}>{fact}</span>
      ))}
      {!isEnding && shown.usd_per_hour !== null && <Prices cloud={shown} />}
      {line.problem && <span>{line.problem}</span>}
      <div class="cloud-buttons">
        {shown.failed.length > 0 && (
          <Button kind="quiet" onClick={() => setOpen("failed")}>
            ▲ {plural(shown.failed.length, "machine")} failed to start
          </Button>
        )}
        {shown.limited.length > 0 && (
          <Button kind="quiet" onClick={() => setOpen("limited")}>
            ▲ {plural(shown.limited.length, "machine")} limited
          </Button>
        )}
        {isOperator.value && !isEnding && shown.extension !== null && (
          <Button kind="quiet" onClick={() => setOpen("more")}>
            {extendLabel(shown, now)}
          </Button>
        )}
        {isOperator.value && shown.can_tear_down && !isEnding && (
          <Button kind="quiet" onClick={() => setOpen("end")}>
            Tear down now
          </Button>
        )}
        {isOperator.value && shown.can_tear_down && shown.condition === "unconfirmed" && (
          <Button kind="quiet" onClick={() => void tearDown(null)}>
            Try again
          </Button>
        )}
      </div>
      {Open && <Open cloud={shown} onClose={() => setOpen(null)} />}
    </section>
  );
}

/** What the estimate rests on, and where prices can be looked up. */
function Prices(props: { cloud: Cloud }) {
  const source = props.cloud.prices_source;
  const text = pricesText(props.cloud);
  return (
    <span>
      {source?.startsWith("https://") ? (
        <a href={source} target="_blank" rel="noreferrer">
          {text}
        </a>
      ) : (
        text
      )}
    </span>
  );
}

/** Short of time, the button says what it brings. */
function extendLabel(shown: Cloud, now: number): string {
  if (shown.condition !== "ending_soon" && shown.condition !== "last_minutes") {
    return "Extend";
  }
  const more = extensionUsd(shown, now);
  const cost = more === null ? "" : ` (+${formatUsd(more)})`;
  return `Extend to ${formatSpan(shown.extension?.seconds)}${cost}`;
}

/** The server's clock, each second. */
function useClock(): number {
  const [now, setNow] = useState(serverNow);
  useEffect(() => {
    const timer = setInterval(() => setNow(serverNow()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
