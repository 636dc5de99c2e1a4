//! Rows of the file as what they stand for.

use gregaria_stats::{CHART_PERCENTILES, HistoryPoint};
use rusqlite::{Row, types::Type};

use super::setup::{EndKind, Ending};
use super::stored::RunRow;

/// Columns of [`run`], in its order.
pub(super) const RUN_COLUMNS: &str = "run, name, host, file_sha256, started, last_second, ended, end_kind, end_reason, \
     ended_by, exit_code, peak_users, workers, requests, failures, counted_from, last_request, \
     p50_ms, p95_ms, p99_ms, note, is_baseline, is_pinned, is_imported, owner, \
     json_extract(setup, '$.users'), json_extract(setup, '$.spawn_rate'), \
     json_extract(setup, '$.run_time_seconds'), json_extract(setup, '$.shape')";

/// A run of the list, and the process that writes it.
pub(super) fn run(row: &Row<'_>) -> rusqlite::Result<(RunRow, String)> {
    let ended: Option<f64> = row.get(6)?;
    let ending = match ended {
        None => None,
        Some(time) => Some(Ending {
            kind: EndKind::parse(&row.get::<_, Option<String>>(7)?.unwrap_or_default()),
            reason: row.get::<_, Option<String>>(8)?.unwrap_or_default(),
            by: row.get(9)?,
            time,
            exit_code: row.get(10)?,
        }),
    };
    let run = RunRow {
        id: row.get(0)?,
        name: row.get(1)?,
        host: row.get(2)?,
        file_sha256: row.get(3)?,
        started: row.get(4)?,
        last_second: row.get(5)?,
        ending,
        users: row.get(25)?,
        spawn_rate: row.get(26)?,
        run_time_seconds: row.get(27)?,
        shape: row.get(28)?,
        peak_users: row.get(11)?,
        workers: row.get(12)?,
        requests: row.get(13)?,
        failures: row.get(14)?,
        counted_from: row.get(15)?,
        last_request: row.get(16)?,
        p50_ms: row.get(17)?,
        p95_ms: row.get(18)?,
        p99_ms: row.get(19)?,
        note: row.get(20)?,
        is_baseline: row.get(21)?,
        is_pinned: row.get(22)?,
        is_imported: row.get(23)?,
    };
    Ok((run, row.get(24)?))
}

/// A second of the course of a run; its columns are those of the table without the run.
pub(super) fn second(row: &Row<'_>) -> rusqlite::Result<HistoryPoint> {
    let mut percentiles_ms = [None; CHART_PERCENTILES.len()];
    for (place, percentile) in percentiles_ms.iter_mut().enumerate() {
        *percentile = row.get(4 + place)?;
    }
    Ok(HistoryPoint {
        time: row.get(0)?,
        user_count: row.get(1)?,
        rps: row.get(2)?,
        failures_per_second: row.get(3)?,
        percentiles_ms,
        avg_response_time_ms: row.get(7)?,
        requests: row.get(8)?,
        failures: row.get(9)?,
    })
}

/// Says that a column does not hold what was written there.
pub(super) fn broken(column: usize) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(
        column,
        Type::Blob,
        "not what was written here".into(),
    )
}
