//! What an HTML report has in it, so that it can be shown without a server and taken in again.

use serde::Serialize;
use utoipa::ToSchema;

use super::{Compare, Distribution, RunSetup, RunSummary, Snapshot, WorkersCourse};

/// All of one run: the JSON in a report file.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Report {
    /// Version of this form; 1.
    pub format: u32,
    /// When the report was written.
    pub written_at: f64,
    /// The run's row of the list.
    pub run: RunSummary,
    /// What was run.
    pub setup: RunSetup,
    /// Everything there is to show of it; the log is left out unless it was asked for.
    pub snapshot: Snapshot,
    /// How long its requests took.
    pub distribution: Distribution,
    /// How busy its workers were over time; `null` in a run of one process, and if nobody has said.
    pub workers_course: Option<WorkersCourse>,
    /// The comparison with the baseline; `null` without one.
    pub compare: Option<Compare>,
}
