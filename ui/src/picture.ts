// What the page knows of one run: the sum of a snapshot and the ticks after it. Pure: the same events
// give the same picture in the page, in the report and in tests.

import { addColumns, fromMap, type Heat } from "./heat.ts";
import type {
  Alert,
  EntryName,
  ExceptionGroup,
  FailureGroup,
  LogLine,
  Mark,
  Overview,
  Snapshot,
  State,
  Tick,
  WorkerName,
} from "./model.ts";
import {
  byIndex,
  type EntryRow,
  mergeById,
  mergeEntries,
  mergeWorkers,
  type WorkerRow,
} from "./rows.ts";
import { append, emptyTimeline, fromSeries, type Timeline } from "./timeline.ts";

/** One run, as far as it was sent. `null` means that it was not sent, not that there is none. */
export interface Picture {
  readonly seq: number;
  readonly now: number;
  readonly state: State | null;
  readonly overview: Overview | null;
  readonly timeline: Timeline;
  readonly heat: Heat | null;
  readonly marks: ReadonlyMap<number, Mark>;
  readonly alerts: ReadonlyMap<number, Alert>;
  readonly names: ReadonlyMap<number, EntryName>;
  readonly entries: ReadonlyMap<number, EntryRow> | null;
  readonly workerNames: ReadonlyMap<number, WorkerName>;
  readonly workers: ReadonlyMap<number, WorkerRow> | null;
  readonly failures: ReadonlyMap<number, FailureGroup> | null;
  readonly exceptions: ReadonlyMap<number, ExceptionGroup> | null;
  readonly log: readonly LogLine[] | null;
}

/** Lines of the log that the page keeps. */
export const MAX_LINES = 2000;

/** Nothing is known. */
export const NOTHING: Picture = {
  seq: 0,
  now: 0,
  state: null,
  overview: null,
  timeline: emptyTimeline(),
  heat: null,
  marks: new Map(),
  alerts: new Map(),
  names: new Map(),
  entries: null,
  workerNames: new Map(),
  workers: null,
  failures: null,
  exceptions: null,
  log: null,
};

/** The picture that a snapshot gives. */
export function fromSnapshot(snapshot: Snapshot): Picture {
  const names = byIndex(new Map<number, EntryName>(), snapshot.names ?? []);
  const workerNames = byIndex(new Map<number, WorkerName>(), snapshot.worker_names ?? []);
  return {
    seq: snapshot.seq,
    now: snapshot.now,
    state: snapshot.state,
    overview: snapshot.overview,
    timeline: snapshot.series ? fromSeries(snapshot.series) : emptyTimeline(),
    heat: snapshot.heat && fromMap(snapshot.heat),
    marks: mergeById(new Map<number, Mark>(), snapshot.marks),
    alerts: mergeById(new Map<number, Alert>(), snapshot.alerts),
    names,
    entries: snapshot.entries && mergeEntries(new Map(), names, snapshot.entries),
    workerNames,
    workers: snapshot.workers && mergeWorkers(new Map(), workerNames, snapshot.workers),
    failures: snapshot.failures && mergeById(new Map(), snapshot.failures),
    exceptions: snapshot.exceptions && mergeById(new Map(), snapshot.exceptions),
    log: snapshot.log,
  };
}

/** The picture one tick later. Parts that the tick says nothing of stay the same objects. */
export function addTick(picture: Picture, tick: Tick): Picture {
  if (tick.seq <= picture.seq) {
    return picture;
  }
  const names = tick.names.length > 0 ? byIndex(picture.names, tick.names) : picture.names;
  const workerNames =
    tick.worker_names.length > 0
      ? byIndex(picture.workerNames, tick.worker_names)
      : picture.workerNames;
  return {
    ...picture,
    seq: tick.seq,
    now: tick.now,
    overview: tick.overview ?? picture.overview,
    timeline: tick.series
      ? append(picture.timeline, tick.series, tick.failure_rates)
      : picture.timeline,
    heat: picture.heat && tick.heat.length > 0 ? addColumns(picture.heat, tick.heat) : picture.heat,
    names,
    entries: tick.entries
      ? mergeEntries(picture.entries ?? new Map(), names, tick.entries)
      : picture.entries,
    workerNames,
    workers: tick.workers
      ? mergeWorkers(picture.workers ?? new Map(), workerNames, tick.workers)
      : picture.workers,
    failures: merged(picture.failures, tick.failures),
    exceptions: merged(picture.exceptions, tick.exceptions),
  };
}

/** The picture with a mark. */
export function addMark(picture: Picture, mark: Mark): Picture {
  return { ...picture, marks: mergeById(picture.marks, [mark]) };
}

/** The picture with an alert, or without one that is over. */
export function addAlert(picture: Picture, alert: Alert): Picture {
  const alerts = mergeById(picture.alerts, [alert]);
  if (alert.is_over) {
    alerts.delete(alert.id);
  }
  return { ...picture, alerts };
}

/** The picture with lines of the log that it does not have. */
export function addLog(picture: Picture, lines: readonly LogLine[]): Picture {
  const known = picture.log ?? [];
  const last = known.at(-1)?.seq ?? -1;
  const added = lines.filter((line) => line.seq > last);
  return { ...picture, log: [...known, ...added].slice(-MAX_LINES) };
}

function merged<Item extends { id: number }>(
  known: ReadonlyMap<number, Item> | null,
  changed: readonly Item[],
): ReadonlyMap<number, Item> | null {
  return changed.length === 0 ? known : mergeById(known ?? new Map(), changed);
}
