//! Locust's paths.

use super::operations::{Answer, Body, Operation, PLAIN};

/// All of them.
pub(super) const ALL: &[Operation] = &[
    Operation {
        method: "post",
        path: "/swarm",
        id: "locust_swarm",
        summary: "Locust: start a run, or change its users; `success` says whether it was done",
        body: Body::Form(&[
            (
                "user_count",
                "integer",
                "Users; needed unless a shape runs.",
            ),
            (
                "spawn_rate",
                "number",
                "Users started a second; needed unless a shape runs.",
            ),
            ("host", "string", "Base URL."),
            ("run_time", "string", "Such as `1h20m`."),
            ("profile", "string", "Label of the run."),
            (
                "user_classes",
                "string",
                "With `--class-picker`; may be repeated.",
            ),
            (
                "shape_class",
                "string",
                "With `--class-picker`; `Default` for none.",
            ),
        ]),
        ..PLAIN
    },
    Operation {
        method: "post",
        path: "/stop",
        id: "locust_stop",
        summary: "Locust: stop the run; answered when the users are gone",
        ..PLAIN
    },
    Operation {
        method: "post",
        path: "/user",
        id: "locust_user",
        summary: "Locust: set attributes of the class `user_class_name`",
        body: Body::Object,
        status: 201,
        ..PLAIN
    },
    Operation {
        method: "post",
        path: "/stats/reset",
        id: "locust_reset",
        summary: "Locust: set the figures to zero",
        answer: Answer::Text("text/html"),
        ..PLAIN
    },
    Operation {
        path: "/stats/requests",
        id: "locust_requests",
        summary: "Locust: the figures",
        ..PLAIN
    },
    Operation {
        path: "/stats/requests/csv",
        id: "locust_requests_csv",
        summary: "Locust: the figures as CSV",
        answer: Answer::Text("text/csv"),
        ..PLAIN
    },
    Operation {
        path: "/stats/failures/csv",
        id: "locust_failures_csv",
        summary: "Locust: failures as CSV",
        answer: Answer::Text("text/csv"),
        ..PLAIN
    },
    Operation {
        path: "/exceptions/csv",
        id: "locust_exceptions_csv",
        summary: "Locust: errors in tasks as CSV",
        answer: Answer::Text("text/csv"),
        ..PLAIN
    },
    Operation {
        path: "/stats/requests_full_history/csv",
        id: "locust_history_csv",
        summary: "Locust: the file of `--csv-full-history`",
        answer: Answer::Text("text/csv"),
        refusals: &[404],
        ..PLAIN
    },
    Operation {
        path: "/stats/report",
        id: "locust_report",
        summary: "Locust: the report",
        query: &[
            ("download", "string", "Anything: as a file."),
            ("theme", "string", "`dark` or `light`."),
        ],
        answer: Answer::Text("text/html"),
        ..PLAIN
    },
    Operation {
        path: "/exceptions",
        id: "locust_exceptions",
        summary: "Locust: errors in tasks",
        ..PLAIN
    },
    Operation {
        path: "/tasks",
        id: "locust_tasks",
        summary: "Locust: how often each task is taken",
        ..PLAIN
    },
    Operation {
        path: "/logs",
        id: "locust_logs",
        summary: "Locust: the last lines of the log of each node",
        ..PLAIN
    },
    Operation {
        path: "/worker-count",
        id: "locust_worker_count",
        summary: "Locust: how many workers there are",
        ..PLAIN
    },
    Operation {
        path: "/login",
        id: "locust_login",
        summary: "The page that asks for name and password; elsewhere the way to the page",
        status: 302,
        answer: Answer::Redirect,
        ..PLAIN
    },
];
