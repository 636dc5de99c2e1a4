//! What is kept of a run besides its figures: workers, notes and the log.

use std::collections::VecDeque;
use std::mem;

use rusqlite::{Transaction, params};
use serde::{Deserialize, Serialize};

use super::deposit::{integer, json};
use crate::model::WorkersCourse;

/// Lines of the log that are kept of a run.
pub(super) const LOG_LINES: usize = 5000;

/// Lines that wait for the next write: of more in a second the oldest are left out.
const BURST: usize = 500;

/// Seconds before its start that belong to a run: who starts it is said before it begins.
const LEAD_SECONDS: f64 = 2.0;

/// A worker as it was last.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Member {
    /// Its id.
    pub id: String,
    /// What it was doing, in Locust's word.
    pub state: String,
    /// CPU time in percent of one core, the most of the run.
    pub cpu_peak_percent: Option<f64>,
    /// Memory of its process, the most of the run.
    pub memory_bytes: Option<u64>,
    /// How late its users were woken, the most of the run.
    pub lag_peak_ms: Option<f64>,
    /// Its requests that had no whole answer.
    pub network_errors: Option<u64>,
    /// Where its machine stood.
    pub zone: Option<String>,
    /// Whether it is one of ours.
    pub is_gregaria: bool,
    /// What ran there.
    pub version: Option<String>,
}

/// What somebody wrote at a moment of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    /// The moment.
    pub time: f64,
    /// What.
    pub text: String,
    /// Who, if anybody signed in.
    pub by: Option<String>,
}

/// A record of the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// When.
    pub time: f64,
    /// Who: `master`, `local`, or the id of a worker.
    pub source: String,
    /// How grave, in Python's word.
    pub level: String,
    /// Name of the logger.
    pub logger: String,
    /// What.
    pub text: String,
}

/// What came since the last write.
#[derive(Clone, Debug, Default)]
pub(super) struct Asides {
    /// The workers as they are; `None` if nobody has said.
    pub(super) crew: Option<Vec<Member>>,
    /// How busy they were over time; `None` if that has not changed.
    pub(super) crew_course: Option<WorkersCourse>,
    pub(super) notes: Vec<Note>,
    pub(super) log: VecDeque<Line>,
    /// Lines that were left out before those of the log.
    pub(super) left_out: u64,
}

/// How much of it is in the file.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Written {
    notes: usize,
    lines: usize,
}

impl Asides {
    /// Adds a line; the oldest makes room for it.
    pub(super) fn say(&mut self, line: Line) {
        if self.log.len() == BURST {
            self.log.pop_front();
            self.left_out += 1;
        }
        self.log.push_back(line);
    }

    /// Takes what has come, and leaves nothing.
    pub(super) fn take(&mut self) -> Self {
        mem::take(self)
    }

    /// Adds what came later.
    pub(super) fn append(&mut self, later: Self) {
        self.crew = later.crew.or(self.crew.take());
        self.crew_course = later.crew_course.or(self.crew_course.take());
        self.notes.extend(later.notes);
        self.left_out += later.left_out;
        if self.log.is_empty() {
            self.log = later.log;
            return;
        }
        for line in later.log {
            self.say(line);
        }
    }

    /// Writes it; returns how much is in the file then.
    pub(super) fn write(
        &self,
        transaction: &Transaction<'_>,
        run: i64,
        started: f64,
        before: Written,
    ) -> rusqlite::Result<Written> {
        let mut written = before;
        if let Some(crew) = &self.crew {
            transaction
                .prepare_cached("UPDATE runs SET crew = ?2 WHERE run = ?1")?
                .execute(params![run, json(crew)])?;
        }
        if let Some(course) = &self.crew_course {
            transaction
                .prepare_cached("UPDATE runs SET crew_course = ?2 WHERE run = ?1")?
                .execute(params![run, json(course)])?;
        }
        for note in &self.notes {
            transaction
                .prepare_cached("INSERT OR REPLACE INTO notes VALUES (?1, ?2, ?3, ?4, ?5)")?
                .execute(params![
                    run,
                    integer(written.notes as u64),
                    note.time,
                    note.text,
                    note.by
                ])?;
            written.notes += 1;
        }
        let of_run = |line: &&Line| line.time >= started - LEAD_SECONDS;
        let mut lines = self.log.iter().filter(of_run).peekable();
        let left_out = lines.peek().filter(|_| self.left_out > 0).map(|next| Line {
            text: format!("{} lines are left out here", self.left_out),
            level: "INFO".to_owned(),
            logger: String::new(),
            ..(*next).clone()
        });
        for line in left_out.iter().chain(lines) {
            transaction
                .prepare_cached("INSERT OR REPLACE INTO log VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
                .execute(params![
                    run,
                    integer(written.lines as u64),
                    line.time,
                    line.source,
                    line.level,
                    line.logger,
                    line.text
                ])?;
            written.lines += 1;
        }
        if let Some(first) = written.lines.checked_sub(LOG_LINES) {
            transaction
                .prepare_cached("DELETE FROM log WHERE run = ?1 AND line < ?2")?
                .execute(params![run, integer(first as u64)])?;
        }
        Ok(written)
    }
}
