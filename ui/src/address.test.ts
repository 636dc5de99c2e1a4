import { expect, test } from "vitest";
import {
  changeQuery,
  parsePlace,
  parseWindow,
  runPath,
  sharedQuery,
  windowText,
} from "./address.ts";

test("addresses lead to their pages", () => {
  expect(parsePlace("/")).toEqual({ page: "home" });
  expect(parsePlace("/runs")).toEqual({ page: "runs" });
  expect(parsePlace("/runs/42")).toEqual({ page: "run", run: 42, tab: "overview" });
  expect(parsePlace(runPath(42, "log"))).toEqual({ page: "run", run: 42, tab: "log" });
  for (const path of ["/runs/x", "/runs/1/other", "/runs/1/log/2", "/no", "/new/1"]) {
    expect(parsePlace(path)).toEqual({ page: "unknown" });
  }
});

test("a window survives the address, and nonsense is none", () => {
  expect(parseWindow(windowText({ from: 30.04, to: 90 }))).toEqual({ from: 30, to: 90 });
  for (const text of ["", null, "9-3", "a-b", "-1-4"]) {
    expect(parseWindow(text)).toBeNull();
  }
});

test("a query keeps what is not changed", () => {
  expect(changeQuery("?a=1&b=2", { b: null, c: "x y" })).toBe("?a=1&c=x+y");
  expect(changeQuery("?a=1", { a: "" })).toBe("");
});

test("another tab takes over what is shown of the run, and no filter", () => {
  expect(sharedQuery("?q=cart&t=30-90&y=linear&sort=-p95")).toBe("?t=30-90&y=linear");
  expect(sharedQuery("?live=5m&q=cart", { entry: "4" })).toBe("?live=5m&entry=4");
  expect(sharedQuery("")).toBe("");
});
