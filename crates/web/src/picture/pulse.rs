//! What ended in each second, for lines. The statistics' own current figures are means of ten
//! seconds; a line of such means would hide what it is looked at for.
//!
//! A process alone knows a second as soon as it is over. Workers report every three seconds, so that a
//! master knows one four seconds later: then it counts what ended in that second, by the workers' own
//! clocks. Of response times it knows only with which report they came: percentiles are those of three
//! seconds, in which every worker has reported once.

use std::collections::VecDeque;
use std::sync::Arc;

use gregaria_stats::{CHART_PERCENTILES, Entry, HistoryPoint, Snapshot};

/// Seconds between two reports of a worker.
const REPORT_SECONDS: f64 = 3.0;

/// Seconds after which a second is known from all workers.
const LAG_SECONDS: f64 = 4.0;

/// Less than a second: what is looked at more often is not told more often.
const LEAST_SECONDS: f64 = 0.9;

/// Seconds at most that are told at once: after a longer silence there is a gap.
const MAX_SECONDS: u64 = 10;

/// Tells what ended in each second of a run.
#[derive(Clone, Debug)]
pub(crate) struct Pulse {
    is_distributed: bool,
    /// The end of the last second that was told.
    told: f64,
    /// How all requests stood at the last looks, oldest first.
    looks: VecDeque<Look>,
    /// Sums of what was told.
    requests: u64,
    failures: u64,
}

#[derive(Clone, Debug)]
struct Look {
    time: f64,
    users: u64,
    total: Option<Arc<Entry>>,
}

impl Pulse {
    /// A run begins at this moment, on workers or in one process.
    pub(crate) fn new(is_distributed: bool, from: f64) -> Self {
        let first = Look {
            time: from,
            users: 0,
            total: None,
        };
        Self {
            is_distributed,
            told: from,
            looks: VecDeque::from([first]),
            requests: 0,
            failures: 0,
        }
    }

    /// Seconds that are known by now and were not told before, oldest first. So many users run: a
    /// picture that is taken only to be looked at does not know them.
    pub(crate) fn beat(&mut self, snapshot: &Snapshot, users: u64) -> Vec<HistoryPoint> {
        self.begin_anew_if_needed(snapshot);
        if self.is_distributed {
            let points = self.whole_seconds(snapshot, users, snapshot.time - LAG_SECONDS);
            self.look(snapshot, users);
            return points;
        }
        self.alone(snapshot, users).into_iter().collect()
    }

    /// The run has ended: all that is known still. A second that is not over is not told.
    pub(crate) fn finish(&mut self, snapshot: &Snapshot, users: u64) -> Vec<HistoryPoint> {
        self.begin_anew_if_needed(snapshot);
        if self.is_distributed {
            let end = snapshot.window.last_request.unwrap_or(self.told);
            return self.whole_seconds(snapshot, users, end.min(snapshot.time));
        }
        self.alone(snapshot, users).into_iter().collect()
    }

    /// Figures that were set to zero begin anew.
    fn begin_anew_if_needed(&mut self, snapshot: &Snapshot) {
        let start = snapshot.total.start_time;
        let known = self.looks.back().and_then(|look| look.total.as_ref());
        if known.is_some_and(|total| total.start_time < start) {
            *self = Self::new(self.is_distributed, start);
        }
    }

    /// What ended since the last look, of a process alone.
    fn alone(&mut self, snapshot: &Snapshot, users: u64) -> Option<HistoryPoint> {
        let last = self.looks.back()?;
        let seconds = snapshot.time - last.time;
        if seconds < LEAST_SECONDS {
            return None;
        }
        let count = |read: fn(&Entry) -> u64| {
            let before = last.total.as_deref().map_or(0, read);
            read(&snapshot.total).saturating_sub(before) as f64 / seconds
        };
        let point = HistoryPoint {
            rps: count(|total| total.requests),
            failures_per_second: count(|total| total.failures),
            percentiles_ms: percentiles(last.total.as_deref(), &snapshot.total),
            ..Self::now(snapshot, users)
        };
        self.told = snapshot.time;
        self.looks.clear();
        self.look(snapshot, users);
        Some(point)
    }

    /// Whole seconds that end at `until` or before.
    fn whole_seconds(&mut self, snapshot: &Snapshot, users: u64, until: f64) -> Vec<HistoryPoint> {
        let mut points = Vec::new();
        let first = second_of(self.told.ceil());
        let end = second_of(until);
        if end <= first {
            return points;
        }
        let first = first.max(end.saturating_sub(MAX_SECONDS));
        let last = self.looks.back().map_or(f64::MIN, |look| look.time);
        let oldest = last - REPORT_SECONDS - 0.5;
        let since = self.looks.iter().find(|look| look.time >= oldest);
        let since = since.and_then(|look| look.total.as_deref());
        let percentiles_ms = percentiles(since, &snapshot.total);
        for second in first..end {
            let (requests, failures) = snapshot.total.seconds.count(second);
            self.requests += requests;
            self.failures += failures;
            let time = (second + 1) as f64;
            let mut earlier = self.looks.iter().rev();
            let look = earlier.find(|look| look.time <= time + 0.5);
            // Rather what ran before than what runs now.
            let look = look.or(self.looks.front());
            points.push(HistoryPoint {
                time,
                user_count: look.map_or(users, |look| look.users),
                rps: requests as f64,
                failures_per_second: failures as f64,
                percentiles_ms,
                requests: self.requests,
                failures: self.failures,
                ..Self::now(snapshot, users)
            });
        }
        self.told = end as f64;
        points
    }

