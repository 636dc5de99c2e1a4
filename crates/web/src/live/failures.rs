//! Groups of failures and exceptions: what was shown last, and what has changed.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use gregaria_stats::{Exception, Failure, Key, Snapshot};

use crate::model::{ExceptionGroup, FailureGroup, FailureKind, KindRate};
use crate::picture::{exception_group, failure_group, kind_of};

use super::course::Rates;

/// When a group was seen first and last, as far as that is known.
pub(super) type Seen = (Option<f64>, Option<f64>);

/// What was shown last, and what came since.
#[derive(Debug)]
pub(super) struct Groups {
    failures: Vec<Arc<Failure>>,
    kinds: Vec<FailureKind>,
    exceptions: Vec<(Arc<Exception>, f64, f64)>,
    /// Occurrences by kind at the last looks, oldest first.
    looks: VecDeque<(f64, HashMap<FailureKind, u64>)>,
    /// Seconds that rates are taken over: workers report every three.
    window_seconds: f64,
}

impl Groups {
    /// None yet.
    pub(super) fn new(is_distributed: bool) -> Self {
        Self {
            failures: Vec::new(),
            kinds: Vec::new(),
            exceptions: Vec::new(),
            looks: VecDeque::new(),
            window_seconds: if is_distributed { 3.0 } else { 1.0 },
        }
    }

    /// Groups that have changed, and failures a second by kind since the last time.
    pub(super) fn advance(
        &mut self,
        snapshot: &Snapshot,
    ) -> (Vec<FailureGroup>, Vec<ExceptionGroup>, Rates) {
        // Failures are kept in the order of their coming; there are fewer only after a reset.
        if snapshot.failures.len() < self.failures.len() {
            self.failures.clear();
            self.kinds.clear();
            self.looks.clear();
        }
        let mut changed = Vec::new();
        let mut sums: HashMap<FailureKind, u64> = HashMap::new();
        for (place, failure) in snapshot.failures.iter().enumerate() {
            if place == self.failures.len() {
                self.kinds.push(kind_of(&failure.error));
                self.failures.push(Arc::clone(failure));
                changed.push(failure_group(place, failure, self.kinds[place]));
            } else if !Arc::ptr_eq(&self.failures[place], failure) {
                self.failures[place] = Arc::clone(failure);
                changed.push(failure_group(place, failure, self.kinds[place]));
            }
            *sums.entry(self.kinds[place]).or_default() += failure.occurrences;
        }
        let rates = self.rates(snapshot.time, sums);
        (changed, self.advance_exceptions(snapshot), rates)
    }

    /// Failures a second by kind, over the last seconds.
    fn rates(&mut self, now: f64, sums: HashMap<FailureKind, u64>) -> Rates {
        // Looks come a little early or late.
        let from = now - self.window_seconds + 0.1;
        while self.looks.get(1).is_some_and(|(time, _)| *time <= from) {
            self.looks.pop_front();
        }
        let before = self.looks.front();
        let seconds = before.map_or(self.window_seconds, |(time, _)| (now - time).max(0.1));
        let rate = |(kind, sum): (&FailureKind, &u64)| {
            let before = before.and_then(|(_, sums)| sums.get(kind));
            let more = sum.saturating_sub(before.copied().unwrap_or(0));
            (*kind, more as f64 / seconds)
        };
        let rates = sums.iter().map(rate).collect();
        self.looks.push_back((now, sums));
        rates
    }

    fn advance_exceptions(&mut self, snapshot: &Snapshot) -> Vec<ExceptionGroup> {
        if snapshot.exceptions.len() < self.exceptions.len() {
            self.exceptions.clear();
        }
        let now = snapshot.time;
        let mut changed = Vec::new();
        for (place, exception) in snapshot.exceptions.iter().enumerate() {
            if let Some((shown, _, last)) = self.exceptions.get_mut(place) {
                if Arc::ptr_eq(shown, exception) {
                    continue;
                }
                *shown = Arc::clone(exception);
                *last = now;
            } else {
                self.exceptions.push((Arc::clone(exception), now, now));
            }
            changed.push(self.exception_group(place));
        }
        changed
    }

    /// Kind of each failure of one entry, by its place, or of all of them without a key; `None` for
    /// those of others.
    pub(super) fn kinds_of(&self, key: Option<&Key>) -> Vec<Option<FailureKind>> {
        let is_ours = |failure: &Failure| {
            key.is_none_or(|key| key.method == failure.method && key.name == failure.name)
        };
        let all = self.failures.iter().zip(&self.kinds);
        all.map(|(failure, kind)| is_ours(failure).then_some(*kind))
            .collect()
    }

    /// When the failure at a place was seen first and last.
    pub(super) fn failure_seen(&self, place: usize) -> Seen {
        let failure = self.failures.get(place);
        failure.map_or((None, None), |one| {
            (Some(one.first_seen), Some(one.last_seen))
        })
    }

    /// When the exception at a place was noticed first and last.
    pub(super) fn exception_seen(&self, place: usize) -> Seen {
        let exception = self.exceptions.get(place);
        exception.map_or((None, None), |(_, first, last)| (Some(*first), Some(*last)))
    }

    /// Every group.
    pub(super) fn all(&self) -> (Vec<FailureGroup>, Vec<ExceptionGroup>) {
        let failures = self.failures.iter().enumerate();
        let failures = failures.map(|(place, one)| failure_group(place, one, self.kinds[place]));
        let exceptions = (0..self.exceptions.len()).map(|place| self.exception_group(place));
        (failures.collect(), exceptions.collect())
    }

    fn exception_group(&self, place: usize) -> ExceptionGroup {
        let (exception, first_seen, last_seen) = &self.exceptions[place];
        exception_group(place, exception, Some(*first_seen), Some(*last_seen))
    }
}

/// Rates as the stream sends them.
pub(super) fn kind_rates(rates: &Rates) -> Vec<KindRate> {
    let rate = |(&kind, &per_second): (&FailureKind, &f64)| KindRate { kind, per_second };
    rates.iter().map(rate).collect()
}
