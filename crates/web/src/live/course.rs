//! The lines of the charts: a point a second, thinned when a run is long.

use std::collections::BTreeMap;

use gregaria_stats::HistoryPoint;

use crate::model::{FailureKind, FailureTrend, Series};

/// Points kept at most. When there are so many, neighbours are joined.
const MAX_POINTS: usize = 3600;

/// Failures a second by kind.
pub(super) type Rates = BTreeMap<FailureKind, f64>;

#[derive(Clone, Debug)]
struct Point {
    time: f64,
    users: u64,
    target_users: u64,
    /// Requests and failures of each second.
    rps: Option<f64>,
    failures_per_second: Option<f64>,
    percentiles_ms: [Option<f64>; 3],
    rates: Rates,
}

/// The lines of one run.
#[derive(Debug)]
pub(super) struct Course {
    points: Vec<Point>,
    /// Seconds that each kept point stands for.
    step: u32,
    /// The point that is not complete, and how many seconds it stands for.
    open: Option<(Point, u32)>,
}

impl Default for Course {
    fn default() -> Self {
        Self {
            points: Vec::new(),
            step: 1,
            open: None,
        }
    }
}

impl Course {
    /// Adds seconds, and returns them as the end of the lines; `None` for none.
    pub(super) fn push(
        &mut self,
        seconds: &[HistoryPoint],
        target_users: u64,
        rates: &Rates,
    ) -> Option<Series> {
        let mut end = Series {
            step_seconds: 1.0,
            ..Series::default()
        };
        for second in seconds {
            let point = Point {
                time: second.time,
                users: second.user_count,
                target_users,
                rps: Some(second.rps),
                failures_per_second: Some(second.failures_per_second),
                percentiles_ms: second.percentiles_ms,
                rates: rates.clone(),
            };
            add(&mut end, &point);
            self.take_in(point);
        }
        (!seconds.is_empty()).then_some(end)
    }

    fn take_in(&mut self, point: Point) {
        let (joined, count) = match self.open.take() {
            None => (point, 1),
            Some((open, count)) => (join(&open, count, &point, 1), count + 1),
        };
        if count < self.step {
            self.open = Some((joined, count));
            return;
        }
        self.points.push(joined);
        if self.points.len() == MAX_POINTS {
            let mut thin = Vec::with_capacity(MAX_POINTS);
            let mut rest = self.points.drain(..);
            while let (Some(a), Some(b)) = (rest.next(), rest.next()) {
                thin.push(join(&a, 1, &b, 1));
            }
            drop(rest);
            self.points = thin;
            self.step *= 2;
        }
    }

    /// The lines between two moments with at most about so many points, as wide as that needs. A
    /// stretch without any is a row of gaps.
    pub(super) fn series(&self, from: f64, to: f64, max_points: usize) -> Series {
        let chosen: Vec<&Point> = self
            .points
            .iter()
            .chain(self.open.iter().map(|(open, _)| open))
            .filter(|point| (from..=to).contains(&point.time))
            .collect();
        let group = chosen.len().div_ceil(max_points.max(1)).max(1);
        let step = f64::from(self.step) * group as f64;
        let mut series = Series {
            step_seconds: step,
            ..Series::default()
        };
        let mut last: Option<f64> = None;
        for points in chosen.chunks(group) {
            let mut joined = points[0].clone();
            for (count, point) in (1..).zip(&points[1..]) {
                joined = join(&joined, count, point, 1);
            }
            // A second of tolerance: ticks are not exactly a second apart.
            let gap = last.filter(|last| points[0].time - last > f64::from(self.step) + 1.0);
            if let Some(last) = gap {
                add_gap(&mut series, last + f64::from(self.step));
            }
            last = Some(joined.time);
            add(&mut series, &joined);
        }
        series.failures_by_kind = by_kind(&chosen, group, &series);
        series
    }
}

