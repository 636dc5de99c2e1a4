//! Figures of several entries, failures or errors of a run that is kept.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use gregaria_stats::{Entry, Histogram, Key, LOCAL_NODE};

use crate::archive::{ArchiveError, GroupBucket, Library, StoredRun};
use crate::live::{FoldersBy, merged_folders};
use crate::model::{EntryFolder, EntryFolders, FailureCourses, GroupCourse, GroupWindow};
use crate::picture::{self, Part, Share};

/// Points of a line.
const POINTS: usize = 60;

/// Entries in folders, of the whole run or between two moments; `None` if nothing is kept of it.
pub fn folders(
    library: &Library,
    run: &StoredRun,
    by: FoldersBy,
    stretch: Option<(f64, f64)>,
) -> Result<Option<EntryFolders>, ArchiveError> {
    let entries = &run.snapshot.entries;
    let Some((from, to)) = stretch else {
        let indexed = (1..).zip(entries);
        return Ok(Some(EntryFolders {
            from: None,
            to: None,
            folders: merged_folders(indexed, by, &run.snapshot.window),
        }));
    };
    let Some(between) = library.between(run.row.id, from, to)? else {
        return Ok(None);
    };
    let seconds = between.to - between.from;
    let mut sums: BTreeMap<&str, (BTreeSet<u32>, Share, Histogram)> = BTreeMap::new();
    let is_entry = |key: &Key| *key != Key::total();
    for (key, bucket) in between.sums.iter().filter(|(key, _)| is_entry(key)) {
        let place = entries
            .iter()
            .position(|entry: &Arc<Entry>| entry.key == *key);
        let Some(index) = place.and_then(|place| u32::try_from(place + 1).ok()) else {
            continue;
        };
        let (indexes, sum, times) = sums
            .entry(by.name_of(key, &entries[index as usize - 1].task))
            .or_insert_with(|| (BTreeSet::new(), Share::zero(), Histogram::default()));
        indexes.insert(index);
        sum.add(&Share::from(bucket), times);
    }
    let folder =
        |(name, (indexes, share, times)): (&str, (BTreeSet<u32>, Share, Histogram))| EntryFolder {
            name: name.to_owned(),
            entries: indexes.into_iter().collect(),
            figures: picture::figures(&share, &times, seconds),
        };
    Ok(Some(EntryFolders {
        from: Some(between.from),
        to: Some(between.to),
        folders: sums.into_iter().map(folder).collect(),
    }))
}

/// Failures and exceptions between two moments, widened to whole buckets; `None` if nothing is kept of
/// it.
pub fn group_window(
    library: &Library,
    run: &StoredRun,
    from: f64,
    to: f64,
) -> Result<Option<GroupWindow>, ArchiveError> {
    let Some((begin, end)) = stretch(library, run, from, to)? else {
        return Ok(None);
    };
    let counts = |buckets: &[GroupBucket], seen: &dyn Fn(usize) -> (Option<f64>, Option<f64>)| {
        let inside = |one: &&GroupBucket| one.time >= begin && one.time < end;
        let parts = buckets.iter().filter(inside).map(|one| Part {
            place: one.place,
            from: one.time,
            to: one.time + one.seconds,
            count: one.occurrences,
        });
        picture::group_counts(parts, seen)
    };
    let failure_seen = |place: usize| {
        let failure = run.snapshot.failures.get(place);
        failure.map_or((None, None), |one| {
            (Some(one.first_seen), Some(one.last_seen))
        })
    };
    let exception_seen = |place: usize| {
        let seen = run.exceptions_seen.get(place);
        seen.map_or((None, None), |seen| (seen.first, seen.last))
    };
    let is_known = run.snapshot.exceptions.is_empty() || !run.exception_buckets.is_empty();
    Ok(Some(GroupWindow {
        from: begin,
        to: end,
        failures: counts(&run.failure_buckets, &failure_seen),
        exceptions: is_known.then(|| counts(&run.exception_buckets, &exception_seen)),
    }))
}

/// The stretch between two moments, widened to whole buckets: of requests, and of exceptions, which
/// come without any.
fn stretch(
    library: &Library,
    run: &StoredRun,
    from: f64,
    to: f64,
) -> Result<Option<(f64, f64)>, ArchiveError> {
    let counted = library.stretch(run.row.id, from, to)?;
    let ends = |one: &GroupBucket| (one.time, one.time + one.seconds);
    let raised = run.exception_buckets.iter().map(ends);
    let raised = raised.filter(|(begin, end)| *end > from && *begin < to);
    Ok(raised.fold(counted, |sum, (begin, end)| {
        let (first, last) = sum.unwrap_or((begin, end));
        Some((first.min(begin), last.max(end)))
    }))
}

/// Short lines of some failures and exceptions. Where it is not kept when exceptions came, apart from
/// the first and the last, their lines are empty.
pub fn failure_courses(
    run: &StoredRun,
    failures: &[usize],
    exceptions: &[usize],
) -> FailureCourses {
    let (from, to) = (run.row.started, run.snapshot.time);
    let step = ((to - from) / POINTS as f64).max(run.step);
    let time: Vec<f64> = (1..=POINTS)
        .map(|point| from + step * point as f64)
        .take_while(|time| *time < to + step / 2.0)
        .collect();
    let course = |buckets: &[GroupBucket], place: usize| -> Vec<f64> {
        let own: Vec<&GroupBucket> = buckets.iter().filter(|one| one.place == place).collect();
        let rate = |end: &f64| {
            let parts = own.iter().map(|bucket| {
                let first = bucket.time.max(end - step);
                let last = (bucket.time + bucket.seconds).min(*end);
                bucket.occurrences as f64 * (last - first).max(0.0) / bucket.seconds.max(0.1)
            });
            parts.sum::<f64>() / step
        };
        time.iter().map(rate).collect()
    };
    let of_failure = |place: &usize| {
        let failure = run.snapshot.failures.get(*place)?;
        Some(GroupCourse {
            id: *place as u64,
            per_second: course(&run.failure_buckets, *place),
            workers: workers(&*failure.nodes),
        })
    };
    let of_exception = |place: &usize| {
        let exception = run.snapshot.exceptions.get(*place)?;
        let is_known = !run.exception_buckets.is_empty();
        let course = is_known.then(|| course(&run.exception_buckets, *place));
        Some(GroupCourse {
            id: *place as u64,
            per_second: course.unwrap_or_default(),
            workers: workers(&exception.nodes),
        })
    };
    FailureCourses {
        from,
        failures: failures.iter().filter_map(of_failure).collect(),
        exceptions: exceptions.iter().filter_map(of_exception).collect(),
        time,
    }
}

fn workers<'a>(nodes: impl IntoIterator<Item = &'a Arc<str>>) -> Vec<String> {
    let nodes = nodes.into_iter().filter(|node| &***node != LOCAL_NODE);
    nodes.map(ToString::to_string).collect()
}
