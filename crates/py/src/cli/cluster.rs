//! Master and workers.

use super::option::{Kind, Opt};

/// Said of names from before Locust 1.0.
const RENAMED: &str = "Locust calls it --worker since version 1.0";

/// Options under this heading.
pub(super) const OPTIONS: &[Opt] = &[
    Opt::flag("master", "Run as master")
        .env("LOCUST_MODE_MASTER")
        .of_a_cluster(),
    Opt::of(
        Kind::Text,
        "master-bind-host",
        "IP",
        "Address the master listens on",
    )
    .env("LOCUST_MASTER_BIND_HOST")
    .text("*")
    .of_a_cluster(),
    Opt::of(
        Kind::Integer,
        "master-bind-port",
        "PORT",
        "Port the master listens on",
    )
    .env("LOCUST_MASTER_BIND_PORT")
    .integer(5557)
    .of_a_cluster(),
    Opt::of(
        Kind::Positive,
        "expect-workers",
        "N",
        "Workers to wait for before the start",
    )
    .env("LOCUST_EXPECT_WORKERS")
    .integer(1)
    .of_a_cluster(),
    Opt::of(
        Kind::Count,
        "expect-workers-max-wait",
        "SECONDS",
        "How long to wait for workers",
    )
    .env("LOCUST_EXPECT_WORKERS_MAX_WAIT")
    .integer(0)
    .of_a_cluster(),
    Opt::flag(
        "enable-rebalancing",
        "Spread users anew when workers come and go",
    )
    .of_a_cluster(),
    Opt::of(
        Kind::Text,
        "expect-slaves",
        "N",
        "Old name of --expect-workers",
    )
    .refused("Locust calls it --expect-workers since version 1.0"),
    Opt::flag("worker", "Run as worker")
        .env("LOCUST_MODE_WORKER")
        .of_a_cluster(),
    Opt::of(
        Kind::Integer,
        "processes",
        "N",
        "Number of worker processes",
    )
    .env("LOCUST_PROCESSES")
    .of_a_cluster(),
    Opt::flag("slave", "Old name of --worker").refused(RENAMED),
    Opt::of(Kind::Text, "master-host", "HOST", "Host of the master")
        .env("LOCUST_MASTER_NODE_HOST")
        .text("127.0.0.1")
        .of_a_cluster(),
    Opt::of(Kind::Integer, "master-port", "PORT", "Port of the master")
        .env("LOCUST_MASTER_NODE_PORT")
        .integer(5557)
        .of_a_cluster(),
];
