//! Rows of the table of entries: of the whole run, and of a stretch of it.

use std::collections::BTreeMap;

use gregaria_stats::{Entry, Histogram};

use crate::model::{EntryColumns, EntryWindow, Figures};

use super::figures::percentiles;
use super::share::Share;

/// Adds the row of an entry over the whole run. Rates (requests and failures a second) are those
/// that are given; so is the change of the p95.
pub(crate) fn push_row(
    columns: &mut EntryColumns,
    index: u32,
    entry: &Entry,
    rates: Option<(f64, f64)>,
    p95_change: Option<f64>,
) {
    let is_timed = entry.timed_requests() > 0;
    let times = &entry.histogram;
    columns.index.push(index);
    columns.requests.push(entry.requests);
    columns.failures.push(entry.failures);
    columns.rps.push(rates.map(|(rps, _)| short(rps)));
    columns
        .failures_per_second
        .push(rates.map(|(_, failures)| short(failures)));
    columns.p50_ms.push(times.percentile_ms(0.5).map(short));
    columns.p95_ms.push(times.percentile_ms(0.95).map(short));
    columns.p99_ms.push(times.percentile_ms(0.99).map(short));
    columns.p95_change.push(p95_change);
    let max = is_timed.then_some(entry.max_response_time_ms);
    columns.max_ms.push(max.map(short));
    let avg = is_timed.then(|| entry.avg_response_time_ms());
    columns.avg_ms.push(avg.map(short));
    let bytes = entry.total_content_length as f64 / entry.requests.max(1) as f64;
    columns
        .avg_bytes
        .push((entry.requests > 0).then_some(bytes.round()));
}

/// Adds the row of an entry over a stretch of so many seconds.
fn push_share(
    columns: &mut EntryColumns,
    index: u32,
    share: &Share,
    times: &Histogram,
    seconds: f64,
) {
    let figures = figures(share, times, seconds);
    columns.index.push(index);
    columns.requests.push(share.requests);
    columns.failures.push(share.failures);
    columns.rps.push(figures.rps);
    columns
        .failures_per_second
        .push(figures.failures_per_second);
    columns.p50_ms.push(figures.p50_ms);
    columns.p95_ms.push(figures.p95_ms);
    columns.p99_ms.push(figures.p99_ms);
    columns.p95_change.push(None);
    columns
        .max_ms
        .push((!times.is_empty()).then(|| times.max_ms()));
    columns.avg_ms.push(figures.avg_ms);
    let has = share.requests > 0;
    let bytes = share.bytes.filter(|_| has);
    columns
        .avg_bytes
        .push(bytes.map(|bytes| bytes as f64 / share.requests as f64));
}

/// The table between two moments: `sums` are what each entry has counted, all requests at 0; `None`
/// if there is nothing at 0.
pub(crate) fn window(
    from: f64,
    to: f64,
    mut sums: BTreeMap<u32, (Share, Histogram)>,
) -> Option<EntryWindow> {
    let (total, times) = sums.remove(&0)?;
    let mut entries = EntryColumns::default();
    for (index, (share, times)) in &sums {
        push_share(&mut entries, *index, share, times, to - from);
    }
    Some(EntryWindow {
        from,
        to,
        total: figures(&total, &times, to - from),
        entries,
    })
}

/// Figures of a stretch of so many seconds.
pub(crate) fn figures(share: &Share, times: &Histogram, seconds: f64) -> Figures {
    let has = share.requests > 0;
    Figures {
        window_seconds: Some(seconds),
        requests: Some(share.requests),
        failures: Some(share.failures),
        rps: has.then(|| share.requests as f64 / seconds),
        failures_per_second: has.then(|| share.failures as f64 / seconds),
        failed_ratio: has.then(|| share.failures as f64 / share.requests as f64),
        avg_ms: (share.timed > 0).then(|| share.sum_ms / share.timed as f64),
        ..percentiles(times)
    }
}

/// To a hundredth, and to a thousandth below ten: tables show no more, and digits cost bytes each
/// second.
fn short(value: f64) -> f64 {
    let digits = if value.abs() < 10.0 { 1000.0 } else { 100.0 };
    (value * digits).round() / digits
}
