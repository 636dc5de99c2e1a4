//! Lines of a run that is kept.

use std::collections::BTreeMap;

use gregaria_stats::{Failure, HistoryPoint};

use crate::archive::StoredRun;
use crate::model::{FailureKind, FailureTrend, Series};
use crate::picture::kind_of;

/// Seconds without a point after which a line has a gap.
const GAP_STEPS: f64 = 2.5;

/// The lines of a run between two moments, at most so many points. `zero` is what times are counted
/// from: 0 for moments, the start of the run for elapsed time.
pub fn series(run: &StoredRun, from: f64, to: f64, most: usize, zero: f64) -> Series {
    let first = run.seconds.partition_point(|point| point.time < from);
    let end = run.seconds.partition_point(|point| point.time <= to);
    let seconds = run.seconds.get(first..end).unwrap_or_default();
    let joined = seconds.len().div_ceil(most.max(1)).max(1);
    let mut series = Series {
        step_seconds: joined as f64,
        ..Series::default()
    };
    let mut stretches = Vec::new();
    let mut last: Option<f64> = None;
    for points in seconds.chunks(joined) {
        let Some(end) = points.last() else { continue };
        let first = points[0].time;
        if last.is_some_and(|last| first - last > GAP_STEPS) {
            push(&mut series, first - 1.0 - zero, None);
            stretches.push(None);
        }
        push(&mut series, end.time - zero, Some(points));
        stretches.push(Some((first - 1.0, end.time)));
        last = Some(end.time);
    }
    series.failures_by_kind = by_kind(run, &stretches, |_| true);
    series
}

/// Failures a second of each kind that there is one of among those that are `wanted`, stretch by
/// stretch; `None` is a gap. They were counted in longer stretches than a second: within one they
/// count as even.
pub(super) fn by_kind(
    run: &StoredRun,
    stretches: &[Option<(f64, f64)>],
    wanted: impl Fn(&Failure) -> bool,
) -> Vec<FailureTrend> {
    let failures = run.snapshot.failures.iter();
    let kinds: Vec<Option<FailureKind>> = failures
        .map(|failure| wanted(failure).then(|| kind_of(&failure.error)))
        .collect();
    let mut lines: BTreeMap<FailureKind, Vec<Option<f64>>> = BTreeMap::new();
    let empty: Vec<Option<f64>> = stretches
        .iter()
        .map(|one| one.as_ref().map(|_| 0.0))
        .collect();
    for bucket in &run.failure_buckets {
        let Some(kind) = kinds.get(bucket.place).copied().flatten() else {
            continue;
        };
        let line = lines.entry(kind).or_insert_with(|| empty.clone());
        let end = bucket.time + bucket.seconds;
        let rate = bucket.occurrences as f64 / bucket.seconds.max(0.1);
        let first = stretches.partition_point(|one| one.is_none_or(|(_, to)| to <= bucket.time));
        for (sum, stretch) in line.iter_mut().zip(stretches).skip(first) {
            let (Some(sum), Some((from, to))) = (sum, stretch) else {
                continue;
            };
            if *from >= end {
                break;
            }
            let common = to.min(end) - from.max(bucket.time);
            *sum += rate * common.max(0.0) / (to - from);
        }
    }
    let trend = |(kind, per_second): (_, Vec<Option<f64>>)| FailureTrend {
        kind,
        per_second: per_second.into_iter().map(|rate| rate.map(round)).collect(),
    };
    lines.into_iter().map(trend).collect()
}

/// One point; without seconds it is a gap. Of percentiles the largest is taken, so that a spike
/// stays visible.
fn push(series: &mut Series, time: f64, seconds: Option<&[HistoryPoint]>) {
    let mean = |read: fn(&HistoryPoint) -> f64| {
        seconds.map(|all| round(all.iter().map(read).sum::<f64>() / all.len() as f64))
    };
    let largest = |place: usize| {
        let all = seconds?
            .iter()
            .filter_map(|point| point.percentiles_ms[place]);
        all.max_by(f64::total_cmp).map(round)
    };
    series.time.push((time * 10.0).round() / 10.0);
    series
        .users
        .push(seconds.and_then(|all| all.last().map(|point| point.user_count)));
    series.target_users.push(None);
    series.rps.push(mean(|point| point.rps));
    series
        .failures_per_second
        .push(mean(|point| point.failures_per_second));
    series.p50_ms.push(largest(0));
    series.p95_ms.push(largest(1));
    series.p99_ms.push(largest(2));
}

/// Three digits are more than a line shows.
pub(super) fn round(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let digits = 10_f64.powi(3 - digits_before(value));
    (value * digits).round() / digits
}

fn digits_before(value: f64) -> i32 {
    #[expect(clippy::cast_possible_truncation, reason = "a power of ten")]
    let power = value.abs().log10().floor() as i32;
    // More digits than three are kept where they stand before the point.
    (power + 1).min(3)
}
