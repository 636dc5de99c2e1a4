//! Parts of a run that is kept, each as the page asks for it. Entries go by their index: 0 for all
//! requests together.

use std::collections::BTreeMap;

use gregaria_stats::{Entry, Failure, Histogram, Key};

use crate::archive::{ArchiveError, Bucket, Library, StoredRun};
use crate::model::{
    EntryDetail, EntryName, EntryTrends, EntryWindow, LogLine, Series, WorkerDetail,
};
use crate::picture::{
    self, Cell, Share, TREND_POINTS, distribution, figures_of, samples, statuses,
};

use super::course::{by_kind, series};
use super::crew;
use super::whole::{Fineness, all, failures, log, step_of};

/// The lines of one entry between two moments; `None` if there is no such entry.
pub fn entry_series(
    library: &Library,
    run: &StoredRun,
    index: u32,
    (from, to): (f64, f64),
) -> Result<Option<Series>, ArchiveError> {
    let Some(entry) = entry_at(run, index) else {
        return Ok(None);
    };
    let own = Own::read(library, run, index, entry)?;
    let is_inside = |cell: &Cell<'_>| cell.to >= from && cell.to <= to;
    let cells: Vec<Cell<'_>> = own.cells().into_iter().filter(is_inside).collect();
    Ok(Some(lines(run, index, entry, &cells)))
}

