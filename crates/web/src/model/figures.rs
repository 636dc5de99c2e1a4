//! The key figures.

use serde::Serialize;
use utoipa::ToSchema;

/// The figures above the charts.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Overview {
    /// Users that run.
    pub users: u64,
    /// Over the last ten seconds; `null` unless a run lasts.
    pub current: Option<Figures>,
    /// Over the whole run.
    pub whole_run: Figures,
    /// Requests that were not answered because the run ended; they are counted nowhere else. `null` if unknown.
    pub aborted: Option<u64>,
}

/// What was measured over some stretch of time.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Figures {
    /// Length of the stretch in seconds.
    pub window_seconds: Option<f64>,
    /// Requests that ended in it; `null` if only rates are known of it.
    pub requests: Option<u64>,
    /// Those among them that failed.
    pub failures: Option<u64>,
    /// Requests a second; `null` if there were none.
    pub rps: Option<f64>,
    /// Failures a second.
    pub failures_per_second: Option<f64>,
    /// Failures as a part of the requests, 0 to 1.
    pub failed_ratio: Option<f64>,
    /// Median response time.
    pub p50_ms: Option<f64>,
    /// 95th percentile.
    pub p95_ms: Option<f64>,
    /// 99th percentile.
    pub p99_ms: Option<f64>,
    /// 99.9th percentile, never above the longest.
    pub p999_ms: Option<f64>,
    /// The shortest.
    pub min_ms: Option<f64>,
    /// The longest.
    pub max_ms: Option<f64>,
    /// The mean.
    pub avg_ms: Option<f64>,
}
