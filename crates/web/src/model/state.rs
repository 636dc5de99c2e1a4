//! What the run is doing: the header of the page.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::RunEnd;

/// Where a run, or the wait for one, is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Nothing runs, and no worker is there to run anything.
    WaitingForWorkers,
    /// Nothing has run yet, and a run can be started.
    Ready,
    /// Users are being started.
    Starting,
    /// All users run.
    Running,
    /// Users are being stopped.
    Stopping,
    /// The run is over, and another can be started.
    Ended,
}

/// The state of everything, small enough to be sent whole whenever it changes.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct State {
    /// Where the run is.
    pub phase: Phase,
    /// Number of the run that lasts, or of the last one; `null` before the first.
    pub run: Option<u64>,
    /// Its name: the profile if one is set, else the file of the test.
    pub name: String,
    /// Base URL under test; `null` if it is for the classes of users to say.
    pub host: Option<String>,
    /// When the run began.
    pub started_at: Option<f64>,
    /// When it ends by itself; `null` if it does not.
    pub ends_at: Option<f64>,
    /// How it ended; `null` while it lasts.
    pub end: Option<RunEnd>,
    /// Users.
    pub users: UserCounts,
    /// What was asked for; `null` before the first run.
    pub load: Option<Load>,
    /// Workers; `null` in a run of one process.
    pub workers: Option<WorkerCounts>,
    /// Seconds since the stop was asked for; `null` unless the phase is `stopping`.
    pub stopping_seconds: Option<f64>,
    /// Workers whose users have not all stopped; empty unless the phase is `stopping`.
    pub still_running: Vec<String>,
    /// Why no run can be started in this phase, for a person to read; `null` if one can.
    pub cannot_start: Option<String>,
    /// Why there is no test to run; `null` if there is one.
    pub test_error: Option<TestError>,
    /// What a tester has to know about the figures, one sentence each.
    pub notices: Vec<String>,
}

/// Why there is no test to run. The server looks for changes of its files, and goes on by itself.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
pub struct TestError {
    /// What is the matter.
    pub kind: TestErrorKind,
    /// Where it was looked for, as the command line has it.
    pub path: String,
    /// The sentence, or the traceback with its line breaks.
    pub text: String,
}

/// What is the matter with a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TestErrorKind {
    /// There is no such file.
    Missing,
    /// It cannot be loaded.
    Broken,
}

/// How many users there are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct UserCounts {
    /// That run.
    pub running: u64,
    /// That shall run.
    pub target: u64,
    /// Most that ran at once in this run.
    pub peak: u64,
    /// Those that run, by class, in the order of the names.
    pub by_class: Vec<ClassCount>,
}

/// Users of one class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ClassCount {
    /// Name of the class.
    pub name: String,
    /// Its users that run.
    pub users: u64,
}

/// What was asked for.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, ToSchema)]
pub struct Load {
    /// Users; `null` if a shape says.
    pub users: Option<u64>,
    /// Users started a second; `null` if a shape says.
    pub spawn_rate: Option<f64>,
    /// Length of the run; `null` without a limit.
    pub run_time_seconds: Option<f64>,
    /// Name of the shape that says how many users there are.
    pub shape: Option<String>,
}

/// How many workers there are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct WorkerCounts {
    /// That can be given users.
    pub active: u64,
    /// That have been silent for too long.
    pub missing: u64,
    /// That were asked for; `null` if nobody said.
    pub expected: Option<u64>,
}
