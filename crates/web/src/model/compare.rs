//! Two runs side by side.

use serde::Serialize;
use utoipa::ToSchema;

use super::{Distribution, RunSummary, Series};

/// The comparison of run B with run A: `GET /api/v1/compare?a=&b=`, with `from` and `to` in seconds
/// since the start of each run for a part of them.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Compare {
    /// The run that is compared with.
    pub a: Compared,
    /// The run that is compared.
    pub b: Compared,
    /// Differences between the two that make figures differ by themselves.
    pub warnings: Vec<Warning>,
    /// All requests together.
    pub total: CompareEntry,
    /// Entry by entry, by name and method.
    pub entries: Vec<CompareEntry>,
}

/// One of the two runs.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Compared {
    /// Its row of the list.
    pub run: RunSummary,
    /// Its lines; `time` is in seconds since its start.
    pub series: Series,
    /// Its response times.
    pub distribution: Distribution,
}

/// Something that makes percentages not like for like.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Warning {
    /// In what the two differ.
    pub kind: WarningKind,
    /// The sentence, such as `B used 20 % more users`.
    pub text: String,
}

/// In what two runs differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WarningKind {
    /// The test's files.
    File,
    /// Users.
    Users,
    /// Workers.
    Workers,
    /// The host.
    Host,
    /// Length.
    Length,
    /// One of them is incomplete or lasts still.
    Incomplete,
    /// One of them is too short to know how much its figures vary by themselves.
    Noise,
}

/// One entry in both runs.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct CompareEntry {
    /// Method; empty for the total.
    pub method: String,
    /// Name.
    pub name: String,
    /// Whether run A has it.
    pub is_in_a: bool,
    /// Whether run B has it.
    pub is_in_b: bool,
    /// Requests in run A and B.
    pub requests: Change,
    /// Requests a second.
    pub rps: Change,
    /// Failures as a part of the requests, 0 to 1.
    pub failed_ratio: Change,
    /// Median response time.
    pub p50_ms: Change,
    /// 95th percentile.
    pub p95_ms: Change,
    /// 99th percentile.
    pub p99_ms: Change,
}

/// One figure in both runs.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Change {
    /// In run A.
    pub a: Option<f64>,
    /// In run B.
    pub b: Option<f64>,
    /// `(b − a) / a`; `null` if one of them is, or A is 0.
    pub ratio: Option<f64>,
    /// How far apart the figures of one-minute windows inside a run lie, as a part of A; `null` if it
    /// is not known.
    pub noise_ratio: Option<f64>,
    /// What it means.
    pub judgement: Judgement,
}

/// What a change means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Judgement {
    /// Not more than what varies by itself.
    Same,
    /// B is better.
    Better,
    /// B is worse.
    Worse,
    /// It changed, and whether for better or worse cannot be said of this figure.
    Different,
    /// It cannot be said.
    Unknown,
}
