//! How often each failure and error came over time: the small lines of their tables.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use gregaria_stats::{LOCAL_NODE, Snapshot};

use crate::model::{FailureCourses, GroupCourse};

/// Points of a line.
const POINTS: usize = 60;

/// Seconds of a point.
const STEP_SECONDS: f64 = 10.0;

/// What came in one stretch, by the number of the group. Groups without any are left out.
#[derive(Debug)]
struct Beat {
    to: f64,
    failures: HashMap<usize, u64>,
    exceptions: HashMap<usize, u64>,
}

/// The last stretches of one run.
#[derive(Debug)]
pub(super) struct Courses {
    from: f64,
    beats: VecDeque<Beat>,
    /// Counts at the end of the last stretch.
    failures: Vec<u64>,
    exceptions: Vec<u64>,
}

impl Courses {
    /// Nothing yet, from this moment on.
    pub(super) fn new(from: f64) -> Self {
        Self {
            from,
            beats: VecDeque::new(),
            failures: Vec::new(),
            exceptions: Vec::new(),
        }
    }

    /// Looks whether a stretch is over, or the run (`is_last`).
    pub(super) fn advance(&mut self, snapshot: &Snapshot, is_last: bool) {
        let begin = self.beats.back().map_or(self.from, |beat| beat.to);
        let now = snapshot.time;
        if now <= begin || (!is_last && now < begin + STEP_SECONDS) {
            return;
        }
        let failures = snapshot.failures.iter().map(|group| group.occurrences);
        let exceptions = snapshot.exceptions.iter().map(|group| group.count);
        let beat = Beat {
            to: now,
            failures: more(&mut self.failures, failures),
            exceptions: more(&mut self.exceptions, exceptions),
        };
        if is_last && beat.failures.is_empty() && beat.exceptions.is_empty() {
            return;
        }
        if self.beats.len() == POINTS
            && let Some(first) = self.beats.pop_front()
        {
            self.from = first.to;
        }
        self.beats.push_back(beat);
    }

    /// The lines of some groups.
    pub(super) fn of(
        &self,
        snapshot: &Snapshot,
        failures: &[usize],
        exceptions: &[usize],
    ) -> FailureCourses {
        let known = |places: &[usize], len| -> Vec<usize> {
            places
                .iter()
                .copied()
                .filter(|place| *place < len)
                .collect()
        };
        let failures = known(failures, snapshot.failures.len())
            .into_iter()
            .map(|place| {
                let nodes = &*snapshot.failures[place].nodes;
                self.course(place, nodes, |beat| &beat.failures)
            });
        let exceptions = known(exceptions, snapshot.exceptions.len())
            .into_iter()
            .map(|place| {
                let nodes = &snapshot.exceptions[place].nodes;
                self.course(place, nodes, |beat| &beat.exceptions)
            });
        FailureCourses {
            from: self.from,
            time: self.beats.iter().map(|beat| beat.to).collect(),
            failures: failures.collect(),
            exceptions: exceptions.collect(),
        }
    }

    fn course<'a>(
        &'a self,
        place: usize,
        nodes: impl IntoIterator<Item = &'a Arc<str>>,
        counts: fn(&Beat) -> &HashMap<usize, u64>,
    ) -> GroupCourse {
        let mut begin = self.from;
        let rate = |beat: &Beat| {
            let seconds = beat.to - std::mem::replace(&mut begin, beat.to);
            counts(beat).get(&place).copied().unwrap_or(0) as f64 / seconds
        };
        let nodes = nodes.into_iter().filter(|node| &***node != LOCAL_NODE);
        GroupCourse {
            id: place as u64,
            per_second: self.beats.iter().map(rate).collect(),
            workers: nodes.map(ToString::to_string).collect(),
        }
    }
}

/// What has been added to each count, by its place. Counts that are smaller began again.
fn more(before: &mut Vec<u64>, now: impl Iterator<Item = u64>) -> HashMap<usize, u64> {
    let now: Vec<u64> = now.collect();
    let added = now.iter().enumerate().filter_map(|(place, count)| {
        let before = before.get(place).copied().unwrap_or(0);
        let added = if *count < before {
            *count
        } else {
            count - before
        };
        (added > 0).then_some((place, added))
    });
    let added = added.collect();
    *before = now;
    added
}

#[cfg(test)]
mod tests {
    use gregaria_stats::{Recorder, Report, Settings, Totals};

    use super::*;

    fn fail(recorder: &Recorder, at: f64, times: u32) -> Vec<Report> {
        for _ in 0..times {
            recorder.record_failure("GET", "/", at, "oh");
        }
        recorder.drain()
    }

    #[test]
    fn each_stretch_has_its_own_rate_and_workers_are_named() {
        let settings = Settings::default();
        let recorder = Recorder::new(&settings);
        let mut totals = Totals::new(settings, 0.0);
        let mut kept = Courses::new(0.0);
        for (second, times, node) in [
            (5.0, 20, "a"),
            (10.0, 0, "a"),
            (15.0, 5, "b"),
            (20.0, 0, "b"),
        ] {
            for report in fail(&recorder, second, times) {
                totals.merge(&report.of_node(&node.into()));
            }
            kept.advance(&totals.snapshot(second, 1), false);
        }
        let courses = kept.of(&totals.snapshot(20.0, 1), &[0, 7], &[0]);
        assert_eq!((courses.from, courses.time), (0.0, vec![10.0, 20.0]));
        assert_eq!(courses.failures.len(), 1, "nobody knows number 7");
        assert_eq!(courses.failures[0].per_second, [2.0, 0.5]);
        assert_eq!(courses.failures[0].workers, ["a", "b"]);
        assert!(courses.exceptions.is_empty());
    }

    #[test]
    fn only_the_last_stretches_are_kept() {
        let totals = Totals::new(Settings::default(), 0.0);
        let mut kept = Courses::new(0.0);
        for second in 1..=2000 {
            kept.advance(&totals.snapshot(f64::from(second), 1), false);
        }
        let courses = kept.of(&totals.snapshot(2000.0, 1), &[], &[]);
        assert_eq!((courses.from, courses.time.len()), (1400.0, POINTS));
    }
}
