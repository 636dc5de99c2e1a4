//! What is loaded, how hard and for how long.

use super::option::{Kind, Opt};

/// Options under this heading.
pub(super) const OPTIONS: &[Opt] = &[
    Opt::of(
        Kind::Text,
        "locustfile",
        "FILE",
        "What the users do: a Python file, several with commas between them, or a directory \
         [default: locustfile.py]",
    )
    .short('f')
    .env("LOCUST_LOCUSTFILE")
    .text("locustfile.py"),
    Opt::of(
        Kind::Text,
        "config",
        "FILE",
        "A file with more options, `name = value` on each line, or [tool.locust] in a .toml file",
    ),
    Opt::of(
        Kind::Text,
        "host",
        "URL",
        "Base URL of the system under test: https://example.com",
    )
    .short('H')
    .env("LOCUST_HOST"),
    Opt::of(
        Kind::Count,
        "users",
        "N",
        "Number of users at the peak [default: 1]",
    )
    .short('u')
    .dest("num_users")
    .env("LOCUST_USERS"),
    Opt::of(
        Kind::Rate,
        "spawn-rate",
        "N",
        "Users started each second [default: 1]",
    )
    .short('r')
    .env("LOCUST_SPAWN_RATE"),
    Opt::of(
        Kind::TimeSpan,
        "run-time",
        "TIME",
        "How long the run lasts: 300, 300s, 20m, 1h30m [default: until Ctrl-C]",
    )
    .short('t')
    .env("LOCUST_RUN_TIME"),
    Opt::flag("list", "List the user classes of the locustfile and exit")
        .short('l')
        .dest("list_commands"),
    Opt::of(
        Kind::Texts,
        "config-users",
        "JSON",
        "Attributes of user classes: JSON objects or files, each with `user_class_name`",
    )
    .env("LOCUST_CONFIG_USERS"),
];
