// The six figures above the charts. Each says over which stretch it was measured.

import { formatCount, formatMs, formatNumber, formatRatio, formatSpan } from "../format.ts";
import type { Figures } from "../model.ts";

/** What the figures are of. */
export interface ShownFigures {
  readonly users: number | null;
  /** Users that shall run, where they differ. */
  readonly target: number | null;
  readonly usersNote: string;
  readonly figures: Figures | null;
  /** Such as `whole run`; without it, the length of the stretch. */
  readonly span: string | null;
  /** A run that is over has no requests a second. */
  readonly isOver: boolean;
  readonly isStale: boolean;
}

/** Users, requests/s, failed, p50, p95 and p99. */
export function KeyFigures(props: ShownFigures) {
  const { figures } = props;
  const window = figures?.window_seconds ?? null;
  const span = props.span ?? (window === null ? "" : `last ${formatSpan(window)}`);
  const hasFailed = (figures?.failed_ratio ?? 0) > 0;
  const users =
    props.target !== null && props.target !== props.users
      ? `${formatCount(props.users)}/${formatCount(props.target)}`
      : formatCount(props.users);
  return (
    <dl class={`figures${props.isStale ? " stale" : ""}`}>
      <Figure name="Users" value={users} note={props.usersNote} />
      <Figure
        name="Requests/s"
        value={props.isOver && props.span === null ? "–" : formatNumber(figures?.rps)}
        note={props.isOver ? `mean, ${span}` : span}
      />
      <Figure
        name="Failed"
        value={
          hasFailed ? `✕ ${formatRatio(figures?.failed_ratio)}` : formatRatio(figures?.failed_ratio)
        }
        note={span}
        isBad={hasFailed}
      />
      <Figure name="p50" value={formatMs(figures?.p50_ms)} note={span} />
      <Figure name="p95" value={formatMs(figures?.p95_ms)} note={span} />
      <Figure
        name="p99"
        value={formatMs(figures?.p99_ms)}
        note={figures?.p999_ms == null ? span : `${span} · p99.9 ${formatMs(figures.p999_ms)}`}
      />
    </dl>
  );
}

function Figure(props: { name: string; value: string; note: string; isBad?: boolean }) {
  return (
    <div class={`card figure${props.isBad ? " bad" : ""}`}>
      <dt>{props.name}</dt>
      <dd>
        <span class="value">{props.value}</span>
        <span class="note">{props.note}</span>
      </dd>
    </div>
  );
}
