//! A run that is kept, as the page shows a run that is over.

use gregaria_stats::{Entry, Snapshot};

use crate::archive::{Bucket, Line, Seen, StoredMarker, StoredRun};
use crate::model::{
    self, EntryColumns, EntryName, ExceptionGroup, FailureGroup, HeatMap, Level, LogLine, Mark,
    MarkKind, Overview, Phase, State, UserCounts, WorkerCounts,
};
use crate::picture::{self, Cell, Share};
use crate::seam::level_of;

use super::course::series;
use super::crew::crew;
use super::summary::{load, run_summary};

/// How finely a run is shown.
#[derive(Clone, Copy, Debug)]
pub struct Fineness {
    /// Points of a line.
    pub points: usize,
    /// Columns of the heat map.
    pub columns: usize,
}

impl Fineness {
    /// As finely as a screen shows it.
    pub const SCREEN: Self = Self {
        points: 1000,
        columns: 360,
    };

    /// For a small file: 20 seconds a point in an hour, and 40 a column. Percentiles keep their peaks.
    pub const SMALL: Self = Self {
        points: 180,
        columns: 90,
    };
}

/// Everything there is to show of a run; `buckets` are those of all requests together.
pub fn whole(run: &StoredRun, buckets: &[Bucket], fineness: Fineness) -> model::Snapshot {
    let (names, entries) = table(&run.snapshot);
    let (worker_names, workers) = crew(run).unzip();
    model::Snapshot {
        seq: 0,
        now: run.snapshot.time,
        run: u64::try_from(run.row.id).ok(),
        state: state(run),
        overview: Some(Overview {
            users: 0,
            current: None,
            whole_run: picture::total_of(&run.snapshot),
            aborted: run.snapshot.aborted,
        }),
        series: Some(series(run, f64::MIN, f64::MAX, fineness.points, 0.0)),
        heat: Some(heat(buckets, fineness.columns)),
        marks: marks(run),
        alerts: Vec::new(),
        names: Some(names),
        entries: Some(entries),
        worker_names,
        workers,
        failures: Some(failures(&run.snapshot)),
        exceptions: Some(exceptions(run)),
        log: Some(log(run)),
    }
}

fn state(run: &StoredRun) -> State {
    let row = run_summary(&run.row);
    State {
        phase: Phase::Ended,
        run: Some(row.id),
        name: row.name,
        host: row.host,
        started_at: Some(row.started_at),
        ends_at: None,
        end: row.end,
        users: UserCounts {
            running: 0,
            target: 0,
            peak: row.peak_users,
            by_class: Vec::new(),
        },
        load: Some(load(&run.row)),
        workers: run.row.workers.map(|active| WorkerCounts {
            active,
            missing: 0,
            expected: None,
        }),
        stopping_seconds: None,
        still_running: Vec::new(),
        cannot_start: None,
        test_error: None,
        notices: notices(run),
    }
}

fn notices(run: &StoredRun) -> Vec<String> {
    let mut notices = run.snapshot.notices.clone();
    if run.row.ending.is_none() {
        notices.push("this run lasts: figures are those of its last complete stretch".to_owned());
    }
    notices
}

/// Times are whole seconds: a report has them, too.
fn heat(buckets: &[Bucket], most: usize) -> HeatMap {
    let shares: Vec<Share> = buckets.iter().map(Share::from).collect();
    let cell = |(bucket, share)| Cell::of(bucket, Some(share));
    let cells: Vec<Cell<'_>> = buckets.iter().zip(&shares).map(cell).collect();
    let mut map = picture::heat_map(step_of(buckets), &cells, most);
    for column in &mut map.columns {
        column.time = column.time.round();
    }
    map
}

/// Seconds of the longest of these, which may be a little longer than was meant.
pub(super) fn step_of(buckets: &[Bucket]) -> f64 {
    let seconds = buckets.iter().map(|one| one.seconds);
    seconds.fold(0.0, f64::max).round()
}

/// What happened and what was noted, by its time.
fn marks(run: &StoredRun) -> Vec<Mark> {
    let markers = run.markers.iter().map(|marker| mark(0, marker));
    let notes = run.notes.iter().map(|note| Mark {
        id: 0,
        time: note.time,
        kind: MarkKind::Note,
        text: note.text.clone(),
        by: note.by.clone(),
    });
    let mut all: Vec<Mark> = markers.chain(notes).collect();
    all.sort_by(|a, b| a.time.total_cmp(&b.time));
    for (id, mark) in (0..).zip(&mut all) {
        mark.id = id;
    }
    all
}

/// The log that is kept, oldest line first.
pub(super) fn log(run: &StoredRun) -> Vec<LogLine> {
    let line = |(seq, line): (u64, &Line)| LogLine {
        seq,
        time: line.time,
        source: line.source.clone(),
        level: level_of(&line.level).unwrap_or(Level::Info),
        logger: line.logger.clone(),
        text: line.text.clone(),
    };
    (0..).zip(&run.log).map(line).collect()
}

fn mark(id: u64, marker: &StoredMarker) -> Mark {
    Mark {
        id,
        time: marker.time,
        kind: match marker.kind.as_str() {
            "run_started" => MarkKind::Start,
            "users_changed" => MarkKind::Users,
            "all_users" => MarkKind::AllUsers,
            "figures_reset" => MarkKind::Reset,
            "workers_lost" => MarkKind::WorkerLost,
            "workers_left" => MarkKind::WorkerLeft,
            "overloaded" => MarkKind::Overloaded,
            "workers_back" => MarkKind::WorkerBack,
            "workers_joined" => MarkKind::WorkerJoined,
            "run_ended" => MarkKind::End,
            _ => MarkKind::Other,
        },
        text: marker.text.clone(),
        by: None,
    }
}

/// All requests, and each entry by its index.
pub(crate) fn all(snapshot: &Snapshot) -> impl Iterator<Item = &Entry> {
    let entries = snapshot.entries.iter().map(AsRef::as_ref);
    std::iter::once(&*snapshot.total).chain(entries)
}

/// The table of a run that is over: rates are those of the whole run.
fn table(snapshot: &Snapshot) -> (Vec<EntryName>, EntryColumns) {
    let mut names = Vec::new();
    let mut columns = EntryColumns::default();
    let window = &snapshot.window;
    for (entry, index) in all(snapshot).zip(0..) {
        names.push(EntryName {
            index,
            method: entry.key.method.to_string(),
            name: entry.key.name.to_string(),
        });
        let rates = (
            entry.total_rps(window),
            entry.total_failures_per_second(window),
        );
        picture::push_row(
            &mut columns,
            index,
            entry,
            (entry.requests > 0).then_some(rates),
            None,
        );
    }
    (names, columns)
}

pub(super) fn failures(snapshot: &Snapshot) -> Vec<FailureGroup> {
    let group = |(place, failure): (usize, &std::sync::Arc<gregaria_stats::Failure>)| {
        picture::failure_group(place, failure, picture::kind_of(&failure.error))
    };
    snapshot.failures.iter().enumerate().map(group).collect()
}

fn exceptions(run: &StoredRun) -> Vec<ExceptionGroup> {
    let exceptions = run.snapshot.exceptions.iter().zip(&run.exceptions_seen);
    let group = |(place, (exception, seen)): (usize, (&std::sync::Arc<_>, &Seen))| {
        picture::exception_group(place, exception, seen.first, seen.last)
    };
    exceptions.enumerate().map(group).collect()
}
