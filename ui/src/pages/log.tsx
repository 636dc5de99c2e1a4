// The log of master and workers in one stream. Repeats fold; scrolling up stops following.

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { type FoldedLine, foldLines } from "../fold.ts";
import { formatClock, formatCount, plural } from "../format.ts";
import type { Level, LogLine } from "../model.ts";
import { Button } from "../parts/button.tsx";
import { Choice, Filter } from "../parts/field.tsx";
import { matches } from "../search.ts";
import { address } from "../state/commands.ts";
import { query, setQuery } from "../state/place.ts";
import { log, viewedRun } from "../state/run.ts";
import "../style/later.ts";

const LEVELS: readonly Level[] = ["debug", "info", "warning", "error", "critical"];
/** Rows in the document: older ones come when somebody scrolls up to them. */
const PAGE_ROWS = 150;

/** The tab of the log. */
export function Log() {
  const lines = log.value;
  const run = viewedRun.value;
  const filter = query.value.get("q") ?? "";
  const level = (query.value.get("level") ?? "debug") as Level;
  const source = query.value.get("source") ?? "";
  const sources = useMemo(() => [...new Set((lines ?? []).map((line) => line.source))], [lines]);
  const shown = useMemo(
    () =>
      (lines ?? []).filter(
        (line) =>
          LEVELS.indexOf(line.level) >= LEVELS.indexOf(level) &&
          (source === "" || line.source === source) &&
          matches(filter, line.text, line.source),
      ),
    [lines, filter, level, source],
  );
  return (
    <>
      <div class="bar">
        <Filter label="Filter the log" value={filter} onValue={(q) => setQuery({ q })} />
        <Choice
          label="Level"
          isLabelUnseen
          value={level}
          options={LEVELS.map((name) => [
            name,
            name === "debug" ? "All levels" : `${name} and above`,
          ])}
          onValue={(value) => setQuery({ level: value === "debug" ? null : value })}
        />
        <Choice
          label="Source"
          isLabelUnseen
          value={source}
          options={[["", "All sources"], ...sources.map((name) => [name, name] as const)]}
          onValue={(value) => setQuery({ source: value })}
        />
        <a
          class="button quiet"
          href={address(run === null ? "/log.txt" : `/runs/${run}/log.txt`)}
          download="gregaria.log"
        >
          Download full log
        </a>
      </div>
      <LogLines
        lines={shown}
        isFollowed
        empty={
          lines === null
            ? "Loading…"
            : lines.length === 0
              ? "Nothing has been said yet."
              : "No line matches the filter."
        }
      />
    </>
  );
}

/** Lines of a log, repeats folded; with `isFollowed` the newest stays in sight. */
export function LogLines(props: {
  lines: readonly LogLine[];
  isFollowed?: boolean;
  empty: string;
}) {
  const { lines, isFollowed = false } = props;
  const box = useRef<HTMLDivElement>(null);
  const [heldAt, setHeldAt] = useState<number | null>(null);
  const [rows, setRows] = useState(PAGE_ROWS);
  // What comes while somebody reads is counted, and does not push away what they read.
  const shownLines = useMemo(
    () => (heldAt === null ? lines : lines.filter((line) => line.seq <= heldAt)),
    [lines, heldAt],
  );
  const folded = useMemo(() => foldLines(shownLines), [shownLines]);
  const last = lines.at(-1)?.seq ?? 0;
  const added = lines.length - shownLines.length;
  const shown = folded.slice(-rows);
  useLayoutEffect(() => {
    if (isFollowed && heldAt === null && box.current) {
      box.current.scrollTop = box.current.scrollHeight;
    }
  }, [folded, heldAt]);
  useEffect(() => {
    if (heldAt === null) {
      setRows(PAGE_ROWS);
    }
  }, [heldAt]);
  return (
    <div class="log-frame">
      <div
        ref={box}
        class="card log"
        role="region"
        aria-label="Log"
        tabIndex={0}
        onScroll={(event) => {
          const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
          const isAtEnd = scrollHeight - scrollTop - clientHeight < 24;
          if (isFollowed) {
            setHeldAt((before) => (isAtEnd ? null : (before ?? last)));
          }
          if (scrollTop < 40 && rows < folded.length) {
            setRows(rows + PAGE_ROWS);
          }
        }}
      >
        {shown.length === 0 && <p class="table-empty">{props.empty}</p>}
        {shown.map((line) => (
          <Line key={line.line.seq} folded={line} />
        ))}
      </div>
      {isFollowed && heldAt !== null && (
        <div class="log-more">
          <Button kind="main" onClick={() => setHeldAt(null)}>
            {added > 0 ? plural(added, "new line") : "Follow"}
          </Button>
        </div>
      )}
    </div>
  );
}

function Line(props: { folded: FoldedLine }) {
  const { line, count } = props.folded;
  return (
    <div class={`line ${line.level}`}>
      <time>{formatClock(line.time)}</time>
      <span class="source" title={line.source}>
        {line.source}
      </span>
      <span class="level">{line.level}</span>
      <span class="text">
        {count > 1 && <b>×{formatCount(count)} </b>}
        {line.text}
      </span>
    </div>
  );
}
