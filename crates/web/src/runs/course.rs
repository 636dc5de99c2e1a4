//! Lines and bars of a run that is kept.

use gregaria_stats::{Histogram, HistoryPoint};

use crate::model::{Distribution, Series};

/// Bars for each power of ten.
const BARS_IN_TEN: f64 = 10.0;

/// Seconds without a point after which a line has a gap.
const GAP_STEPS: f64 = 2.5;

/// The lines of a run, at most so many points. `zero` is what times are counted from: 0 for moments,
/// the start of the run for elapsed time.
pub fn series(seconds: &[HistoryPoint], most: usize, zero: f64) -> Series {
    let joined = seconds.len().div_ceil(most.max(1)).max(1);
    let mut series = Series {
        step_seconds: joined as f64,
        ..Series::default()
    };
    let mut last: Option<f64> = None;
    for points in seconds.chunks(joined) {
        let Some(end) = points.last() else { continue };
        let first = points[0].time;
        if last.is_some_and(|last| first - last > GAP_STEPS) {
            push(&mut series, first - 1.0 - zero, None);
        }
        push(&mut series, end.time - zero, Some(points));
        last = Some(end.time);
    }
    series
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

/// The response times as bars of equal width on a logarithmic axis.
pub fn distribution(times: &Histogram) -> Distribution {
    #[expect(clippy::cast_possible_truncation, reason = "a power of ten")]
    let bar = |ms: f64| (ms.max(0.001).log10() * BARS_IN_TEN).floor() as i32;
    let edge = |bar: i32| round(10_f64.powf(f64::from(bar) / BARS_IN_TEN));
    let mut distribution = Distribution::default();
    let mut open: Option<i32> = None;
    for (low, high, count) in times.ranges_ms() {
        let place = bar(low.midpoint(high));
        let from = open.map_or(place, |open| open + 1);
        for empty in from..=place {
            distribution.low_ms.push(edge(empty));
            distribution.high_ms.push(edge(empty + 1));
            distribution.counts.push(0);
        }
        open = Some(open.map_or(place, |open| open.max(place)));
        if let Some(last) = distribution.counts.last_mut() {
            *last += count;
        }
    }
    distribution
}
