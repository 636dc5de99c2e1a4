//! What the test's thread tells of itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use gregaria_runner::{Peer, State};
use gregaria_stats::Snapshot;
use serde::Deserialize;

use crate::model::{
    EndKind, Load, Parameter, ShapeClass, TestError, TestFile, UserClass, Versions,
};

/// Everything that is shown, as it was at one moment.
#[derive(Debug)]
pub struct View {
    /// What was counted.
    pub figures: Arc<Snapshot>,
    /// What the run is doing.
    pub status: Status,
    /// The workers, in the order in which they came; `None` in a run of one process.
    pub workers: Option<Vec<Worker>>,
}

/// What the run is doing, as the runner knows it. The test's thread sends it as JSON.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Status {
    /// Locust's word for it: `ready`, `spawning`, `running`, `cleanup`, `stopping`, `stopped`.
    pub state: String,
    /// Users that run.
    pub user_count: u64,
    /// Users that shall run.
    pub target_users: u64,
    /// Users that run, by class.
    pub users_by_class: BTreeMap<String, u64>,
    /// Name of the locustfile, and of others loaded with it.
    pub locustfile: String,
    /// Label of the run.
    pub profile: Option<String>,
    /// Base URL.
    pub host: Option<String>,
    /// The run that lasts, or the last one.
    pub run: Option<RunStatus>,
    /// Workers that were asked for.
    pub expected_workers: Option<u64>,
    /// Why no run can be started, apart from a lack of workers.
    pub cannot_start: Option<String>,
    /// Why there is no test to run.
    #[serde(default)]
    pub test_error: Option<TestError>,
    /// When the users were told to stop, while they stop.
    pub stopping_since: Option<f64>,
    /// When counting began, as file names have it: `2026-11-22-11h28`.
    pub stamp: String,
    /// CPU time of this process in percent of one core.
    pub cpu_percent: f64,
    /// Memory of this process.
    pub memory_bytes: u64,
}

/// One run, as the runner knows it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct RunStatus {
    /// Its number.
    pub number: u64,
    /// When it began.
    pub started_at: f64,
    /// When it ends by itself.
    pub ends_at: Option<f64>,
    /// What was asked for.
    pub load: Load,
    /// Who started it.
    pub started_by: Option<String>,
    /// From where.
    pub started_from: String,
    /// The note.
    pub note: Option<String>,
    /// How it ended, where the reason does not tell.
    pub end_kind: Option<EndKind>,
    /// Who ended it.
    pub ended_by: Option<String>,
}

/// One worker.
#[derive(Clone, Debug, PartialEq)]
pub struct Worker {
    /// Its number, fixed for the life of the master.
    pub index: u64,
    /// Its id.
    pub id: Arc<str>,
    /// What it is doing.
    pub state: State,
    /// Its users.
    pub user_count: u64,
    /// CPU time in percent of one core.
    pub cpu_percent: f64,
    /// Memory of its process.
    pub memory_bytes: u64,
    /// Seconds since it was heard of last, as heartbeats count them.
    pub silent_seconds: u64,
    /// Seconds by which its clock is behind.
    pub clock_offset_seconds: f64,
    /// Whether it is one of ours.
    pub is_gregaria: bool,
    /// What runs there, if it says so.
    pub version: Option<Arc<str>>,
    /// How late its users were woken in the last second, at most, if it says so.
    pub lag_ms: Option<f64>,
    /// Its requests of this run that had no whole answer, if it says so.
    pub network_errors: Option<u64>,
    /// Where its machine stands, if it says so.
    pub zone: Option<Arc<str>>,
}

impl From<&Peer> for Worker {
    fn from(peer: &Peer) -> Self {
        let missed = gregaria_runner::limits::HEARTBEAT_LIVENESS.saturating_sub(peer.liveness);
        Self {
            index: peer.index,
            id: Arc::clone(&peer.id),
            state: peer.state,
            user_count: peer.user_count(),
            cpu_percent: peer.cpu_usage,
            memory_bytes: peer.memory_usage,
            // A heartbeat is due each second, and one that is about to come is not silence.
            silent_seconds: u64::try_from(missed).unwrap_or(0).saturating_sub(1),
            clock_offset_seconds: peer.clock_offset(),
            is_gregaria: peer.is_ours,
            version: peer.version.clone(),
            // Parts of a millisecond are of the clock.
            lag_ms: peer.lag_ms.map(f64::round),
            network_errors: peer.network_errors,
            zone: peer.zone.clone(),
        }
    }
}

/// What the form begins with, and what Locust's page was told. Published when it changes.
#[derive(Clone, Debug, Default, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of the test, and none depends on another"
)]
pub struct FormData {
    /// Files of the test.
    pub files: Vec<TestFile>,
    /// Classes of users.
    pub user_classes: Vec<UserClass>,
    /// Classes of shapes.
    pub shape_classes: Vec<ShapeClass>,
    /// Whether classes and shape can be chosen.
    pub picks_classes: bool,
    /// Label of the run.
    pub name: Option<String>,
    /// Base URL.
    pub host: Option<String>,
    /// Whether some class has no base URL of its own.
    pub is_host_required: bool,
    /// Load to begin with.
    pub load: Load,
    /// Whether a shape says how many users there are.
    pub shape_sets_users: bool,
    /// The test's own parameters.
    pub parameters: Vec<Parameter>,
    /// The command that starts a worker.
    pub worker_command: Option<String>,
    /// The tree of tasks of each class: what Locust's `/tasks` is made of.
    pub tasks: BTreeMap<String, BTreeMap<String, TaskRatio>>,
    /// Percentiles of Locust's statistics, 0 to 1, as Python writes them.
    pub percentiles_to_statistics: Vec<f64>,
    /// Percentiles of Locust's charts.
    pub percentiles_to_chart: Vec<f64>,
    /// Percentiles of the CSV files.
    pub percentiles_to_report: Vec<f64>,
    /// File of `--csv-full-history`.
    pub history_file: Option<String>,
    /// Whether the test answers paths that nobody else knows.
    #[serde(default)]
    pub has_own_pages: bool,
    /// Versions.
    pub versions: Option<Versions>,
}

/// How often a task is taken in comparison with its siblings.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct TaskRatio {
    /// Part of its siblings, 0 to 1.
    pub ratio: f64,
    /// Tasks in it, if it is a set of tasks.
    #[serde(default)]
    pub tasks: Option<BTreeMap<String, TaskRatio>>,
}
