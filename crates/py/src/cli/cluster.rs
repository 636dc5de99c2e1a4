//! Master and workers.

use super::option::{Kind, Opt};

/// Said of names from before Locust 1.0.
const RENAMED: &str = "Locust calls it --worker since version 1.0";

/// Options under this heading.
pub(super) const OPTIONS: &[Opt] = &[
    Opt::flag("master", "Run as master").env("LOCUST_MODE_MASTER"),
    Opt::of(
        Kind::Text,
        "master-bind-host",
        "IP",
        "Address the master listens on",
    )
    .env("LOCUST_MASTER_BIND_HOST")
    .text("*"),
    Opt::of(
        Kind::Integer,
        "master-bind-port",
        "PORT",
        "Port the master listens on",
    )
    .env("LOCUST_MASTER_BIND_PORT")
    .integer(5557),
    Opt::of(
        Kind::Positive,
        "expect-workers",
        "N",
        "Workers to wait for before the start",
    )
    .env("LOCUST_EXPECT_WORKERS")
    .integer(1),
    Opt::of(
        Kind::Count,
        "expect-workers-max-wait",
        "SECONDS",
        "How long to wait for workers",
    )
    .env("LOCUST_EXPECT_WORKERS_MAX_WAIT")
    .integer(0),
    Opt::flag(
        "enable-rebalancing",
        "Spread users anew when workers come and go",
    ),
    Opt::of(
        Kind::Text,
        "expect-slaves",
        "N",
        "Old name of --expect-workers",
    )
    .refused("Locust calls it --expect-workers since version 1.0"),
    Opt::flag("worker", "Run as worker").env("LOCUST_MODE_WORKER"),
    Opt::of(
        Kind::Text,
        "join-token",
        "TOKEN",
        "Secret that workers have to show; better in the variable or in a file",
    )
    .env("GREGARIA_JOIN_TOKEN"),
    Opt::of(
        Kind::Text,
        "join-token-file",
        "FILE",
        "File with such secrets, one in a line",
    )
    .env("GREGARIA_JOIN_TOKEN_FILE"),
    Opt::of(
        Kind::Text,
        "certificate",
        "FILE",
        "Certificate and key of the master, made if the file is not there",
    )
    .env("GREGARIA_CERTIFICATE"),
    Opt::of(
        Kind::Text,
        "invitation",
        "LINE",
        "Join the master by the line that it has printed, or by the file that holds it",
    )
    .env("GREGARIA_INVITATION"),
    Opt::of(
        Kind::Text,
        "zone",
        "NAME",
        "Where this worker's machine stands, for the table of workers",
    )
    .env("GREGARIA_ZONE"),
    Opt::of(
        Kind::Integer,
        "processes",
        "N",
        "Worker processes to start here; -1 is one on each core",
    )
    .env("LOCUST_PROCESSES"),
    Opt::flag("slave", "Old name of --worker").refused(RENAMED),
    Opt::of(Kind::Text, "master-host", "HOST", "Host of the master")
        .env("LOCUST_MASTER_NODE_HOST")
        .text("127.0.0.1"),
    Opt::of(Kind::Integer, "master-port", "PORT", "Port of the master")
        .env("LOCUST_MASTER_NODE_PORT")
        .integer(5557),
];
