//! The paths of the page's own API.

use super::operations::{Answer, Body, Operation, PLAIN, Parameter};

const STRETCH: [Parameter; 2] = [
    (
        "from",
        "number",
        "Where the stretch begins, in seconds since 1970.",
    ),
    ("to", "number", "Where it ends."),
];

const ENTRY_STRETCH: [Parameter; 4] = [
    STRETCH[0],
    STRETCH[1],
    ("points", "integer", "Points of a line at most."),
    (
        "entry",
        "integer",
        "Index of an entry; left out for all requests.",
    ),
];

const FOLDER_STRETCH: [Parameter; 3] = [
    STRETCH[0],
    STRETCH[1],
    ("by", "string", "`path`, `method` or `task`."),
];

const LIVE: [Parameter; 3] = [
    (
        "topics",
        "string",
        "Of `overview,entries,workers,failures,log`; all if left out.",
    ),
    (
        "since",
        "integer",
        "`seq` of the last second that is known.",
    ),
    ("run", "integer", "Number of the run that is looked at."),
];

const EXPORT: [Parameter; 5] = [
    (
        "without_host",
        "integer",
        "1 leaves out where the load went.",
    ),
    (
        "without_workers",
        "integer",
        "1 leaves out the names of machines.",
    ),
    ("with_log", "integer", "1 puts the log into the report."),
    (
        "with_bodies",
        "integer",
        "1 puts what was answered to single requests into the JSON, where it was kept.",
    ),
    (
        "against",
        "integer",
        "The run that a report compares with, in place of the baseline.",
    ),
];

