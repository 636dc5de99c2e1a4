//! Which runs are kept: the newest, those that are pinned, and those that others are compared with.

use rusqlite::{Connection, params};

use super::clock;
use super::owner;
use super::setup::EndKind;

/// How much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Runs.
    pub runs: u64,
    /// Bytes of the file. What is kept in any case may take more.
    pub bytes: u64,
}

impl Default for Limits {
    /// 200 runs, 2 GB.
    fn default() -> Self {
        Self {
            runs: 200,
            bytes: 2_000_000_000,
        }
    }
}

/// Marks runs whose process has ended without saying how they did.
pub(super) fn mark_cut_off(connection: &Connection, now: f64) -> rusqlite::Result<()> {
    for (run, owner, last_second) in open_runs(connection)? {
        if owner::is_gone(&owner, last_second, now) {
            connection.execute(
                "UPDATE runs SET ended = last_second, end_kind = ?2,
                 end_reason = 'the process that led it ended' WHERE run = ?1 AND ended IS NULL",
                params![run, EndKind::CutOff.as_str()],
            )?;
        }
    }
    Ok(())
}

/// Runs without an end: number, process, newest second.
pub(super) fn open_runs(connection: &Connection) -> rusqlite::Result<Vec<(i64, String, f64)>> {
    connection
        .prepare("SELECT run, owner, last_second FROM runs WHERE ended IS NULL")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect()
}

/// Deletes the oldest runs until what is left is within the limits. Runs that last, pinned ones and
/// baselines stay.
pub(super) fn prune(connection: &mut Connection, limits: Limits) -> rusqlite::Result<()> {
    mark_cut_off(connection, clock::now())?;
    loop {
        let count: u64 = connection.query_row("SELECT count(*) FROM runs", [], |row| row.get(0))?;
        if count <= limits.runs && bytes_in_use(connection)? <= limits.bytes {
            break;
        }
        let deleted = connection.execute(
            "DELETE FROM runs WHERE run = (SELECT min(run) FROM runs
             WHERE ended IS NOT NULL AND NOT is_pinned AND NOT is_baseline)",
            [],
        )?;
        if deleted == 0 {
            break;
        }
    }
    give_back(connection)
}

/// Gives pages that are not used any more back to the system.
pub(super) fn give_back(connection: &Connection) -> rusqlite::Result<()> {
    let mut statement = connection.prepare("PRAGMA incremental_vacuum")?;
    let mut rows = statement.query([])?;
    // Each step frees one page.
    while rows.next()?.is_some() {}
    Ok(())
}

/// The largest number that a run has had; 0 before the first.
pub(super) fn newest(connection: &Connection) -> rusqlite::Result<i64> {
    let query = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'runs'";
    connection.query_row(query, [], |row| row.get(0))
}

/// Bytes of the pages that hold something.
pub(super) fn bytes_in_use(connection: &Connection) -> rusqlite::Result<u64> {
    let number = |pragma| connection.pragma_query_value(None, pragma, |row| row.get::<_, u64>(0));
    let pages = number("page_count")?.saturating_sub(number("freelist_count")?);
    Ok(pages * number("page_size")?)
}
