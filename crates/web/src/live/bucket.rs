//! What was counted in each ten seconds, entry by entry: the lines of an entry, the figures of a
//! window and the heat map are made of it.

use std::collections::HashMap;
use std::sync::Arc;

use gregaria_stats::{Entry, Histogram, Precision, Snapshot};

use crate::model::HeatColumn;

use super::heat;
use super::rows::Names;

/// Seconds of a bucket, as long as the run is not long.
pub(super) const BUCKET_SECONDS: f64 = 10.0;

/// Buckets kept at most: an hour. When there are so many, neighbours are joined.
const MAX_BUCKETS: usize = 360;

/// What one entry has counted in one bucket.
#[derive(Clone, Debug, Default)]
pub(super) struct Share {
    pub(super) requests: u64,
    pub(super) failures: u64,
    pub(super) timed: u64,
    pub(super) sum_ms: f64,
    pub(super) bytes: u64,
    /// Index and count of each bucket of the histogram.
    times: Box<[(u16, u32)]>,
}

impl Share {
    fn between(before: Option<&Entry>, now: &Entry) -> Self {
        // An entry that began again later has been set to zero in between.
        #[expect(clippy::float_cmp, reason = "the same moment is the same bits")]
        let before = before.filter(|before| before.start_time == now.start_time);
        let zero = Histogram::default();
        let of = |read: fn(&Entry) -> u64| read(now).saturating_sub(before.map_or(0, read));
        let times = now
            .histogram
            .since(before.map_or(&zero, |entry| &entry.histogram));
        let times = times.buckets().map(|(index, count)| {
            let index = u16::try_from(index).unwrap_or(u16::MAX);
            (index, u32::try_from(count).unwrap_or(u32::MAX))
        });
        let sum = |entry: &Entry| entry.total_response_time_ms;
        Self {
            requests: of(|entry| entry.requests),
            failures: of(|entry| entry.failures),
            timed: of(Entry::timed_requests),
            sum_ms: (sum(now) - before.map_or(0.0, sum)).max(0.0),
            bytes: of(|entry| entry.total_content_length),
            times: times.collect(),
        }
    }

    fn is_empty(&self) -> bool {
        self.requests == 0 && self.failures == 0
    }

    /// Adds another share of the same entry.
    pub(super) fn add(&mut self, other: &Self, times: &mut Histogram) {
        self.requests += other.requests;
        self.failures += other.failures;
        self.timed += other.timed;
        self.sum_ms += other.sum_ms;
        self.bytes += other.bytes;
        other.fill(times);
    }

    /// Adds its times to a histogram.
    pub(super) fn fill(&self, times: &mut Histogram) {
        for (index, count) in &self.times {
            times.add_bucket(usize::from(*index), u64::from(*count));
        }
    }

    /// Its times.
    pub(super) fn histogram(&self) -> Histogram {
        let mut times = Histogram::new(Precision::default());
        self.fill(&mut times);
        times
    }
}

/// One stretch of the run.
#[derive(Clone, Debug)]
pub(super) struct Bucket {
    /// Its begin.
    pub(super) from: f64,
    /// Its end.
    pub(super) to: f64,
    /// All requests.
    pub(super) total: Share,
    /// Entries that counted something, by their index.
    pub(super) shares: HashMap<u32, Share>,
}

/// The buckets of one run, oldest first.
#[derive(Debug)]
pub(super) struct Buckets {
    all: Vec<Bucket>,
    /// Length of those that were not cut off.
    step: f64,
    from: f64,
    total: Option<Arc<Entry>>,
    entries: Vec<Option<Arc<Entry>>>,
}

impl Buckets {
    /// None yet, from this moment on.
    pub(super) fn new(from: f64) -> Self {
        Self {
            all: Vec::new(),
            step: BUCKET_SECONDS,
            from,
            total: None,
            entries: Vec::new(),
        }
    }

    /// Looks whether a stretch is over, or the run (`is_last`), and returns its column if so.
    pub(super) fn advance(
        &mut self,
        snapshot: &Snapshot,
        names: &Names,
        is_last: bool,
    ) -> Option<HeatColumn> {
        let now = snapshot.time;
        if now <= self.from || (!is_last && now < self.from + self.step) {
            return None;
        }
        let total = Share::between(self.total.as_deref(), &snapshot.total);
        if is_last && total.is_empty() {
            return None;
        }
        self.entries.resize(names.len(), None);
        let mut shares = HashMap::new();
        for entry in &snapshot.entries {
            let Some(index) = names.find(&entry.key) else {
                continue;
            };
            let before = &mut self.entries[index as usize];
            if before
                .as_ref()
                .is_some_and(|before| Arc::ptr_eq(before, entry))
            {
                continue;
            }
            let share = Share::between(before.as_deref(), entry);
            *before = Some(Arc::clone(entry));
            if !share.is_empty() {
                shares.insert(index, share);
            }
        }
        self.total = Some(Arc::clone(&snapshot.total));
        let column = heat::column(now, &total.histogram(), total.failures);
        self.all.push(Bucket {
            from: self.from,
            to: now,
            total,
            shares,
        });
        self.from = now;
        if self.all.len() == MAX_BUCKETS {
            self.thin();
        }
        Some(column)
    }

    fn thin(&mut self) {
        let mut rest = std::mem::take(&mut self.all).into_iter();
        while let Some(mut first) = rest.next() {
            if let Some(second) = rest.next() {
                first.to = second.to;
                first.total = joined(&first.total, &second.total);
                for (index, share) in second.shares {
                    let share = match first.shares.get(&index) {
                        Some(before) => joined(before, &share),
                        None => share,
                    };
                    first.shares.insert(index, share);
                }
            }
            self.all.push(first);
        }
        self.step *= 2.0;
    }

    /// All of them.
    pub(super) fn all(&self) -> &[Bucket] {
        &self.all
    }

    /// Length of a stretch.
    pub(super) fn step(&self) -> f64 {
        self.step
    }
}

fn joined(a: &Share, b: &Share) -> Share {
    let mut sum = Share::default();
    let mut times = Histogram::new(Precision::default());
    sum.add(a, &mut times);
    sum.add(b, &mut times);
    sum.times = times
        .buckets()
        .map(|(index, count)| {
            let index = u16::try_from(index).unwrap_or(u16::MAX);
            (index, u32::try_from(count).unwrap_or(u32::MAX))
        })
        .collect();
    sum
}
