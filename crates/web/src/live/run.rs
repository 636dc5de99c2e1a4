//! All that is kept of the present run for the page.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use gregaria_stats::{Entry, Histogram, Precision};

use crate::model::{
    Distribution, EntryColumns, EntryDetail, EntryFolder, EntryFolders, EntryTrend, EntryTrends,
    EntryWindow, Figures, HeatColumn, HeatMap, Series,
};
use crate::seam::View;

use super::bucket::{Buckets, Share};
use super::course::Course;
use super::failures::Groups;
use super::figures::{figures_of, percentiles};
use super::folders::{self, FoldersBy};
use super::heat;
use super::marks::Marks;
use super::pulse::Pulse;
use super::rows::{self, Table};

/// Points of an entry's short line.
const TREND_POINTS: usize = 60;

/// Bars of a distribution for each power of ten.
const BARS_PER_DECADE: f64 = 10.0;

/// One run.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) number: Option<u64>,
    pub(super) course: Course,
    pub(super) table: Table,
    pub(super) groups: Groups,
    pub(super) marks: Marks,
    pub(super) buckets: Buckets,
    pub(super) pulse: Pulse,
    pub(super) peak_users: u64,
    pub(super) last_point: f64,
}

impl Run {
    /// A run that begins at this moment; without a number, the time before the first.
    pub(super) fn new(number: Option<u64>, now: f64) -> Self {
        Self {
            number,
            course: Course::default(),
            table: Table::default(),
            groups: Groups::default(),
            marks: Marks::default(),
            buckets: Buckets::new(now),
            pulse: Pulse::new(now),
            peak_users: 0,
            last_point: f64::NEG_INFINITY,
        }
    }

    /// The heat map.
    pub(super) fn heat(&self) -> HeatMap {
        let column = |bucket: &super::bucket::Bucket| {
            let times = bucket.total.histogram();
            heat::column(bucket.to, &times, bucket.total.failures)
        };
        let columns: Vec<HeatColumn> = self.buckets.all().iter().map(column).collect();
        heat::map(columns, self.buckets.step())
    }

    /// Short lines of some entries.
    pub(super) fn trends(&self, indexes: &[u32]) -> EntryTrends {
        let all = self.buckets.all();
        let last = &all[all.len().saturating_sub(TREND_POINTS)..];
        let known = |index: &&u32| (**index as usize) < self.table.names.len();
        let trend = |index: &u32| EntryTrend {
            index: *index,
            p95_ms: last
                .iter()
                .map(|bucket| share_of(bucket, *index)?.histogram().percentile_ms(0.95))
                .collect(),
        };
        EntryTrends {
            step_seconds: self.buckets.step(),
            time: last.iter().map(|bucket| bucket.to).collect(),
            trends: indexes.iter().filter(known).map(trend).collect(),
        }
    }

