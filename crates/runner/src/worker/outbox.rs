//! Reports that the master may not have merged yet.
//!
//! A master of ours says how far it has merged. Until then a report is kept, and sent again after a
//! break, with the same number: so none is lost and none counts twice. Locust's master says nothing,
//! and gets each report once.

use std::collections::VecDeque;

use crate::dialect::{Merged, ReportNumber};
use crate::limits::MAX_UNMERGED_REPORTS;
use crate::packing;
use crate::wire::{StatsReport, ToMaster};

/// Numbered reports of one worker.
#[derive(Debug)]
pub(super) struct Outbox {
    /// Names this life of the worker's process.
    life: String,
    /// How many masters it has had.
    masters: u64,
    next_number: u64,
    unmerged: VecDeque<(u64, StatsReport)>,
}

impl Outbox {
    pub(super) fn new(life: String) -> Self {
        Self {
            life,
            masters: 0,
            next_number: 1,
            unmerged: VecDeque::new(),
        }
    }

    fn incarnation(&self) -> String {
        format!("{}-{}", self.life, self.masters)
    }

    /// Numbers a report and keeps it. What is to be sent, and whether the oldest one had to be given
    /// up for it.
    pub(super) fn add(&mut self, mut report: StatsReport, run: u64) -> (ToMaster, bool) {
        let number = ReportNumber {
            incarnation: self.incarnation(),
            run,
            number: self.next_number,
        };
        number.write(&mut report);
        packing::pack(&mut report);
        self.next_number += 1;
        let is_full = self.unmerged.len() == MAX_UNMERGED_REPORTS;
        if is_full {
            self.unmerged.pop_front();
        }
        self.unmerged.push_back((number.number, report.clone()));
        (ToMaster::Stats(Box::new(report)), is_full)
    }

    /// The master has merged some; what has to be sent again.
    pub(super) fn merged(&mut self, merged: &Merged) -> Vec<ToMaster> {
        if merged.incarnation != self.incarnation() {
            return Vec::new();
        }
        while self
            .unmerged
            .front()
            .is_some_and(|(number, _)| *number <= merged.through)
        {
            self.unmerged.pop_front();
        }
        if merged.is_gap {
            self.again()
        } else {
            Vec::new()
        }
    }

    /// Whether everything has been merged.
    pub(super) fn is_empty(&self) -> bool {
        self.unmerged.is_empty()
    }

    /// All that may not have been merged, in its order.
    pub(super) fn again(&self) -> Vec<ToMaster> {
        let reports = self.unmerged.iter();
        reports
            .map(|(_, report)| ToMaster::Stats(Box::new(report.clone())))
            .collect()
    }

    /// Another master: it knows nothing of what was counted for the one before. How many reports are
    /// given up.
    pub(super) fn begin_anew(&mut self) -> usize {
        let lost = self.unmerged.len();
        self.unmerged.clear();
        self.masters += 1;
        self.next_number = 1;
        lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(through: u64, is_gap: bool) -> Merged {
        Merged {
            incarnation: "life-0".to_owned(),
            through,
            is_gap,
        }
    }

    #[test]
    fn what_is_merged_is_not_sent_again() {
        let mut outbox = Outbox::new("life".to_owned());
        let sent: Vec<_> = (0..3)
            .map(|_| outbox.add(StatsReport::default(), 1).0)
            .collect();
        assert_eq!(outbox.again(), sent);
        assert!(outbox.merged(&merged(2, false)).is_empty());
        assert_eq!(outbox.again(), sent[2..]);
    }

    #[test]
    fn behind_a_gap_everything_is_sent_again() {
        let mut outbox = Outbox::new("life".to_owned());
        let sent: Vec<_> = (0..3)
            .map(|_| outbox.add(StatsReport::default(), 1).0)
            .collect();
        assert_eq!(outbox.merged(&merged(1, true)), sent[1..]);
    }

    #[test]
    fn what_another_master_had_merged_says_nothing() {
        let mut outbox = Outbox::new("life".to_owned());
        outbox.add(StatsReport::default(), 1);
        assert_eq!(outbox.begin_anew(), 1);
        let (sent, _) = outbox.add(StatsReport::default(), 1);
        outbox.merged(&merged(1, false));
        assert_eq!(outbox.again(), [sent]);
    }

    #[test]
    fn an_hour_of_reports_is_kept() {
        let mut outbox = Outbox::new("life".to_owned());
        let gave_up = (0..=MAX_UNMERGED_REPORTS)
            .filter(|_| outbox.add(StatsReport::default(), 1).1)
            .count();
        assert_eq!(gave_up, 1);
        assert_eq!(outbox.again().len(), MAX_UNMERGED_REPORTS);
    }
}
