//! Failed requests, and errors in the test's own code.

use serde::Serialize;
use utoipa::ToSchema;

/// Requests of one entry that failed with the same message.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FailureGroup {
    /// Its number in the run, from 0; another group with this number is a later state of it.
    pub id: u64,
    /// Method of the requests.
    pub method: String,
    /// Name of the requests.
    pub name: String,
    /// Type of the error as the test names it, such as `HTTPError`; `null` if the message has none.
    pub error_type: Option<String>,
    /// What it is about, for the stacked chart.
    pub kind: FailureKind,
    /// The message.
    pub message: String,
    /// How often.
    pub occurrences: u64,
    /// When first.
    pub first_seen: f64,
    /// When last.
    pub last_seen: f64,
    /// On how many workers; `null` in a run of one process and where it is not known.
    pub worker_count: Option<u64>,
}

/// Kinds of failures, for the chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// An answer with a status from 400 to 499.
    ClientError,
    /// An answer with a status from 500.
    ServerError,
    /// No answer in time.
    Timeout,
    /// No connection, or one that broke.
    Connection,
    /// The test itself said so.
    Check,
    /// The host is not among those that may be loaded.
    Blocked,
    /// Anything else.
    Other,
}

/// Failures of one kind over time.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FailureTrend {
    /// Which kind.
    pub kind: FailureKind,
    /// Failures a second, one for each `time` of the series.
    pub per_second: Vec<Option<f64>>,
}

/// Failures of one kind in one second.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct KindRate {
    /// Which kind.
    pub kind: FailureKind,
    /// Failures a second.
    pub per_second: f64,
}

/// Errors that left a task by the same way.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ExceptionGroup {
    /// Its number in the run, from 0; another group with this number is a later state of it.
    pub id: u64,
    /// How often.
    pub count: u64,
    /// Type of the error, such as `KeyError`; `null` if nobody said.
    pub error_type: Option<String>,
    /// Text of the first of them.
    pub message: String,
    /// The frames, from the task down to the error, with line breaks.
    pub traceback: String,
    /// Workers on which it happened; empty in a run of one process.
    pub workers: Vec<String>,
    /// When it was noticed first; `null` if that is not known.
    pub first_seen: Option<f64>,
    /// When it was noticed last; `null` if that is not known.
    pub last_seen: Option<f64>,
}

/// Failures and errors that came in a stretch of the run: `GET /api/v1/runs/{run}/groups?from=&to=`.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct GroupWindow {
    /// Where it begins: the asked moment, moved to where figures are kept.
    pub from: f64,
    /// Where it ends.
    pub to: f64,
    /// Failures that came in it.
    pub failures: Vec<GroupCount>,
    /// Errors that came in it; `null` in a run of which it is not kept when they came.
    pub exceptions: Option<Vec<GroupCount>>,
}

/// How often a failure or an error came in a stretch.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct GroupCount {
    /// Its number.
    pub id: u64,
    /// How often.
    pub count: u64,
    /// When first in the stretch: exactly if it was the first time of all, and otherwise where the
    /// shorter stretch begins in which it was counted.
    pub first_seen: f64,
    /// When last, likewise.
    pub last_seen: f64,
}

/// Short lines of failures and errors, and where they happened:
/// `GET /api/v1/runs/{run}/failures?failures=0,1&exceptions=0`.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FailureCourses {
    /// Where the first stretch begins.
    pub from: f64,
    /// The end of each stretch; the next one begins there.
    pub time: Vec<f64>,
    /// One for each failure that was asked for and is known.
    pub failures: Vec<GroupCourse>,
    /// One for each error that was asked for and is known.
    pub exceptions: Vec<GroupCourse>,
}

/// The short line of one group.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct GroupCourse {
    /// Its number.
    pub id: u64,
    /// How often a second in each stretch.
    pub per_second: Vec<f64>,
    /// Ids of the workers on which it happened; empty in a run of one process.
    pub workers: Vec<String>,
}
