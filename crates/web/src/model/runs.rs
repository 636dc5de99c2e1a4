//! The list of runs.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Load;

/// How and why a run ended.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, ToSchema)]
pub struct RunEnd {
    /// How.
    pub kind: EndKind,
    /// When; of one that was cut off, the last moment that is known.
    pub time: f64,
    /// Who ended it; `null` for what happens by itself and where nobody signs in.
    pub by: Option<String>,
    /// The reason as a sentence, such as `no worker answered for 3 s`.
    pub reason: String,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EndKind {
    /// As planned: its time was up, its shape or the test itself ended it.
    Finished,
    /// Somebody stopped it.
    Stopped,
    /// No worker was left.
    WorkersLost,
    /// An error ended it.
    Error,
    /// The process that led it ended in the middle: the run is incomplete.
    CutOff,
}

/// One row of the list.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RunSummary {
    /// Number of the run.
    pub id: u64,
    /// Its name.
    pub name: String,
    /// Base URL; `null` if the classes of users said.
    pub host: Option<String>,
    /// Hash of the test's files; `null` if unknown. Runs of one test have the same name of file, and
    /// this tells whether it was changed.
    pub file_hash: Option<String>,
    /// When it began.
    pub started_at: f64,
    /// How it ended; `null` while it lasts.
    pub end: Option<RunEnd>,
    /// How long it lasted, or has lasted.
    pub length_seconds: f64,
    /// What was asked for.
    pub load: Option<Load>,
    /// Most users at once.
    pub peak_users: u64,
    /// Workers at its start; `null` in a run of one process.
    pub workers: Option<u64>,
    /// Requests of the whole run.
    pub requests: u64,
    /// Failures of the whole run.
    pub failures: u64,
    /// Mean requests a second; `null` without requests.
    pub rps: Option<f64>,
    /// Failures as a part of the requests, 0 to 1; `null` without requests.
    pub failed_ratio: Option<f64>,
    /// Median response time.
    pub p50_ms: Option<f64>,
    /// 95th percentile of the response time.
    pub p95_ms: Option<f64>,
    /// 99th percentile of the response time.
    pub p99_ms: Option<f64>,
    /// What somebody wrote about it.
    pub note: Option<String>,
    /// Whether others are compared with it.
    pub is_baseline: bool,
    /// Whether it is kept whatever its age.
    pub is_pinned: bool,
    /// Whether it was taken in from a report.
    pub is_imported: bool,
}

/// All runs, the newest first.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RunList {
    /// The rows.
    pub runs: Vec<RunSummary>,
    /// How many there are in all, of which `runs` are those that were asked for.
    pub total: u64,
    /// Where they are kept.
    pub storage: Storage,
}

/// Where runs are kept.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Storage {
    /// Path of the file; `null` if runs are kept only as long as the process lives.
    pub path: Option<String>,
    /// Bytes that it takes.
    pub bytes: u64,
    /// Whether runs are lost when this machine ends.
    pub is_temporary: bool,
    /// Why the present run is not being kept, for people; `null` if it is.
    pub problem: Option<String>,
}
