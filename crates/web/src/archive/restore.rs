//! From the rows of a run back to its figures.

use std::sync::Arc;

use gregaria_stats::{
    Entry, Exception, Failure, Histogram, History, Key, Rounded, Settings, Snapshot, Window,
    round_response_time,
};
use rusqlite::{Connection, OptionalExtension, Row};

use super::library::{Bucket, RunRow, StoredMarker, StoredRun};
use super::rows::{self, broken};
use super::setup::Setup;
use super::sparse::{decode_rounded, decode_times};

/// All of a run.
pub(super) fn run(connection: &Connection, row: RunRow) -> rusqlite::Result<StoredRun> {
    let id = row.id;
    let (setup, notices, step): (String, String, f64) = connection.query_row(
        "SELECT setup, notices, step FROM runs WHERE run = ?1",
        [id],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
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
        failures: failures(connection, id)?,
        exceptions: exceptions(connection, id)?,
        history: Arc::new(history),
        markers: Arc::default(),
        notices,
    };
    Ok(StoredRun {
        markers: markers(connection, id)?,
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
         content_length, counted_from, last_request, is_coarse, times, rounded
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

/// The course of every entry.
pub(super) fn all_buckets(
    connection: &Connection,
    run: i64,
) -> rusqlite::Result<Vec<(Key, Vec<Bucket>)>> {
    let keys: Vec<(i64, Key)> = connection
        .prepare("SELECT entry, method, name FROM entries WHERE run = ?1 ORDER BY entry")?
        .query_map([run], |row| {
            let (method, name): (String, String) = (row.get(1)?, row.get(2)?);
            Ok((row.get(0)?, Key::new(&method, &name)))
        })?
        .collect::<Result<_, _>>()?;
    let mut all: Vec<(Key, Vec<Bucket>)> = Vec::with_capacity(keys.len());
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
        all.push((key, own));
    }
    Ok(all)
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

fn failures(connection: &Connection, run: i64) -> rusqlite::Result<Vec<Arc<Failure>>> {
    connection
        .prepare(
            "SELECT method, name, error, occurrences, first_seen, last_seen
             FROM failures WHERE run = ?1 ORDER BY failure",
        )?
        .query_map([run], |row| {
            let text = |place| row.get::<_, String>(place).map(Arc::from);
            Ok(Arc::new(Failure {
                method: text(0)?,
                name: text(1)?,
                error: text(2)?,
                occurrences: row.get(3)?,
                first_seen: row.get(4)?,
                last_seen: row.get(5)?,
                nodes: Arc::default(),
            }))
        })?
        .collect()
}

fn exceptions(connection: &Connection, run: i64) -> rusqlite::Result<Vec<Arc<Exception>>> {
    connection
        .prepare(
            "SELECT occurrences, message, traceback, nodes
             FROM exceptions WHERE run = ?1 ORDER BY exception",
        )?
        .query_map([run], |row| {
            let text = |place| row.get::<_, String>(place).map(Arc::from);
            let nodes: Vec<String> =
                serde_json::from_str(&row.get::<_, String>(3)?).map_err(|_| broken(3))?;
            Ok(Arc::new(Exception {
                count: row.get(0)?,
                error_type: None,
                message: text(1)?,
                traceback: text(2)?,
                nodes: nodes.into_iter().map(Arc::from).collect(),
            }))
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
