//! Where runs are kept, and how many of them.

use super::option::{Kind, Opt};

/// Options under this heading.
pub(super) const OPTIONS: &[Opt] = &[
    Opt::of(
        Kind::Text,
        "store",
        "FILE",
        "File in which runs are kept, for `gregaria report` \
         [default: ~/.local/state/gregaria/runs.sqlite]",
    )
    .env("GREGARIA_STORE"),
    Opt::flag("no-store", "Keep nothing of this run").env("GREGARIA_NO_STORE"),
    Opt::of(
        Kind::Positive,
        "keep-runs",
        "N",
        "Runs to keep; pinned ones and baselines always are [default: 200]",
    )
    .env("GREGARIA_KEEP_RUNS")
    .integer(200),
    Opt::of(
        Kind::Positive,
        "keep-megabytes",
        "N",
        "Largest size of the file; the oldest runs go first [default: 2000]",
    )
    .env("GREGARIA_KEEP_MEGABYTES")
    .integer(2000),
];
