//! What is written, row by row.

use gregaria_stats::{Entry, Exception, Failure, HistoryPoint, MarkerKind, Markers, Snapshot};
use rusqlite::{Connection, Transaction, named_params, params};

use super::examples::StoredExamples;
use super::setup::{Ending, Setup};
use super::sparse::{encode_rounded, encode_times};
use super::stored::{GroupBucket, Seen, StoredMarker};

/// A count as `SQLite` keeps it.
pub(super) fn integer(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A new run; returns its number.
pub(super) fn run(
    transaction: &Transaction<'_>,
    started: f64,
    setup: &Setup,
    owner: &str,
    step: f64,
) -> rusqlite::Result<i64> {
    transaction.execute(
        "INSERT INTO runs (name, host, file_sha256, started, last_second, owner, workers, step, note, setup)
         VALUES (:name, :host, :file, :started, :started, :owner, :workers, :step, :note, :setup)",
        named_params! {
            ":name": setup.name,
            ":host": setup.host,
            ":file": setup.file_sha256(),
            ":started": started,
            ":owner": owner,
            ":workers": setup.workers.as_ref().map(|workers| integer(workers.len() as u64)),
            ":step": step,
            ":note": setup.note,
            ":setup": json(setup),
        },
    )?;
    Ok(transaction.last_insert_rowid())
}

/// Drops the figures of a run that begins to count anew. Exceptions are the run's own, and stay.
pub(super) fn forget(transaction: &Transaction<'_>, run: i64) -> rusqlite::Result<()> {
    for table in [
        "seconds",
        "entries",
        "buckets",
        "failures",
        "failure_buckets",
    ] {
        transaction.execute(&format!("DELETE FROM {table} WHERE run = ?1"), [run])?;
    }
    Ok(())
}

/// Drops the exceptions of a run, which begin anew.
pub(super) fn forget_exceptions(transaction: &Transaction<'_>, run: i64) -> rusqlite::Result<()> {
    for table in ["exceptions", "exception_buckets"] {
        transaction.execute(&format!("DELETE FROM {table} WHERE run = ?1"), [run])?;
    }
    Ok(())
}

/// Buckets of failures or exceptions that were kept elsewhere, in place of those that are there.
pub(super) fn group_buckets(
    transaction: &Transaction<'_>,
    run: i64,
    table: &str,
    buckets: &[GroupBucket],
) -> rusqlite::Result<()> {
    transaction.execute(&format!("DELETE FROM {table} WHERE run = ?1"), [run])?;
    for one in buckets {
        let (time, seconds) = (one.time, one.seconds);
        let bucket = Bucket { run, time, seconds };
        bucket.group(transaction, table, one.place, one.occurrences)?;
    }
    Ok(())
}

/// One second of the course of a run.
pub(super) fn second(
    transaction: &Transaction<'_>,
    run: i64,
    point: &HistoryPoint,
) -> rusqlite::Result<()> {
    let [p50, p95, p99] = point.percentiles_ms;
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO seconds VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute(params![
            run,
            point.time,
            integer(point.user_count),
            point.rps,
            point.failures_per_second,
            p50,
            p95,
            p99,
            point.avg_response_time_ms,
            integer(point.requests),
            integer(point.failures),
        ])?;
    Ok(())
}

/// The figures by which a run stands in the list.
pub(super) fn summary(
    transaction: &Transaction<'_>,
    run: i64,
    snapshot: &Snapshot,
    peak_users: u64,
) -> rusqlite::Result<()> {
    let percentile = |quantile| snapshot.total.percentile_ms(quantile);
    transaction
        .prepare_cached(
            "UPDATE runs SET last_second = max(last_second, ?2), peak_users = ?3, requests = ?4,
             failures = ?5, counted_from = ?6, last_request = ?7, p50_ms = ?8, p95_ms = ?9,
             p99_ms = ?10, notices = ?11, aborted = ?12 WHERE run = ?1",
        )?
        .execute(params![
            run,
            snapshot.time,
            integer(peak_users),
            integer(snapshot.total.requests),
            integer(snapshot.total.failures),
            snapshot.window.start_time,
            snapshot.window.last_request,
            percentile(0.5),
            percentile(0.95),
            percentile(0.99),
            json(&snapshot.notices),
            snapshot.aborted.map(integer),
        ])?;
    Ok(())
}

/// How a run ended.
pub(super) fn ending(
    transaction: &Transaction<'_>,
    run: i64,
    ending: &Ending,
) -> rusqlite::Result<()> {
    transaction.execute(
        "UPDATE runs SET ended = ?2, end_kind = ?3, end_reason = ?4, ended_by = ?5, exit_code = ?6
         WHERE run = ?1",
        params![
            run,
            ending.time,
            ending.kind.as_str(),
            ending.reason,
            ending.by,
            ending.exit_code,
        ],
    )?;
    Ok(())
}

/// With which code the process has ended that ended with a run.
pub(super) fn exit_code(connection: &Connection, run: i64, code: i64) -> rusqlite::Result<()> {
    connection.execute(
        "UPDATE runs SET exit_code = ?2 WHERE run = ?1",
        params![run, code],
    )?;
    Ok(())
}

/// The response times of a whole run, and its single requests.
pub(super) fn histograms(
    transaction: &Transaction<'_>,
    run: i64,
    number: i64,
    entry: &Entry,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "UPDATE entries SET times = ?3, rounded = ?4, examples = ?5 WHERE run = ?1 AND entry = ?2",
        )?
        .execute(params![
            run,
            number,
            encode_times(&entry.histogram),
            encode_rounded(&entry.rounded),
            examples(entry),
        ])?;
    Ok(())
}

