//! How often failures and errors came over time: the small lines of their tables, and the lines of an
//! entry by kinds.

use std::collections::BTreeMap;
use std::sync::Arc;

use gregaria_stats::{LOCAL_NODE, Snapshot};

use crate::model::{FailureCourses, FailureKind, FailureTrend, GroupCourse};
use crate::picture::TREND_POINTS;

use super::bucket::Bucket;
use super::counts::Counts;

/// The lines of some groups over the last stretches; those that there are not are left out.
pub(super) fn last_of(
    buckets: &[Bucket],
    snapshot: &Snapshot,
    failures: &[usize],
    exceptions: &[usize],
) -> FailureCourses {
    let last = &buckets[buckets.len().saturating_sub(TREND_POINTS)..];
    let failure = |place: &usize| {
        let group = snapshot.failures.get(*place)?;
        Some(course(last, *place, &*group.nodes, |bucket| {
            &bucket.failures
        }))
    };
    let exception = |place: &usize| {
        let group = snapshot.exceptions.get(*place)?;
        Some(course(last, *place, &group.nodes, |bucket| {
            &bucket.exceptions
        }))
    };
    FailureCourses {
        from: last.first().map_or(snapshot.time, |first| first.from),
        time: last.iter().map(|bucket| bucket.to).collect(),
        failures: failures.iter().filter_map(failure).collect(),
        exceptions: exceptions.iter().filter_map(exception).collect(),
    }
}

fn course<'a>(
    buckets: &[Bucket],
    place: usize,
    nodes: impl IntoIterator<Item = &'a Arc<str>>,
    counts: fn(&Bucket) -> &Counts,
) -> GroupCourse {
    let rate = |bucket: &Bucket| counts(bucket).of(place) as f64 / (bucket.to - bucket.from);
    let nodes = nodes.into_iter().filter(|node| &***node != LOCAL_NODE);
    GroupCourse {
        id: place as u64,
        per_second: buckets.iter().map(rate).collect(),
        workers: nodes.map(ToString::to_string).collect(),
    }
}

/// Failures a second of each kind that came, stretch by stretch. `kinds` are those of the failures by
/// their places; those without one are not counted.
pub(super) fn by_kind(buckets: &[&Bucket], kinds: &[Option<FailureKind>]) -> Vec<FailureTrend> {
    let mut lines: BTreeMap<FailureKind, Vec<Option<f64>>> = BTreeMap::new();
    for (at, bucket) in buckets.iter().enumerate() {
        for (place, count) in bucket.failures.iter() {
            let Some(kind) = kinds.get(place).copied().flatten() else {
                continue;
            };
            let line = lines
                .entry(kind)
                .or_insert_with(|| vec![Some(0.0); buckets.len()]);
            let rate = count as f64 / (bucket.to - bucket.from);
            line[at] = line[at].map(|sum| sum + rate);
        }
    }
    let trend = |(kind, per_second)| FailureTrend { kind, per_second };
    lines.into_iter().map(trend).collect()
}

#[cfg(test)]
mod tests {
    use gregaria_stats::{Recorder, Report, Settings, Totals};

    use super::*;
    use crate::live::bucket::Buckets;
    use crate::live::rows::Names;

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
        let mut kept = Buckets::new(0.0);
        for (second, times, node) in [
            (5.0, 20, "a"),
            (10.0, 0, "a"),
            (15.0, 5, "b"),
            (20.0, 0, "b"),
        ] {
            for report in fail(&recorder, second, times) {
                totals.merge(&report.of_node(&node.into()));
            }
            kept.advance(&totals.snapshot(second, 1), &Names::default(), false);
        }
        let courses = last_of(kept.all(), &totals.snapshot(20.0, 1), &[0, 7], &[0]);
        assert_eq!((courses.from, courses.time), (0.0, vec![10.0, 20.0]));
        assert_eq!(courses.failures.len(), 1, "nobody knows number 7");
        assert_eq!(courses.failures[0].per_second, [2.0, 0.5]);
        assert_eq!(courses.failures[0].workers, ["a", "b"]);
        assert!(courses.exceptions.is_empty());
        let stretches: Vec<&Bucket> = kept.all().iter().collect();
        let lines = by_kind(&stretches, &[Some(FailureKind::Check)]);
        assert_eq!(lines[0].per_second, [Some(2.0), Some(0.5)]);
        assert!(by_kind(&stretches, &[None]).is_empty(), "of another entry");
    }

    #[test]
    fn a_day_is_as_large_as_an_hour_and_has_every_failure() {
        let settings = Settings::default();
        let recorder = Recorder::new(&settings);
        let mut totals = Totals::new(settings, 0.0);
        let mut kept = Buckets::new(0.0);
        for second in 1..=86_400_u32 {
            if second.is_multiple_of(7) {
                for report in fail(&recorder, f64::from(second), 1) {
                    totals.fold(&report);
                }
            }
            if second.is_multiple_of(10) {
                let snapshot = totals.snapshot(f64::from(second), 1);
                kept.advance(&snapshot, &Names::default(), second == 86_400);
            }
        }
        assert!(kept.all().len() < 360);
        let sum: u64 = kept.all().iter().map(|one| one.failures.of(0)).sum();
        assert_eq!(sum, 86_400 / 7);
        let courses = last_of(kept.all(), &totals.snapshot(86_400.0, 1), &[0], &[]);
        assert_eq!(courses.time.len(), TREND_POINTS);
    }

    #[test]
    fn failures_of_before_a_reset_are_not_taken_for_others() {
        let settings = Settings::default();
        let recorder = Recorder::new(&settings);
        let mut totals = Totals::new(settings, 0.0);
        let mut kept = Buckets::new(0.0);
        recorder.record_exception(None, "oh", "  File \"x\"\n");
        for report in fail(&recorder, 5.0, 3) {
            totals.fold(&report);
        }
        kept.advance(&totals.snapshot(10.0, 1), &Names::default(), false);
        totals.reset_all(12.0);
        recorder.record_failure("GET", "/other", 15.0, "ah");
        for report in fail(&recorder, 15.0, 9) {
            totals.fold(&report);
        }
        let snapshot = totals.snapshot(20.0, 1);
        kept.advance(&snapshot, &Names::default(), false);
        let [before, after] = kept.all() else {
            panic!("two stretches")
        };
        assert!(before.failures.is_empty());
        assert_eq!(
            after.failures.iter().map(|(_, count)| count).sum::<u64>(),
            10
        );
        // Errors of the test's code are not set to zero with the figures.
        assert_eq!(before.exceptions.of(0), 1);
        assert!(after.exceptions.is_empty());
    }
}
