//! The table of workers, and all about one of them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::LogLine;

/// What an index stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WorkerName {
    /// The index: the worker's number, fixed for the life of the master.
    pub index: u32,
    /// Its whole id.
    pub id: String,
    /// The machine, as its id tells; `null` if it does not.
    pub host: Option<String>,
    /// Where the machine stands; `null` if unknown.
    pub zone: Option<String>,
    /// What runs there: `gregaria 0.1.0`, `Locust 2.47.0`; `null` if unknown.
    pub version: Option<String>,
    /// Whether it is a worker of gregaria, and not one of Locust.
    pub is_gregaria: bool,
}

/// What a worker is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WorkerState {
    /// Waits for users.
    Ready,
    /// Starts or stops users until it has as many as it shall have.
    Spawning,
    /// Has as many as it shall have.
    Running,
    /// Clears up before another run.
    Cleanup,
    /// Stops its users.
    Stopping,
    /// Has stopped them.
    Stopped,
    /// Silent for too long.
    Missing,
    /// Has left.
    Gone,
}

/// Rows of the table, as columns of equal length.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct WorkerColumns {
    /// Which worker each row is.
    pub index: Vec<u32>,
    /// What it is doing.
    pub state: Vec<WorkerState>,
    /// Users that run there.
    pub users: Vec<u64>,
    /// CPU time in percent of one core; `null` while it is silent.
    pub cpu_percent: Vec<Option<f64>>,
    /// The most of this run.
    pub cpu_peak_percent: Vec<Option<f64>>,
    /// Memory in bytes; `null` while it is silent.
    pub memory_bytes: Vec<Option<u64>>,
    /// How late its users were woken in the last second, at most; of a kept run, in all of it. `null`
    /// if unknown.
    pub lag_ms: Vec<Option<f64>>,
    /// Its requests of this run that had no whole answer: no connection, one that broke, none in time.
    /// `null` if unknown.
    pub network_errors: Vec<Option<u64>>,
    /// By how much its clock is behind; `null` if unknown.
    pub clock_offset_ms: Vec<Option<f64>>,
    /// When it was heard of last; `null` if never.
    pub last_seen: Vec<Option<f64>>,
}

/// All about one worker.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct WorkerDetail {
    /// Which one.
    pub name: WorkerName,
    /// Seconds between two points.
    pub step_seconds: f64,
    /// When each point was taken.
    pub time: Vec<f64>,
    /// CPU time in percent of one core.
    pub cpu_percent: Vec<Option<f64>>,
    /// How late its users were woken.
    pub lag_ms: Vec<Option<f64>>,
    /// Its last lines of the log.
    pub log: Vec<LogLine>,
}

/// How busy all workers were, over time: columns of equal length. A `null` is a gap.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WorkersCourse {
    /// Seconds that each point stands for.
    pub step_seconds: f64,
    /// The end of the stretch that each point stands for.
    pub time: Vec<f64>,
    /// CPU time in percent of one core: the median of the workers, the largest in the stretch.
    pub cpu_median_percent: Vec<Option<f64>>,
    /// The same of the busiest worker.
    pub cpu_max_percent: Vec<Option<f64>>,
    /// How late users were woken, at most; `null` also where no worker tells.
    pub lag_max_ms: Vec<Option<f64>>,
}
