//! The table of entries, and all about one of them.

use serde::Serialize;
use utoipa::ToSchema;

use super::{FailureGroup, Figures, HeatMap, Series};

/// What an index stands for. Index 0 is the total of all requests, whose name is `Aggregated`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct EntryName {
    /// The index.
    pub index: u32,
    /// Method of the requests; empty for the total.
    pub method: String,
    /// Name of the requests.
    pub name: String,
}

/// Rows of the table, as columns of equal length.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct EntryColumns {
    /// Which entry each row is.
    pub index: Vec<u32>,
    /// Requests, failed ones among them.
    pub requests: Vec<u64>,
    /// Requests that failed.
    pub failures: Vec<u64>,
    /// Requests a second: now, or over the whole run when it is over; `null` without requests.
    pub rps: Vec<Option<f64>>,
    /// Failures a second, likewise.
    pub failures_per_second: Vec<Option<f64>>,
    /// Median response time of the whole run.
    pub p50_ms: Vec<Option<f64>>,
    /// 95th percentile of the whole run.
    pub p95_ms: Vec<Option<f64>>,
    /// 99th percentile of the whole run.
    pub p99_ms: Vec<Option<f64>>,
    /// By how much the p95 of the last minute differs from that of the whole run, as a share of it:
    /// 0.2 is a fifth slower. `null` with fewer than 20 requests in it, of a stretch, and when the run
    /// is over; left out where it is `null` of all.
    #[serde(skip_serializing_if = "is_unknown")]
    #[schema(required = false)]
    pub p95_change: Vec<Option<f64>>,
    /// The longest.
    pub max_ms: Vec<Option<f64>>,
    /// The mean.
    pub avg_ms: Vec<Option<f64>>,
    /// Mean length of the answers' bodies, in bytes.
    pub avg_bytes: Vec<Option<f64>>,
}

fn is_unknown(column: &[Option<f64>]) -> bool {
    column.iter().all(Option::is_none)
}

/// The table over a stretch of the run: the answer to a time window.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct EntryWindow {
    /// Where it begins: the asked moment, moved to where figures are kept.
    pub from: f64,
    /// Where it ends.
    pub to: f64,
    /// Figures of all requests in it.
    pub total: Figures,
    /// The table, the total left out. `rps` is the mean over the window.
    pub entries: EntryColumns,
}

/// Entries in folders, with figures of all requests of each together:
/// `GET /api/v1/runs/{run}/folders?by=&from=&to=`.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct EntryFolders {
    /// Where the stretch begins; `null` if it is the whole run.
    pub from: Option<f64>,
    /// Where it ends; `null` if it is the whole run.
    pub to: Option<f64>,
    /// The folders, by their names.
    pub folders: Vec<EntryFolder>,
}

/// Entries that belong together.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct EntryFolder {
    /// First part of their paths, `other` for names that are no paths; or their method.
    pub name: String,
    /// Their indexes.
    pub entries: Vec<u32>,
    /// Figures of all their requests. Percentiles are those of one merged histogram.
    pub figures: Figures,
}

/// Short lines of several entries, for the table.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct EntryTrends {
    /// Seconds that each point stands for.
    pub step_seconds: f64,
    /// The end of each stretch.
    pub time: Vec<f64>,
    /// One for each entry that was asked for and is known.
    pub trends: Vec<EntryTrend>,
}

/// The short line of one entry.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct EntryTrend {
    /// Which entry.
    pub index: u32,
    /// 95th percentile in each stretch.
    pub p95_ms: Vec<Option<f64>>,
}

/// All about one entry.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct EntryDetail {
    /// Which one.
    pub name: EntryName,
    /// Its figures of the whole run.
    pub whole_run: Figures,
    /// Its lines. Users are those of the whole run.
    pub series: Series,
    /// Its response times over time, in the stretches of its lines.
    pub heat: HeatMap,
    /// Its response times.
    pub distribution: Distribution,
    /// How often each status came, in their order; empty where nobody tells it.
    pub statuses: Vec<StatusCount>,
    /// The slowest requests of its last minute with any, the slowest first; at most five.
    pub slow: Vec<RequestSample>,
    /// The last requests that failed, the last first; at most five.
    pub failed: Vec<RequestSample>,
    /// Its failures.
    pub failures: Vec<FailureGroup>,
}

/// One request. Values that look like secrets are `***` in its texts.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RequestSample {
    /// Method.
    pub method: String,
    /// Where it went, or its name if that is not known; cut after 500 characters.
    pub url: String,
    /// Status of the answer; `null` if there was none.
    pub status: Option<u16>,
    /// How long it took; `null` if nobody knows.
    pub time_ms: Option<f64>,
    /// When it ended.
    pub at: f64,
    /// Why it failed; `null` if it did not.
    pub error: Option<String>,
    /// What was answered, or a few words about it if it is no text; cut after 2 KB. `null` without
    /// `--sample-bodies`, and where there was none.
    pub body: Option<String>,
}

/// How many requests were answered with one status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct StatusCount {
    /// Such as 404.
    pub status: u16,
    /// Requests.
    pub count: u64,
}

/// How many requests took how long: bars of equal width on a logarithmic axis.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Distribution {
    /// Lower edge of each bar.
    pub low_ms: Vec<f64>,
    /// Upper edge of each bar.
    pub high_ms: Vec<f64>,
    /// Requests in each bar.
    pub counts: Vec<u64>,
}
