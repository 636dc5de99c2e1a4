//! Key figures of an entry.

use gregaria_stats::{Entry, Histogram, Snapshot, Window};

use crate::model::Figures;

/// All requests of the whole run.
pub fn total_of(snapshot: &Snapshot) -> Figures {
    figures_of(&snapshot.total, &snapshot.window)
}

/// An entry over the whole run.
pub fn figures_of(entry: &Entry, window: &Window) -> Figures {
    let has_requests = entry.requests > 0;
    // Rates of all entries are taken over the same time, as Locust does.
    let seconds = Some(window.elapsed_seconds()).filter(|seconds| *seconds > 0.0);
    let per_second = |count: u64| seconds.filter(|_| has_requests).map(|s| count as f64 / s);
    Figures {
        window_seconds: seconds,
        requests: Some(entry.requests),
        failures: Some(entry.failures),
        rps: per_second(entry.requests),
        failures_per_second: per_second(entry.failures),
        failed_ratio: has_requests.then(|| entry.fail_ratio()),
        min_ms: entry.min_response_time_ms,
        max_ms: (entry.timed_requests() > 0).then_some(entry.max_response_time_ms),
        avg_ms: (entry.timed_requests() > 0).then(|| entry.avg_response_time_ms()),
        ..percentiles(&entry.histogram)
    }
}

/// What a histogram tells.
pub fn percentiles(times: &Histogram) -> Figures {
    Figures {
        window_seconds: None,
        requests: None,
        failures: None,
        rps: None,
        failures_per_second: None,
        failed_ratio: None,
        p50_ms: times.percentile_ms(0.5),
        p95_ms: times.percentile_ms(0.95),
        p99_ms: times.percentile_ms(0.99),
        p999_ms: times.percentile_ms(0.999),
        min_ms: None,
        max_ms: None,
        avg_ms: None,
    }
}
