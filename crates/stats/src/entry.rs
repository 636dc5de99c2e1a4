//! Counters and response times of one (method, name), or of all requests together.

use std::sync::Arc;

use crate::rate::second_of;
use crate::table::Keyed;
use crate::{Examples, Histogram, Recent, Rounded, Seconds, Settings, Statuses, Task, Window};

/// Name of the entry that holds all requests, as in Locust. Its method is empty.
pub const TOTAL_NAME: &str = "Aggregated";

/// What an entry is found by. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// HTTP method, or what another protocol reports as its request type.
    pub method: Arc<str>,
    /// Name of the request: its URL, if the script gave none.
    pub name: Arc<str>,
}

impl Key {
    /// Copies both strings.
    pub fn new(method: &str, name: &str) -> Self {
        Self {
            method: method.into(),
            name: name.into(),
        }
    }

    /// The key of the entry that holds all requests.
    pub fn total() -> Self {
        Self::new("", TOTAL_NAME)
    }
}

impl Keyed for Key {
    fn parts(&self) -> impl Iterator<Item = &str> {
        [&*self.method, &*self.name].into_iter()
    }
}

/// Statistics of one (method, name).
///
/// Plain figures are fields; what is derived from them is a method. Memory at rest is the sum of the
/// parts, at most 16 KiB with the default [`Settings`]: 13 KiB for a histogram over the whole range
/// (3 to 4 KiB for the usual factor of 100 between the fastest and the slowest), 1.3 KiB for the
/// rounded table, 0.5 KiB for the seconds, 0.4 KiB for the rest. While requests come in, the
/// last seconds of response times take up to 16 bytes for each request of those seconds. Requests
/// that are kept by themselves come on top: some 0.2 KiB each, at most 15 of 1 KiB, and 2 KiB more with
/// the bodies of their responses.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What the entry is found by.
    pub key: Key,
    /// Requests, failed ones among them.
    pub requests: u64,
    /// Requests that were reported without a response time.
    pub none_requests: u64,
    /// Failures.
    pub failures: u64,
    /// Sum of all response times, in milliseconds, not rounded.
    pub total_response_time_ms: f64,
    /// The shortest response time, exact; `None` before the first.
    pub min_response_time_ms: Option<f64>,
    /// The longest response time, exact; 0 before the first.
    pub max_response_time_ms: f64,
    /// Sum of the lengths of all responses.
    pub total_content_length: u64,
    /// How often each status came; empty where nobody tells it, as Locust's own workers.
    pub statuses: Statuses,
    /// Requests that are kept by themselves.
    pub examples: Examples,
    /// During which task of the test they were sent.
    pub task: Task,
    /// When counting began: the making of the entry, or its last reset.
    pub start_time: f64,
    /// When the last request ended.
    pub last_request: Option<f64>,
    /// Response times, finely.
    pub histogram: Histogram,
    /// Response times, rounded as Locust does.
    pub rounded: Rounded,
    /// Requests and failures in each of the last seconds.
    pub seconds: Seconds,
    /// Rounded response times of the last seconds. Stays empty where nobody asks for current
    /// percentiles ([`Settings::keeps_recent`]).
    pub recent: Recent,
    /// Whether some times reached the histogram after Locust's rounding, so that its percentiles
    /// are no finer than the rounded ones.
    pub is_coarse: bool,
}

impl Entry {
    /// An entry that has counted nothing.
    pub fn new(key: Key, start_time: f64, settings: &Settings) -> Self {
        let mut recent = Recent::default();
        if settings.keeps_recent {
            recent.mark(second_of(start_time));
        }
        Self {
            key,
            requests: 0,
            none_requests: 0,
            failures: 0,
            total_response_time_ms: 0.0,
            min_response_time_ms: None,
            max_response_time_ms: 0.0,
            total_content_length: 0,
            statuses: Statuses::default(),
            examples: Examples::default(),
            task: Task::NotKnown,
            start_time,
            last_request: None,
            histogram: Histogram::new(settings.precision),
            rounded: Rounded::default(),
            seconds: Seconds::new(settings.kept_seconds),
            recent,
            is_coarse: false,
        }
    }

    /// Counts one request that ended at `at`. Its second is not counted here: whoever keeps the
    /// entry does that once for all requests of a second.
    #[inline]
    pub(crate) fn count(
        &mut self,
        at: f64,
        time_ms: Option<f64>,
        bucket: Option<f64>,
        length: u64,
        status: Option<u16>,
    ) {
        self.requests += 1;
        if let Some(status) = status {
            self.statuses.add(status, 1);
        }
        self.total_content_length += length;
        self.last_request = Some(at);
        // A time that is not a number or infinite can be neither summed nor ranked.
        let Some(time_ms) = time_ms.filter(|time| time.is_finite()) else {
            self.none_requests += 1;
            return;
        };
        self.total_response_time_ms += time_ms;
        if self.min_response_time_ms.is_none_or(|min| time_ms < min) {
            self.min_response_time_ms = Some(time_ms);
        }
        if time_ms > self.max_response_time_ms {
            self.max_response_time_ms = time_ms;
        }
        self.histogram.record(time_ms);
        match bucket {
            None => self.rounded.record(time_ms),
            Some(bucket) => self.rounded.add(bucket, 1),
        }
    }

