//! From a report back to a run that is kept.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use gregaria_stats::{
    Entry, Exception, Failure, Histogram, History, HistoryPoint, Key, Settings, Snapshot, Task,
    Window,
};
use serde::Deserialize;

use crate::archive::{
    ArchiveError, Bucket, GroupBucket, Imported, Library, Line, Note, Seen, StoredMarker,
    decode_times, rounded_of,
};
use crate::base64;
use crate::model::WorkersCourse;

use super::data::{FORMAT, GroupWindow, Kept, KeptWindow};

/// Begins the element of an HTML report that holds the data.
const ELEMENT: &str = "<script type=\"application/json\" id=\"report\">";

/// Why a file cannot be taken in.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It is no report.
    #[error("this is neither an HTML report nor an exported JSON file of gregaria")]
    NotAReport,
    /// It is a report, and something in it is not as it was written.
    #[error("the report is damaged: {0}")]
    Damaged(String),
    /// It was written by a later version.
    #[error("the report was written by a newer gregaria (format {found}, known here is {FORMAT})")]
    Newer {
        /// Its version.
        found: u32,
    },
    /// The run store cannot be written.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
}

/// What a report begins with.
#[derive(Deserialize)]
struct Head {
    format: u32,
    #[serde(rename = "written_at")]
    _written_at: f64,
}

/// What of a report is needed to keep it.
#[derive(Deserialize)]
struct Body {
    run: Run,
    snapshot: Picture,
    #[serde(default)]
    workers_course: Option<WorkersCourse>,
    kept: Kept,
}

#[derive(Deserialize)]
struct Run {
    note: Option<String>,
    peak_users: u64,
}

#[derive(Deserialize)]
struct Picture {
    state: State,
    overview: Option<Overview>,
    names: Vec<Name>,
    entries: Columns,
    series: Lines,
    failures: Vec<Failed>,
    exceptions: Vec<Raised>,
}

#[derive(Deserialize)]
struct State {
    notices: Vec<String>,
}

#[derive(Deserialize)]
struct Overview {
    #[serde(default)]
    aborted: Option<u64>,
}

#[derive(Deserialize)]
struct Name {
    method: String,
    name: String,
}

#[derive(Deserialize)]
struct Columns {
    requests: Vec<u64>,
    failures: Vec<u64>,
    p50_ms: Vec<Option<f64>>,
    p95_ms: Vec<Option<f64>>,
    p99_ms: Vec<Option<f64>>,
    max_ms: Vec<Option<f64>>,
}

#[derive(Deserialize)]
struct Lines {
    time: Vec<f64>,
    users: Vec<Option<u64>>,
    rps: Vec<Option<f64>>,
    failures_per_second: Vec<Option<f64>>,
    p50_ms: Vec<Option<f64>>,
    p95_ms: Vec<Option<f64>>,
    p99_ms: Vec<Option<f64>>,
}

#[derive(Deserialize)]
struct Failed {
    method: String,
    name: String,
    message: String,
    occurrences: u64,
    first_seen: f64,
    last_seen: f64,
}

#[derive(Deserialize)]
struct Raised {
    count: u64,
    error_type: Option<String>,
    message: String,
    traceback: String,
}

/// Takes in the run of an HTML report or of an exported JSON file; returns its number.
pub fn import(library: &Library, text: &str) -> Result<i64, ImportError> {
    let json = match text.split_once(ELEMENT) {
        Some((_, rest)) => rest.split("</script>").next().unwrap_or_default(),
        None => text,
    };
    let head: Head = serde_json::from_str(json).map_err(|_| ImportError::NotAReport)?;
    if head.format > FORMAT {
        return Err(ImportError::Newer { found: head.format });
    }
    let body: Body = serde_json::from_str(json).map_err(|error| damaged(error.to_string()))?;
    Ok(library.import(&imported(body)?)?)
}

fn damaged(reason: impl Into<String>) -> ImportError {
    ImportError::Damaged(reason.into())
}

