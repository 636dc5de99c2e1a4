//! The response times of the last seconds, from which Locust's *current* percentiles are made.
//!
//! Locust copies the whole table of rounded times once a second, keeps 20 copies and subtracts. Here
//! only what was added between two such moments is kept: the difference to a moment is then the sum
//! of what came after it, and an entry without traffic holds nothing.

use std::collections::VecDeque;

use crate::rate::second_of;
use crate::rounded::{Rounded, percentile_of};

/// Moments that are remembered, as in Locust.
const MOMENTS: usize = 20;
/// Seconds that the current percentiles look back, as in Locust.
const LOOK_BACK: u64 = 10;
/// How far the moment looked for may be away from [`LOOK_BACK`]: workers report every three seconds.
const TOLERANCE: u64 = 8;

/// Rounded times counted after each of the last moments.
///
/// 16 bytes for each different rounded time between two moments.
#[derive(Clone, Debug, Default)]
pub struct Recent {
    /// Oldest moment first.
    stretches: VecDeque<Stretch>,
}

/// What was counted after one moment and before the next.
#[derive(Clone, Debug)]
struct Stretch {
    /// The moment, a whole second since 1970.
    after: u64,
    /// (rounded time, count), in rising order.
    counts: Vec<(f64, u64)>,
}

impl Recent {
    /// Whether no moment is remembered, so that nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.stretches.is_empty()
    }

    /// Remembers the present state as that of `second`.
    pub(crate) fn mark(&mut self, second: u64) {
        if self
            .stretches
            .back()
            .is_some_and(|last| last.after == second)
        {
            // The same second once more: its state is replaced, so what came after it in the
            // meantime belongs to the stretch before.
            let counts = self
                .stretches
                .pop_back()
                .map(|last| last.counts)
                .unwrap_or_default();
            if let Some(before) = self.stretches.back_mut() {
                add(&mut before.counts, counts.into_iter());
            }
        }
        self.stretches.push_back(Stretch {
            after: second,
            counts: Vec::new(),
        });
        while self.stretches.len() > MOMENTS {
            self.stretches.pop_front();
        }
    }

    /// Adds what was counted since the last moment.
    pub(crate) fn add(&mut self, more: &Rounded) {
        if let Some(last) = self.stretches.back_mut() {
            add(&mut last.counts, more.iter());
        }
    }

    /// Locust's current percentile: over what was counted in the ten seconds before `now`, or in
    /// about as many if that moment is not remembered. `None` if none near it is.
    pub fn percentile(&self, now: f64, quantile: f64) -> Option<f64> {
        let wanted = second_of(now).saturating_sub(LOOK_BACK);
        let from = (0..=TOLERANCE).find_map(|away| {
            self.position(wanted.saturating_sub(away))
                .or_else(|| self.position(wanted + away))
        })?;
        let mut counts = Vec::new();
        for stretch in self.stretches.range(from..) {
            add(&mut counts, stretch.counts.iter().copied());
        }
        let requests = counts.iter().map(|(_, count)| count).sum();
        Some(percentile_of(counts.into_iter().rev(), requests, quantile))
    }

    fn position(&self, second: u64) -> Option<usize> {
        self.stretches
            .iter()
            .position(|stretch| stretch.after == second)
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        let counts: usize = self
            .stretches
            .iter()
            .map(|stretch| stretch.counts.capacity())
            .sum();
        self.stretches.capacity() * size_of::<Stretch>() + counts * size_of::<(f64, u64)>()
    }
}

/// Adds pairs to a row that is sorted by the first of each.
fn add(counts: &mut Vec<(f64, u64)>, more: impl Iterator<Item = (f64, u64)>) {
    for (bucket, count) in more {
        match counts.binary_search_by(|(other, _)| other.total_cmp(&bucket)) {
            Ok(at) => counts[at].1 += count,
            Err(at) => counts.insert(at, (bucket, count)),
        }
    }
}
