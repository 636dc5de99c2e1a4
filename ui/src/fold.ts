// What repeats is shown once with a count: lines of the log, and names of endpoints in folders.

import type { ExceptionGroup, FailureGroup, GroupCourse, LogLine } from "./model.ts";

/** Lines of the log that say the same, as one. */
export interface FoldedLine {
  /** The newest of them. */
  readonly line: LogLine;
  /** How many there are. */
  readonly count: number;
  /** When the first came. */
  readonly since: number;
}

/** Lines that may lie between two that are folded: those of other sources come in between. */
const REACH = 50;

/** A text without what differs from one time to the next: numbers, ids, addresses of objects. */
export function gist(text: string): string {
  return text
    .replace(/0x[0-9a-f]+/gi, "#")
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27,}/gi, "#")
    .replace(/\d+/g, "#");
}

/** Folds lines of the same level whose texts differ in numbers only; the newest place counts. */
export function foldLines(lines: readonly LogLine[]): FoldedLine[] {
  const folded: (FoldedLine | null)[] = [];
  const places = new Map<string, number>();
  for (const line of lines) {
    const key = `${line.level} ${line.logger} ${gist(line.text)}`;
    const place = places.get(key);
    const before = place === undefined ? null : folded[place];
    if (place !== undefined && before && folded.length - place <= REACH) {
      folded[place] = null;
      folded.push({ line, count: before.count + 1, since: before.since });
    } else {
      folded.push({ line, count: 1, since: line.time });
    }
    places.set(key, folded.length - 1);
  }
  return folded.filter((line) => line !== null);
}

/** Failures of one endpoint whose messages differ in numbers and ids only, as one. */
export interface FoldedFailure extends FailureGroup {
  /** Their ids; the row's own is the first. */
  readonly ids: readonly number[];
}

/** Folds failures whose messages say the same. That of the first stands for all. */
export function foldFailures(rows: readonly FailureGroup[]): FoldedFailure[] {
  const folded = new Map<string, FoldedFailure>();
  for (const row of rows) {
    const key = JSON.stringify([row.method, row.name, row.error_type, gist(row.message)]);
    const before = folded.get(key);
    folded.set(
      key,
      before === undefined
        ? { ...row, ids: [row.id] }
        : {
            ...before,
            ids: [...before.ids, row.id],
            occurrences: before.occurrences + row.occurrences,
            first_seen: Math.min(before.first_seen, row.first_seen),
            last_seen: Math.max(before.last_seen, row.last_seen),
            // Which of them are the same ones is seen with their courses.
            worker_count: most(before.worker_count, row.worker_count),
          },
    );
  }
  return [...folded.values()];
}

/** Errors of the test's code that differ in numbers and ids only, as one. */
export interface FoldedError extends ExceptionGroup {
  /** Their ids; the error's own is the first. */
  readonly ids: readonly number[];
}

/** Folds errors that say the same and come from the same lines. The first stands for all. */
export function foldErrors(groups: readonly ExceptionGroup[]): FoldedError[] {
  const folded = new Map<string, FoldedError>();
  for (const group of groups) {
    const frames = group.traceback.match(/^ +File ".*/gm);
    const key = JSON.stringify([group.error_type, gist(group.message), frames]);
    const before = folded.get(key);
    folded.set(key, {
      ...(before ?? group),
      ids: [...(before?.ids ?? []), group.id],
      count: (before?.count ?? 0) + group.count,
      first_seen: least(before?.first_seen ?? null, group.first_seen),
      last_seen: most(before?.last_seen ?? null, group.last_seen),
      workers: [...new Set([...(before?.workers ?? []), ...group.workers])],
    });
  }
  return [...folded.values()].sort((a, b) => b.count - a.count);
}

function most(a: number | null, b: number | null): number | null {
  return a === null ? b : Math.max(a, b ?? 0);
}

function least(a: number | null, b: number | null): number | null {
  return a === null ? b : Math.min(a, b ?? a);
}

/** How often any of some groups came, and on which workers; `undefined` while one is not known. */
export function joinCourses(
  ids: readonly number[],
  courses: ReadonlyMap<number, GroupCourse>,
): GroupCourse | undefined {
  let joined: GroupCourse | undefined;
  for (const id of ids) {
    const course = courses.get(id);
    if (course === undefined) {
      return undefined;
    }
    const before: GroupCourse = joined ?? { id, per_second: [], workers: [] };
    joined = {
      id: before.id,
      per_second: course.per_second.map((rate, at) => rate + (before.per_second[at] ?? 0)),
      workers: [...new Set([...before.workers, ...course.workers])],
    };
  }
  return joined;
}

/** The folder of an endpoint: the first part of its path, `/item` of `/item/[id]?a=1`. */
export function folderOf(name: string): string {
  const path = name.replace(/^[a-z]+:\/\/[^/]+/i, "");
  const match = /^\/[^/?#]*/.exec(path);
  return match ? match[0] : "other";
}

/** One frame of a traceback, or what stands around frames. */
export interface TracebackPart {
  readonly text: string;
  /** Whether it is a frame of the test's own files, and not of a library. */
  readonly isOwn: boolean;
}

const LIBRARY = /site-packages|dist-packages|lib\/python3|<frozen |gregaria\/locust\//;

/** A traceback in parts, so that the test's own frames stand out and those of libraries fold. */
export function splitTraceback(traceback: string): TracebackPart[] {
  const parts: { text: string; isOwn: boolean }[] = [];
  for (const line of traceback.replace(/\n+$/, "").split("\n")) {
    const isFrame = /^\s+File "/.test(line);
    const isOwn = isFrame
      ? !LIBRARY.test(line)
      : !/^\s/.test(line) || (parts.at(-1)?.isOwn ?? true);
    const last = parts.at(-1);
    if (last && last.isOwn === isOwn) {
      last.text += `\n${line}`;
    } else {
      parts.push({ text: line, isOwn });
    }
  }
  return parts;
}