/// The lines of an entry over these stretches.
fn lines(run: &StoredRun, index: u32, entry: &Entry, cells: &[Cell<'_>]) -> Series {
    let whole = series(run, f64::MIN, f64::MAX, usize::MAX, 0.0);
    let key = &entry.key;
    let is_ours = |failure: &Failure| {
        index == 0 || (failure.method == key.method && failure.name == key.name)
    };
    let stretches: Vec<_> = cells
        .iter()
        .map(|cell| Some((cell.from, cell.to)))
        .collect();
    Series {
        failures_by_kind: by_kind(run, &stretches, is_ours),
        ..picture::entry_series(run.step, cells, &whole)
    }
}

/// All about one entry; `None` if there is no such entry.
pub fn entry(
    library: &Library,
    run: &StoredRun,
    index: u32,
) -> Result<Option<EntryDetail>, ArchiveError> {
    let Some(found) = entry_at(run, index) else {
        return Ok(None);
    };
    let own = Own::read(library, run, index, found)?;
    let cells = own.cells();
    let key = &found.key;
    let is_ours = |method: &str, name: &str| *key.method == *method && *key.name == *name;
    Ok(Some(EntryDetail {
        name: EntryName {
            index,
            method: key.method.to_string(),
            name: key.name.to_string(),
        },
        whole_run: figures_of(found, &run.snapshot.window),
        series: lines(run, index, found, &cells),
        heat: picture::heat_map(step_of(&own.grid), &cells, Fineness::SCREEN.columns),
        distribution: distribution(&found.histogram),
        statuses: statuses(found),
        slow: samples(found.examples.slow()),
        failed: samples(found.examples.failed()),
        failures: failures(&run.snapshot)
            .into_iter()
            .filter(|group| index == 0 || is_ours(&group.method, &group.name))
            .collect(),
    }))
}

/// Short lines of some entries; those that there are not are left out.
pub fn trends(
    library: &Library,
    run: &StoredRun,
    indexes: &[u32],
) -> Result<EntryTrends, ArchiveError> {
    let grid = library.buckets(run.row.id, &Key::total())?;
    // As many stretches as a short line has points, each of as many buckets.
    let length = grid.len().div_ceil(TREND_POINTS).max(1);
    let mut trends = Vec::new();
    for index in indexes {
        let Some(entry) = entry_at(run, *index) else {
            continue;
        };
        let shares = shares(&library.buckets(run.row.id, &key_of(*index, entry))?);
        let joined: Vec<Option<Share>> = grid
            .chunks(length)
            .map(|places| {
                let own = places.iter().filter_map(|place| cell(place, &shares).share);
                own.fold(None, |sum, share| {
                    Some(sum.map_or_else(|| share.clone(), |sum| Share::joined(&sum, share)))
                })
            })
            .collect();
        trends.push(picture::trend(*index, joined.iter().map(Option::as_ref)));
    }
    let end = |places: &[Bucket]| places.last().map_or(0.0, |last| last.time + last.seconds);
    Ok(EntryTrends {
        step_seconds: run.step * length as f64,
        time: grid.chunks(length).map(end).collect(),
        trends,
    })
}

/// The table between two moments, widened to whole buckets; `None` if nothing is kept of it.
pub fn window(
    library: &Library,
    run: &StoredRun,
    from: f64,
    to: f64,
) -> Result<Option<EntryWindow>, ArchiveError> {
    let Some(between) = library.between(run.row.id, from, to)? else {
        return Ok(None);
    };
    let mut sums: BTreeMap<u32, (Share, Histogram)> = BTreeMap::new();
    for (key, bucket) in between.sums {
        let index = if key == Key::total() {
            Some(0)
        } else {
            let entries = &run.snapshot.entries;
            let place = entries.iter().position(|entry| entry.key == key);
            place.and_then(|place| u32::try_from(place + 1).ok())
        };
        if let Some(index) = index {
            sums.insert(index, (Share::from(&bucket), bucket.times));
        }
    }
    Ok(picture::window(between.from, between.to, sums))
}

/// All about one worker, with the last lines of its log; `None` if there is no such worker.
pub fn worker(run: &StoredRun, index: u32, lines: usize) -> Option<WorkerDetail> {
    let members = crew::members(run)?;
    let member = members.get(index as usize)?;
    let mut own: Vec<LogLine> = log(run)
        .into_iter()
        .filter(|line| line.source == member.id)
        .collect();
    own.drain(..own.len().saturating_sub(lines));
    Some(WorkerDetail {
        name: crew::name(index, member),
        step_seconds: 0.0,
        time: Vec::new(),
        cpu_percent: Vec::new(),
        lag_ms: Vec::new(),
        log: own,
    })
}

fn entry_at(run: &StoredRun, index: u32) -> Option<&Entry> {
    all(&run.snapshot).nth(index as usize)
}

/// The total is not found by its name: an entry may have it, too.
fn key_of(index: u32, entry: &Entry) -> Key {
    if index == 0 {
        Key::total()
    } else {
        entry.key.clone()
    }
}

/// What an entry has counted when.
struct Own {
    /// Buckets of all requests: the stretches of the run.
    grid: Vec<Bucket>,
    /// Begin and share of each of its own.
    shares: Vec<(f64, Share)>,
}

impl Own {
    fn read(
        library: &Library,
        run: &StoredRun,
        index: u32,
        entry: &Entry,
    ) -> Result<Self, ArchiveError> {
        let id = run.row.id;
        Ok(Self {
            grid: library.buckets(id, &Key::total())?,
            shares: shares(&library.buckets(id, &key_of(index, entry))?),
        })
    }

    /// Each stretch of the run, with what the entry has counted in it.
    fn cells(&self) -> Vec<Cell<'_>> {
        let place = |place| cell(place, &self.shares);
        self.grid.iter().map(place).collect()
    }
}

/// Begin and share of each bucket.
fn shares(buckets: &[Bucket]) -> Vec<(f64, Share)> {
    let share = |bucket: &Bucket| (bucket.time, Share::from(bucket));
    buckets.iter().map(share).collect()
}

/// What was counted in a bucket of all requests, of an entry with these shares.
fn cell<'a>(place: &Bucket, shares: &'a [(f64, Share)]) -> Cell<'a> {
    // A bucket ends with a second, which comes a little early or late.
    let slack = 0.1;
    let at = shares.partition_point(|(time, _)| *time < place.time - slack);
    let own = shares.get(at);
    let own = own.filter(|(time, _)| *time < place.time + slack);
    Cell::of(place, own.map(|(_, share)| share))
}
