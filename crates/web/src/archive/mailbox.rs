//! What the writer has yet to do. It never grows without bound: seconds that wait are one picture
//! and a point each.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use gregaria_stats::{HistoryPoint, Snapshot};

use super::setup::{Ending, Setup};

/// Points that wait at most: an hour without a disk.
pub(super) const MAX_WAITING: usize = 3600;

/// One thing to do.
#[derive(Debug)]
pub(super) enum Letter {
    /// A run begins, at this moment.
    Begin(f64, Box<Setup>),
    /// What there is of it.
    Keep(Seconds),
    /// It has ended, with what there is of it.
    End(Seconds, Ending),
    /// The process ends with the last run, and with this code.
    ExitCode(i64),
    /// Nothing follows. What cannot be written is written to a file in this folder.
    Close(Option<PathBuf>),
}

/// Seconds of a run that are not written yet.
#[derive(Clone, Debug)]
pub(super) struct Seconds {
    /// A point for each, oldest first.
    pub(super) points: VecDeque<HistoryPoint>,
    /// The picture of the last one.
    pub(super) snapshot: Arc<Snapshot>,
}

impl Seconds {
    /// Adds later seconds. Returns the picture that is not needed any more.
    pub(super) fn append(&mut self, later: Self) -> Arc<Snapshot> {
        for point in later.points {
            // The last picture of a run may have no second of its own.
            if self.points.back().is_none_or(|last| last.time < point.time) {
                self.points.push_back(point);
            }
        }
        while self.points.len() > MAX_WAITING {
            self.points.pop_front();
        }
        std::mem::replace(&mut self.snapshot, later.snapshot)
    }
}

/// Letters in the order of their posting.
#[derive(Debug, Default)]
pub(super) struct Mailbox {
    letters: Mutex<VecDeque<Letter>>,
    has_come: Condvar,
}

impl Mailbox {
    /// Never waits longer than another thread needs for an exchange of pointers.
    pub(super) fn post(&self, letter: Letter) {
        let replaced = {
            let mut letters = self.lock();
            match (letters.back_mut(), letter) {
                (Some(Letter::Keep(waiting)), Letter::Keep(later)) => Some(waiting.append(later)),
                (_, letter) => {
                    letters.push_back(letter);
                    None
                }
            }
        };
        self.has_come.notify_one();
        // After the lock: freeing the figures of many entries takes longer than exchanging them.
        drop(replaced);
    }

    /// Waits for the next letter.
    pub(super) fn take(&self) -> Letter {
        let mut letters = self.lock();
        loop {
            if let Some(letter) = letters.pop_front() {
                return letter;
            }
            letters = self
                .has_come
                .wait(letters)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Letter>> {
        self.letters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
