// What is looked for in a table and how it is sorted, as it stands in an address.

import type { Order } from "./order.ts";

/** Reads an order out of an address. */
export function parseOrder(text: string | undefined, otherwise: Order): Order {
  if (!text) {
    return otherwise;
  }
  return text.startsWith("-")
    ? { column: text.slice(1), isDown: true }
    : { column: text, isDown: false };
}

/** The order as it stands in an address. */
export function orderText(order: Order): string {
  return `${order.isDown ? "-" : ""}${order.column}`;
}

/** Whether a text has every word of a query in it, wherever and however spelled. */
export function matches(query: string, ...texts: (string | null | undefined)[]): boolean {
  const hay = texts.join(" ").toLowerCase();
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => hay.includes(word));
}
