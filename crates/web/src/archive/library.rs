//! The read side: the list of runs, what people write about them, and what each has counted.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use gregaria_stats::Key;
use rusqlite::{Connection, OptionalExtension, params};

use super::restore::Between;
use super::setup::{EndKind, Ending};
use super::stored::{Bucket, RunName, RunRow, StoredRun};
use super::{ArchiveError, Limits, clock, owner, restore, retention, rows, schema};

/// A file of runs, to read and to annotate. Not to be shared between threads: opening is cheap.
#[derive(Debug)]
pub struct Library {
    path: PathBuf,
    connection: RefCell<Connection>,
}

impl Library {
    /// Opens a file that exists. Where it cannot be written to, it can still be read.
    pub fn open(path: &Path) -> Result<Self, ArchiveError> {
        if !path.exists() {
            return Err(ArchiveError::Unopened {
                path: path.to_owned(),
                reason: "there is no such file: no run has been kept yet".to_owned(),
            });
        }
        let connection = match schema::open(path) {
            Err(ArchiveError::ReadOnly { .. } | ArchiveError::Unopened { .. }) => {
                schema::open_to_read(path)?
            }
            opened => opened?,
        };
        let connection = RefCell::new(connection);
        let path = path.to_owned();
        Ok(Self { path, connection })
    }

