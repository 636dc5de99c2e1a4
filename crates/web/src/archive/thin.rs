//! Makes the buckets of a run longer: neighbours are added up, so no count is lost.

use gregaria_stats::Histogram;
use rusqlite::{Transaction, params};

use super::sparse::{decode_times, encode_times};

/// Joins the buckets of each entry that lie in the same stretch of `step` seconds, counted from
/// `started`. Returns the number of rows that are left.
pub(super) fn thin(
    transaction: &Transaction<'_>,
    run: i64,
    started: f64,
    step: f64,
) -> rusqlite::Result<u64> {
    let entries: Vec<i64> = transaction
        .prepare("SELECT entry FROM entries WHERE run = ?1 ORDER BY entry")?
        .query_map([run], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut left = 0;
    for entry in entries {
        left += thin_entry(transaction, run, entry, started, step)?;
    }
    // Buckets of failures and exceptions are plain counts: one statement joins them all.
    for group in ["failure", "exception"] {
        transaction.execute_batch(&format!(
            "CREATE TEMP TABLE joined AS
               SELECT run, {group}, min(time) AS time, max(time + seconds) - min(time) AS seconds,
                 sum(occurrences) AS occurrences
               FROM {group}_buckets WHERE run = {run}
               GROUP BY {group}, CAST((time - {started:?}) / {step:?} + 0.05 AS INTEGER);
             DELETE FROM {group}_buckets WHERE run = {run};
             INSERT INTO {group}_buckets SELECT run, {group}, time, seconds, occurrences FROM joined;
             DROP TABLE joined;"
        ))?;
    }
    transaction.execute(
        "UPDATE runs SET step = ?2 WHERE run = ?1",
        params![run, step],
    )?;
    Ok(left)
}

/// A bucket in the making.
struct Joined {
    stretch: i64,
    time: f64,
    end: f64,
    requests: i64,
    failures: i64,
    total_ms: f64,
    times: Histogram,
}

fn thin_entry(
    transaction: &Transaction<'_>,
    run: i64,
    entry: i64,
    started: f64,
    step: f64,
) -> rusqlite::Result<u64> {
    let mut all: Vec<Joined> = Vec::new();
    let mut statement = transaction.prepare_cached(
        "SELECT time, seconds, requests, failures, total_ms, times FROM buckets
         WHERE run = ?1 AND entry = ?2 ORDER BY time",
    )?;
    let mut rows = statement.query([run, entry])?;
    while let Some(row) = rows.next()? {
        let (time, seconds): (f64, f64) = (row.get(0)?, row.get(1)?);
        let times = decode_times(row.get_ref(5)?.as_blob()?).unwrap_or_default();
        // Buckets end with a second, which comes a little early or late.
        #[expect(clippy::cast_possible_truncation, reason = "saturates, as wanted")]
        let stretch = ((time - started) / step + 0.05) as i64;
        let (requests, failures, total_ms) = (row.get(2)?, row.get(3)?, row.get(4)?);
        match all.last_mut() {
            Some(last) if last.stretch == stretch => {
                last.end = time + seconds;
                last.requests += requests;
                last.failures += failures;
                last.total_ms += total_ms;
                last.times.merge(&times);
            }
            _ => all.push(Joined {
                stretch,
                time,
                end: time + seconds,
                requests,
                failures,
                total_ms,
                times,
            }),
        }
    }
    drop(rows);
    transaction
        .prepare_cached("DELETE FROM buckets WHERE run = ?1 AND entry = ?2")?
        .execute([run, entry])?;
    let mut insert = transaction
        .prepare_cached("INSERT INTO buckets VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?;
    for joined in &all {
        insert.execute(params![
            run,
            entry,
            joined.time,
            joined.end - joined.time,
            joined.requests,
            joined.failures,
            joined.total_ms,
            encode_times(&joined.times),
        ])?;
    }
    Ok(all.len() as u64)
}
