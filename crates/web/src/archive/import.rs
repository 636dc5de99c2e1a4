//! Takes in a run that was kept elsewhere.

use std::collections::VecDeque;
use std::sync::Arc;

use gregaria_stats::{HistoryPoint, Snapshot};
use rusqlite::params;

use super::ArchiveError;
use super::deposit::{self, integer};
use super::library::{Bucket, Library, StoredMarker};
use super::mailbox::Seconds;
use super::recording::Recording;
use super::setup::{EndKind, Ending, Setup};
use super::sparse::encode_times;

/// A run as a report tells it.
#[derive(Clone, Debug)]
pub struct Imported {
    /// What was run.
    pub setup: Setup,
    /// When it began.
    pub started: f64,
    /// How it ended; `None` if it went on when the report was made.
    pub ending: Option<Ending>,
    /// What somebody wrote about it.
    pub note: Option<String>,
    /// Most users at once.
    pub peak_users: u64,
    /// Its course, oldest first.
    pub points: VecDeque<HistoryPoint>,
    /// Its figures.
    pub snapshot: Arc<Snapshot>,
    /// Windows of all requests together.
    pub windows: Vec<Bucket>,
    /// What happened besides requests.
    pub markers: Vec<StoredMarker>,
}

impl Library {
    /// Keeps a run of elsewhere under a number of its own, which is returned.
    pub fn import(&self, imported: &Imported) -> Result<i64, ArchiveError> {
        let time = imported.snapshot.time;
        let ending = imported.ending.clone().unwrap_or_else(|| Ending {
            kind: EndKind::CutOff,
            reason: "it went on when its report was made".to_owned(),
            by: None,
            time,
            exit_code: None,
        });
        let mut recording = Recording::new(imported.started, imported.setup.clone());
        recording.add(Seconds {
            points: imported.points.clone(),
            snapshot: Arc::clone(&imported.snapshot),
        });
        recording.end(Arc::clone(&imported.snapshot), ending);
        self.change(|connection| {
            recording.finish(connection)?;
            let run = recording.run();
            let change = connection.transaction()?;
            change.execute(
                "UPDATE runs SET is_imported = 1, note = ?2, peak_users = ?3 WHERE run = ?1",
                params![run, imported.note, integer(imported.peak_users)],
            )?;
            // A report tells the course of all requests together, and of entries only their sums.
            change.execute("DELETE FROM buckets WHERE run = ?1", params![run])?;
            for window in &imported.windows {
                change
                    .prepare_cached(
                        "INSERT OR REPLACE INTO buckets VALUES (?1, 0, ?2, ?3, ?4, ?5, ?6, ?7)",
                    )?
                    .execute(params![
                        run,
                        window.time,
                        window.seconds,
                        integer(window.requests),
                        integer(window.failures),
                        window.total_ms,
                        encode_times(&window.times),
                    ])?;
            }
            deposit::stored_markers(&change, run, &imported.markers)?;
            change.commit()?;
            Ok(run.unwrap_or_default())
        })
    }
}
