// A table of any length: a real <table> whose rows outside the frame are two spacers, so that at most
// forty are in the document. Sorting is a button in each head.

import { Component, type ComponentChildren, type VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { type Order, sortRows } from "../order.ts";

/** One column. */
export interface TableColumn<Row> {
  readonly id: string;
  readonly title: ComponentChildren;
  /** What it is called where the title is empty or short. */
  readonly name?: string;
  readonly cell: (row: Row) => ComponentChildren;
  /** By what it is sorted; without it, it is not. */
  readonly value?: (row: Row) => number | string | null | undefined;
  readonly isNumber?: boolean;
  /** The first click on the head sorts downward. */
  readonly startsDown?: boolean;
  /** Left out on a phone. */
  readonly isExtra?: boolean;
  /** Names the row. */
  readonly isHead?: boolean;
  readonly width?: string;
}

/** What a table shows. */
export interface TableProps<Row> {
  readonly label: string;
  readonly columns: readonly TableColumn<Row>[];
  readonly rows: readonly Row[];
  readonly id: (row: Row) => string | number;
  readonly order?: Order;
  readonly onOrder?: (order: Order) => void;
  /** The rows come in their order: theirs is more than that of one column. */
  readonly isOrdered?: boolean;
  /** A row that stays at the top. */
  readonly pinned?: Row | null;
  /** Opens a row; rows are then reached by `j`, `k` and Enter. */
  readonly onOpen?: (row: Row) => void;
  readonly openId?: string | number | null;
  readonly tone?: (row: Row) => string | undefined;
  readonly empty?: ComponentChildren;
  /** Rows that are in sight, for what is asked of the server for these alone. */
  readonly onSight?: (rows: readonly Row[]) => void;
  /** All rows at once, as on paper. */
  readonly isWhole?: boolean;
}

const ROW = 32;
const MARGIN = 6;
const MOST = 40;

/** The table. */
export function Table<Row>(props: TableProps<Row>) {
  const { columns, order, onSight } = props;
  const frame = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [active, setActive] = useState<number | null>(null);
  const [opened, setOpened] = useState<string | number | null>(null);
  // Where a row leads somewhere, the rest of it is there.
  const hasRest = useNarrow() && !props.onOpen && columns.some((column) => column.isExtra);
  const restOf = (id: string | number): Rest | undefined =>
    hasRest
      ? { isOpen: opened === id, onToggle: () => setOpened(opened === id ? null : id) }
      : undefined;
  const rows = props.isOrdered ? props.rows : inOrder(props.rows, columns, order);
  const first = props.isWhole
    ? 0
    : Math.max(0, Math.min(Math.floor(top / ROW) - MARGIN, rows.length - MOST));
  const after = props.isWhole ? rows.length : Math.min(rows.length, first + MOST);
  const shown = rows.slice(first, after);
  const sight = shown.map(props.id).join();
  useEffect(() => onSight?.(shown), [sight]);
  const move = (step: number) => {
    const next = Math.min(rows.length - 1, Math.max(0, (active ?? -1) + step));
    setActive(next);
    const box = frame.current;
    if (box) {
      const at = next * ROW;
      const room = box.clientHeight - 3 * ROW;
      box.scrollTop = Math.min(at, Math.max(box.scrollTop, at - room));
    }
  };
  return (
    <div
      ref={frame}
      class={`table-frame${props.isWhole ? " whole" : ""}`}
      tabIndex={0}
      role="region"
      aria-label={props.label}
      data-rows
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
      onKeyDown={(event) => {
        const row = active === null ? undefined : rows[active];
        if (event.key === "j" || event.key === "k") {
          move(event.key === "j" ? 1 : -1);
        } else if (event.key === "Enter" && event.target === frame.current && row && props.onOpen) {
          event.preventDefault();
          props.onOpen(row);
        }
      }}
    >
      <table aria-rowcount={rows.length + 1 + (props.pinned ? 1 : 0)}>
        <thead>
          <tr aria-rowindex={1}>
            {columns.map((column) => (
              <Head key={column.id} column={column} order={order} onOrder={props.onOrder} />
            ))}
            {hasRest && (
              <th scope="col" class="more">
                <span class="unseen">The rest</span>
              </th>
            )}
          </tr>
          {props.pinned && (
            <TableRow
              row={props.pinned}
              at={2}
              columns={columns}
              mark="pinned"
              onOpen={props.onOpen}
              rest={restOf("pinned")}
            />
          )}
        </thead>
        <tbody>
          {first > 0 && <Spacer rows={first} columns={columns.length} />}
          {shown.map((row, at) => (
            <TableRow
              key={props.id(row)}
              row={row}
              at={first + at + 2 + (props.pinned ? 1 : 0)}
              columns={columns}
              onOpen={props.onOpen}
              rest={restOf(props.id(row))}
              mark={[
                first + at === active ? "active" : "",
                props.openId === props.id(row) ? "open" : "",
                props.tone?.(row) ?? "",
              ]
                .filter(Boolean)
                .join(" ")}
            />
          ))}
          {after < rows.length && <Spacer rows={rows.length - after} columns={columns.length} />}
        </tbody>
      </table>
      {rows.length === 0 && <div class="table-empty">{props.empty}</div>}
    </div>
  );
}

/** Below this width columns are left out, by the style sheet, too. */
const NARROW = "(max-width: 759px)";

function useNarrow(): boolean {
  const [isNarrow, setIsNarrow] = useState(() => window.matchMedia(NARROW).matches);
  useEffect(() => {
    const width = window.matchMedia(NARROW);
    const follow = () => setIsNarrow(width.matches);
    width.addEventListener("change", follow);
    return () => width.removeEventListener("change", follow);
  }, []);
  return isNarrow;
}

/** Rows in the order of a column. */
export function inOrder<Row>(
  rows: readonly Row[],
  columns: readonly TableColumn<Row>[],
  order: Order | undefined,
): readonly Row[] {
  const value = columns.find((column) => column.id === order?.column)?.value;
  return order && value ? sortRows(rows, value, order.isDown) : rows;
}

function Head<Row>(props: {
  column: TableColumn<Row>;
  order: Order | undefined;
  onOrder: ((order: Order) => void) | undefined;
}) {
  const { column, order, onOrder } = props;
  const isSorted = order?.column === column.id;
  const classes = [column.isNumber ? "number" : "", column.isExtra ? "extra" : ""].join(" ").trim();
  return (
    <th
      scope="col"
      class={classes || undefined}
      style={column.width ? { width: column.width } : undefined}
      aria-sort={isSorted ? (order.isDown ? "descending" : "ascending") : undefined}
    >
      {column.value && onOrder ? (
        <button
          type="button"
          onClick={() =>
            onOrder({
              column: column.id,
              isDown: isSorted ? !order.isDown : (column.startsDown ?? column.isNumber ?? false),
            })
          }
        >
          {column.title}
          <span class="arrow" aria-hidden="true">
            {isSorted ? (order.isDown ? "▼" : "▲") : ""}
          </span>
        </button>
      ) : (
        <>
          {column.title}
          {column.name && <span class="unseen">{column.name}</span>}
        </>
      )}
    </th>
  );
}

function Spacer(props: { rows: number; columns: number }) {
  return (
    <tr class="spacer" aria-hidden="true">
      <td colSpan={props.columns} style={{ height: `${props.rows * ROW}px` }} />
    </tr>
  );
}

/** Whether the columns that are left out stand below a row. */
interface Rest {
  readonly isOpen: boolean;
  readonly onToggle: () => void;
}

interface RowProps<Row> {
  row: Row;
  at: number;
  columns: readonly TableColumn<Row>[];
  mark: string;
  onOpen: ((row: Row) => void) | undefined;
  rest: Rest | undefined;
}

/** A row is drawn again only when its data has changed. */
class TableRow<Row> extends Component<RowProps<Row>> {
  override shouldComponentUpdate(next: RowProps<Row>): boolean {
    const now = this.props;
    return (
      now.row !== next.row ||
      now.at !== next.at ||
      now.mark !== next.mark ||
      now.rest?.isOpen !== next.rest?.isOpen ||
      now.columns !== next.columns
    );
  }

  override render(props: RowProps<Row>): VNode {
    const { row, columns, rest } = props;
    return (
      <>
        {this.cells(props)}
        {rest?.isOpen && (
          <tr class="rest">
            <td colSpan={columns.length + 1}>
              <dl class="record">
                {columns
                  .filter((column) => column.isExtra)
                  .map((column) => (
                    <div key={column.id}>
                      <dt>{column.title || column.name}</dt>
                      <dd>{column.cell(row)}</dd>
                    </div>
                  ))}
              </dl>
            </td>
          </tr>
        )}
      </>
    );
  }

  cells({ row, at, columns, mark, onOpen, rest }: RowProps<Row>): VNode {
    return (
      <tr
        aria-rowindex={at}
        class={mark || undefined}
        {...(onOpen && { "data-open": "", onClick: () => onOpen(row) })}
        {...(rest && {
          "data-open": "",
          onClick: (event: Event) => {
            if (!(event.target as Element).closest("a, button:not(.toggle), input")) {
              rest.onToggle();
            }
          },
        })}
      >
        {columns.map((column) => {
          const classes = [column.isNumber ? "number" : "", column.isExtra ? "extra" : ""];
          const name = classes.join(" ").trim() || undefined;
          const content = column.cell(row);
          if (column.isHead) {
            return (
              <th scope="row" key={column.id} class={name}>
                {onOpen ? (
                  <button type="button" class="row-button">
                    {content}
                  </button>
                ) : (
                  content
                )}
              </th>
            );
          }
          return (
            <td key={column.id} class={name}>
              {content}
            </td>
          );
        })}
        {rest && (
          <td class="more">
            <button
              type="button"
              class="button quiet toggle"
              aria-label="The rest of this row"
              aria-expanded={rest.isOpen}
            >
              {rest.isOpen ? "▴" : "▾"}
            </button>
          </td>
        )}
      </tr>
    );
  }
}

/** A long name, shortened in the middle by the browser's own means: both halves, the first gives way. */
export function Name(props: { text: string }) {
  const tail = props.text.length > 24 ? props.text.slice(-10) : "";
  const head = tail === "" ? props.text : props.text.slice(0, -10);
  return (
    <span class="name" title={props.text}>
      <span class="name-head">{head}</span>
      {tail !== "" && <span class="name-tail">{tail}</span>}
    </span>
  );
}
