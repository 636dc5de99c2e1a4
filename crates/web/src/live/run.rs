//! All that is kept of the present run for the page.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use gregaria_stats::{Entry, Histogram, HistoryPoint, Snapshot, Task};

use crate::model::{
    EntryDetail, EntryFolder, EntryFolders, EntryTrends, EntryWindow, GroupWindow, HeatMap, Series,
};
use crate::picture::{
    self, Cell, Pulse, Share, TREND_POINTS, distribution, figures_of, samples, statuses,
};
use crate::seam::View;

use super::bucket::{Bucket, Buckets};
use super::counts::Counts;
use super::course::Course;
use super::courses;
use super::failures::{Groups, Seen};
use super::folders::{self, FoldersBy};
use super::marks::Marks;
use super::rows::{self, Table};

/// One run.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) number: Option<u64>,
    pub(super) course: Course,
    pub(super) table: Table,
    pub(super) groups: Groups,
    pub(super) marks: Marks,
    pub(super) buckets: Buckets,
    pub(super) peak_users: u64,
    /// Tells what ended in each second.
    pulse: Pulse,
    /// Whether its lines have come to their end.
    pub(super) is_over: bool,
}

impl Run {
    /// A run that begins at this moment; without a number, the time before the first.
    pub(super) fn new(number: Option<u64>, now: f64, is_distributed: bool) -> Self {
        Self {
            number,
            course: Course::default(),
            table: Table::default(),
            groups: Groups::new(is_distributed),
            marks: Marks::default(),
            buckets: Buckets::new(now),
            peak_users: 0,
            pulse: Pulse::new(is_distributed, now),
            is_over: number.is_none(),
        }
    }

    /// Points by which the lines grow: seconds that are known now. The last come when the run ends.
    pub(super) fn points(
        &mut self,
        figures: &Snapshot,
        users: u64,
        lasts: bool,
    ) -> Vec<HistoryPoint> {
        match (lasts, self.is_over) {
            (true, _) => {
                self.is_over = false;
                self.pulse.beat(figures, users)
            }
            (false, false) => {
                self.is_over = true;
                self.pulse.finish(figures, users)
            }
            (false, true) => Vec::new(),
        }
    }

    /// The heat map of an entry; 0 for that of all requests.
    pub(super) fn heat(&self, index: u32) -> HeatMap {
        let cells: Vec<Cell<'_>> = self
            .buckets
            .all()
            .iter()
            .map(|one| one.cell(index))
            .collect();
        picture::heat_map(self.buckets.step(), &cells, usize::MAX)
    }

    /// Short lines of some entries.
    pub(super) fn trends(&self, indexes: &[u32]) -> EntryTrends {
        let all = self.buckets.all();
        let last = &all[all.len().saturating_sub(TREND_POINTS)..];
        let known = |index: &&u32| (**index as usize) < self.table.names.len();
        let trend = |index: &u32| picture::trend(*index, last.iter().map(|one| one.share(*index)));
        EntryTrends {
            step_seconds: self.buckets.step(),
            time: last.iter().map(|bucket| bucket.to).collect(),
            trends: indexes.iter().filter(known).map(trend).collect(),
        }
    }

    /// The lines of one entry; `None` if it is not known.
    pub(super) fn entry_series(&self, index: u32, from: f64, to: f64) -> Option<Series> {
        let key = self.table.names.key(index)?;
        let whole = self.course.series(from, to, usize::MAX);
        let inside = |bucket: &&Bucket| bucket.to >= from && bucket.to <= to;
        let chosen: Vec<&Bucket> = self.buckets.all().iter().filter(inside).collect();
        let cells: Vec<Cell<'_>> = chosen.iter().map(|bucket| bucket.cell(index)).collect();
        let kinds = self.groups.kinds_of((index != 0).then_some(key));
        Some(Series {
            failures_by_kind: courses::by_kind(&chosen, &kinds),
            ..picture::entry_series(self.buckets.step(), &cells, &whole)
        })
    }

    /// All about one entry; `None` if it is not known.
    pub(super) fn entry(&self, view: &View, index: u32) -> Option<EntryDetail> {
        let key = self.table.names.key(index)?;
        let entry = rows::entry_of(&view.figures, index, key)?;
        let (failures, _) = self.groups.all();
        let is_ours = |method: &str, name: &str| *key.method == *method && *key.name == *name;
        Some(EntryDetail {
            name: self.table.names.from(index as usize).swap_remove(0),
            whole_run: figures_of(entry, &view.figures.window),
            series: self.entry_series(index, 0.0, f64::INFINITY)?,
            heat: self.heat(index),
            distribution: distribution(&entry.histogram),
            statuses: statuses(entry),
            slow: samples(entry.examples.slow()),
            failed: samples(entry.examples.failed()),
            failures: failures
                .into_iter()
                .filter(|group| index == 0 || is_ours(&group.method, &group.name))
                .collect(),
        })
    }

