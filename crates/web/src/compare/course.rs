//! The course of an entry, cut into windows, and the part of a run that is steady.

use gregaria_stats::{Histogram, HistoryPoint};

use crate::archive::Bucket;

/// What one entry has counted in one stretch of a run, requests or none.
#[derive(Clone, Debug, Default)]
pub struct Window {
    /// Its length.
    pub seconds: f64,
    /// Requests.
    pub requests: u64,
    /// Failures.
    pub failures: u64,
    /// Response times.
    pub times: Histogram,
}

/// A part of a run, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    /// Where it begins.
    pub from: f64,
    /// Where it ends.
    pub to: f64,
}

/// Consecutive windows of one entry, all of about the same length.
#[derive(Clone, Debug, Default)]
pub struct Course {
    /// The windows, oldest first.
    pub windows: Vec<Window>,
}

impl Stretch {
    /// Its length in seconds.
    pub fn seconds(&self) -> f64 {
        (self.to - self.from).max(0.0)
    }

    /// The longest part of a run in which the number of users did not change, by more than one in a
    /// hundred. If that is less than half of the run, the load was meant to change: then it is all
    /// of the run. `None` for a run without seconds.
    pub fn steady(seconds: &[HistoryPoint]) -> Option<Self> {
        let (first, last) = (seconds.first()?, seconds.last()?);
        let mut best = Self {
            from: first.time,
            to: first.time,
        };
        let mut begin = 0;
        for (place, point) in seconds.iter().enumerate() {
            let users = seconds[begin].user_count;
            if users.abs_diff(point.user_count) * 100 > users {
                begin = place;
            }
            let stretch = Self {
                from: seconds[begin].time,
                to: point.time,
            };
            if stretch.seconds() > best.seconds() {
                best = stretch;
            }
        }
        let whole = Self {
            // The first second is told at its end.
            from: first.time - 1.0,
            to: last.time,
        };
        Some(if best.seconds() * 2.0 < whole.seconds() {
            whole
        } else {
            best
        })
    }
}

impl Course {
    /// The buckets of an entry that lie within a stretch. `grid` are the buckets of all requests
    /// together: an entry has none for a stretch in which it has counted nothing.
    pub fn of(buckets: &[Bucket], grid: &[Bucket], stretch: Stretch) -> Self {
        // A bucket ends with a second, which comes a little early or late.
        let slack = 0.1;
        let mut own = buckets.iter().peekable();
        let mut windows = Vec::new();
        let usual = grid.iter().map(|one| one.seconds).fold(0.0, f64::max);
        for place in grid {
            let counted = loop {
                match own.peek() {
                    Some(bucket) if bucket.time < place.time - slack => drop(own.next()),
                    Some(bucket) if bucket.time < place.time + slack => break own.next(),
                    _ => break None,
                }
            };
            let is_inside = place.time >= stretch.from - slack
                && place.time + place.seconds <= stretch.to + slack;
            // The last bucket of a run may be short, and its end is the end of the users, too.
            if !is_inside || place.seconds < usual / 2.0 {
                continue;
            }
            windows.push(Window {
                seconds: place.seconds,
                requests: counted.map_or(0, |one| one.requests),
                failures: counted.map_or(0, |one| one.failures),
                times: counted.map(|one| one.times.clone()).unwrap_or_default(),
            });
        }
        Self { windows }
    }

    /// All windows together.
    pub fn sum(&self) -> Window {
        let mut sum = Window::default();
        for window in &self.windows {
            sum.seconds += window.seconds;
            sum.requests += window.requests;
            sum.failures += window.failures;
            sum.times.merge(&window.times);
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(users: impl IntoIterator<Item = u64>) -> Vec<HistoryPoint> {
        let point = |(second, user_count): (i32, u64)| HistoryPoint {
            time: f64::from(second),
            user_count,
            rps: 0.0,
            failures_per_second: 0.0,
            percentiles_ms: [None; 3],
            avg_response_time_ms: 0.0,
            requests: 0,
            failures: 0,
        };
        (1..).zip(users).map(point).collect()
    }

    #[test]
    fn a_ramp_is_not_steady_and_a_plateau_is() {
        let ramp = (0..20).map(|step| step * 10);
        let run = seconds(ramp.chain([200; 80]).chain([150, 90, 20]));
        let steady = Stretch::steady(&run).unwrap();
        assert_eq!((steady.from, steady.to), (21.0, 100.0));
    }

    #[test]
    fn a_load_that_changes_all_the_time_is_compared_as_a_whole() {
        let run = seconds((0..100).map(|step| 100 + step * 3));
        let steady = Stretch::steady(&run).unwrap();
        assert_eq!((steady.from, steady.to), (0.0, 100.0));
        assert_eq!(Stretch::steady(&[]), None);
    }
}
