//! The read side: the list of runs, what people write about them, and what each has counted.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use gregaria_stats::{Histogram, HistoryPoint, Key, Snapshot};
use rusqlite::{Connection, OptionalExtension, params};

use super::setup::{EndKind, Ending, Setup};
use super::{ArchiveError, Limits, clock, owner, restore, retention, rows, schema};

/// A run as it stands in the list.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRow {
    /// Its number.
    pub id: i64,
    /// The profile, or the file of the test.
    pub name: String,
    /// Base URL.
    pub host: Option<String>,
    /// Hash of the test's files.
    pub file_sha256: Option<String>,
    /// When it began.
    pub started: f64,
    /// The newest second that was kept.
    pub last_second: f64,
    /// How it ended; `None` while it lasts.
    pub ending: Option<Ending>,
    /// Users that were asked for.
    pub users: Option<u64>,
    /// Users started a second.
    pub spawn_rate: Option<f64>,
    /// Length that was asked for.
    pub run_time_seconds: Option<f64>,
    /// Name of the shape.
    pub shape: Option<String>,
    /// Most users at once.
    pub peak_users: u64,
    /// Workers at the start; `None` in a run of one process.
    pub workers: Option<u64>,
    /// Requests.
    pub requests: u64,
    /// Failures.
    pub failures: u64,
    /// Since when it has counted.
    pub counted_from: Option<f64>,
    /// When its last request ended.
    pub last_request: Option<f64>,
    /// Median response time.
    pub p50_ms: Option<f64>,
    /// 95th percentile.
    pub p95_ms: Option<f64>,
    /// 99th percentile.
    pub p99_ms: Option<f64>,
    /// What somebody wrote about it.
    pub note: Option<String>,
    /// Whether others are compared with it.
    pub is_baseline: bool,
    /// Whether it is kept whatever its age.
    pub is_pinned: bool,
    /// Whether it was taken in from a report.
    pub is_imported: bool,
}

impl RunRow {
    /// How long it lasted, or has lasted, in seconds.
    pub fn length_seconds(&self) -> f64 {
        let end = self
            .ending
            .as_ref()
            .map_or(self.last_second, |end| end.time);
        (end - self.started).max(0.0)
    }

    /// Mean requests a second; `None` without requests.
    pub fn rps(&self) -> Option<f64> {
        let seconds = self.last_request? - self.counted_from?;
        (seconds > 0.0).then(|| self.requests as f64 / seconds)
    }

    /// Failures as a part of the requests; `None` without requests.
    pub fn failed_ratio(&self) -> Option<f64> {
        (self.requests > 0).then(|| self.failures as f64 / self.requests as f64)
    }
}

/// A run with all its figures.
#[derive(Clone, Debug)]
pub struct StoredRun {
    /// Its row of the list.
    pub row: RunRow,
    /// What was run.
    pub setup: Setup,
    /// Its figures at its end, or as far as they were kept. The history in it is thinned as that of
    /// a run that lasts; its markers are [`StoredRun::markers`].
    pub snapshot: Arc<Snapshot>,
    /// Every second that was kept.
    pub seconds: Vec<HistoryPoint>,
    /// What happened besides requests.
    pub markers: Vec<StoredMarker>,
    /// Seconds of its buckets.
    pub step: f64,
}

/// Something that happened in a run.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredMarker {
    /// When.
    pub time: f64,
    /// When the last of several happened.
    pub until: f64,
    /// What, as a word.
    pub kind: String,
    /// What, as a sentence.
    pub text: String,
}

/// What one entry has counted in one stretch of a run.
#[derive(Clone, Debug)]
pub struct Bucket {
    /// When it begins.
    pub time: f64,
    /// Its length.
    pub seconds: f64,
    /// Requests.
    pub requests: u64,
    /// Failures.
    pub failures: u64,
    /// Sum of the response times.
    pub total_ms: f64,
    /// The response times.
    pub times: Histogram,
}

/// What a run is called by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunName {
    /// Its number.
    Number(i64),
    /// The newest.
    Latest,
    /// The one that others are compared with: the newest of several.
    Baseline,
}

impl FromStr for RunName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "latest" => Ok(Self::Latest),
            "baseline" => Ok(Self::Baseline),
            _ => text
                .parse()
                .ok()
                .filter(|number| *number > 0)
                .map(Self::Number)
                .ok_or_else(|| {
                    format!("`{text}` is no run: give its number, `latest` or `baseline`")
                }),
        }
    }
}

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
        self.with(|connection| restore::all_buckets(connection, id))
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
