//! Takes in a run that was kept elsewhere.

use std::collections::VecDeque;
use std::sync::Arc;

use gregaria_stats::{HistoryPoint, Snapshot};
use rusqlite::params;

use super::ArchiveError;
use super::asides::{Asides, Line, Member, Note};
use super::deposit::{self, integer};
use super::library::Library;
use super::mailbox::Seconds;
use super::recording::Recording;
use super::setup::{EndKind, Ending, Setup};
use super::sparse::encode_times;
use super::stored::{Bucket, GroupBucket, Seen, StoredMarker};
use crate::model::WorkersCourse;

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
    /// When each of its exceptions was noticed.
    pub exceptions_seen: Vec<Seen>,
    /// How often each of its failures happened when.
    pub failure_buckets: Vec<GroupBucket>,
    /// How often each of its exceptions happened when; none if its report does not tell.
    pub exception_buckets: Vec<GroupBucket>,
    /// Windows of entries, each by its place: 0 for all requests together.
    pub windows: Vec<(usize, Vec<Bucket>)>,
    /// Its workers.
    pub crew: Option<Vec<Member>>,
    /// How busy they were over time, if its report tells.
    pub crew_course: Option<WorkersCourse>,
    /// What people wrote while it lasted.
    pub notes: Vec<Note>,
    /// Its log.
    pub log: Vec<Line>,
    /// What happened besides requests.
    pub markers: Vec<StoredMarker>,
}

impl Imported {
    /// Seconds of its longest window; `None` if it has none.
    fn step(&self) -> Option<f64> {
        let (_, windows) = self.windows.iter().find(|(place, _)| *place == 0)?;
        let seconds = windows.iter().map(|window| window.seconds);
        seconds.max_by(f64::total_cmp)
    }
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
        let seconds = Seconds {
            points: imported.points.clone(),
            snapshot: Arc::clone(&imported.snapshot),
        };
        recording.end(seconds, ending);
        recording.set_seen(&imported.snapshot.exceptions, &imported.exceptions_seen);
        recording.add_asides(Asides {
            crew: imported.crew.clone(),
            crew_course: imported.crew_course.clone(),
            notes: imported.notes.clone(),
            log: imported.log.iter().cloned().collect(),
            left_out: 0,
        });
        self.change(|connection| {
            recording.finish(connection)?;
            let run = recording.run();
            let change = connection.transaction()?;
            change.execute(
                "UPDATE runs SET is_imported = 1, note = ?2, peak_users = ?3, step = ifnull(?4, step)
                 WHERE run = ?1",
                params![run, imported.note, integer(imported.peak_users), imported.step()],
            )?;
            // A report tells the course of some entries in longer stretches, and that of others not.
            change.execute("DELETE FROM buckets WHERE run = ?1", params![run])?;
            let windows = imported.windows.iter();
            for (place, window) in
                windows.flat_map(|(place, own)| own.iter().map(move |one| (place, one)))
            {
                change
                    .prepare_cached(
                        "INSERT OR REPLACE INTO buckets VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                    )?
                    .execute(params![
                        run,
                        integer(*place as u64),
                        window.time,
                        window.seconds,
                        integer(window.requests),
                        integer(window.failures),
                        window.total_ms,
                        encode_times(&window.times),
                    ])?;
            }
            if let Some(run) = run {
                let (failures, exceptions) = (&imported.failure_buckets, &imported.exception_buckets);
                deposit::group_buckets(&change, run, "failure_buckets", failures)?;
                deposit::group_buckets(&change, run, "exception_buckets", exceptions)?;
            }
            deposit::stored_markers(&change, run, &imported.markers)?;
            change.commit()?;
            Ok(run.unwrap_or_default())
        })
    }
}
