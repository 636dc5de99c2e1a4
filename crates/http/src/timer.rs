//! A heap of deadlines: waits of users, and time limits of connections.
//!
//! A sleep has one entry. A connection has at most one that counts, which is moved on lazily: its
//! limit changes with each request, but the heap hears of it only when the old one comes up. One
//! entry for each request would leave millions of dead ones at 100,000 requests a second.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::clock::Moment;
use crate::slots::Key;

/// Dead entries that are tolerated beyond the living ones before the heap is swept.
const MAX_DEAD: usize = 1024;

/// Whose deadline it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Alarm {
    /// The slot of a sleep.
    Sleep(Key),
    /// A connection.
    Connection(Key),
}

/// All deadlines, earliest first.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    heap: BinaryHeap<Reverse<(Moment, Alarm)>>,
    dead: usize,
}

impl Timers {
    /// Adds a deadline.
    pub(crate) fn push(&mut self, at: Moment, alarm: Alarm) {
        self.heap.push(Reverse((at, alarm)));
    }

    /// The earliest deadline, whether its owner is still there or not.
    pub(crate) fn earliest(&self) -> Moment {
        self.heap
            .peek()
            .map_or(Moment::NEVER, |Reverse((at, _))| *at)
    }

    /// Takes the earliest deadline if it has come.
    pub(crate) fn pop_due(&mut self, now: Moment) -> Option<(Moment, Alarm)> {
        if self.earliest() > now {
            return None;
        }
        self.heap.pop().map(|Reverse(entry)| entry)
    }

    /// Says that the owner of an entry is gone. When most entries are such, `is_alive` is asked for
    /// each and the others are dropped.
    pub(crate) fn forget_one(&mut self, is_alive: impl Fn(Alarm) -> bool) {
        self.dead += 1;
        if self.dead > MAX_DEAD + self.heap.len() / 2 {
            self.heap.retain(|Reverse((_, alarm))| is_alive(*alarm));
            self.dead = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn alarm(slot: u32) -> Alarm {
        Alarm::Sleep(Key {
            slot,
            generation: 0,
        })
    }

    #[test]
    fn deadlines_come_out_in_their_order_and_never_early() {
        let start = Moment::now();
        let at = |nanos| start.after(Duration::from_nanos(nanos));
        let mut timers = Timers::default();
        for nanos in [30u32, 10, 20] {
            timers.push(at(nanos.into()), alarm(nanos));
        }
        assert_eq!(timers.pop_due(at(9)), None);
        assert_eq!(timers.pop_due(at(25)), Some((at(10), alarm(10))));
        assert_eq!(timers.pop_due(at(25)), Some((at(20), alarm(20))));
        assert_eq!(timers.pop_due(at(25)), None);
        assert_eq!(timers.earliest(), at(30));
    }

    #[test]
    fn the_heap_does_not_grow_with_sleeps_that_are_given_up() {
        let mut timers = Timers::default();
        let far = Moment::now().after(Duration::from_hours(1));
        for slot in 0..100_000 {
            timers.push(far, alarm(slot));
            timers.forget_one(|_| false);
        }
        assert!(
            timers.heap.len() <= 3 * MAX_DEAD,
            "{} entries",
            timers.heap.len()
        );
    }
}
