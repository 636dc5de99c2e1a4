//! Which reports have been merged, so that one that is sent twice counts once and one that is lost
//! is asked for again.

use std::collections::HashMap;
use std::sync::Arc;

use crate::dialect::{Merged, ReportNumber};

/// Lives of a worker that are remembered: reports of more than one are under way only for a moment.
const MAX_INCARNATIONS: usize = 4;

/// What to do with a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is the next one.
    Merge,
    /// It has been merged before.
    Known,
    /// One before it has not come.
    Gap,
}

/// The last merged report of each worker.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    workers: HashMap<Arc<str>, Vec<(String, u64)>>,
}

impl Ledger {
    /// Notes a report that has come, and says what to do with it and what to tell the worker.
    pub(crate) fn note(&mut self, worker: &Arc<str>, report: &ReportNumber) -> (Verdict, Merged) {
        let lives = self.workers.entry(Arc::clone(worker)).or_default();
        let place = lives
            .iter()
            .position(|(incarnation, _)| *incarnation == report.incarnation)
            .unwrap_or_else(|| {
                if lives.len() == MAX_INCARNATIONS {
                    lives.remove(0);
                }
                lives.push((report.incarnation.clone(), 0));
                lives.len() - 1
            });
        let through = &mut lives[place].1;
        let verdict = if report.number <= *through {
            Verdict::Known
        } else if report.number == *through + 1 {
            *through = report.number;
            Verdict::Merge
        } else {
            Verdict::Gap
        };
        let merged = Merged {
            incarnation: report.incarnation.clone(),
            through: *through,
            is_gap: verdict == Verdict::Gap,
        };
        (verdict, merged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(ledger: &mut Ledger, incarnation: &str, number: u64) -> (Verdict, u64) {
        let report = ReportNumber {
            incarnation: incarnation.to_owned(),
            run: 1,
            number,
        };
        let (verdict, merged) = ledger.note(&"w".into(), &report);
        assert_eq!(merged.is_gap, verdict == Verdict::Gap);
        (verdict, merged.through)
    }

    #[test]
    fn a_report_counts_once_however_often_it_comes() {
        let mut ledger = Ledger::default();
        assert_eq!(note(&mut ledger, "a", 1), (Verdict::Merge, 1));
        assert_eq!(note(&mut ledger, "a", 1), (Verdict::Known, 1));
        assert_eq!(note(&mut ledger, "a", 2), (Verdict::Merge, 2));
        assert_eq!(note(&mut ledger, "a", 1), (Verdict::Known, 2));
    }

    #[test]
    fn behind_a_gap_nothing_is_merged_until_it_is_filled() {
        let mut ledger = Ledger::default();
        note(&mut ledger, "a", 1);
        assert_eq!(note(&mut ledger, "a", 3), (Verdict::Gap, 1));
        assert_eq!(note(&mut ledger, "a", 2), (Verdict::Merge, 2));
        assert_eq!(note(&mut ledger, "a", 3), (Verdict::Merge, 3));
    }

    #[test]
    fn each_life_of_a_worker_has_numbers_of_its_own() {
        let mut ledger = Ledger::default();
        note(&mut ledger, "a", 1);
        assert_eq!(note(&mut ledger, "b", 1), (Verdict::Merge, 1));
        assert_eq!(note(&mut ledger, "a", 2), (Verdict::Merge, 2));
    }
}
