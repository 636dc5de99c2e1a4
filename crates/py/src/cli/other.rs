//! Everything else.

use super::option::{Kind, Opt};

/// Options under this heading.
pub(super) const OPTIONS: &[Opt] = &[
    Opt::flag(
        "show-task-ratio",
        "Print how often each task will be run and exit",
    ),
    Opt::flag("show-task-ratio-json", "The same as JSON"),
    Opt::of(
        Kind::Integer,
        "exit-code-on-error",
        "N",
        "Exit code of a run with failures or exceptions [default: 1]",
    )
    .env("LOCUST_EXIT_CODE_ON_ERROR")
    .integer(1),
    Opt::of(
        Kind::TimeSpan,
        "stop-timeout",
        "TIME",
        "How long a user may go on with its task when it is stopped [default: 0]",
    )
    .short('s')
    .env("LOCUST_STOP_TIMEOUT")
    .integer(0),
    Opt::of(
        Kind::Hosts,
        "allowed-hosts",
        "HOSTS",
        "Load these hosts only, with commas: names, `*.name`, addresses, networks. Holds for every request and redirect, on all workers of this master too",
    )
    .env("GREGARIA_ALLOWED_HOSTS"),
    Opt::flag(
        "equal-weights",
        "Give every task and every user class the same weight",
    ),
    Opt::of(
        Kind::Text,
        "profile",
        "NAME",
        "Name of the group of runs that this one belongs to",
    ),
    Opt::flag("otel", "Report to OpenTelemetry")
        .env("LOCUST_ENABLE_OPENTELEMETRY")
        .refused("not yet: gregaria does not speak to OpenTelemetry so far"),
    Opt::of(Kind::Answer, "version", "", "Print the version and exit").short('V'),
    Opt::of(Kind::Answer, "help", "", "Print this text and exit").short('h'),
];