    /// Opens a file, or makes it.
    pub fn open_or_make(path: &Path) -> Result<Self, ArchiveError> {
        let connection = RefCell::new(schema::open(path)?);
        let path = path.to_owned();
        Ok(Self { path, connection })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes all runs to another file, which is empty or not there, as they are at this moment. A run
    /// that lasts is in it as far as it has come.
    pub fn copy_to(&self, path: &Path) -> Result<(), ArchiveError> {
        let connection = self.connection.borrow();
        let written = connection.execute("VACUUM INTO ?1", [path.to_string_lossy()]);
        written
            .map(drop)
            .map_err(|error| ArchiveError::of(path, &error))
    }

    /// Bytes of the file that hold something.
    pub fn bytes(&self) -> Result<u64, ArchiveError> {
        self.with(retention::bytes_in_use)
    }

    /// All runs, the newest first.
    pub fn list(&self) -> Result<Vec<RunRow>, ArchiveError> {
        let now = clock::now();
        self.with(|connection| {
            connection
                .prepare(&format!(
                    "SELECT {} FROM runs ORDER BY run DESC",
                    rows::RUN_COLUMNS
                ))?
                .query_map([], |row| {
                    rows::run(row).map(|(run, owner)| judged(run, &owner, now))
                })?
                .collect()
        })
    }

    /// The number of the run that is called so.
    pub fn find(&self, name: &RunName) -> Result<i64, ArchiveError> {
        let found = self.with(|connection| {
            let query = |text: &str, number: i64| {
                connection
                    .query_row(text, [number], |row| row.get::<_, i64>(0))
                    .optional()
            };
            match name {
                RunName::Number(number) => query("SELECT run FROM runs WHERE run = ?1", *number),
                RunName::Latest => query("SELECT run FROM runs WHERE ?1 ORDER BY run DESC", 1),
                RunName::Baseline => query(
                    "SELECT run FROM runs WHERE is_baseline = ?1 ORDER BY run DESC",
                    1,
                ),
            }
        })?;
        found.map_or_else(|| Err(self.no_run(name)), Ok)
    }

    fn no_run(&self, name: &RunName) -> ArchiveError {
        let runs = self.list().unwrap_or_default();
        let (name, hint) = match (name, runs.first(), runs.last()) {
            (RunName::Baseline, _, _) => (
                "`baseline`".to_owned(),
                "hint: set one with `gregaria report baseline RUN`".to_owned(),
            ),
            (_, None, _) | (_, _, None) => (
                "yet".to_owned(),
                "hint: a run that is not started with --no-store is kept".to_owned(),
            ),
            (RunName::Number(number), Some(newest), Some(oldest)) => (
                number.to_string(),
                format!("hint: there are runs from {} to {}", oldest.id, newest.id),
            ),
            (RunName::Latest, ..) => ("`latest`".to_owned(), String::new()),
        };
        ArchiveError::NoRun {
            path: self.path.clone(),
            name,
            hint,
        }
    }

    /// One row of the list.
    pub fn row(&self, id: i64) -> Result<RunRow, ArchiveError> {
        let now = clock::now();
        let row = self.with(|connection| {
            connection
                .query_row(
                    &format!("SELECT {} FROM runs WHERE run = ?1", rows::RUN_COLUMNS),
                    [id],
                    |row| rows::run(row).map(|(run, owner)| judged(run, &owner, now)),
                )
                .optional()
        })?;
        row.map_or_else(|| Err(self.no_run(&RunName::Number(id))), Ok)
    }

    /// The newest run of a test whose files have this hash and that does not last any more.
    pub fn latest_of(&self, file_sha256: &str) -> Result<Option<RunRow>, ArchiveError> {
        let rows = self.list()?;
        let is_same = |row: &RunRow| row.file_sha256.as_deref() == Some(file_sha256);
        Ok(rows
            .into_iter()
            .find(|row| row.ending.is_some() && is_same(row)))
    }

    /// A run with all its figures. Of one that was cut off, entries end with the last bucket that
    /// was closed, up to a bucket before the last second.
    pub fn run(&self, id: i64) -> Result<StoredRun, ArchiveError> {
        let row = self.row(id)?;
        self.with(|connection| restore::run(connection, row.clone()))
    }

    /// The course of one entry, or of all requests together ([`Key::total`]), oldest bucket first.
    /// Stretches without requests have no bucket. Empty for an entry that there is not.
    pub fn buckets(&self, id: i64, key: &Key) -> Result<Vec<Bucket>, ArchiveError> {
        self.with(|connection| restore::buckets(connection, id, key))
    }

    /// The course of every entry, with its key; all requests together first.
    pub fn all_buckets(&self, id: i64) -> Result<Vec<(Key, Vec<Bucket>)>, ArchiveError> {
        let mut all = Vec::new();
        self.each_course(id, |key, own| all.push((key, own)))?;
        Ok(all)
    }

    /// What every entry has counted between two moments, widened to whole buckets: where they begin and
    /// end, and the sum of each entry that has counted anything, all requests together first. `None`
    /// if nothing is kept of that stretch.
    pub fn between(&self, id: i64, from: f64, to: f64) -> Result<Option<Between>, ArchiveError> {
        self.with(|connection| restore::between(connection, id, from, to))
    }

    /// The stretch between two moments, widened as in [`Self::between`].
    pub fn stretch(&self, id: i64, from: f64, to: f64) -> Result<Option<(f64, f64)>, ArchiveError> {
        self.with(|connection| restore::stretch(connection, id, from, to))
    }

    /// Calls `action` with each entry and its course, one after the other: those of a long run do not
    /// fit into memory at once. All requests together come first.
    pub fn each_course(
        &self,
        id: i64,
        action: impl FnMut(Key, Vec<Bucket>),
    ) -> Result<(), ArchiveError> {
        self.with(|connection| restore::each_course(connection, id, action))
    }

    /// Deletes a run that does not last any more.
    pub fn delete(&self, id: i64) -> Result<(), ArchiveError> {
        if self.row(id)?.ending.is_none() {
            return Err(ArchiveError::Busy { id });
        }
        self.with(|connection| {
            connection.execute("DELETE FROM runs WHERE run = ?1", [id])?;
            retention::give_back(connection)
        })
    }

    /// Keeps a run whatever its age, or not.
    pub fn pin(&self, id: i64, is_pinned: bool) -> Result<(), ArchiveError> {
        self.row(id)?;
        self.with(|connection| {
            connection
                .execute(
                    "UPDATE runs SET is_pinned = ?2 WHERE run = ?1",
                    params![id, is_pinned],
                )
                .map(drop)
        })
    }

    /// Makes a run the one that others of its name are compared with, or not.
    pub fn set_baseline(&self, id: i64, is_baseline: bool) -> Result<(), ArchiveError> {
        self.row(id)?;
        self.with(|connection| {
            connection
                .execute(
                    "UPDATE runs SET is_baseline = (run = ?1 AND ?2)
                     WHERE name = (SELECT name FROM runs WHERE run = ?1)",
                    params![id, is_baseline],
                )
                .map(drop)
        })
    }

    /// The run that others of this name are compared with, if there is one.
    pub fn baseline_of(&self, name: &str) -> Result<Option<i64>, ArchiveError> {
        self.with(|connection| {
            connection
                .query_row(
                    "SELECT run FROM runs WHERE is_baseline AND name = ?1 ORDER BY run DESC",
                    [name],
                    |row| row.get(0),
                )
                .optional()
        })
    }

    /// Writes a note about a run; an empty one takes it away.
    pub fn set_note(&self, id: i64, note: &str) -> Result<(), ArchiveError> {
        self.row(id)?;
        let note = Some(note.trim()).filter(|note| !note.is_empty());
        self.with(|connection| {
            connection
                .execute(
                    "UPDATE runs SET note = ?2 WHERE run = ?1",
                    params![id, note],
                )
                .map(drop)
        })
    }

    /// Deletes the oldest runs until what is left is within the limits.
    pub fn prune(&self, limits: Limits) -> Result<(), ArchiveError> {
        self.change(|connection| retention::prune(connection, limits))
    }

    pub(super) fn change<T>(
        &self,
        action: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> Result<T, ArchiveError> {
        action(&mut self.connection.borrow_mut())
            .map_err(|error| ArchiveError::of(&self.path, &error))
    }

    pub(super) fn with<T>(
        &self,
        action: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, ArchiveError> {
        action(&self.connection.borrow()).map_err(|error| ArchiveError::of(&self.path, &error))
    }
}

/// A run whose process has ended was cut off, also before anybody has noted it in the file.
fn judged(mut run: RunRow, owner: &str, now: f64) -> RunRow {
    if run.ending.is_none() && owner::is_gone(owner, run.last_second, now) {
        run.ending = Some(Ending {
            kind: EndKind::CutOff,
            reason: "the process that led it ended".to_owned(),
            by: None,
            time: run.last_second,
            exit_code: None,
        });
    }
    run
}
