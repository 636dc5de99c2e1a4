// The head of a run: what it is, how it goes, and the two buttons that matter.

import { useEffect, useState } from "preact/hooks";
import { formatCount, formatNumber, formatRatio, shortenMiddle } from "../format.ts";
import type { State } from "../model.ts";
import { Button } from "../parts/button.tsx";
import { lazy } from "../parts/lazy.tsx";
import { Menu } from "../parts/menu.tsx";
import { Pill } from "../parts/pill.tsx";
import { note, stop } from "../state/commands.ts";
import { go, href } from "../state/place.ts";
import { isLasting, link, now, overview, state, viewedRun } from "../state/run.ts";
import { isOperator } from "../state/session.ts";
import { toast } from "../state/tell.ts";
import { elapsedText, readyIn, statePill, titleText } from "../words.ts";
import { cursor } from "./scope.ts";

const UsersPanel = lazy(() => import("./change-users.tsx").then((page) => page.UsersPanel));

/** The sticky head. */
export function RunHeader(props: {
  onExport: () => void;
  onNote: () => void;
  onDiscard: () => void;
}) {
  const run = viewedRun.value;
  const shown = state.value;
  useTitle(shown);
  if (run === null) {
    return null;
  }
  const pill = shown && statePill(shown, link.value);
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
        {isOperator.value &&
          shown &&
          (isLasting.value ? <Lasting shown={shown} run={run} /> : <Over run={run} />)}
        <Menu label="⋯" name="More" kind="quiet">
          {(close) => (
            <>
              {isLasting.value && isOperator.value && (
                <MenuItem text="Add note" onClick={() => act(close, props.onNote)} />
              )}
              <MenuItem text="Copy link" onClick={() => act(close, copyLink)} />
              <MenuItem text="Export" onClick={() => act(close, props.onExport)} />
              {shown?.end && isOperator.value && (
                <MenuItem text="Discard run" onClick={() => act(close, props.onDiscard)} />
              )}
            </>
          )}
        </Menu>
      </div>
    </div>
  );
}

function act(close: () => void, work: () => void): void {
  close();
  work();
}

function MenuItem(props: { text: string; onClick: () => void }) {
  return (
    <button type="button" class="menu-item" onClick={props.onClick}>
      {props.text}
    </button>
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

function Over(props: { run: number }) {
  return (
    <Button kind="main" onClick={() => go(`/new?from=${props.run}`)}>
      Run again
    </Button>
  );
}

/** Writes a note at the cursor, or at this moment. */
export async function writeNote(text: string): Promise<boolean> {
  const run = viewedRun.peek();
  const start = state.peek()?.started_at ?? null;
  const at = cursor.peek();
  const time = at !== null && start !== null ? start + at : null;
  return run !== null && (await note(run, text, time));
}

/** Copies the address, which shows what is seen now. */
export function copyLink(): void {
  navigator.clipboard?.writeText(window.location.href).then(
    () => toast("Link copied."),
    () => toast("The browser did not let the link be copied."),
  );
}

/** The browser's tab tells the figures, and its icon the state by its shape. */
function useTitle(shown: State | null): void {
  const figures = overview.value?.current;
  const pill = shown && statePill(shown, link.value);
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

/** A run that goes on while another is looked at. */
export function useElsewhere(server: State | null): { run: number; path: string } | null {
  const [path, setPath] = useState<{ run: number; path: string } | null>(null);
  const run = server?.end === null ? server.run : null;
  useEffect(() => {
    const isOther = run !== null && run !== viewedRun.peek();
    setPath(isOther ? { run, path: href(`/runs/${run}/overview`) } : null);
  }, [run]);
  return path;
}
