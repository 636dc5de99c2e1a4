// The head of a run: what it is, how it goes, and the two buttons that matter.

import { useEffect } from "preact/hooks";
import { formatCount, formatNumber, formatRatio, shortenMiddle } from "../format.ts";
import type { State } from "../model.ts";
import { Button } from "../parts/button.tsx";
import { lazy } from "../parts/lazy.tsx";
import { Menu } from "../parts/menu.tsx";
import { Pill } from "../parts/pill.tsx";
import { stop } from "../state/commands.ts";
import { go } from "../state/place.ts";
import { isCut, isLasting, link, now, openCut, overview, state, viewedRun } from "../state/run.ts";
import { isOperator } from "../state/session.ts";
import { toast } from "../state/tell.ts";
import {
  elapsedText,
  type Pill as Looks,
  RESTARTED,
  readyIn,
  statePill,
  titleText,
} from "../words.ts";

const MoreMenu = lazy(() => import("./more-menu.tsx").then((page) => page.MoreMenu));
const UsersPanel = lazy(() => import("./change-users.tsx").then((page) => page.UsersPanel));

/** The sticky head. */
export function RunHeader(props: {
  onExport: () => void;
  onNote: () => void;
  onDiscard: () => void;
}) {
  const run = viewedRun.value;
  const shown = state.value;
  const pill = shown && (isCut.value ? RESTARTED : statePill(shown, link.value));
  useTitle(shown, pill);
  if (run === null) {
    return null;
  }
  const elapsed = shown && elapsedText(shown, now.value);
  const ready = shown && readyIn(shown);
  return (
    <div class="run-header">
      <div class="run-name">
        <h1>{shown ? shown.name : `Run ${run}`}</h1>
        {pill && <Pill {...pill} />}
      </div>
      <div class="run-facts">
        {shown?.host && (
          <span class="host" title={shown.host}>
            {shortenMiddle(shown.host.replace(/^https?:\/\//, ""), 40)}
          </span>
        )}
        <span class="nowrap">
          run {run}
          {elapsed && ` · ${elapsed}`}
        </span>
        {ready && <span class="nowrap">{ready}</span>}
      </div>
      <div class="run-buttons">
        {isCut.value && (
          <Button kind="main" onClick={openCut}>
            Open run
          </Button>
        )}
        {isOperator.value &&
          shown &&
          !isCut.value &&
          (isLasting.value ? (
            <Lasting shown={shown} run={run} />
          ) : (
            <Over run={run} onExport={props.onExport} />
          ))}
        <Menu label="⋯" name="More" kind="quiet">
          {(close) => <MoreMenu {...props} close={close} />}
        </Menu>
      </div>
    </div>
  );
}

function Lasting(props: { shown: State; run: number }) {
  const { shown, run } = props;
  const isStopping = shown.phase === "stopping";
  return (
    <>
      {!isStopping && !shown.load?.shape && (
        <Menu label="Change users" isPanel id="change-users">
          {(close) => <UsersPanel run={run} state={shown} onDone={close} />}
        </Menu>
      )}
      <Button kind="stop" id="stop" onClick={() => void stop(run, isStopping)}>
        {isStopping ? "Stop now" : "Stop test"}
      </Button>
    </>
  );
}

function Over(props: { run: number; onExport: () => void }) {
  return (
    <>
      <Button kind="main" onClick={() => go(`/new?from=${props.run}`)}>
        Run again
      </Button>
      <Button onClick={props.onExport}>Export</Button>
    </>
  );
}

/** Copies the address, which shows what is seen now. */
export function copyLink(): void {
  navigator.clipboard?.writeText(window.location.href).then(
    () => toast("Link copied."),
    () => toast("The browser did not let the link be copied."),
  );
}

/** The browser's tab tells the figures, and its icon the state by its shape. */
function useTitle(shown: State | null, pill: Looks | null): void {
  const figures = overview.value?.current;
  const title =
    shown && pill
      ? titleText(
          pill,
          isLasting.value && figures ? formatNumber(figures.rps) : null,
          figures ? formatRatio(figures.failed_ratio) : null,
          shown.name,
        )
      : "gregaria";
  useEffect(() => {
    document.title = title;
  }, [title]);
  const shape = pill?.shape ?? "○";
  useEffect(() => {
    const icon = document.querySelector<HTMLLinkElement>("link[rel=icon]");
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><text x="8" y="13" font-size="15" text-anchor="middle" fill="#1d5fa8">${shape}</text></svg>`;
    icon?.setAttribute("href", `data:image/svg+xml,${encodeURIComponent(svg)}`);
  }, [shape]);
}

/** Users of the whole and of the part that runs, for the line below the figures. */
export function usersNote(shown: State | null): string {
  const peak = shown?.users.peak;
  return peak === undefined ? "" : `peak ${formatCount(peak)}`;
}
