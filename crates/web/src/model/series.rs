//! Lines of charts, and the heat map.

use serde::Serialize;
use utoipa::ToSchema;

use super::FailureTrend;

/// Lines over time: all columns are as long as `time`. A `null` is a gap, and so is a stretch between
/// two points that is longer than `step_seconds`, which has a row of `null`s in it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Series {
    /// Seconds that each point stands for.
    pub step_seconds: f64,
    /// The end of the stretch that each point stands for.
    pub time: Vec<f64>,
    /// Users that ran.
    pub users: Vec<Option<u64>>,
    /// Users that were to run.
    pub target_users: Vec<Option<u64>>,
    /// Requests a second: those that ended in the stretch.
    pub rps: Vec<Option<f64>>,
    /// Failures a second.
    pub failures_per_second: Vec<Option<f64>>,
    /// Median response time of those that ended in the stretch; in a cluster, of those that were
    /// reported within three seconds. Of joined stretches the largest.
    pub p50_ms: Vec<Option<f64>>,
    /// 95th percentile.
    pub p95_ms: Vec<Option<f64>>,
    /// 99th percentile.
    pub p99_ms: Vec<Option<f64>>,
    /// Failures a second by kind, the most frequent four and the rest; empty where it is not kept.
    pub failures_by_kind: Vec<FailureTrend>,
}

/// How many requests took how long, over time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct HeatMap {
    /// Seconds that each column stands for.
    pub step_seconds: f64,
    /// Lower edges of the rows, rising; the last row has no upper edge.
    pub edges_ms: Vec<f64>,
    /// The columns, oldest first. Between two that are further apart than a step is a gap.
    pub columns: Vec<HeatColumn>,
}

/// One column of the heat map.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct HeatColumn {
    /// The end of its stretch.
    pub time: f64,
    /// Requests in each row, failed ones among them.
    pub counts: Vec<u64>,
    /// Requests that failed.
    pub failures: u64,
}