    /// Ends a stretch of counting that lay within one second.
    pub(crate) fn close(&mut self, second: u64) {
        self.seconds.add(second, self.requests, self.failures);
    }

    /// Adds everything `other` has counted, except its recent times: the keeper of this entry
    /// decides which moment they belong to.
    pub fn merge(&mut self, other: &Self) {
        self.requests += other.requests;
        self.none_requests += other.none_requests;
        self.failures += other.failures;
        self.total_response_time_ms += other.total_response_time_ms;
        self.total_content_length += other.total_content_length;
        self.statuses.merge(&other.statuses);
        self.examples.merge(&other.examples);
        self.task.merge(&other.task);
        self.min_response_time_ms = match (self.min_response_time_ms, other.min_response_time_ms) {
            (Some(ours), Some(theirs)) => Some(ours.min(theirs)),
            (ours, theirs) => ours.or(theirs),
        };
        self.max_response_time_ms = self.max_response_time_ms.max(other.max_response_time_ms);
        self.start_time = self.start_time.min(other.start_time);
        self.last_request = match (self.last_request, other.last_request) {
            (Some(ours), Some(theirs)) => Some(ours.max(theirs)),
            (ours, theirs) => ours.or(theirs),
        };
        self.histogram.merge(&other.histogram);
        self.rounded.merge(&other.rounded);
        self.seconds.merge(&other.seconds);
        self.is_coarse |= other.is_coarse;
    }

    /// Fills the histogram from the rounded times, for a report that carries nothing finer.
    pub fn fill_histogram_from_rounded(&mut self) {
        for (time_ms, count) in self.rounded.iter() {
            self.histogram.record_many(time_ms, count);
        }
        self.is_coarse = true;
    }

    /// Requests that have a response time.
    pub fn timed_requests(&self) -> u64 {
        self.requests.saturating_sub(self.none_requests)
    }

    /// Failures as a part of all requests. Failures without any request give 1.
    pub fn fail_ratio(&self) -> f64 {
        match (self.requests, self.failures) {
            (0, 0) => 0.0,
            (0, _) => 1.0,
            (requests, failures) => failures as f64 / requests as f64,
        }
    }

    /// Mean response time, in milliseconds; 0 if there is none.
    pub fn avg_response_time_ms(&self) -> f64 {
        match self.timed_requests() {
            0 => 0.0,
            timed => self.total_response_time_ms / timed as f64,
        }
    }

    /// Mean length of a response; 0 if there is none.
    pub fn avg_content_length(&self) -> f64 {
        match self.requests {
            0 => 0.0,
            requests => self.total_content_length as f64 / requests as f64,
        }
    }

    /// Locust's median: its 50th percentile, moved between the shortest and the longest time.
    pub fn median_response_time_ms(&self) -> f64 {
        let Some(min) = self.min_response_time_ms else {
            return 0.0;
        };
        self.rounded_percentile(0.5)
            .max(min)
            .min(self.max_response_time_ms.max(min))
    }

    /// Locust's percentile, in milliseconds: a rounded time, so that 1.0 may give more or less than
    /// the longest time. 0 if there are no times.
    pub fn rounded_percentile(&self, quantile: f64) -> f64 {
        self.rounded.percentile(self.timed_requests(), quantile)
    }

    /// Locust's current percentile, over about the ten seconds before `now`.
    pub fn current_rounded_percentile(&self, now: f64, quantile: f64) -> Option<f64> {
        self.recent.percentile(now, quantile)
    }

    /// The percentile from the histogram, in milliseconds, never outside the shortest and the
    /// longest time; `None` without any. [`crate::Precision::relative_error`] says how exact it is.
    pub fn percentile_ms(&self, quantile: f64) -> Option<f64> {
        let min = self.min_response_time_ms?;
        let max = self.max_response_time_ms.max(min);
        Some(self.histogram.percentile_ms(quantile)?.clamp(min, max))
    }

    /// Current requests a second: the mean over `window`, which is the same for all entries of a run.
    pub fn current_rps(&self, window: &Window) -> f64 {
        self.seconds.mean(window).0
    }

    /// Current failures a second.
    pub fn current_failures_per_second(&self, window: &Window) -> f64 {
        self.seconds.mean(window).1
    }

    /// Mean requests a second since the start of the run.
    pub fn total_rps(&self, window: &Window) -> f64 {
        per_second(self.requests, window)
    }

    /// Mean failures a second since the start of the run.
    pub fn total_failures_per_second(&self, window: &Window) -> f64 {
        per_second(self.failures, window)
    }

    /// Bytes this entry takes, without the strings of its key.
    pub fn bytes(&self) -> usize {
        size_of::<Self>()
            + self.histogram.heap_bytes()
            + self.rounded.heap_bytes()
            + self.seconds.heap_bytes()
            + self.recent.heap_bytes()
            + self.statuses.heap_bytes()
            + self.examples.heap_bytes()
    }
}

impl Keyed for Entry {
    fn parts(&self) -> impl Iterator<Item = &str> {
        self.key.parts()
    }
}

impl Keyed for Arc<Entry> {
    fn parts(&self) -> impl Iterator<Item = &str> {
        self.key.parts()
    }
}

fn per_second(count: u64, window: &Window) -> f64 {
    let elapsed = window.elapsed_seconds();
    // Locust gives 0 for a run whose first request has just ended.
    if elapsed == 0.0 {
        0.0
    } else {
        count as f64 / elapsed
    }
}
