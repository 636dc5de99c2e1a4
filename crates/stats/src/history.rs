//! One point a second for the charts, thinned when a run is long.

/// Points kept at most: an hour at one a second, more than a screen has pixels.
pub const MAX_POINTS: usize = 3600;

/// The percentiles in [`HistoryPoint::percentiles_ms`].
pub const CHART_PERCENTILES: [f64; 3] = [0.5, 0.95, 0.99];

/// The run as it was at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HistoryPoint {
    /// The moment: the end of the stretch that the point stands for.
    pub time: f64,
    /// Users that ran.
    pub user_count: u64,
    /// Current requests a second.
    pub rps: f64,
    /// Current failures a second.
    pub failures_per_second: f64,
    /// [`CHART_PERCENTILES`] of the ten seconds before, from the histogram; `None` without requests.
    pub percentiles_ms: [Option<f64>; CHART_PERCENTILES.len()],
    /// Mean response time since the start of the run.
    pub avg_response_time_ms: f64,
    /// Requests since the start of the run.
    pub requests: u64,
    /// Failures since the start of the run.
    pub failures: u64,
}

/// Points of a run, oldest first. When [`MAX_POINTS`] is reached, neighbours are joined and each
/// point stands for twice as many seconds.
#[derive(Clone, Debug)]
pub struct History {
    points: Vec<HistoryPoint>,
    /// Pushed points that each kept point stands for.
    step: u32,
    /// The last point while it stands for fewer, and for how many it does.
    open: Option<(HistoryPoint, u32)>,
    /// The last point as it was pushed.
    latest: Option<HistoryPoint>,
}

impl Default for History {
    fn default() -> Self {
        Self {
            points: Vec::new(),
            step: 1,
            open: None,
            latest: None,
        }
    }
}

impl History {
    /// Adds the point of one second. One that is not newer than the last is ignored.
    pub fn push(&mut self, point: HistoryPoint) {
        if self.latest.is_some_and(|latest| point.time <= latest.time) {
            return;
        }
        self.latest = Some(point);
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
            self.points = self
                .points
                .chunks(2)
                .map(|pair| join(&pair[0], 1, &pair[1], 1))
                .collect();
            self.step *= 2;
        }
    }

    /// Finished points, oldest first. The newest seconds of a long run may not be among them.
    pub fn points(&self) -> &[HistoryPoint] {
        &self.points
    }

    /// The point of the last second, whatever it has been joined with since.
    pub fn latest(&self) -> Option<&HistoryPoint> {
        self.latest.as_ref()
    }

    /// Seconds that each point stands for, if one was pushed each second.
    pub fn step(&self) -> u32 {
        self.step
    }
}

/// One point for two neighbouring stretches of so many points: the mean of the rates and the larger
/// of the percentiles, so that a spike stays visible. Sums are those of the later one.
fn join(a: &HistoryPoint, a_count: u32, b: &HistoryPoint, b_count: u32) -> HistoryPoint {
    let (a_weight, b_weight) = (f64::from(a_count), f64::from(b_count));
    let mean = |a: f64, b: f64| (a * a_weight + b * b_weight) / (a_weight + b_weight);
    let mut percentiles_ms = b.percentiles_ms;
    for (ours, theirs) in percentiles_ms.iter_mut().zip(a.percentiles_ms) {
        *ours = match (*ours, theirs) {
            (Some(ours), Some(theirs)) => Some(ours.max(theirs)),
            (ours, theirs) => ours.or(theirs),
        };
    }
    HistoryPoint {
        rps: mean(a.rps, b.rps),
        failures_per_second: mean(a.failures_per_second, b.failures_per_second),
        percentiles_ms,
        ..*b
    }
}

#[cfg(test)]
#[expect(
    clippy::float_cmp,
    reason = "sums and means of small whole numbers are exact"
)]
mod tests {
    use super::*;

    fn point(second: u32, rps: f64, p50: Option<f64>) -> HistoryPoint {
        HistoryPoint {
            time: f64::from(second),
            user_count: u64::from(second),
            rps,
            failures_per_second: 0.0,
            percentiles_ms: [p50, None, None],
            avg_response_time_ms: 0.0,
            requests: u64::from(second) * 10,
            failures: 0,
        }
    }

    #[test]
    fn a_day_of_points_stays_bounded_and_even() {
        let mut history = History::default();
        for second in 1..=86_400 {
            history.push(point(second, 10.0, None));
            assert!(history.points().len() < MAX_POINTS);
        }
        assert_eq!(history.step(), 32);
        assert!(
            history
                .points()
                .windows(2)
                .all(|pair| pair[1].time - pair[0].time == 32.0)
        );
        assert!(history.points().iter().all(|point| point.rps == 10.0));
    }

    #[test]
    fn a_spike_is_still_there_after_thinning() {
        let mut history = History::default();
        for second in 1..=20_000 {
            let spike = if second == 777 { 5000.0 } else { 10.0 };
            history.push(point(second, 1.0, Some(spike)));
        }
        assert!(
            history
                .points()
                .iter()
                .any(|point| point.percentiles_ms[0] == Some(5000.0))
        );
    }

    #[test]
    fn a_point_that_is_not_newer_is_ignored() {
        let mut history = History::default();
        history.push(point(5, 1.0, None));
        history.push(point(5, 2.0, None));
        history.push(point(4, 2.0, None));
        assert_eq!(history.points(), [point(5, 1.0, None)]);
    }
}
