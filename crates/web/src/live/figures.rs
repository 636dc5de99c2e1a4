//! The figures above the charts.

use gregaria_stats::{Histogram, HistoryPoint, Snapshot};

use crate::model::{Figures, Overview};
use crate::picture::{percentiles, total_of};

/// The figures above the charts; current ones only while a run lasts.
pub(super) fn overview(snapshot: &Snapshot, users: u64, lasts: bool) -> Overview {
    let latest = snapshot.history.latest();
    Overview {
        users,
        current: latest
            .filter(|_| lasts)
            .map(|point| current(point, rates(snapshot))),
        whole_run: total_of(snapshot),
        aborted: snapshot.aborted,
    }
}

/// Whether a second is complete, so that there is a rate: 0 requests a second is what was counted, too.
fn has_rate(snapshot: &Snapshot) -> bool {
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
