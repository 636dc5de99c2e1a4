//! What is logged, and where.

use super::option::{Kind, Opt};

/// Options under this heading.
pub(super) const OPTIONS: &[Opt] = &[
    Opt::flag("skip-log-setup", "Leave logging to the locustfile").env("LOCUST_SKIP_LOG_SETUP"),
    Opt::of(
        Kind::Level,
        "loglevel",
        "LEVEL",
        "DEBUG, INFO, WARNING, ERROR or CRITICAL [default: INFO]",
    )
    .short('L')
    .env("LOCUST_LOGLEVEL")
    .text("INFO"),
    Opt::of(
        Kind::Text,
        "logfile",
        "FILE",
        "Log to this file, not to stderr",
    )
    .env("LOCUST_LOGFILE"),
];
