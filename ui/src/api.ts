// Calls to the server, and those of the first screen: one function for each address. A refusal is a
// value that the caller has to look at, because people read it.

import type {
  ConfirmRequired,
  EntryWindow,
  Problem,
  RunList,
  Session,
  Snapshot,
  StopRequest,
} from "./model.ts";

/** What came of a call. */
export type Answer<Value> =
  | { readonly kind: "done"; readonly value: Value }
  | { readonly kind: "confirm"; readonly question: ConfirmRequired }
  | { readonly kind: "refused"; readonly status: number; readonly problem: Problem }
  | { readonly kind: "unreachable" };

/** What the server puts before every path, without a slash at its end. */
export const base =
  typeof document === "undefined"
    ? ""
    : (document.querySelector<HTMLMetaElement>("meta[name=gregaria-base]")?.content ?? "");

/** A path below `/api/v1` with its query; `null` leaves a field out. */
export function address(path: string, query: Record<string, string | number | null> = {}): string {
  const fields = Object.entries(query).flatMap(([name, value]) =>
    value === null ? [] : [[name, String(value)]],
  );
  const text = new URLSearchParams(fields).toString();
  return `${base}/api/v1${path}${text === "" ? "" : `?${text}`}`;
}

/** Makes one call. */
export async function call<Value>(
  method: string,
  url: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer<Value>> {
  try {
    const answer = await fetch(url, {
      method,
      credentials: "same-origin",
      headers: { ...(method === "GET" ? {} : { "Content-Type": "application/json" }), ...headers },
      ...(method !== "GET" && { body: JSON.stringify(body ?? {}) }),
    });
    if (answer.ok) {
      return { kind: "done", value: (await answer.json()) as Value };
    }
    return refusal(answer.status, await answer.text());
  } catch {
    return { kind: "unreachable" };
  }
}

function refusal(status: number, text: string): Answer<never> {
  try {
    const body = JSON.parse(text) as Problem | ConfirmRequired;
    return "token" in body
      ? { kind: "confirm", question: body }
      : { kind: "refused", status, problem: body };
  } catch {
    const message = `The server answered with status ${status}.`;
    return { kind: "refused", status, problem: { code: "unknown", message, field: null } };
  }
}

/** Asks for something below `/api/v1`. */
export const get = <Value>(path: string, query?: Record<string, string | number | null>) =>
  call<Value>("GET", address(path, query));
/** Sends something there. */
export const post = <Value>(path: string, body: unknown, headers?: Record<string, string>) =>
  call<Value>("POST", address(path), body, headers);

export const getSession = () => get<Session>("/session");
export const stopRun = (run: number, request: StopRequest) =>
  post<unknown>(`/runs/${run}/stop`, request);
export const getRuns = (limit: number | null = null) => get<RunList>("/runs", { limit });
export const getWindow = (run: number, from: number, to: number) =>
  get<EntryWindow>(`/runs/${run}/window`, { from, to });
export const getRun = (run: number) => get<Snapshot>(`/runs/${run}`);