    /// The lines of one entry; `None` if it is not known.
    pub(super) fn entry_series(&self, index: u32, from: f64, to: f64) -> Option<Series> {
        self.table.names.key(index)?;
        let users = self.course.series(from, to, usize::MAX);
        let mut series = Series {
            step_seconds: self.buckets.step(),
            ..Series::default()
        };
        for bucket in self.buckets.all() {
            if bucket.to < from || bucket.to > to {
                continue;
            }
            let seconds = bucket.to - bucket.from;
            let share = share_of(bucket, index);
            let rate = |count: fn(&Share) -> u64| share.map_or(0.0, |s| count(s) as f64 / seconds);
            let times = share.map(Share::histogram).unwrap_or_default();
            let place = users.time.partition_point(|time| *time <= bucket.to);
            let at = |column: &[Option<u64>]| place.checked_sub(1).and_then(|at| column[at]);
            series.time.push(bucket.to);
            series.users.push(at(&users.users));
            series.target_users.push(at(&users.target_users));
            series.rps.push(Some(rate(|share| share.requests)));
            series
                .failures_per_second
                .push(Some(rate(|share| share.failures)));
            series.p50_ms.push(times.percentile_ms(0.5));
            series.p95_ms.push(times.percentile_ms(0.95));
            series.p99_ms.push(times.percentile_ms(0.99));
        }
        Some(series)
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
            distribution: distribution(&entry.histogram),
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
    pub(super) fn folders_window(&self, by: FoldersBy, from: f64, to: f64) -> Option<EntryFolders> {
        let inside = |bucket: &&super::bucket::Bucket| bucket.to > from && bucket.from < to;
        let chosen: Vec<_> = self.buckets.all().iter().filter(inside).collect();
        let (first, last) = (chosen.first()?, chosen.last()?);
        let seconds = last.to - first.from;
        let mut sums: BTreeMap<&str, (BTreeSet<u32>, Share, Histogram)> = BTreeMap::new();
        for (index, share) in chosen.iter().flat_map(|bucket| &bucket.shares) {
            let Some(key) = self.table.names.key(*index) else {
                continue;
            };
            let (indexes, sum, times) = sums.entry(by.name_of(key)).or_insert_with(|| {
                let times = Histogram::new(Precision::default());
                (BTreeSet::new(), Share::default(), times)
            });
            indexes.insert(*index);
            sum.add(share, times);
        }
        let folder =
            |(name, (indexes, share, times)): (&str, (BTreeSet<u32>, Share, Histogram))| {
                EntryFolder {
                    name: name.to_owned(),
                    entries: indexes.into_iter().collect(),
                    figures: figures(&share, &times, seconds),
                }
            };
        Some(EntryFolders {
            from: Some(first.from),
            to: Some(last.to),
            folders: sums.into_iter().map(folder).collect(),
        })
    }

    /// The table between two moments, widened to whole buckets; `None` if nothing is kept of it.
    pub(super) fn window(&self, from: f64, to: f64) -> Option<EntryWindow> {
        let inside = |bucket: &&super::bucket::Bucket| bucket.to > from && bucket.from < to;
        let chosen: Vec<_> = self.buckets.all().iter().filter(inside).collect();
        let (first, last) = (chosen.first()?, chosen.last()?);
        let seconds = last.to - first.from;
        let mut sums: BTreeMap<u32, (Share, Histogram)> = BTreeMap::new();
        for bucket in &chosen {
            let shares = bucket.shares.iter().map(|(index, share)| (*index, share));
            for (index, share) in shares.chain([(0, &bucket.total)]) {
                let (sum, times) = sums
                    .entry(index)
                    .or_insert_with(|| (Share::default(), Histogram::new(Precision::default())));
                sum.add(share, times);
            }
        }
        let (total, times) = sums.remove(&0)?;
        let mut entries = EntryColumns::default();
        for (index, (share, times)) in &sums {
            push(&mut entries, *index, share, times, seconds);
        }
        Some(EntryWindow {
            from: first.from,
            to: last.to,
            total: figures(&total, &times, seconds),
            entries,
        })
    }
}

fn share_of(bucket: &super::bucket::Bucket, index: u32) -> Option<&Share> {
    if index == 0 {
        Some(&bucket.total)
    } else {
        bucket.shares.get(&index)
    }
}

fn figures(share: &Share, times: &Histogram, seconds: f64) -> Figures {
    let has = share.requests > 0;
    Figures {
        window_seconds: Some(seconds),
        requests: Some(share.requests),
        failures: Some(share.failures),
        rps: has.then(|| share.requests as f64 / seconds),
        failures_per_second: has.then(|| share.failures as f64 / seconds),
        failed_ratio: has.then(|| share.failures as f64 / share.requests as f64),
        avg_ms: (share.timed > 0).then(|| share.sum_ms / share.timed as f64),
        ..percentiles(times)
    }
}

fn push(columns: &mut EntryColumns, index: u32, share: &Share, times: &Histogram, seconds: f64) {
    let figures = figures(share, times, seconds);
    columns.index.push(index);
    columns.requests.push(share.requests);
    columns.failures.push(share.failures);
    columns.rps.push(figures.rps);
    columns
        .failures_per_second
        .push(figures.failures_per_second);
    columns.p50_ms.push(figures.p50_ms);
    columns.p95_ms.push(figures.p95_ms);
    columns.p99_ms.push(figures.p99_ms);
    columns
        .max_ms
        .push((!times.is_empty()).then(|| times.max_ms()));
    columns.avg_ms.push(figures.avg_ms);
    let bytes = share.bytes as f64 / share.requests.max(1) as f64;
    columns
        .avg_bytes
        .push((share.requests > 0).then_some(bytes));
}

/// Bars of equal width on a logarithmic axis. A bucket of the histogram counts where its middle lies.
fn distribution(times: &Histogram) -> Distribution {
    let mut bars: BTreeMap<i32, u64> = BTreeMap::new();
    for (low, high, count) in times.ranges_ms() {
        #[expect(clippy::cast_possible_truncation, reason = "between −30 and 70")]
        let bar = (low.midpoint(high).max(0.001).log10() * BARS_PER_DECADE).floor() as i32;
        *bars.entry(bar).or_default() += count;
    }
    let mut distribution = Distribution::default();
    let (Some((first, _)), Some((last, _))) = (bars.first_key_value(), bars.last_key_value())
    else {
        return distribution;
    };
    for bar in *first..=*last {
        let edge = |bar: i32| 10_f64.powf(f64::from(bar) / BARS_PER_DECADE);
        distribution.low_ms.push(edge(bar));
        distribution.high_ms.push(edge(bar + 1));
        distribution
            .counts
            .push(bars.get(&bar).copied().unwrap_or(0));
    }
    distribution
}
