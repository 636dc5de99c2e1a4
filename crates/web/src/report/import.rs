//! From a report back to a run that is kept.

use std::collections::VecDeque;
use std::sync::Arc;

use gregaria_stats::{
    Entry, Exception, Failure, History, HistoryPoint, Key, Settings, Snapshot, Window,
};
use serde::Deserialize;

use crate::archive::{
    ArchiveError, Bucket, Imported, Library, StoredMarker, decode_times, rounded_of,
};

use super::base64;
use super::data::{FORMAT, Kept, VERSION};

/// Begins the element of an HTML report that holds the data.
const ELEMENT: &str = "<script type=\"application/json\" id=\"report-data\">";

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
    #[error("the report was written by a newer gregaria (format {found}, known here is {VERSION})")]
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
    format: String,
    version: u32,
}

/// What of a report is needed to keep it.
#[derive(Deserialize)]
struct Body {
    names: Vec<Name>,
    entries: Columns,
    series: Lines,
    kept: Kept,
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
}

#[derive(Deserialize)]
struct Lines {
    time: Vec<f64>,
    rps: Vec<Option<f64>>,
    failures_per_second: Vec<Option<f64>>,
    p50_ms: Vec<Option<f64>>,
    p95_ms: Vec<Option<f64>>,
    p99_ms: Vec<Option<f64>>,
}

/// Takes in the run of an HTML report or of an exported JSON file; returns its number.
pub fn import(library: &Library, text: &str) -> Result<i64, ImportError> {
    let json = match text.split_once(ELEMENT) {
        Some((_, rest)) => rest.split("</script>").next().unwrap_or_default(),
        None => text,
    };
    let head: Head = serde_json::from_str(json).map_err(|_| ImportError::NotAReport)?;
    if head.format != FORMAT {
        return Err(ImportError::NotAReport);
    }
    if head.version > VERSION {
        return Err(ImportError::Newer {
            found: head.version,
        });
    }
    let body: Body = serde_json::from_str(json).map_err(|error| damaged(error.to_string()))?;
    Ok(library.import(&imported(body)?)?)
}

fn damaged(reason: impl Into<String>) -> ImportError {
    ImportError::Damaged(reason.into())
}

fn imported(body: Body) -> Result<Imported, ImportError> {
    let entries = entries(&body)?;
    let Kept {
        setup,
        started,
        ending,
        note,
        notices,
        peak_users,
        windows,
        failures,
        exceptions,
        markers,
        ..
    } = body.kept;
    let mut entries = entries.into_iter();
    let total = entries
        .next()
        .ok_or_else(|| damaged("there are no entries"))?;
    let points = points(&body.series, &body.kept.seconds);
    let windows = windows.iter().map(|window| {
        Ok(Bucket {
            time: window.time,
            seconds: window.seconds,
            requests: window.requests,
            failures: window.failures,
            total_ms: window.total_ms,
            times: times(&window.times)?,
        })
    });
    let snapshot = Snapshot {
        time: points
            .back()
            .map_or(started, |point: &HistoryPoint| point.time),
        user_count: 0,
        window: Window::new(total.start_time, total.last_request),
        total: Arc::new(total),
        entries: entries.map(Arc::new).collect(),
        failures: failures
            .into_iter()
            .map(
                |(method, name, error, occurrences, first_seen, last_seen)| {
                    Arc::new(Failure {
                        method: method.into(),
                        name: name.into(),
                        error: error.into(),
                        occurrences,
                        first_seen,
                        last_seen,
                    })
                },
            )
            .collect(),
        exceptions: exceptions
            .into_iter()
            .map(|(count, message, traceback, nodes)| {
                Arc::new(Exception {
                    count,
                    message: message.into(),
                    traceback: traceback.into(),
                    nodes: nodes.into_iter().map(Arc::from).collect(),
                })
            })
            .collect(),
        history: Arc::new(History::default()),
        markers: Arc::default(),
        notices,
    };
    let marker = |(time, until, kind, text)| StoredMarker {
        time,
        until,
        kind,
        text,
    };
    Ok(Imported {
        setup,
        started,
        ending,
        note,
        peak_users,
        points,
        snapshot: Arc::new(snapshot),
        windows: windows.collect::<Result<_, ImportError>>()?,
        markers: markers.into_iter().map(marker).collect(),
    })
}

fn entries(body: &Body) -> Result<Vec<Entry>, ImportError> {
    let settings = Settings {
        keeps_recent: false,
        ..Settings::default()
    };
    let columns = body.entries.requests.iter().zip(&body.entries.failures);
    let rows = body.names.iter().zip(columns).zip(&body.kept.entries);
    let mut entries = Vec::new();
    for ((name, (requests, failures)), kept) in rows {
        let key = Key::new(&name.method, &name.name);
        let mut entry = Entry::new(key, kept.counted_from, &settings);
        entry.requests = *requests;
        entry.failures = *failures;
        entry.none_requests = kept.none_requests;
        entry.total_response_time_ms = kept.total_ms;
        entry.min_response_time_ms = kept.min_ms;
        entry.max_response_time_ms = kept.max_ms;
        entry.total_content_length = kept.content_length;
        entry.last_request = kept.last_request;
        entry.is_coarse = kept.is_coarse;
        entry.histogram = times(&kept.times)?;
        entry.rounded = rounded_of(&entry.histogram);
        entries.push(entry);
    }
    Ok(entries)
}

fn times(text: &str) -> Result<gregaria_stats::Histogram, ImportError> {
    base64::decode(text)
        .and_then(|bytes| decode_times(&bytes))
        .ok_or_else(|| damaged("response times that nobody wrote so"))
}

/// The points that both lists know; rows that stand for a gap are in the lines alone.
fn points(lines: &Lines, kept: &super::data::KeptSeconds) -> VecDeque<HistoryPoint> {
    let at = |column: &[Option<f64>], place: usize| column.get(place).copied().flatten();
    let mut place = 0;
    let mut points = VecDeque::new();
    for (number, time) in kept.time.iter().enumerate() {
        while lines
            .time
            .get(place)
            .is_some_and(|line| *line < time - 0.06)
        {
            place += 1;
        }
        let count = |column: &[u64]| column.get(number).copied().unwrap_or(0);
        points.push_back(HistoryPoint {
            time: *time,
            user_count: count(&kept.users),
            rps: at(&lines.rps, place).unwrap_or(0.0),
            failures_per_second: at(&lines.failures_per_second, place).unwrap_or(0.0),
            percentiles_ms: [&lines.p50_ms, &lines.p95_ms, &lines.p99_ms]
                .map(|column| at(column, place)),
            avg_response_time_ms: 0.0,
            requests: count(&kept.requests),
            failures: count(&kept.failures),
        });
    }
    points
}
