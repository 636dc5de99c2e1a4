// Failed requests, and errors in the test's own code: two groups that are never mixed.

import { useMemo, useState } from "preact/hooks";
import { Sparkline } from "../chart/sparkline.tsx";
import {
  type FoldedError,
  type FoldedFailure,
  foldFailures,
  joinCourses,
  splitTraceback,
} from "../fold.ts";
import { formatClock, formatCount, formatRatio } from "../format.ts";
import type { FailureGroup, GroupCourse } from "../model.ts";
import type { Order } from "../order.ts";
import { CopyButton } from "./button.tsx";
import { Name, Table, type TableColumn } from "./table.tsx";

/** How often each group came over time, by its number. */
export type Courses = ReadonlyMap<number, GroupCourse>;

/** Failed requests by endpoint and message. */
export function FailureTable(props: {
  rows: readonly FailureGroup[];
  empty: string;
  order?: Order;
  onOrder?: (order: Order) => void;
  isWhole?: boolean;
  courses?: Courses;
  onSight?: (rows: readonly FoldedFailure[]) => void;
}) {
  const { courses } = props;
  const rows = useMemo(() => foldFailures(props.rows), [props.rows]);
  // The same list as before, unless it differs: rows are drawn anew when their columns are others.
  const columns = useMemo(() => columnsOf(props.rows, courses), [props.rows, courses]);
  return (
    <Table
      label="Failed requests"
      columns={columns}
      rows={rows}
      id={(row) => row.id}
      empty={props.empty}
      isWhole={props.isWhole ?? false}
      {...(props.order && { order: props.order })}
      {...(props.onOrder && { onOrder: props.onOrder })}
      {...(props.onSight && { onSight: props.onSight })}
    />
  );
}

function columnsOf(
  groups: readonly FailureGroup[],
  courses: Courses | undefined,
): readonly TableColumn<FoldedFailure>[] {
  const courseOf = (row: FoldedFailure) => courses && joinCourses(row.ids, courses);
  const all = groups.reduce((sum, row) => sum + row.occurrences, 0);
  const columns: TableColumn<FoldedFailure>[] = [
    {
      id: "count",
      title: "Count",
      cell: (row) => formatCount(row.occurrences),
      value: (row) => row.occurrences,
      isNumber: true,
      width: "88px",
    },
    {
      id: "share",
      title: "Share",
      cell: (row) => formatRatio(row.occurrences / all),
      isNumber: true,
      isExtra: true,
      width: "76px",
    },
    {
      id: "endpoint",
      title: "Endpoint",
      cell: (row) => <Name text={`${row.method} ${row.name}`} />,
      value: (row) => `${row.method} ${row.name}`,
      isHead: true,
    },
    {
      id: "type",
      title: "Type",
      cell: (row) => row.error_type ?? "–",
      value: (row) => row.error_type,
      isExtra: true,
    },
    {
      id: "message",
      title: "Message",
      cell: (row) => (
        <span class="clip" title={row.message}>
          {row.message}
          {row.ids.length > 1 && (
            <span class="note"> and {formatCount(row.ids.length - 1)} like it</span>
          )}
        </span>
      ),
      value: (row) => row.message,
    },
    moment("first", "First seen", (row) => row.first_seen),
    moment("last", "Last seen", (row) => row.last_seen),
  ];
  // A process without workers has none to tell.
  if (groups.some((row) => row.worker_count !== null)) {
    columns.push({
      id: "workers",
      title: "Workers",
      cell: (row) => (
        <span title={courseOf(row)?.workers.join(", ")}>
          {formatCount(courseOf(row)?.workers.length ?? row.worker_count)}
        </span>
      ),
      value: (row) => row.worker_count,
      isNumber: true,
      isExtra: true,
      width: "84px",
    });
  }
  if (courses) {
    columns.push({
      id: "trend",
      title: "Over time",
      cell: (row) => <Course course={courseOf(row)} />,
      isExtra: true,
      width: "108px",
    });
  }
  return columns;
}

