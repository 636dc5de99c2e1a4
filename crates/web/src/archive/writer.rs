//! The thread that writes, and the handle by which it is told what.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use gregaria_stats::Snapshot;
use rusqlite::Connection;

use super::clock;
use super::mailbox::{Letter, Mailbox, Seconds};
use super::recording::Recording;
use super::setup::{Ending, Setup};
use super::{ArchiveError, Limits, retention, schema};

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
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// What the writer tells.
#[derive(Debug, Default)]
struct State {
    run: Option<i64>,
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
        let inner = Arc::new(Inner {
            path: path.to_owned(),
            mailbox: Mailbox::default(),
            state: Mutex::default(),
            thread: Mutex::default(),
        });
        let writer = Writer {
            inner: Arc::clone(&inner),
            connection,
            limits,
            recording: None,
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
        self.inner
            .mailbox
            .post(Letter::Begin(time, Box::new(setup)));
    }

    /// Number of the run that lasts, or of the last one: known a moment after its beginning.
    pub fn run(&self) -> Option<i64> {
        lock(&self.inner.state).run
    }

    /// To be called with the picture of each second while a run lasts.
    pub fn keep(&self, snapshot: Arc<Snapshot>) {
        self.inner.mailbox.post(Letter::Keep(Seconds::of(snapshot)));
    }

    /// The run has ended with these figures.
    pub fn end(&self, snapshot: Arc<Snapshot>, ending: Ending) {
        self.inner.mailbox.post(Letter::End(snapshot, ending));
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

    /// Writes what is left and closes the file. Does nothing the second time.
    pub fn close(&self) {
        let Some(thread) = lock(&self.inner.thread).take() else {
            return;
        };
        self.inner.mailbox.post(Letter::Close);
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
                        self.attempt(Recording::write);
                    }
                }
                Letter::End(snapshot, ending) => {
                    if let Some(recording) = &mut self.recording {
                        recording.end(snapshot, ending);
                        self.finish();
                    }
                }
                Letter::Close => {
                    self.finish();
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
        let path = &self.inner.path;
        let mut state = lock(&self.inner.state);
        state.run = recording.run();
        let Err(error) = outcome else {
            if state.problem.take().is_some() {
                let notice = format!("run store `{}` can be written again", path.display());
                state.notices.push(notice);
            }
            return true;
        };
        let problem = ArchiveError::of(path, &error).to_string();
        if state.problem.is_none() {
            state.notices.push(format!(
                "{problem}; the test goes on, and is kept in memory"
            ));
        }
        state.problem = Some(problem);
        false
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Each holder sets whole values: a panic elsewhere leaves nothing half done.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
