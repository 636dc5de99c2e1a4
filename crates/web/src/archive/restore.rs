//! From the rows of a run back to its figures.

use std::sync::Arc;

use gregaria_stats::{
    Entry, Exception, Failure, Histogram, History, Key, Rounded, Settings, Snapshot, Task, Window,
    round_response_time,
};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::asides::{Line, Note};
use super::examples::StoredExamples;
use super::rows::{self, broken};
use super::setup::Setup;
use super::sparse::{decode_rounded, decode_times};
use super::stored::{Bucket, GroupBucket, RunRow, Seen, StoredMarker, StoredRun};

/// All of a run.
pub(super) fn run(connection: &Connection, row: RunRow) -> rusqlite::Result<StoredRun> {
    let id = row.id;
    let (setup, notices, step, aborted): (String, String, f64, _) = connection.query_row(
        "SELECT setup, notices, step, aborted FROM runs WHERE run = ?1",
        [id],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
    )?;
    let (crew, crew_course): (Option<String>, Option<String>) = connection.query_row(
        "SELECT crew, crew_course FROM runs WHERE run = ?1",
        [id],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let crew = crew.map(|crew| serde_json::from_str(&crew).map_err(|_| broken(0)));
    let crew_course =
        crew_course.map(|course| serde_json::from_str(&course).map_err(|_| broken(1)));
    let setup: Setup = serde_json::from_str(&setup).map_err(|_| broken(0))?;
    let notices: Vec<String> = serde_json::from_str(&notices).map_err(|_| broken(1))?;
    let seconds: Vec<_> = connection
        .prepare(
            "SELECT time, users, rps, failures_per_second, p50_ms, p95_ms, p99_ms, avg_ms, requests,
             failures FROM seconds WHERE run = ?1 ORDER BY time",
        )?
        .query_map([id], rows::second)?
        .collect::<Result<_, _>>()?;
    let mut history = History::default();
    for point in &seconds {
        history.push(*point);
    }
    let (total, mut entries) = entries(connection, &row)?;
    entries
        .sort_unstable_by(|a, b| (&a.key.name, &a.key.method).cmp(&(&b.key.name, &b.key.method)));
    let snapshot = Snapshot {
        time: row.ending.as_ref().map_or(row.last_second, |end| end.time),
        user_count: 0,
        window: Window::new(total.start_time, total.last_request),
        total: Arc::new(total),
        entries: entries.into_iter().map(Arc::new).collect(),
        failures: Vec::new(),
        exceptions: Vec::new(),
        aborted,
        history: Arc::new(history),
        markers: Arc::default(),
        notices,
    };
    let (failures, failure_buckets) = failures(connection, id)?;
    let (exceptions, exception_buckets) = exceptions(connection, id)?;
    let (exceptions, exceptions_seen) = exceptions.into_iter().unzip();
    let snapshot = Snapshot {
        failures,
        exceptions,
        ..snapshot
    };
    Ok(StoredRun {
        markers: markers(connection, id)?,
        exceptions_seen,
        failure_buckets,
        exception_buckets,
        crew: crew.transpose()?,
        crew_course: crew_course.transpose()?,
        notes: notes(connection, id)?,
        log: log(connection, id)?,
        row,
        setup,
        snapshot: Arc::new(snapshot),
        seconds,
        step,
    })
}

/// All requests together, and each entry.
fn entries(connection: &Connection, row: &RunRow) -> rusqlite::Result<(Entry, Vec<Entry>)> {
    let settings = Settings {
        keeps_recent: false,
        ..Settings::default()
    };
    let mut total = Entry::new(
        Key::total(),
        row.counted_from.unwrap_or(row.started),
        &settings,
    );
    let mut entries = Vec::new();
    let mut statement = connection.prepare(
        "SELECT entry, method, name, requests, none_requests, failures, total_ms, min_ms, max_ms,
         content_length, counted_from, last_request, is_coarse, times, rounded, statuses, examples,
         task
         FROM entries WHERE run = ?1 ORDER BY entry",
    )?;
    let mut rows = statement.query([row.id])?;
    while let Some(found) = rows.next()? {
        let (number, method, name): (i64, String, String) =
            (found.get(0)?, found.get(1)?, found.get(2)?);
        let mut entry = Entry::new(Key::new(&method, &name), found.get(10)?, &settings);
        entry.requests = found.get(3)?;
        entry.none_requests = found.get(4)?;
        entry.failures = found.get(5)?;
        entry.total_response_time_ms = found.get(6)?;
        entry.min_response_time_ms = found.get(7)?;
        entry.max_response_time_ms = found.get(8)?;
        entry.total_content_length = found.get(9)?;
        entry.last_request = found.get(11)?;
        entry.is_coarse = found.get(12)?;
        if let Some(text) = found.get::<_, Option<String>>(15)? {
            let pairs: Vec<(u16, u64)> = serde_json::from_str(&text).map_err(|_| broken(15))?;
            entry.statuses = pairs.into_iter().collect();
        }
        if let Some(text) = found.get::<_, Option<String>>(16)? {
            let stored: StoredExamples = serde_json::from_str(&text).map_err(|_| broken(16))?;
            entry.examples = (&stored).into();
        }
        entry.task = Task::from_text(found.get::<_, Option<String>>(17)?.as_deref());
        let times = found.get_ref(13)?.as_blob_or_null()?;
        let rounded = found.get_ref(14)?.as_blob_or_null()?;
        if let (Some(times), Some(rounded)) = (times, rounded) {
            entry.histogram = decode_times(times).ok_or_else(|| broken(13))?;
            entry.rounded = decode_rounded(rounded).ok_or_else(|| broken(14))?;
        } else {
            // It was cut off: the buckets tell the times.
            entry.histogram = sum(connection, row.id, number)?;
            entry.histogram.raise_max(entry.max_response_time_ms);
            entry.rounded = rounded_of(&entry.histogram);
        }
        match number {
            0 => total = entry,
            _ => entries.push(entry),
        }
    }
    Ok((total, entries))
}

/// Locust's rounded times of a histogram: each bucket lies within one of them, or on its edge.
pub fn rounded_of(times: &Histogram) -> Rounded {
    let mut rounded = Rounded::default();
    for (low, high, count) in times.ranges_ms() {
        rounded.add(round_response_time(low.midpoint(high)), count);
    }
    rounded
}

fn sum(connection: &Connection, run: i64, entry: i64) -> rusqlite::Result<Histogram> {
    let mut statement = connection
        .prepare_cached("SELECT times FROM buckets WHERE run = ?1 AND entry = ?2 ORDER BY time")?;
    let mut rows = statement.query([run, entry])?;
    let mut sum: Option<Histogram> = None;
    while let Some(row) = rows.next()? {
        let times = decode_times(row.get_ref(0)?.as_blob()?).ok_or_else(|| broken(0))?;
        match &mut sum {
            Some(sum) => sum.merge(&times),
            // The first says how many digits there are.
            None => sum = (!times.is_empty()).then_some(times),
        }
    }
    Ok(sum.unwrap_or_default())
}

/// The course of one entry.
pub(super) fn buckets(
    connection: &Connection,
    run: i64,
    key: &Key,
) -> rusqlite::Result<Vec<Bucket>> {
    let number: Option<i64> = if *key == Key::total() {
        Some(0)
    } else {
        connection
            .query_row(
                "SELECT entry FROM entries WHERE run = ?1 AND method = ?2 AND name = ?3",
                (run, &*key.method, &*key.name),
                |row| row.get(0),
            )
            .optional()?
    };
    let Some(number) = number else {
        return Ok(Vec::new());
    };
    connection
        .prepare(
            "SELECT time, seconds, requests, failures, total_ms, times FROM buckets
             WHERE run = ?1 AND entry = ?2 ORDER BY time",
        )?
        .query_map([run, number], |row| bucket(row, 0))?
        .collect()
}

/// Calls `action` with each entry and its course.
pub(super) fn each_course(
    connection: &Connection,
    run: i64,
    mut action: impl FnMut(Key, Vec<Bucket>),
) -> rusqlite::Result<()> {
    let keys = keys(connection, run)?;
    let mut statement = connection.prepare(
        "SELECT entry, time, seconds, requests, failures, total_ms, times FROM buckets
         WHERE run = ?1 ORDER BY entry, time",
    )?;
    let mut rows = statement.query([run])?;
    let mut next = rows.next()?;
    for (number, key) in keys {
        let mut own = Vec::new();
        while let Some(row) = next {
            if row.get::<_, i64>(0)? != number {
                break;
            }
            own.push(bucket(row, 1)?);
            next = rows.next()?;
        }
        action(key, own);
    }
    Ok(())
}

/// Number and key of each entry, in the order of the numbers.
fn keys(connection: &Connection, run: i64) -> rusqlite::Result<Vec<(i64, Key)>> {
    connection
        .prepare("SELECT entry, method, name FROM entries WHERE run = ?1 ORDER BY entry")?
        .query_map([run], |row| {
            let (method, name): (String, String) = (row.get(1)?, row.get(2)?);
            Ok((row.get(0)?, Key::new(&method, &name)))
        })?
        .collect()
}

/// What was counted in a stretch of a run.
#[derive(Clone, Debug)]
pub struct Between {
    /// Where it begins.
    pub from: f64,
    /// Where it ends.
    pub to: f64,
    /// The sum of each entry, all requests together first.
    pub sums: Vec<(Key, Bucket)>,
}

/// The stretch between two moments, widened to whole buckets; `None` if nothing was counted in it.
pub(super) fn stretch(
    connection: &Connection,
    run: i64,
    from: f64,
    to: f64,
) -> rusqlite::Result<Option<(f64, f64)>> {
    let (begin, end): (Option<f64>, Option<f64>) = connection.query_row(
        "SELECT min(time), max(time + seconds) FROM buckets
         WHERE run = ?1 AND entry = 0 AND time + seconds > ?2 AND time < ?3",
        params![run, from, to],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok(begin.zip(end))
}

/// What every entry has counted between two moments.
pub(super) fn between(
    connection: &Connection,
    run: i64,
    from: f64,
    to: f64,
) -> rusqlite::Result<Option<Between>> {
    let Some((begin, end)) = stretch(connection, run, from, to)? else {
        return Ok(None);
    };
    let mut sums: Vec<(i64, Bucket)> = Vec::new();
    let mut statement = connection.prepare(
        "SELECT entry, time, seconds, requests, failures, total_ms, times FROM buckets
         WHERE run = ?1 AND time >= ?2 AND time < ?3 ORDER BY entry, time",
    )?;
    let mut rows = statement.query(params![run, begin, end])?;
    while let Some(row) = rows.next()? {
        let (number, more) = (row.get(0)?, bucket(row, 1)?);
        match sums.last_mut() {
            Some((last, sum)) if *last == number => {
                sum.seconds = more.time + more.seconds - sum.time;
                sum.requests += more.requests;
                sum.failures += more.failures;
                sum.total_ms += more.total_ms;
                sum.times.merge(&more.times);
            }
            _ => sums.push((number, more)),
        }
    }
    let keys = keys(connection, run)?;
    let key = |number: i64| keys.iter().find(|(found, _)| *found == number);
    let named = |(number, sum)| key(number).map(|(_, key)| (key.clone(), sum));
    Ok(Some(Between {
        from: begin,
        to: end,
        sums: sums.into_iter().filter_map(named).collect(),
    }))
}

/// A bucket whose columns begin at `first`.
fn bucket(row: &Row<'_>, first: usize) -> rusqlite::Result<Bucket> {
    let times = row.get_ref(first + 5)?.as_blob()?;
    Ok(Bucket {
        time: row.get(first)?,
        seconds: row.get(first + 1)?,
        requests: row.get(first + 2)?,
        failures: row.get(first + 3)?,
        total_ms: row.get(first + 4)?,
        times: decode_times(times).ok_or_else(|| broken(first + 5))?,
    })
}

/// Failures, and how often each happened when.
fn failures(
    connection: &Connection,
    run: i64,
) -> rusqlite::Result<(Vec<Arc<Failure>>, Vec<GroupBucket>)> {
    let mut numbers: Vec<i64> = Vec::new();
    let failures = connection
        .prepare(
            "SELECT method, name, error, occurrences, first_seen, last_seen, failure, nodes
             FROM failures WHERE run = ?1 ORDER BY failure",
        )?
        .query_map([run], |row| {
            let text = |place| row.get::<_, String>(place).map(Arc::from);
            numbers.push(row.get(6)?);
            let nodes: Option<String> = row.get(7)?;
            let nodes: Vec<String> =
                serde_json::from_str(nodes.as_deref().unwrap_or("[]")).map_err(|_| broken(7))?;
            Ok(Arc::new(Failure {
                method: text(0)?,
                name: text(1)?,
                error: text(2)?,
                occurrences: row.get(3)?,
                first_seen: row.get(4)?,
                last_seen: row.get(5)?,
                nodes: Arc::new(nodes.into_iter().map(Arc::from).collect()),
            }))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let buckets = group_buckets(connection, run, "failure", &numbers)?;
    Ok((failures, buckets))
}

/// How often each failure or exception happened when; `numbers` are those of the groups by their
/// places. What is of no group is left out.
fn group_buckets(
    connection: &Connection,
    run: i64,
    group: &str,
    numbers: &[i64],
) -> rusqlite::Result<Vec<GroupBucket>> {
    let mut statement = connection.prepare(&format!(
        "SELECT {group}, time, seconds, occurrences FROM {group}_buckets
         WHERE run = ?1 ORDER BY {group}, time"
    ))?;
    let rows = statement.query_map([run], |row| {
        let Ok(place) = numbers.binary_search(&row.get(0)?) else {
            return Ok(None);
        };
        Ok(Some(GroupBucket {
            place,
            time: row.get(1)?,
            seconds: row.get(2)?,
            occurrences: row.get(3)?,
        }))
    })?;
    rows.filter_map(Result::transpose).collect()
}

/// Each exception and when it was noticed, and how often each happened when.
type Exceptions = (Vec<(Arc<Exception>, Seen)>, Vec<GroupBucket>);

fn exceptions(connection: &Connection, run: i64) -> rusqlite::Result<Exceptions> {
    let mut numbers: Vec<i64> = Vec::new();
    let exceptions = connection
        .prepare(
            "SELECT occurrences, message, traceback, nodes, first_seen, last_seen, error_type, exception
             FROM exceptions WHERE run = ?1 ORDER BY exception",
        )?
        .query_map([run], |row| {
            numbers.push(row.get(7)?);
            let text = |place| row.get::<_, String>(place).map(Arc::from);
            let nodes: Vec<String> =
                serde_json::from_str(&row.get::<_, String>(3)?).map_err(|_| broken(3))?;
            let exception = Arc::new(Exception {
                count: row.get(0)?,
                error_type: row.get::<_, Option<String>>(6)?.map(Arc::from),
                message: text(1)?,
                traceback: text(2)?,
                nodes: nodes.into_iter().map(Arc::from).collect(),
            });
            let (first, last) = (row.get(4)?, row.get(5)?);
            Ok((exception, Seen { first, last }))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let buckets = group_buckets(connection, run, "exception", &numbers)?;
    Ok((exceptions, buckets))
}

fn notes(connection: &Connection, run: i64) -> rusqlite::Result<Vec<Note>> {
    connection
        .prepare("SELECT time, text, author FROM notes WHERE run = ?1 ORDER BY note")?
        .query_map([run], |row| {
            Ok(Note {
                time: row.get(0)?,
                text: row.get(1)?,
                by: row.get(2)?,
            })
        })?
        .collect()
}

fn log(connection: &Connection, run: i64) -> rusqlite::Result<Vec<Line>> {
    connection
        .prepare("SELECT time, source, level, logger, text FROM log WHERE run = ?1 ORDER BY line")?
        .query_map([run], |row| {
            Ok(Line {
                time: row.get(0)?,
                source: row.get(1)?,
                level: row.get(2)?,
                logger: row.get(3)?,
                text: row.get(4)?,
            })
        })?
        .collect()
}

fn markers(connection: &Connection, run: i64) -> rusqlite::Result<Vec<StoredMarker>> {
    connection
        .prepare("SELECT time, until, kind, text FROM markers WHERE run = ?1 ORDER BY marker")?
        .query_map([run], |row| {
            Ok(StoredMarker {
                time: row.get(0)?,
                until: row.get(1)?,
                kind: row.get(2)?,
                text: row.get(3)?,
            })
        })?
        .collect()
}
