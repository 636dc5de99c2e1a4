//! The thread that writes, and the handle by which it is told what.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use gregaria_stats::Snapshot;
use rusqlite::Connection;

use crate::model::WorkersCourse;
use crate::picture::Pulse;

use super::asides::{Asides, Line, Member, Note};
use super::clock;
use super::mailbox::{Letter, Mailbox, Seconds};
use super::recording::Recording;
use super::setup::{Ending, Setup};
use super::{ArchiveError, Limits, deposit, retention, schema};

/// Keeps the runs of this process, one after the other. Cheap to clone; all clones are one.
///
/// Nothing here waits for the disk except [`Archive::close`]. What cannot be written is told once
/// ([`Archive::take_notice`]), kept in memory, and written as soon as that is possible.
#[derive(Clone, Debug)]
pub struct Archive {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    mailbox: Mailbox,
    state: Mutex<State>,
    /// Rings when the writer has told something.
    has_told: Condvar,
    /// Tells what ended in each second.
    pulse: Mutex<Pulse>,
    /// What the writer takes with the next second.
    asides: Mutex<Asides>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// What the writer tells.
#[derive(Debug, Default)]
struct State {
    run: Option<i64>,
    newest: i64,
    problem: Option<String>,
    notices: Vec<String>,
}

impl Archive {
    /// Opens a file, or makes it; runs that nobody writes any more are marked as cut off, and those
    /// beyond `limits` are deleted.
    pub fn open(path: &Path, limits: Limits) -> Result<Self, ArchiveError> {
        let explain = |error: rusqlite::Error| ArchiveError::of(path, &error);
        let mut connection = schema::open(path)?;
        retention::mark_cut_off(&connection, clock::now()).map_err(explain)?;
        retention::prune(&mut connection, limits).map_err(explain)?;
        let newest = retention::newest(&connection).map_err(explain)?;
        let inner = Arc::new(Inner {
            path: path.to_owned(),
            mailbox: Mailbox::default(),
            state: Mutex::new(State {
                newest,
                ..State::default()
            }),
            has_told: Condvar::new(),
            pulse: Mutex::new(Pulse::new(false, clock::now())),
            asides: Mutex::default(),
            thread: Mutex::default(),
        });
        let writer = Writer {
            inner: Arc::clone(&inner),
            connection,
            limits,
            recording: None,
            exit_code: None,
        };
        let thread = thread::Builder::new()
            .name("run store".to_owned())
            .spawn(move || writer.run())
            .map_err(|error| ArchiveError::Failed {
                path: path.to_owned(),
                reason: error.to_string(),
            })?;
        *lock(&inner.thread) = Some(thread);
        Ok(Self { inner })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// A run begins at `time`. One that has not been ended is cut off by it.
    pub fn begin(&self, time: f64, setup: Setup) {
        lock(&self.inner.state).run = None;
        *lock(&self.inner.pulse) = Pulse::new(setup.workers.is_some(), time);
        self.inner
            .mailbox
            .post(Letter::Begin(time, Box::new(setup)));
    }

    /// Number of the run that lasts, or of the last one: known a moment after its beginning.
    pub fn run(&self) -> Option<i64> {
        lock(&self.inner.state).run
    }

    /// Waits until the number of the run that has begun is known, so long at most. `None` if it is
    /// not by then, or the file cannot be written.
    pub fn wait_for_run(&self, limit: Duration) -> Option<i64> {
        let state = lock(&self.inner.state);
        let waited = self
            .inner
            .has_told
            .wait_timeout_while(state, limit, |state| {
                state.run.is_none() && state.problem.is_none()
            });
        waited.unwrap_or_else(PoisonError::into_inner).0.run
    }

    /// The largest number that a run of this file has had, as far as this process knows; 0 for none.
    pub fn newest(&self) -> i64 {
        lock(&self.inner.state).newest
    }

    /// To be called with the picture of each second while a run lasts.
    pub fn keep(&self, snapshot: Arc<Snapshot>) {
        let points = lock(&self.inner.pulse)
            .beat(&snapshot, snapshot.user_count)
            .into();
        let seconds = Seconds { points, snapshot };
        self.inner.mailbox.post(Letter::Keep(seconds));
    }

    /// The run has ended with these figures.
    pub fn end(&self, snapshot: Arc<Snapshot>, ending: Ending) {
        let points = lock(&self.inner.pulse)
            .finish(&snapshot, snapshot.user_count)
            .into();
        let seconds = Seconds { points, snapshot };
        self.inner.mailbox.post(Letter::End(seconds, ending));
    }

    /// How the workers of the present run are; what was said before is replaced.
    pub fn crew(&self, crew: Vec<Member>) {
        lock(&self.inner.asides).crew = Some(crew);
    }

    /// How busy they were over time; what was said before is replaced.
    pub fn crew_course(&self, course: WorkersCourse) {
        lock(&self.inner.asides).crew_course = Some(course);
    }

    /// Keeps a note of the present run.
    pub fn note(&self, note: Note) {
        lock(&self.inner.asides).notes.push(note);
    }

    /// Keeps a line of the log with the present run, or with the next if it belongs to that.
    pub fn log(&self, line: Line) {
        lock(&self.inner.asides).say(line);
    }

    /// The process ends with the last run, and with this code.
    pub fn set_exit_code(&self, code: i64) {
        self.inner.mailbox.post(Letter::ExitCode(code));
    }

    /// Why the present run is not being kept; `None` if it is.
    pub fn problem(&self) -> Option<String> {
        lock(&self.inner.state).problem.clone()
    }

    /// The next sentence for the log: each problem once, and its end.
    pub fn take_notice(&self) -> Option<String> {
        let mut state = lock(&self.inner.state);
        (!state.notices.is_empty()).then(|| state.notices.remove(0))
    }

    /// Writes what is left and closes the file. What cannot be written there is written to another
    /// file in the folder `refuge`, if there is one. Does nothing the second time.
    pub fn close(&self, refuge: Option<&Path>) {
        let Some(thread) = lock(&self.inner.thread).take() else {
            return;
        };
        let refuge = refuge.map(Path::to_owned);
        self.inner.mailbox.post(Letter::Close(refuge));
        if thread.join().is_err() {
            tracing::error!("the thread of the run store has panicked");
        }
    }
}

/// Lives on the thread.
struct Writer {
    inner: Arc<Inner>,
    connection: Connection,
    limits: Limits,
    recording: Option<Recording>,
    exit_code: Option<i64>,
}

impl Writer {
    fn run(mut self) {
        loop {
            match self.inner.mailbox.take() {
                Letter::Begin(time, setup) => {
                    self.finish();
                    if let Err(error) = retention::prune(&mut self.connection, self.limits) {
                        tracing::debug!("cannot delete old runs: {error}");
                    }
                    self.recording = Some(Recording::new(time, *setup));
                    self.attempt(Recording::begin);
                }
                Letter::Keep(seconds) => {
                    if let Some(recording) = &mut self.recording {
                        recording.add(seconds);
                        recording.add_asides(lock(&self.inner.asides).take());
                        self.attempt(Recording::write);
                    }
                }
                Letter::End(seconds, ending) => {
                    if let Some(recording) = &mut self.recording {
                        recording.end(seconds, ending);
                        recording.add_asides(lock(&self.inner.asides).take());
                        self.finish();
                    }
                }
                Letter::ExitCode(code) => {
                    self.exit_code = Some(code);
                    self.write_exit_code();
                }
                Letter::Close(refuge) => {
                    self.finish();
                    self.write_exit_code();
                    self.take_refuge(refuge.as_deref());
                    return;
                }
            }
        }
    }

