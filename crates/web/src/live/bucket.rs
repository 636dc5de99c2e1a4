//! What was counted in each ten seconds, entry by entry and failure by failure: the lines of an entry,
//! the figures of a window, its failures and heat maps are made of it.

use std::collections::HashMap;
use std::sync::Arc;

use gregaria_stats::{Entry, Snapshot};

use crate::model::HeatColumn;
use crate::picture::{self, Cell, Share};

use super::counts::{Counts, Tally};
use super::rows::Names;

/// Seconds of a bucket, as long as the run is not long.
pub(super) const BUCKET_SECONDS: f64 = 10.0;

/// Buckets kept at most: an hour. When there are so many, neighbours are joined.
const MAX_BUCKETS: usize = 360;

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
    /// Failures, by their places in the picture.
    pub(super) failures: Counts,
    /// Errors of the test's code, by theirs.
    pub(super) exceptions: Counts,
}

impl Bucket {
    /// What the entry of this index has counted in it.
    pub(super) fn share(&self, index: u32) -> Option<&Share> {
        if index == 0 {
            Some(&self.total)
        } else {
            self.shares.get(&index)
        }
    }

    /// The stretch as it is of one entry.
    pub(super) fn cell(&self, index: u32) -> Cell<'_> {
        Cell {
            from: self.from,
            to: self.to,
            share: self.share(index),
        }
    }
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
    failures: Tally,
    exceptions: Tally,
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
            failures: Tally::default(),
            exceptions: Tally::default(),
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
        let (failures, exceptions) = self.groups(snapshot);
        if is_last && total.is_empty() && failures.is_empty() && exceptions.is_empty() {
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
        let column = picture::column(now, &total.histogram(), total.failures);
        self.all.push(Bucket {
            from: self.from,
            to: now,
            total,
            shares,
            failures,
            exceptions,
        });
        self.from = now;
        if self.all.len() == MAX_BUCKETS {
            self.thin();
        }
        Some(column)
    }

    /// Failures and errors since the last stretch. Where they were set to zero, earlier stretches have
    /// none of them any more: their places are those of others now.
    fn groups(&mut self, snapshot: &Snapshot) -> (Counts, Counts) {
        let failures: Vec<u64> = snapshot
            .failures
            .iter()
            .map(|one| one.occurrences)
            .collect();
        let exceptions: Vec<u64> = snapshot.exceptions.iter().map(|one| one.count).collect();
        let begins = self.total.as_ref().map(|total| total.start_time);
        let is_reset = begins.is_some_and(|begins| begins < snapshot.total.start_time);
        if is_reset || self.failures.began_again(&failures) {
            self.failures.clear();
            for bucket in &mut self.all {
                bucket.failures = Counts::default();
            }
        }
        if self.exceptions.began_again(&exceptions) {
            self.exceptions.clear();
            for bucket in &mut self.all {
                bucket.exceptions = Counts::default();
            }
        }
        (
            self.failures.advance(failures),
            self.exceptions.advance(exceptions),
        )
    }

    fn thin(&mut self) {
        let mut rest = std::mem::take(&mut self.all).into_iter();
        while let Some(mut first) = rest.next() {
            if let Some(second) = rest.next() {
                first.to = second.to;
                first.total = Share::joined(&first.total, &second.total);
                first.failures = first.failures.joined(&second.failures);
                first.exceptions = first.exceptions.joined(&second.exceptions);
                for (index, share) in second.shares {
                    let share = match first.shares.get(&index) {
                        Some(before) => Share::joined(before, &share),
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