/// What happened besides requests: all of it anew, since older ones may have been folded.
pub(super) fn markers(
    transaction: &Transaction<'_>,
    run: i64,
    markers: &Markers,
) -> rusqlite::Result<()> {
    transaction.execute("DELETE FROM markers WHERE run = ?1", [run])?;
    let mut insert =
        transaction.prepare_cached("INSERT INTO markers VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
    for (place, marker) in markers.as_slice().iter().enumerate() {
        insert.execute(params![
            run,
            integer(place as u64),
            marker.time,
            marker.until,
            word(&marker.kind),
            marker.kind.to_string(),
        ])?;
    }
    Ok(())
}

/// What happened in a run that was kept elsewhere.
pub(super) fn stored_markers(
    transaction: &Transaction<'_>,
    run: Option<i64>,
    markers: &[StoredMarker],
) -> rusqlite::Result<()> {
    let mut insert =
        transaction.prepare_cached("INSERT INTO markers VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
    for (place, marker) in markers.iter().enumerate() {
        let place = integer(place as u64);
        let StoredMarker {
            time,
            until,
            kind,
            text,
        } = marker;
        insert.execute(params![run, place, time, until, kind, text])?;
    }
    Ok(())
}

/// The kind of a marker as it stands in the file.
fn word(kind: &MarkerKind) -> &'static str {
    match kind {
        MarkerKind::RunStarted { .. } => "run_started",
        MarkerKind::UsersChanged { .. } => "users_changed",
        MarkerKind::AllUsers { .. } => "all_users",
        MarkerKind::FiguresReset => "figures_reset",
        MarkerKind::WorkersLost { .. } => "workers_lost",
        MarkerKind::WorkersLeft { .. } => "workers_left",
        MarkerKind::WorkersBack { .. } => "workers_back",
        MarkerKind::WorkersJoined { .. } => "workers_joined",
        MarkerKind::UsersMoved { .. } => "users_moved",
        MarkerKind::UsersMissing { .. } => "users_missing",
        MarkerKind::WorkersOverloaded { .. } | MarkerKind::Overloaded => "overloaded",
        MarkerKind::RunEnded { .. } => "run_ended",
    }
}

/// A stretch of a run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    /// Number of the run.
    pub(super) run: i64,
    /// When it begins.
    pub(super) time: f64,
    /// Its length.
    pub(super) seconds: f64,
}

