import { expect, test } from "vitest";
import { compareNatural, sortRows } from "./order.ts";
import { matches, orderText, parseOrder } from "./search.ts";

test("numbers in names are compared as numbers", () => {
  expect(["w10", "w2", "w1"].sort(compareNatural)).toEqual(["w1", "w2", "w10"]);
});

test("what is unknown comes last in both directions", () => {
  const rows = [{ p: null }, { p: 2 }, { p: 1 }];
  expect(sortRows(rows, (row) => row.p, false).map((row) => row.p)).toEqual([1, 2, null]);
  expect(sortRows(rows, (row) => row.p, true).map((row) => row.p)).toEqual([2, 1, null]);
});

test("an order survives the address", () => {
  const order = { column: "p95", isDown: true };
  expect(parseOrder(orderText(order), { column: "name", isDown: false })).toEqual(order);
  expect(parseOrder(undefined, order)).toEqual(order);
});

test("every word of a query has to be there", () => {
  expect(matches("post check", "POST", "/checkout")).toBe(true);
  expect(matches("get check", "POST", "/checkout")).toBe(false);
  expect(matches("", "anything")).toBe(true);
});
