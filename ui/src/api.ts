// Calls to the server: one function for each address. A refusal is a value that the caller has to
// look at, because people read it.

import type {
  Compare,
  ConfirmRequired,
  EntryDetail,
  EntryFolders,
  EntryTrends,
  EntryWindow,
  FailureCourses,
  NoteRequest,
  Problem,
  RunList,
  RunSetup,
  Session,
  Snapshot,
  Started,
  StartForm,
  StartRequest,
  StopRequest,
  TargetCheck,
  TeardownRequest,
  UsersRequest,
  WorkerDetail,
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

async function call<Value>(
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

const get = <Value>(path: string, query?: Record<string, string | number | null>) =>
  call<Value>("GET", address(path, query));
const post = <Value>(path: string, body: unknown, headers?: Record<string, string>) =>
  call<Value>("POST", address(path), body, headers);

export const getSession = () => get<Session>("/session");
export const signIn = (name: string, password: string) =>
  post<Session>("/session", { name, password });
export const signOut = () => call<unknown>("DELETE", address("/session"));

export const getForm = (from: number | null) => get<StartForm>("/form", { from });
export const reloadFiles = () => post<unknown>("/form/reload", {});
export const checkTarget = (host: string) => get<TargetCheck>("/target", { host });
export const startRun = (request: StartRequest, key: string) =>
  post<Started>("/runs", request, { "Idempotency-Key": key });
export const changeUsers = (run: number, request: UsersRequest) =>
  post<unknown>(`/runs/${run}/users`, request);
export const stopRun = (run: number, request: StopRequest) =>
  post<unknown>(`/runs/${run}/stop`, request);
export const addNote = (run: number, request: NoteRequest) =>
  post<unknown>(`/runs/${run}/notes`, request);
export const removeWorker = (id: string) => post<unknown>("/workers/remove", { id });

export const tearDown = (request: TeardownRequest) => post<unknown>("/cloud/teardown", request);

export const getRuns = (limit: number | null = null) => get<RunList>("/runs", { limit });
export const getSetup = (run: number) => get<RunSetup>(`/runs/${run}/setup`);
export const getEntry = (run: number, index: number) =>
  get<EntryDetail>(`/runs/${run}/entries/${index}`);
export const getWindow = (run: number, from: number, to: number) =>
  get<EntryWindow>(`/runs/${run}/window`, { from, to });
export const getTrends = (run: number, entries: number[]) =>
  get<EntryTrends>(`/runs/${run}/trends`, { entries: entries.join(",") });
export const getFolders = (run: number, from: number | null, to: number | null) =>
  get<EntryFolders>(`/runs/${run}/folders`, { by: "path", from, to });
export const getFailures = (run: number, failures: number[], exceptions: number[]) =>
  get<FailureCourses>(`/runs/${run}/failures`, {
    failures: failures.join(","),
    exceptions: exceptions.join(","),
  });
export const getWorker = (run: number, index: number) =>
  get<WorkerDetail>(`/runs/${run}/workers/${index}`);
export const getRun = (run: number) => get<Snapshot>(`/runs/${run}`);
export const getCompare = (a: number, b: number, from: number | null, to: number | null) =>
  get<Compare>("/compare", { a, b, from, to });
export const setBaseline = (run: number, isBaseline: boolean) =>
  post<unknown>(`/runs/${run}/baseline`, { is_baseline: isBaseline });
export const setPinned = (run: number, isPinned: boolean) =>
  post<unknown>(`/runs/${run}/pin`, { is_pinned: isPinned });
export const deleteRun = (run: number) => call<unknown>("DELETE", address(`/runs/${run}`));
export const importRun = (report: string) => post<Started>("/runs/import", { report });