impl Bucket {
    /// What an entry has counted since `before`, and how it stands now. Returns whether it has
    /// counted anything.
    pub(super) fn entry(
        self,
        transaction: &Transaction<'_>,
        number: i64,
        before: Option<&Entry>,
        entry: &Entry,
    ) -> rusqlite::Result<bool> {
        transaction
            .prepare_cached(
                "INSERT OR REPLACE INTO entries VALUES
                 (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, NULL, NULL, ?15, NULL,
                 ?16)",
            )?
            .execute(params![
                self.run,
                number,
                &*entry.key.method,
                &*entry.key.name,
                integer(entry.requests),
                integer(entry.none_requests),
                integer(entry.failures),
                entry.total_response_time_ms,
                entry.min_response_time_ms,
                entry.max_response_time_ms,
                integer(entry.total_content_length),
                entry.start_time,
                entry.last_request,
                entry.is_coarse,
                statuses(entry),
                entry.task.as_text(),
            ])?;
        let (requests, failures, total_ms, times) = match before {
            None => (
                entry.requests,
                entry.failures,
                entry.total_response_time_ms,
                encode_times(&entry.histogram),
            ),
            Some(before) => (
                entry.requests.saturating_sub(before.requests),
                entry.failures.saturating_sub(before.failures),
                (entry.total_response_time_ms - before.total_response_time_ms).max(0.0),
                encode_times(&entry.histogram.since(&before.histogram)),
            ),
        };
        if requests == 0 && failures == 0 {
            return Ok(false);
        }
        transaction
            .prepare_cached(
                "INSERT OR REPLACE INTO buckets VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![
                self.run,
                number,
                self.time,
                self.seconds,
                integer(requests),
                integer(failures),
                total_ms,
                times,
            ])?;
        Ok(true)
    }

    /// How a failure stands, and how often it has happened since it had happened `before` times.
    pub(super) fn failure(
        self,
        transaction: &Transaction<'_>,
        place: usize,
        before: u64,
        failure: &Failure,
    ) -> rusqlite::Result<()> {
        let nodes: Vec<&str> = failure.nodes.iter().map(AsRef::as_ref).collect();
        transaction
            .prepare_cached(
                "INSERT OR REPLACE INTO failures VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![
                self.run,
                integer(place as u64),
                &*failure.method,
                &*failure.name,
                &*failure.error,
                integer(failure.occurrences),
                failure.first_seen,
                failure.last_seen,
                json(&nodes),
            ])?;
        let more = failure.occurrences - before;
        self.group(transaction, "failure_buckets", place, more)
    }

    /// How an uncaught error in a task stands, and how often it has happened since it had happened
    /// `before` times.
    pub(super) fn exception(
        self,
        transaction: &Transaction<'_>,
        place: usize,
        before: u64,
        exception: &Exception,
        seen: Seen,
    ) -> rusqlite::Result<()> {
        let nodes: Vec<&str> = exception.nodes.iter().map(AsRef::as_ref).collect();
        transaction
            .prepare_cached(
                "INSERT OR REPLACE INTO exceptions VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute(params![
                self.run,
                integer(place as u64),
                integer(exception.count),
                &*exception.message,
                &*exception.traceback,
                json(&nodes),
                seen.first,
                seen.last,
                exception.error_type.as_deref(),
            ])?;
        let more = exception.count - before;
        self.group(transaction, "exception_buckets", place, more)
    }

    /// How often a failure or an exception has happened in it.
    fn group(
        self,
        transaction: &Transaction<'_>,
        table: &str,
        place: usize,
        occurrences: u64,
    ) -> rusqlite::Result<()> {
        transaction
            .prepare_cached(&format!(
                "INSERT OR REPLACE INTO {table} VALUES (?1, ?2, ?3, ?4, ?5)"
            ))?
            .execute(params![
                self.run,
                integer(place as u64),
                self.time,
                self.seconds,
                integer(occurrences),
            ])?;
        Ok(())
    }
}

/// Plain data as JSON. It has no maps with keys that are no strings, so this cannot fail.
pub(super) fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("plain data is JSON")
}

/// Statuses of an entry as JSON; `None` where there are none.
fn statuses(entry: &Entry) -> Option<String> {
    if entry.statuses.is_empty() {
        return None;
    }
    let pairs: Vec<_> = entry.statuses.iter().collect();
    Some(json(&pairs))
}

/// Single requests of an entry as JSON; `None` where there are none.
fn examples(entry: &Entry) -> Option<String> {
    let examples = &entry.examples;
    (!examples.is_empty()).then(|| json(&StoredExamples::from(examples)))
}