/// All of them.
pub(super) const ALL: &[Operation] = &[
    Operation {
        path: "/api/v1/stream",
        id: "stream",
        summary: "The live stream: server-sent events, whose data are those of `Event`",
        query: &LIVE,
        answer: Answer::Text("text/event-stream"),
        ..PLAIN
    },
    Operation {
        path: "/api/v1/delta",
        id: "delta",
        summary: "What the stream would have sent, for who cannot read it",
        query: &LIVE,
        answer: Answer::Json("Delta"),
        refusals: &[503],
        ..PLAIN
    },
    Operation {
        path: "/api/v1/openapi.json",
        id: "document",
        summary: "This document",
        ..PLAIN
    },
    Operation {
        path: "/api/v1/session",
        id: "session",
        summary: "Who asks",
        answer: Answer::Json("Session"),
        ..PLAIN
    },
    Operation {
        method: "post",
        path: "/api/v1/session",
        id: "sign_in",
        summary: "Sign in; the answer sets a cookie",
        body: Body::Json("LoginRequest"),
        answer: Answer::Json("Session"),
        refusals: &[429],
        ..PLAIN
    },
    Operation {
        method: "delete",
        path: "/api/v1/session",
        id: "sign_out",
        summary: "Sign out",
        answer: Answer::Json("Done"),
        ..PLAIN
    },
    Operation {
        path: "/api/v1/form",
        id: "form",
        summary: "What can be started",
        query: &[("from", "integer", "Number of a run to begin with.")],
        answer: Answer::Json("StartForm"),
        refusals: &[503],
        ..PLAIN
    },
    Operation {
        method: "post",
        path: "/api/v1/form/reload",
        id: "reload",
        summary: "Read the files of the test again: the server begins anew",
        body: Body::Json("ReloadRequest"),
        status: 202,
        answer: Answer::Json("Done"),
        refusals: &[409, 503, 504],
        ..PLAIN
    },
    Operation {
        path: "/api/v1/form/files",
        id: "test_files",
        summary: "Files that can be chosen as the test, where there is none that can be run",
        answer: Answer::Json("TestChoices"),
        refusals: &[409, 503, 504],
        ..PLAIN
    },
    Operation {
        method: "post",
        path: "/api/v1/form/choose",
        id: "choose_test",
        summary: "Choose the file of the test: the server begins anew with it",
        body: Body::Json("ChooseRequest"),
        status: 202,
        answer: Answer::Json("Done"),
        refusals: &[409, 503, 504],
        ..PLAIN
    },
    Operation {
        path: "/api/v1/target",
        id: "target",
        summary: "Whether a host may be loaded",
        query: &[("host", "string", "A base URL.")],
        answer: Answer::Json("TargetCheck"),
        ..PLAIN
    },
    Operation {
        path: "/api/v1/log",
        id: "log",
        summary: "Lines of the log",
        query: &[
            ("since", "integer", "Number of the first line."),
            ("limit", "integer", "Lines at most."),
            ("source", "string", "Only of this node."),
        ],
        answer: Answer::Json("LogPage"),
        ..PLAIN
    },
    Operation {
        path: "/api/v1/log.txt",
        id: "log_text",
        summary: "The log as a file",
        answer: Answer::Text("text/plain"),
        ..PLAIN
    },
    Operation {
        path: "/api/v1/cloud",
        id: "cloud",
        summary: "What is known of the machines, where they are in a cloud",
        answer: Answer::Json("Cloud"),
        ..PLAIN
    },
    Operation {
        method: "post",
        path: "/api/v1/cloud/teardown",
        id: "teardown",
        summary: "End all machines, after the run that lasts has been stopped and kept",
        body: Body::Json("TeardownRequest"),
        status: 202,
        answer: Answer::Json("Done"),
        refusals: &[409],
        ..PLAIN
    },
    Operation {
        path: "/api/v1/runs",
        id: "runs",
        summary: "Earlier runs",
        query: &[("limit", "integer", "Runs at most; the newest come first.")],
        answer: Answer::Json("RunList"),
        ..PLAIN
    },
    Operation {
        method: "post",
        path: "/api/v1/runs",
        id: "start",
        summary: "Start a run",
        body: Body::Json("StartRequest"),
        status: 201,
        answer: Answer::Json("Started"),
        refusals: &[409, 503, 504],
        ..PLAIN
    },
    Operation {
        method: "post",
        path: "/api/v1/runs/import",
        id: "import",
        summary: "Take in a run out of an exported report",
        body: Body::Json("ImportRequest"),
        status: 201,
        answer: Answer::Json("Started"),
        refusals: &[404, 409, 422, 503, 507],
        ..PLAIN
    },
    Operation {
        path: "/api/v1/runs/{run}",
        id: "run",
        summary: "Everything about one run",
        answer: Answer::Json("Snapshot"),
        ..PLAIN
    },
    Operation {
        method: "delete",
        path: "/api/v1/runs/{run}",
        id: "delete_run",
        summary: "Delete a run that is kept",
        answer: Answer::Json("Done"),
        refusals: &[409],
        ..PLAIN
    },
    Operation {
        method: "post",
        path: "/api/v1/runs/{run}/users",
        id: "users",
        summary: "Change how many users run",
        body: Body::Json("UsersRequest"),
        answer: Answer::Json("Done"),
        refusals: &[409, 503, 504],
        ..PLAIN
    },
    Operation {
        method: "post",
        path: "/api/v1/runs/{run}/stop",
        id: "stop",
        summary: "Stop the run",
        body: Body::Json("StopRequest"),
        status: 202,
        answer: Answer::Json("Done"),
        refusals: &[409, 503, 504],
        ..PLAIN
    },
    Operation {
        method: "post",
        path: "/api/v1/runs/{run}/notes",
        id: "note",
        summary: "Write a note",
        body: Body::Json("NoteRequest"),
        answer: Answer::Json("Done"),
        refusals: &[409],
        ..PLAIN
    },
    Operation {
        method: "post",
        path: "/api/v1/runs/{run}/baseline",
        id: "baseline",
        summary: "Make a run the one that others are compared with",
        body: Body::Json("BaselineRequest"),
        answer: Answer::Json("Done"),
        ..PLAIN
    },
    Operation {
        method: "post",
        path: "/api/v1/runs/{run}/pin",
        id: "pin",
        summary: "Keep a run whatever its age",
        body: Body::Json("PinRequest"),
        answer: Answer::Json("Done"),
        ..PLAIN
    },
    Operation {
        path: "/api/v1/runs/{run}/setup",
        id: "setup",
        summary: "What was run",
        answer: Answer::Json("RunSetup"),
        ..PLAIN
    },
    Operation {
        path: "/api/v1/runs/{run}/series",
        id: "series",
        summary: "Lines of the charts",
        query: &ENTRY_STRETCH,
        answer: Answer::Json("Series"),
        ..PLAIN
    },
    Operation {
        path: "/api/v1/runs/{run}/entries/{index}",
        id: "entry",
        summary: "All about one entry",
        answer: Answer::Json("EntryDetail"),
        ..PLAIN
    },
    Operation {
        path: "/api/v1/runs/{run}/trends",
        id: "trends",
        summary: "Short lines of entries",
        query: &[("entries", "string", "Their indexes: `1,2,3`.")],
        answer: Answer::Json("EntryTrends"),
        ..PLAIN
    },
    Operation {
        path: "/api/v1/runs/{run}/folders",
        id: "folders",
        summary: "Entries in folders, with the percentiles of all requests of each",
        query: &FOLDER_STRETCH,
        answer: Answer::Json("EntryFolders"),
        ..PLAIN
    },
    Operation {
        path: "/api/v1/runs/{run}/failures",
        id: "failures",
        summary: "Short lines of failures and errors, and their workers",
        query: &[
            ("failures", "string", "Numbers of failures: `0,1`."),
            ("exceptions", "string", "Numbers of errors: `0,1`."),
        ],
        answer: Answer::Json("FailureCourses"),
        ..PLAIN
    },
    Operation {
        path: "/api/v1/runs/{run}/groups",
        id: "groups",
        summary: "Failures and errors of a stretch",
        query: &STRETCH,
        answer: Answer::Json("GroupWindow"),
        ..PLAIN
    },
    Operation {
        path: "/api/v1/runs/{run}/window",
        id: "window",
        summary: "The table of a stretch",
        query: &STRETCH,
        answer: Answer::Json("EntryWindow"),
        ..PLAIN
    },
    Operation {
        path: "/api/v1/runs/{run}/workers",
        id: "workers",
        summary: "How busy all workers were, over time",
        answer: Answer::Json("WorkersCourse"),
        ..PLAIN
    },
    Operation {
        path: "/api/v1/runs/{run}/workers/{index}",
        id: "worker",
        summary: "All about one worker",
        answer: Answer::Json("WorkerDetail"),
        ..PLAIN
    },
    Operation {
        path: "/api/v1/runs.sqlite",
        id: "all_runs",
        summary: "All runs as one file, for `gregaria report --store`",
        answer: Answer::Text("application/vnd.sqlite3"),
        refusals: &[404, 507],
        ..PLAIN
    },
    Operation {
        path: "/api/v1/runs/{run}/log.txt",
        id: "run_log",
        summary: "What was said in the run, as a text",
        answer: Answer::Text("text/plain"),
        ..PLAIN
    },
    Operation {
        path: "/api/v1/runs/{run}/report.html",
        id: "report",
        summary: "The report as one file",
        query: &EXPORT,
        answer: Answer::Text("text/html"),
        ..PLAIN
    },
    Operation {
        path: "/api/v1/runs/{run}/report.json",
        id: "report_json",
        summary: "Everything that is kept of a run: it can be taken in again",
        query: &EXPORT,
        answer: Answer::Json("Report"),
        ..PLAIN
    },
    Operation {
        path: "/api/v1/runs/{run}/requests.csv",
        id: "requests_csv",
        summary: "A row for each entry",
        query: &EXPORT,
        answer: Answer::Text("text/csv"),
        ..PLAIN
    },
    Operation {
        path: "/api/v1/runs/{run}/series.csv",
        id: "series_csv",
        summary: "A row for each second",
        query: &EXPORT,
        answer: Answer::Text("text/csv"),
        ..PLAIN
    },
    Operation {
        path: "/api/v1/runs/{run}/failures.csv",
        id: "failures_csv",
        summary: "A row for each failure",
        query: &EXPORT,
        answer: Answer::Text("text/csv"),
        ..PLAIN
    },
    Operation {
        path: "/api/v1/compare",
        id: "compare",
        summary: "Two runs side by side",
        query: &[
            ("a", "integer", "Number of the run to compare with."),
            ("b", "integer", "Number of the run to compare."),
            (
                "from",
                "number",
                "Where the stretch begins, in seconds of each run.",
            ),
            ("to", "number", "Where it ends."),
        ],
        answer: Answer::Json("Compare"),
        refusals: &[404],
        ..PLAIN
    },
    Operation {
        method: "post",
        path: "/api/v1/workers/remove",
        id: "remove_worker",
        summary: "Forget a lost worker, or tell another one to leave",
        body: Body::Json("RemoveWorkerRequest"),
        status: 202,
        answer: Answer::Json("Done"),
        refusals: &[404, 503, 504],
        ..PLAIN
    },
];