    /// Figures of the folders of the whole run.
    pub(super) fn folders<'a>(&self, view: &'a View, by: FoldersBy) -> EntryFolders {
        let figures = &view.figures;
        let names = &self.table.names;
        let indexed = |entry: &'a Arc<Entry>| Some((names.find(&entry.key)?, entry));
        let entries = figures.entries.iter().filter_map(indexed);
        EntryFolders {
            from: None,
            to: None,
            folders: folders::merged(entries, by, &figures.window),
        }
    }

    /// Figures of the folders between two moments, widened to whole buckets; `None` if nothing is kept
    /// of it.
    pub(super) fn folders_window(
        &self,
        view: Option<&View>,
        by: FoldersBy,
        from: f64,
        to: f64,
    ) -> Option<EntryFolders> {
        let inside = |bucket: &&Bucket| bucket.to > from && bucket.from < to;
        let chosen: Vec<_> = self.buckets.all().iter().filter(inside).collect();
        let (first, last) = (chosen.first()?, chosen.last()?);
        let seconds = last.to - first.from;
        let names = &self.table.names;
        let entries = view.into_iter().flat_map(|view| &view.figures.entries);
        let tasks: BTreeMap<u32, &Task> = entries
            .filter_map(|entry| Some((names.find(&entry.key)?, &entry.task)))
            .collect();
        let mut sums: BTreeMap<&str, (BTreeSet<u32>, Share, Histogram)> = BTreeMap::new();
        for (index, share) in chosen.iter().flat_map(|bucket| &bucket.shares) {
            let Some(key) = self.table.names.key(*index) else {
                continue;
            };
            let (indexes, sum, times) = sums
                .entry(by.name_of(key, tasks.get(index).unwrap_or(&&Task::NotKnown)))
                .or_insert_with(|| (BTreeSet::new(), Share::zero(), Histogram::default()));
            indexes.insert(*index);
            sum.add(share, times);
        }
        let folder =
            |(name, (indexes, share, times)): (&str, (BTreeSet<u32>, Share, Histogram))| {
                EntryFolder {
                    name: name.to_owned(),
                    entries: indexes.into_iter().collect(),
                    figures: picture::figures(&share, &times, seconds),
                }
            };
        Some(EntryFolders {
            from: Some(first.from),
            to: Some(last.to),
            folders: sums.into_iter().map(folder).collect(),
        })
    }

    /// Failures and errors between two moments, widened to whole buckets; `None` if nothing is kept of
    /// it.
    pub(super) fn group_window(&self, from: f64, to: f64) -> Option<GroupWindow> {
        let inside = |bucket: &&Bucket| bucket.to > from && bucket.from < to;
        let chosen: Vec<&Bucket> = self.buckets.all().iter().filter(inside).collect();
        let (first, last) = (chosen.first()?, chosen.last()?);
        let counts = |of: fn(&Bucket) -> &Counts, seen: &dyn Fn(usize) -> Seen| {
            let parts = chosen.iter().flat_map(|bucket| {
                of(bucket).iter().map(|(place, count)| picture::Part {
                    place,
                    from: bucket.from,
                    to: bucket.to,
                    count,
                })
            });
            picture::group_counts(parts, seen)
        };
        let groups = &self.groups;
        Some(GroupWindow {
            from: first.from,
            to: last.to,
            failures: counts(|one| &one.failures, &|place| groups.failure_seen(place)),
            exceptions: Some(counts(|one| &one.exceptions, &|place| {
                groups.exception_seen(place)
            })),
        })
    }

    /// The table between two moments, widened to whole buckets; `None` if nothing is kept of it.
    pub(super) fn window(&self, from: f64, to: f64) -> Option<EntryWindow> {
        let inside = |bucket: &&Bucket| bucket.to > from && bucket.from < to;
        let chosen: Vec<_> = self.buckets.all().iter().filter(inside).collect();
        let (first, last) = (chosen.first()?, chosen.last()?);
        let mut sums: BTreeMap<u32, (Share, Histogram)> = BTreeMap::new();
        for bucket in &chosen {
            let shares = bucket.shares.iter().map(|(index, share)| (*index, share));
            for (index, share) in shares.chain([(0, &bucket.total)]) {
                let (sum, times) = sums
                    .entry(index)
                    .or_insert_with(|| (Share::zero(), Histogram::default()));
                sum.add(share, times);
            }
        }
        picture::window(first.from, last.to, sums)
    }
}
