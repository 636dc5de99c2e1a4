//! Key figures of an entry.

use gregaria_stats::{Entry, Histogram, HistoryPoint, Snapshot};

use crate::model::{Figures, Overview};

/// The figures above the charts; current ones only while a run lasts.
pub(super) fn overview(snapshot: &Snapshot, users: u64, lasts: bool) -> Overview {
    let latest = snapshot.history.latest();
    Overview {
        users,
        current: latest
            .filter(|_| lasts)
            .map(|point| current(point, rates(snapshot))),
        whole_run: total_of(snapshot),
        aborted: None,
    }
}

/// All requests of the whole run.
pub fn total_of(snapshot: &Snapshot) -> Figures {
    figures_of(&snapshot.total, &snapshot.window)
}

/// An entry over the whole run.
pub fn figures_of(entry: &Entry, window: &gregaria_stats::Window) -> Figures {
    let has_requests = entry.requests > 0;
    let seconds = entry
        .last_request
        .map(|last| last - window.start_time)
        .filter(|seconds| *seconds > 0.0);
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
pub(super) fn percentiles(times: &Histogram) -> Figures {
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

/// Whether a second is complete, so that there is a rate: 0 requests a second is what was counted, too.
pub(super) fn has_rate(snapshot: &Snapshot) -> bool {
    snapshot.live_window().seconds() > 0
}

/// Requests and failures a second, now; `None` before a second is complete.
pub(super) fn rates(snapshot: &Snapshot) -> Option<(f64, f64)> {
    let rates = snapshot.total.seconds.mean(&snapshot.live_window());
    has_rate(snapshot).then_some(rates)
}

fn current(point: &HistoryPoint, rates: Option<(f64, f64)>) -> Figures {
    let [p50_ms, p95_ms, p99_ms] = point.percentiles_ms;
    let answered = rates.filter(|(rps, _)| *rps > 0.0);
    Figures {
        window_seconds: Some(10.0),
        rps: rates.map(|(rps, _)| rps),
        failures_per_second: rates.map(|(_, failures)| failures),
        failed_ratio: answered.map(|(rps, failures)| failures / rps),
        p50_ms,
        p95_ms,
        p99_ms,
        ..percentiles(&Histogram::default())
    }
}
