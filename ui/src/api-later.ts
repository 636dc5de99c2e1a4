// Calls that the first screen does without: one function for each address.

import { address, call, get, post } from "./api.ts";
import type {
  Compare,
  EntryDetail,
  EntryFolders,
  EntryTrends,
  FailureCourses,
  GroupWindow,
  NoteRequest,
  RunSetup,
  Session,
  Started,
  StartForm,
  StartRequest,
  TargetCheck,
  TeardownRequest,
  TestChoices,
  UsersRequest,
  WorkerDetail,
  WorkersCourse,
} from "./model.ts";

export const signIn = (name: string, password: string) =>
  post<Session>("/session", { name, password });
export const signOut = () => call<unknown>("DELETE", address("/session"));
export const getForm = (from: number | null) => get<StartForm>("/form", { from });
export const reloadFiles = () => post<unknown>("/form/reload", {});
export const getTestFiles = () => get<TestChoices>("/form/files");
export const chooseTestFile = (file: string) => post<unknown>("/form/choose", { file });
export const checkTarget = (host: string) => get<TargetCheck>("/target", { host });
export const startRun = (request: StartRequest, key: string) =>
  post<Started>("/runs", request, { "Idempotency-Key": key });
export const changeUsers = (run: number, request: UsersRequest) =>
  post<unknown>(`/runs/${run}/users`, request);
export const addNote = (run: number, request: NoteRequest) =>
  post<unknown>(`/runs/${run}/notes`, request);
export const removeWorker = (id: string) => post<unknown>("/workers/remove", { id });
export const tearDown = (request: TeardownRequest) => post<unknown>("/cloud/teardown", request);
export const getSetup = (run: number) => get<RunSetup>(`/runs/${run}/setup`);
export const getEntry = (run: number, index: number) =>
  get<EntryDetail>(`/runs/${run}/entries/${index}`);
export const getTrends = (run: number, entries: number[]) =>
  get<EntryTrends>(`/runs/${run}/trends`, { entries: entries.join(",") });
export const getFolders = (
  run: number,
  by: "path" | "task",
  from: number | null,
  to: number | null,
) => get<EntryFolders>(`/runs/${run}/folders`, { by, from, to });
export const getFailures = (run: number, failures: number[], exceptions: number[]) =>
  get<FailureCourses>(`/runs/${run}/failures`, {
    failures: failures.join(","),
    exceptions: exceptions.join(","),
  });
export const getGroups = (run: number, from: number, to: number) =>
  get<GroupWindow>(`/runs/${run}/groups`, { from, to });
export const getWorker = (run: number, index: number) =>
  get<WorkerDetail>(`/runs/${run}/workers/${index}`);
export const getWorkersCourse = (run: number) => get<WorkersCourse>(`/runs/${run}/workers`);
export const getCompare = (a: number, b: number, from: number | null, to: number | null) =>
  get<Compare>("/compare", { a, b, from, to });
export const setBaseline = (run: number, isBaseline: boolean) =>
  post<unknown>(`/runs/${run}/baseline`, { is_baseline: isBaseline });
export const setPinned = (run: number, isPinned: boolean) =>
  post<unknown>(`/runs/${run}/pin`, { is_pinned: isPinned });
export const deleteRun = (run: number) => call<unknown>("DELETE", address(`/runs/${run}`));
export const importRun = (report: string) => post<Started>("/runs/import", { report });
