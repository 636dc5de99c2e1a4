//! Exceptions of tasks on their way to a master of ours: they wait for the next report and travel in
//! it, so that none is lost and none counts twice. Locust's master gets each one at once.

use std::collections::BTreeMap;

use crate::dialect::{self, CountedException};
use crate::limits::MAX_REPORTED_EXCEPTIONS;
use crate::wire::{ExceptionReport, StatsReport};

/// Those of one report, by their traceback.
#[derive(Debug, Default)]
pub(super) struct Exceptions(BTreeMap<String, CountedException>);

impl Exceptions {
    /// Counts one. Of more kinds than figures have room for, the last ones are not counted.
    pub(super) fn add(&mut self, exception: ExceptionReport) {
        if let Some(known) = self.0.get_mut(&exception.traceback) {
            known.count += 1;
        } else if self.0.len() < MAX_REPORTED_EXCEPTIONS {
            let traceback = exception.traceback.clone();
            self.0.insert(
                traceback,
                CountedException {
                    exception,
                    count: 1,
                },
            );
        }
    }

    /// Moves them into a report.
    pub(super) fn join(&mut self, report: &mut StatsReport) {
        if !self.0.is_empty() {
            dialect::write_exceptions(std::mem::take(&mut self.0).into_values(), report);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exception(traceback: &str) -> ExceptionReport {
        ExceptionReport {
            msg: "oh".to_owned(),
            traceback: traceback.to_owned(),
            ..ExceptionReport::default()
        }
    }

    #[test]
    fn what_was_raised_at_the_same_place_is_counted_together_in_one_report() {
        let mut exceptions = Exceptions::default();
        for traceback in ["a", "b", "a"] {
            exceptions.add(exception(traceback));
        }
        let mut reports = [StatsReport::default(), StatsReport::default()];
        for report in &mut reports {
            exceptions.join(report);
        }
        let [first, second] = reports.each_mut().map(dialect::take_exceptions);
        let counts = first
            .iter()
            .map(|it| (it.exception.traceback.as_str(), it.count));
        assert!(counts.eq([("a", 2), ("b", 1)]));
        assert!(second.is_empty());
        assert_eq!(reports[0], StatsReport::default());
    }

    #[test]
    fn kinds_without_end_take_no_memory_without_end() {
        let mut exceptions = Exceptions::default();
        for number in 0..=MAX_REPORTED_EXCEPTIONS {
            exceptions.add(exception(&number.to_string()));
        }
        assert_eq!(exceptions.0.len(), MAX_REPORTED_EXCEPTIONS);
    }
}