    /// Remembers how it stands; of a master until that second is told.
    fn look(&mut self, snapshot: &Snapshot, users: u64) {
        self.looks.push_back(Look {
            time: snapshot.time,
            users,
            total: Some(Arc::clone(&snapshot.total)),
        });
        let oldest = snapshot.time - LAG_SECONDS - 2.0;
        while self.looks.len() > 1 && self.looks[0].time < oldest {
            self.looks.pop_front();
        }
    }

    fn now(snapshot: &Snapshot, users: u64) -> HistoryPoint {
        HistoryPoint {
            time: snapshot.time,
            user_count: users,
            rps: 0.0,
            failures_per_second: 0.0,
            percentiles_ms: [None; CHART_PERCENTILES.len()],
            avg_response_time_ms: snapshot.total.avg_response_time_ms(),
            requests: snapshot.total.requests,
            failures: snapshot.total.failures,
        }
    }
}

/// Percentiles of what was counted between two looks.
fn percentiles(before: Option<&Entry>, now: &Entry) -> [Option<f64>; CHART_PERCENTILES.len()] {
    let times = match before {
        Some(before) => now.histogram.since(&before.histogram),
        None => now.histogram.clone(),
    };
    CHART_PERCENTILES.map(|quantile| times.percentile_ms(quantile))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates, as wanted"
)]
fn second_of(at: f64) -> u64 {
    at as u64
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "small whole numbers are exact")]
mod tests {
    use gregaria_stats::{Recorder, Sample, Settings, Totals};

    use super::*;

    const START: f64 = 1_700_000_000.0;

    struct Run {
        recorder: Recorder,
        totals: Totals,
    }

    impl Run {
        fn new() -> Self {
            let settings = Settings::default();
            Self {
                recorder: Recorder::new(&settings),
                totals: Totals::new(settings, START),
            }
        }

        fn request(&self, at: f64, time_ms: f64) {
            self.recorder.record(&Sample {
                method: "GET",
                name: "/",
                at,
                response_time_ms: Some(time_ms),
                length: 1,
                failure: None,
                status: None,
                url: None,
                body: None,
                task: None,
                bucket: None,
            });
        }

        fn look(&mut self, now: f64) -> Arc<Snapshot> {
            for report in self.recorder.drain() {
                self.totals.fold(&report);
            }
            self.totals.snapshot(now, 0)
        }
    }

    #[test]
    fn a_burst_of_one_second_is_in_that_second_alone() {
        let mut run = Run::new();
        let mut pulse = Pulse::new(false, START);
        let mut line = Vec::new();
        for second in 1..=15_u32 {
            let now = START + f64::from(second);
            let count = if second == 6 { 50 } else { 2 };
            for _ in 0..count {
                run.request(now - 0.5, if second == 6 { 900.0 } else { 10.0 });
            }
            let snapshot = run.look(now);
            line.extend(pulse.beat(&snapshot, 5));
            assert!(pulse.beat(&snapshot, 5).is_empty());
        }
        let rates: Vec<f64> = line.iter().map(|point| point.rps).collect();
        let mut wanted = vec![2.0; 15];
        wanted[5] = 50.0;
        assert_eq!(rates, wanted);
        assert!(line.iter().all(|point| point.user_count == 5));
        assert!(line[5].percentiles_ms[0].unwrap() > 890.0);
        assert!(line[6].percentiles_ms[2].unwrap() < 11.0);
    }

    #[test]
    fn a_second_has_the_users_that_ran_in_it_and_not_those_of_when_it_is_told() {
        let mut run = Run::new();
        let mut pulse = Pulse::new(true, START);
        let mut line = Vec::new();
        for second in 1..=30_u32 {
            // A machine that stands still looks at nothing for a while.
            if (12..15).contains(&second) {
                continue;
            }
            let snapshot = run.look(START + f64::from(second));
            line.extend(pulse.beat(&snapshot, u64::from(second)));
        }
        for point in &line {
            let second = point.time - START;
            let known = if (12.0..15.0).contains(&second) {
                11.0
            } else {
                second
            };
            assert_eq!(point.user_count as f64, known, "in second {second}");
        }
        assert_eq!(line.len(), 26);
    }

    #[test]
    fn a_master_tells_a_second_when_all_workers_have_reported_it() {
        let mut run = Run::new();
        let mut pulse = Pulse::new(true, START);
        let mut line = Vec::new();
        for second in 1..=30_u32 {
            let now = START + f64::from(second);
            // One worker, which reports three seconds at once: two a second, five in the sixth.
            if second % 3 == 0 {
                for ended in second - 3..second {
                    for _ in 0..if ended == 6 { 5 } else { 2 } {
                        run.request(START + f64::from(ended) + 0.5, 10.0);
                    }
                }
            }
            line.extend(pulse.beat(&run.look(now), 5));
        }
        let last = run.look(START + 30.0);
        line.extend(pulse.finish(&last, 5));
        let rates: Vec<f64> = line.iter().map(|point| point.rps).collect();
        let mut wanted = vec![2.0; 29];
        wanted[6] = 5.0;
        assert_eq!(rates, wanted);
        // Before the first look nobody ran.
        assert!(line.iter().skip(1).all(|point| point.user_count == 5));
        let times: Vec<f64> = line.iter().map(|point| point.time - START).collect();
        assert_eq!(times[0], 1.0);
        assert!(times.windows(2).all(|pair| pair[1] - pair[0] == 1.0));
        assert!(
            line.iter()
                .skip(2)
                .all(|point| point.percentiles_ms[1].is_some())
        );
    }
}