fn imported(body: Body) -> Result<Imported, ImportError> {
    let points = points(&body);
    let mut entries = entries(&body)?.into_iter();
    let total = entries
        .next()
        .ok_or_else(|| damaged("there are no entries"))?;
    let crew_course = body.workers_course.map(even).transpose()?;
    let kept = body.kept;
    let mut windows = vec![(0, buckets(&kept.windows)?)];
    for (place, own) in (1..).zip(&kept.entry_windows) {
        windows.push((place, buckets(own)?));
    }
    let mut failed_on = kept.failed_on.into_iter();
    let failures = body.snapshot.failures.into_iter().zip(kept.errors);
    let exceptions = body.snapshot.exceptions.into_iter().zip(kept.nodes);
    let snapshot = Snapshot {
        time: points.back().map_or(kept.started, |point| point.time),
        user_count: 0,
        window: Window::new(total.start_time, total.last_request),
        total: Arc::new(total),
        entries: entries.map(Arc::new).collect(),
        failures: failures
            .map(|(failure, error)| {
                let nodes = failed_on.next().unwrap_or_default();
                Arc::new(Failure {
                    method: failure.method.into(),
                    name: failure.name.into(),
                    error: error.unwrap_or(failure.message).into(),
                    occurrences: failure.occurrences,
                    first_seen: failure.first_seen,
                    last_seen: failure.last_seen,
                    nodes: Arc::new(nodes.into_iter().map(Arc::from).collect()),
                })
            })
            .collect(),
        exceptions: exceptions
            .map(|(exception, nodes)| {
                Arc::new(Exception {
                    count: exception.count,
                    error_type: exception.error_type.map(Arc::from),
                    message: exception.message.into(),
                    traceback: exception.traceback.into(),
                    nodes: nodes.into_iter().map(Arc::from).collect::<BTreeSet<_>>(),
                })
            })
            .collect(),
        aborted: body.snapshot.overview.and_then(|overview| overview.aborted),
        history: Arc::new(History::default()),
        markers: Arc::default(),
        notices: body.snapshot.state.notices,
    };
    let marker = |(time, until, kind, text)| StoredMarker {
        time,
        until,
        kind,
        text,
    };
    Ok(Imported {
        setup: kept.setup,
        started: kept.started,
        ending: kept.ending,
        note: body.run.note,
        peak_users: body.run.peak_users,
        points,
        snapshot: Arc::new(snapshot),
        exceptions_seen: kept
            .noticed
            .into_iter()
            .map(|(first, last)| Seen { first, last })
            .collect(),
        failure_buckets: group_buckets(kept.started, kept.failure_windows),
        exception_buckets: group_buckets(kept.started, kept.exception_windows),
        windows,
        crew: kept.crew,
        crew_course,
        notes: kept.notes.into_iter().map(note).collect(),
        log: kept.log.into_iter().map(line).collect(),
        markers: kept.markers.into_iter().map(marker).collect(),
    })
}

fn buckets(windows: &[KeptWindow]) -> Result<Vec<Bucket>, ImportError> {
    let bucket = |window: &KeptWindow| {
        let (time, seconds, requests, failures, total_ms, ref text) = *window;
        Ok(Bucket {
            time,
            seconds,
            requests,
            failures,
            total_ms,
            times: response_times(text)?,
        })
    };
    windows.iter().map(bucket).collect()
}

fn group_buckets(started: f64, windows: Vec<GroupWindow>) -> Vec<GroupBucket> {
    let windows = windows.into_iter();
    windows
        .map(|(place, begin, seconds, occurrences)| GroupBucket {
            place,
            time: started + begin,
            seconds,
            occurrences,
        })
        .collect()
}

/// A course whose columns are of equal length, as they were written.
fn even(course: WorkersCourse) -> Result<WorkersCourse, ImportError> {
    let columns = [
        &course.cpu_median_percent,
        &course.cpu_max_percent,
        &course.lag_max_ms,
    ];
    if columns
        .iter()
        .all(|column| column.len() == course.time.len())
    {
        Ok(course)
    } else {
        Err(damaged(
            "the course of its workers has columns of unequal length",
        ))
    }
}