    /// Writes how the run ended. One whose end cannot be written is tried again before the next.
    fn finish(&mut self) {
        if self.attempt(Recording::finish) {
            self.recording = None;
        }
    }

    /// Writes the exit code to the last run, if all the rest of it is written.
    fn write_exit_code(&mut self) {
        let run = lock(&self.inner.state).run;
        let (Some(run), Some(code), None) = (run, self.exit_code, &self.recording) else {
            return;
        };
        match deposit::exit_code(&self.connection, run, code) {
            Ok(()) => self.exit_code = None,
            Err(error) => tracing::debug!("cannot write the exit code: {error}"),
        }
    }

    /// Writes a run whose end could not be written to a file of its own.
    fn take_refuge(&mut self, folder: Option<&Path>) {
        let (Some(recording), Some(folder)) = (&self.recording, folder) else {
            return;
        };
        // A name that nobody can have taken before.
        let token = crate::guard::random_token();
        let path = folder.join(format!("gregaria-{}.sqlite", &token[..16]));
        let written = schema::open(&path).and_then(|mut connection| {
            let mut whole = recording.afresh();
            let outcome = whole.finish(&mut connection);
            outcome.map_err(|error| ArchiveError::of(&path, &error))
        });
        let notice = match written {
            Ok(()) => format!(
                "the figures of the run are kept in `{0}`\n\
                 hint: `gregaria report list --store {0}` shows them",
                path.display()
            ),
            Err(error) => format!("the end of the run could not be kept: {error}"),
        };
        lock(&self.inner.state).notices.push(notice);
    }

    /// Carries `action` out on the run, if there is one. A failure is told when it is the first after
    /// a success. Returns whether it succeeded.
    fn attempt(
        &mut self,
        action: impl FnOnce(&mut Recording, &mut Connection) -> rusqlite::Result<()>,
    ) -> bool {
        let Some(recording) = &mut self.recording else {
            return true;
        };
        let outcome = action(recording, &mut self.connection);
        let is_written = outcome.is_ok();
        let run = recording.run();
        lock(&self.inner.state).take_in(run, outcome, &self.inner.path);
        self.inner.has_told.notify_all();
        is_written
    }
}

impl State {
    /// What has become of a write.
    fn take_in(&mut self, run: Option<i64>, outcome: rusqlite::Result<()>, path: &Path) {
        self.run = run;
        self.newest = self.newest.max(run.unwrap_or(0));
        let Err(error) = outcome else {
            if self.problem.take().is_some() {
                let notice = format!("run store `{}` can be written again", path.display());
                self.notices.push(notice);
            }
            return;
        };
        let problem = ArchiveError::of(path, &error).to_string();
        if self.problem.is_none() {
            let notice = format!("{problem}; the test goes on, and is kept in memory");
            self.notices.push(notice);
        }
        self.problem = Some(problem);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Each holder sets whole values: a panic elsewhere leaves nothing half done.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
