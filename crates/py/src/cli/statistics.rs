//! What is shown and kept of the figures.

use super::option::{Kind, Opt};

/// Options under this heading.
pub(super) const OPTIONS: &[Opt] = &[
    Opt::of(
        Kind::Text,
        "csv",
        "PREFIX",
        "Write PREFIX_stats.csv, PREFIX_stats_history.csv, PREFIX_failures.csv and \
         PREFIX_exceptions.csv; folders are made",
    )
    .dest("csv_prefix")
    .env("LOCUST_CSV"),
    Opt::flag(
        "csv-full-history",
        "Give each entry its own lines in PREFIX_stats_history.csv",
    )
    .dest("stats_history_enabled")
    .env("LOCUST_CSV_FULL_HISTORY"),
    Opt::flag(
        "print-stats",
        "Print tables during a run with the web page, too",
    )
    .env("LOCUST_PRINT_STATS"),
    Opt::flag("only-summary", "Print tables at the end only").env("LOCUST_ONLY_SUMMARY"),
    Opt::flag(
        "reset-stats",
        "Set all figures to zero when all users have been started",
    )
    .env("LOCUST_RESET_STATS"),
    Opt::flag(
        "sample-bodies",
        "Keep the first 2 KB of the response to each slow or failed request that the page shows; \
         holds for all workers of this master too",
    )
    .env("GREGARIA_SAMPLE_BODIES"),
    Opt::of(
        Kind::Text,
        "html",
        "FILE",
        "Write an HTML report at the end; needs the run store",
    )
    .dest("html_file")
    .env("LOCUST_HTML"),
    Opt::flag("json", "Print the final figures as JSON on stdout"),
    Opt::of(
        Kind::Text,
        "json-file",
        "FILE",
        "Write the final figures as JSON to FILE.json",
    ),
];