fn note((time, text, by): (f64, String, Option<String>)) -> Note {
    Note { time, text, by }
}

fn line((time, source, level, logger, text): (f64, String, String, String, String)) -> Line {
    Line {
        time,
        source,
        level,
        logger,
        text,
    }
}

fn entries(body: &Body) -> Result<Vec<Entry>, ImportError> {
    let settings = Settings {
        keeps_recent: false,
        ..Settings::default()
    };
    let columns = &body.snapshot.entries;
    let mut entries = Vec::new();
    let rows = body.snapshot.names.iter().zip(&body.kept.entries);
    for (place, (name, kept)) in rows.enumerate() {
        let (none_requests, total_ms, min_ms, content_length, last, times) = kept;
        let count = |column: &[u64]| column.get(place).copied().unwrap_or(0);
        let key = Key::new(&name.method, &name.name);
        let mut entry = Entry::new(key, body.kept.counted_from, &settings);
        entry.requests = count(&columns.requests);
        entry.failures = count(&columns.failures);
        entry.none_requests = *none_requests;
        entry.total_response_time_ms = *total_ms;
        entry.min_response_time_ms = *min_ms;
        entry.max_response_time_ms = at(&columns.max_ms, place).unwrap_or(0.0);
        entry.total_content_length = *content_length;
        entry.last_request = last.map(|last| body.kept.started + last);
        entry.is_coarse = times.as_ref().is_none_or(|(is_coarse, _)| *is_coarse);
        entry.histogram = match times {
            Some((_, text)) => response_times(text)?,
            None => outline(columns, place, entry.timed_requests()),
        };
        entry.histogram.raise_max(entry.max_response_time_ms);
        if let Some(statuses) = body.kept.statuses.get(place) {
            entry.statuses = statuses.iter().copied().collect();
        }
        if let Some(stored) = body.kept.examples.get(place) {
            entry.examples = stored.into();
        }
        if let Some(task) = body.kept.tasks.get(place) {
            entry.task = Task::from_text(task.as_deref());
        }
        entry.rounded = rounded_of(&entry.histogram);
        entries.push(entry);
    }
    Ok(entries)
}

/// Response times of which only percentiles are known: as many requests lie between two of them as
/// they say, all at the upper one.
fn outline(columns: &Columns, place: usize, requests: u64) -> Histogram {
    let known = [
        (50, &columns.p50_ms),
        (95, &columns.p95_ms),
        (99, &columns.p99_ms),
        (100, &columns.max_ms),
    ];
    let mut times = Histogram::default();
    let mut before = 0;
    for (percent, column) in known {
        let up_to = (requests * percent).div_ceil(100);
        if let Some(time_ms) = at(column, place) {
            times.record_many(time_ms, up_to.saturating_sub(before));
            before = up_to;
        }
    }
    times
}

fn response_times(text: &str) -> Result<Histogram, ImportError> {
    base64::decode(text)
        .and_then(|bytes| decode_times(&bytes))
        .ok_or_else(|| damaged("response times that nobody wrote so"))
}

fn at(column: &[Option<f64>], place: usize) -> Option<f64> {
    column.get(place).copied().flatten()
}

/// The points of the lines; rows that stand for a gap are none.
fn points(body: &Body) -> VecDeque<HistoryPoint> {
    let lines = &body.snapshot.series;
    let count = |column: &[Option<u64>], place: usize| column.get(place).copied().flatten();
    let point = |(place, time): (usize, &f64)| {
        Some(HistoryPoint {
            time: *time,
            user_count: count(&lines.users, place)?,
            rps: at(&lines.rps, place).unwrap_or(0.0),
            failures_per_second: at(&lines.failures_per_second, place).unwrap_or(0.0),
            percentiles_ms: [&lines.p50_ms, &lines.p95_ms, &lines.p99_ms]
                .map(|column| at(column, place)),
            avg_response_time_ms: 0.0,
            requests: count(&body.kept.requests, place).unwrap_or(0),
            failures: count(&body.kept.failed, place).unwrap_or(0),
        })
    };
    lines.time.iter().enumerate().filter_map(point).collect()
}
