//! How much is kept: the limits that make memory bounded, in one place.

use crate::Precision;

/// Name of the row into which names past [`Settings::max_names`] are folded. Its method is empty.
pub const OTHER_NAMES: &str = "(other names)";

/// Text of the failure into which messages past [`Settings::max_failures`] are folded.
pub const OTHER_FAILURES: &str = "(other failures)";

/// How exactly and how much a recorder or the totals keep.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Significant digits of the histograms.
    pub precision: Precision,
    /// Distinct (method, name) before further ones are counted in the row [`OTHER_NAMES`].
    pub max_names: usize,
    /// Distinct failures before further ones are counted as [`OTHER_FAILURES`].
    pub max_failures: usize,
    /// Distinct tracebacks before further exceptions are only counted.
    pub max_exceptions: usize,
    /// Seconds for which each entry keeps its own count of requests and failures.
    ///
    /// The current rate needs 13. Locust keeps all of them and writes them out with `--json`, so
    /// that option sets this to the length of the run; a second costs 8 bytes in each entry.
    pub kept_seconds: usize,
    /// Whether entries remember the last seconds of their response times, from which the
    /// *current* percentiles are made. A worker needs none. The total remembers them if so.
    pub keeps_recent: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            precision: Precision::Two,
            max_names: 10_000,
            max_failures: 10_000,
            max_exceptions: 1_000,
            kept_seconds: 64,
            keeps_recent: true,
        }
    }
}
