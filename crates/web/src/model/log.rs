//! Lines of the log.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How grave a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// For whoever looks for a fault.
    Debug,
    /// What happens.
    Info,
    /// What a tester should look at.
    Warning,
    /// What went wrong.
    Error,
    /// What ended the run.
    Critical,
}

impl Level {
    /// Python's name of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warning => "WARNING",
            Self::Error => "ERROR",
            Self::Critical => "CRITICAL",
        }
    }
}

/// One record of the log. Its text may have line breaks in it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct LogLine {
    /// Number of the line, rising over all sources: what came after it is asked for by this.
    pub seq: u64,
    /// When.
    pub time: f64,
    /// Who: `master`, `local`, or the id of a worker.
    pub source: String,
    /// How grave.
    pub level: Level,
    /// Name of the logger; empty if unknown.
    pub logger: String,
    /// What.
    pub text: String,
}

/// Lines of the log after a moment.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct LogPage {
    /// The lines, oldest first.
    pub lines: Vec<LogLine>,
    /// Lines that were asked for and are no longer kept.
    pub dropped: u64,
}