/// A line for each kind that there is a failure of. Gaps are where the other lines have them.
fn by_kind(points: &[&Point], group: usize, series: &Series) -> Vec<FailureTrend> {
    let mut kinds: Vec<FailureKind> = points
        .iter()
        .flat_map(|point| point.rates.keys().copied())
        .collect();
    kinds.sort_unstable();
    kinds.dedup();
    let trend = |kind| {
        let mut groups = points.chunks(group);
        let per_second = series.users.iter().map(|users| {
            users.as_ref()?;
            let points = groups.next()?;
            let sum: f64 = points
                .iter()
                .filter_map(|point| point.rates.get(&kind))
                .sum();
            Some(sum / points.len() as f64)
        });
        FailureTrend {
            kind,
            per_second: per_second.collect(),
        }
    };
    kinds.into_iter().map(trend).collect()
}

fn add(series: &mut Series, point: &Point) {
    let [p50, p95, p99] = point.percentiles_ms;
    series.time.push(point.time);
    series.users.push(Some(point.users));
    series.target_users.push(Some(point.target_users));
    series.rps.push(point.rps);
    series.failures_per_second.push(point.failures_per_second);
    series.p50_ms.push(p50);
    series.p95_ms.push(p95);
    series.p99_ms.push(p99);
}

fn add_gap(series: &mut Series, time: f64) {
    series.time.push(time);
    series.users.push(None);
    series.target_users.push(None);
    series.rps.push(None);
    series.failures_per_second.push(None);
    series.p50_ms.push(None);
    series.p95_ms.push(None);
    series.p99_ms.push(None);
}

/// One point for two neighbouring stretches: the mean of the rates and the larger of the percentiles,
/// so that a spike stays visible. Counts are those of the later one.
fn join(a: &Point, a_count: u32, b: &Point, b_count: u32) -> Point {
    let (a_weight, b_weight) = (f64::from(a_count), f64::from(b_count));
    let mean = |a: f64, b: f64| (a * a_weight + b * b_weight) / (a_weight + b_weight);
    let mean_of = |a: Option<f64>, b: Option<f64>| match (a, b) {
        (Some(a), Some(b)) => Some(mean(a, b)),
        (a, b) => a.or(b),
    };
    let mut percentiles_ms = b.percentiles_ms;
    for (ours, theirs) in percentiles_ms.iter_mut().zip(a.percentiles_ms) {
        *ours = match (*ours, theirs) {
            (Some(ours), Some(theirs)) => Some(ours.max(theirs)),
            (ours, theirs) => ours.or(theirs),
        };
    }
    let mut rates = Rates::new();
    for kind in a.rates.keys().chain(b.rates.keys()) {
        let rate = |rates: &Rates| rates.get(kind).copied().unwrap_or(0.0);
        rates.insert(*kind, mean(rate(&a.rates), rate(&b.rates)));
    }
    Point {
        rps: mean_of(a.rps, b.rps),
        failures_per_second: mean_of(a.failures_per_second, b.failures_per_second),
        percentiles_ms,
        rates,
        ..*b
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(time: u32, p99: f64) -> HistoryPoint {
        HistoryPoint {
            time: f64::from(time),
            user_count: 1,
            rps: 2.0,
            failures_per_second: 1.0,
            percentiles_ms: [Some(1.0), Some(2.0), Some(p99)],
            avg_response_time_ms: 1.0,
            requests: 0,
            failures: 0,
        }
    }

    #[test]
    fn a_stretch_without_points_is_a_row_of_gaps() {
        let mut course = Course::default();
        for time in [1, 2, 3, 40, 41] {
            let rates = Rates::from([(FailureKind::Check, 1.0)]);
            course.push(&[second(time, 3.0)], 1, &rates);
        }
        let series = course.series(0.0, 100.0, 1000);
        assert_eq!(series.time, [1.0, 2.0, 3.0, 4.0, 40.0, 41.0]);
        assert_eq!(series.rps[3], None);
        assert_eq!(series.failures_by_kind[0].per_second[3], None);
        assert_eq!(series.failures_by_kind[0].per_second[4], Some(1.0));
    }

    #[test]
    fn a_day_is_bounded_and_keeps_its_spike() {
        let mut course = Course::default();
        for time in 1..=86_400 {
            let p99 = if time == 777 { 9000.0 } else { 10.0 };
            course.push(&[second(time, p99)], 1, &Rates::new());
        }
        let series = course.series(0.0, 1e9, 1000);
        assert!(series.time.len() <= 1000);
        assert!(series.p99_ms.contains(&Some(9000.0)));
        assert!(series.rps.iter().all(Option::is_some));
    }
}