function Course(props: { course: GroupCourse | undefined }) {
  return props.course ? <Sparkline values={props.course.per_second} color="failed" /> : null;
}

function moment(
  id: string,
  title: string,
  value: (row: FoldedFailure) => number,
): TableColumn<FoldedFailure> {
  return {
    id,
    title,
    value,
    cell: (row) => formatClock(value(row)),
    isNumber: true,
    isExtra: true,
    width: "92px",
  };
}

/** Errors that are shown at first, and that each click adds. */
export const SHOWN_ERRORS = 50;

/** Errors that left a task, with their tracebacks. */
export function ExceptionList(props: {
  groups: readonly FoldedError[];
  /** All of them, and open, as on paper. */
  isWhole?: boolean;
  courses?: Courses;
}) {
  const { groups, courses, isWhole } = props;
  const [most, setMost] = useState(SHOWN_ERRORS);
  const shown = isWhole ? groups : groups.slice(0, most);
  const hidden = groups.length - shown.length;
  return (
    <>
      <ul class="exceptions">
        {shown.map((group) => (
          <li key={group.id}>
            <Exception
              group={group}
              course={courses && joinCourses(group.ids, courses)}
              isOpen={isWhole ?? groups.length === 1}
            />
          </li>
        ))}
      </ul>
      {hidden > 0 && (
        <button type="button" class="button plain" onClick={() => setMost(most + SHOWN_ERRORS)}>
          Show {formatCount(Math.min(hidden, SHOWN_ERRORS))} more of {formatCount(hidden)}
        </button>
      )}
    </>
  );
}

function Exception(props: {
  group: FoldedError;
  course: GroupCourse | undefined;
  isOpen: boolean;
}) {
  const { group } = props;
  // What is folded is not in the document: there may be many.
  const [isOpen, setIsOpen] = useState(props.isOpen);
  const like = group.ids.length - 1;
  const workers = group.workers.length;
  return (
    <details
      class="card exception"
      open={isOpen}
      onToggle={(event) => setIsOpen(event.currentTarget.open)}
    >
      <summary>
        <b class="count">×{formatCount(group.count)}</b>
        <code>
          {group.error_type && <b>{group.error_type}: </b>}
          {group.message}
        </code>
        {like > 0 && <span class="like">and {formatCount(like)} like it</span>}
        <Course course={props.course} />
        <span class="note" title={group.workers.join(", ")}>
          {formatClock(group.first_seen)} to {formatClock(group.last_seen)}
          {workers > 0 && ` · ${workers === 1 ? "1 worker" : `${workers} workers`}`}
        </span>
      </summary>
      {isOpen && <Traceback text={group.traceback} />}
    </details>
  );
}

/** A traceback: own frames stand out, those of libraries fold. */
export function Traceback(props: { text: string }) {
  const [isWhole, setIsWhole] = useState(false);
  const parts = splitTraceback(props.text);
  const hasFolded = parts.some((part) => !part.isOwn);
  return (
    <div class="traceback">
      {/* Long lines scroll, and a keyboard has to be able to do it. */}
      <pre tabIndex={0}>
        {parts.map((part, at) => {
          const key = `${at}${part.text.slice(0, 20)}`;
          if (part.isOwn) {
            return <span key={key} class="own">{`${part.text}\n`}</span>;
          }
          const frames = part.text.split("\n").filter((line) => /^\s+File "/.test(line)).length;
          const text = isWhole
            ? part.text
            : `  … ${frames} library ${frames === 1 ? "frame" : "frames"}`;
          return <span key={key} class="library">{`${text}\n`}</span>;
        })}
      </pre>
      <div class="row">
        {hasFolded && (
          <button type="button" class="button quiet" onClick={() => setIsWhole(!isWhole)}>
            {isWhole ? "Fold library frames" : "Show library frames"}
          </button>
        )}
        <CopyButton text={props.text} />
      </div>
    </div>
  );
}
