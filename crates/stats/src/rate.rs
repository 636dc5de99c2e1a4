//! Requests and failures in each of the last seconds, and the *current* rate made of them.
//!
//! Workers report every three seconds, so the newest seconds are incomplete on a master. Locust
//! therefore averages ten seconds that end two seconds before the last request, and so do we.

use std::collections::VecDeque;

/// Seconds before the second of the last request at which the current rate begins.
const WINDOW_START: u64 = 12;
/// Seconds before the second of the last request at which it has ended.
const WINDOW_END: u64 = 2;

/// What ended in one second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PerSecond {
    /// Requests, failed ones among them.
    pub requests: u32,
    /// Failures.
    pub failures: u32,
}

/// Counts for each of the last seconds, oldest first. Seconds are whole seconds since 1970.
#[derive(Clone, Debug)]
pub struct Seconds {
    /// The second of `counts[0]`.
    first: u64,
    counts: VecDeque<PerSecond>,
    /// Seconds kept; older ones make room.
    kept: usize,
}

impl Seconds {
    /// Keeps the last `kept` seconds, at least one.
    pub fn new(kept: usize) -> Self {
        Self {
            first: 0,
            counts: VecDeque::new(),
            kept: kept.max(1),
        }
    }

    /// Adds to one second. What is older than the kept seconds is dropped.
    pub fn add(&mut self, second: u64, requests: u64, failures: u64) {
        let Some(newest) = self.newest() else {
            self.first = second;
            self.counts.push_back(per_second(requests, failures));
            return;
        };
        if second > newest {
            if second - newest >= self.kept as u64 {
                self.counts.clear();
                self.first = second;
            } else {
                for _ in newest + 1..second {
                    self.counts.push_back(PerSecond::default());
                }
            }
            self.counts.push_back(per_second(requests, failures));
            while self.counts.len() > self.kept {
                self.counts.pop_front();
                self.first += 1;
            }
            return;
        }
        if newest - second >= self.kept as u64 {
            return;
        }
        while second < self.first {
            self.counts.push_front(PerSecond::default());
            self.first -= 1;
        }
        if let Some(count) = self
            .place(second)
            .and_then(|place| self.counts.get_mut(place))
        {
            let more = per_second(requests, failures);
            count.requests = count.requests.saturating_add(more.requests);
            count.failures = count.failures.saturating_add(more.failures);
        }
    }

    /// Adds every second of `other`.
    pub fn merge(&mut self, other: &Self) {
        for (second, count) in other.iter() {
            self.add(second, u64::from(count.requests), u64::from(count.failures));
        }
    }

    /// Seconds in which something ended, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = (u64, PerSecond)> + '_ {
        (self.first..)
            .zip(self.counts.iter().copied())
            .filter(|(_, count)| *count != PerSecond::default())
    }

    /// Requests and failures of one second; zeros if it is not kept.
    pub fn count(&self, second: u64) -> (u64, u64) {
        let count = self.place(second).and_then(|place| self.counts.get(place));
        count.map_or((0, 0), |count| {
            (u64::from(count.requests), u64::from(count.failures))
        })
    }

    /// Mean (requests, failures) a second over `window`; zeros if it is empty.
    pub fn mean(&self, window: &Window) -> (f64, f64) {
        let mut requests = 0_u64;
        let mut failures = 0_u64;
        let from = window.first.max(self.first);
        for second in from..window.end {
            let Some(count) = self.place(second).and_then(|place| self.counts.get(place)) else {
                break;
            };
            requests += u64::from(count.requests);
            failures += u64::from(count.failures);
        }
        let seconds = window.end.saturating_sub(window.first);
        if seconds == 0 {
            return (0.0, 0.0);
        }
        (
            requests as f64 / seconds as f64,
            failures as f64 / seconds as f64,
        )
    }

    /// Place in `counts` of a second that is not before the first.
    fn place(&self, second: u64) -> Option<usize> {
        usize::try_from(second.checked_sub(self.first)?).ok()
    }

    fn newest(&self) -> Option<u64> {
        (!self.counts.is_empty()).then(|| self.first + self.counts.len() as u64 - 1)
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        self.counts.capacity() * size_of::<PerSecond>()
    }
}

fn per_second(requests: u64, failures: u64) -> PerSecond {
    PerSecond {
        requests: u32::try_from(requests).unwrap_or(u32::MAX),
        failures: u32::try_from(failures).unwrap_or(u32::MAX),
    }
}

/// The seconds that "current" means, the same for every entry of a run: they depend on its total.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Window {
    /// When the run's counting began.
    pub start_time: f64,
    /// When its last request ended.
    pub last_request: Option<f64>,
    first: u64,
    end: u64,
}

impl Window {
    /// Whole seconds in it; none until a second of the run is complete, and before the first request.
    pub fn seconds(&self) -> u64 {
        self.end.saturating_sub(self.first)
    }

    /// Locust's rule: with `T` the second of the last request, the seconds `T - 12` to `T - 3`, but
    /// none before the start. Empty for the first three seconds; it stands still without traffic.
    pub fn new(start_time: f64, last_request: Option<f64>) -> Self {
        let (first, end) = last_request.map_or((0, 0), |last| {
            let last = second_of(last);
            let first = last.saturating_sub(WINDOW_START).max(second_of(start_time));
            (first, last.saturating_sub(WINDOW_END).max(first))
        });
        Self {
            start_time,
            last_request,
            first,
            end,
        }
    }

    /// Seconds from the start to the last request, over which average rates are taken.
    pub fn elapsed_seconds(&self) -> f64 {
        self.last_request.map_or(0.0, |last| last - self.start_time)
    }
}

/// The whole second in which a point in time lies. Times before 1970 count as 0.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates, as wanted"
)]
#[inline]
pub(crate) fn second_of(at: f64) -> u64 {
    at as u64
}
