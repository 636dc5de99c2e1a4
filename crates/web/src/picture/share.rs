//! What one entry has counted in one stretch of a run.

use gregaria_stats::{Entry, Histogram, Precision};

use crate::archive;

/// What one entry has counted in one stretch, in little memory: there are many of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Share {
    pub(crate) requests: u64,
    pub(crate) failures: u64,
    /// Requests that have a response time.
    pub(crate) timed: u64,
    pub(crate) sum_ms: f64,
    /// Bytes of the answers; `None` where that is not kept by stretches.
    pub(crate) bytes: Option<u64>,
    precision: Precision,
    /// Index and count of each bucket of the histogram.
    times: Box<[(u16, u32)]>,
}

/// A stretch of a run, and what an entry has counted in it; `None` if nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell<'a> {
    /// Its begin.
    pub(crate) from: f64,
    /// Its end.
    pub(crate) to: f64,
    /// What was counted.
    pub(crate) share: Option<&'a Share>,
}

impl<'a> Cell<'a> {
    /// The stretch of a bucket of the store, and what an entry has counted in it.
    pub(crate) fn of(bucket: &archive::Bucket, share: Option<&'a Share>) -> Self {
        Self {
            from: bucket.time,
            to: bucket.time + bucket.seconds,
            share,
        }
    }
}

impl Share {
    /// What an entry has counted since it stood so.
    pub(crate) fn between(before: Option<&Entry>, now: &Entry) -> Self {
        // An entry that began again later has been set to zero in between.
        #[expect(clippy::float_cmp, reason = "the same moment is the same bits")]
        let before = before.filter(|before| before.start_time == now.start_time);
        let zero = Histogram::default();
        let of = |read: fn(&Entry) -> u64| read(now).saturating_sub(before.map_or(0, read));
        let times = now
            .histogram
            .since(before.map_or(&zero, |entry| &entry.histogram));
        let sum = |entry: &Entry| entry.total_response_time_ms;
        Self {
            requests: of(|entry| entry.requests),
            failures: of(|entry| entry.failures),
            timed: of(Entry::timed_requests),
            sum_ms: (sum(now) - before.map_or(0.0, sum)).max(0.0),
            bytes: Some(of(|entry| entry.total_content_length)),
            precision: times.precision(),
            times: pairs(&times),
        }
    }

    /// Whether nothing was counted.
    pub(crate) fn is_empty(&self) -> bool {
        self.requests == 0 && self.failures == 0
    }

    /// Adds another share of the same entry, and its times to `times`.
    pub(crate) fn add(&mut self, other: &Self, times: &mut Histogram) {
        self.requests += other.requests;
        self.failures += other.failures;
        self.timed += other.timed;
        self.sum_ms += other.sum_ms;
        self.bytes = self.bytes.zip(other.bytes).map(|(ours, more)| ours + more);
        other.fill(times);
    }

    /// Two neighbouring stretches of the same entry as one.
    pub(crate) fn joined(a: &Self, b: &Self) -> Self {
        let mut sum = Self::zero();
        let mut times = Histogram::new(a.precision);
        sum.add(a, &mut times);
        sum.add(b, &mut times);
        sum.precision = times.precision();
        sum.times = pairs(&times);
        sum
    }

    /// Nothing, to add to.
    pub(crate) fn zero() -> Self {
        Self {
            bytes: Some(0),
            ..Self::default()
        }
    }

    /// Its times.
    pub(crate) fn histogram(&self) -> Histogram {
        let mut times = Histogram::new(self.precision);
        self.fill(&mut times);
        times
    }

    fn fill(&self, times: &mut Histogram) {
        for (index, count) in &self.times {
            times.add_bucket(usize::from(*index), u64::from(*count));
        }
    }
}

impl From<&archive::Bucket> for Share {
    fn from(bucket: &archive::Bucket) -> Self {
        Self {
            requests: bucket.requests,
            failures: bucket.failures,
            timed: bucket.times.len(),
            sum_ms: bucket.total_ms,
            bytes: None,
            precision: bucket.times.precision(),
            times: pairs(&bucket.times),
        }
    }
}

fn pairs(times: &Histogram) -> Box<[(u16, u32)]> {
    let pair = |(index, count): (usize, u64)| {
        let index = u16::try_from(index).unwrap_or(u16::MAX);
        (index, u32::try_from(count).unwrap_or(u32::MAX))
    };
    times.buckets().map(pair).collect()
}
