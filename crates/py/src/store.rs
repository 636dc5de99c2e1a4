//! The run store for Python. The Python thread hands pictures over and never waits for the disk.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gregaria_runner::Peer;
use gregaria_web::archive::{Archive, EndKind, Ending, Limits, Line, Member, Note, Setup};
use gregaria_web::picture::{CrewCourse, WorkerReading};
use gregaria_web::seam::LogBook;
use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;

use crate::cluster::MasterNode;
use crate::stats::Stats;

/// Keeps the runs of this process in a file. Raises `OSError` if the file cannot be used.
#[pyclass(module = "gregaria._native", frozen)]
pub(crate) struct RunStore {
    archive: Archive,
    crew: Mutex<BTreeMap<u64, Member>>,
    /// How busy they are over time.
    course: Mutex<CrewCourse>,
    /// Tells which lines of a worker's report are new.
    book: Mutex<LogBook>,
}

impl RunStore {
    /// The store itself, for other threads.
    pub(crate) fn archive(&self) -> Archive {
        self.archive.clone()
    }
}

#[pymethods]
impl RunStore {
    #[new]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "PyO3 makes the arguments for this function"
    )]
    fn new(py: Python<'_>, path: PathBuf, keep_runs: u64, keep_bytes: u64) -> PyResult<Self> {
        let limits = Limits {
            runs: keep_runs,
            bytes: keep_bytes,
        };
        let opened = py.detach(|| Archive::open(&path, limits));
        let archive = opened.map_err(|error| PyOSError::new_err(error.to_string()))?;
        Ok(Self {
            archive,
            crew: Mutex::default(),
            course: Mutex::default(),
            book: Mutex::default(),
        })
    }

    /// A run begins: `setup` is what is run, as JSON, and `stats` are kept from here on.
    fn begin(&self, stats: &Stats, setup: &str) -> PyResult<()> {
        let setup: Setup = serde_json::from_str(setup)
            .map_err(|error| PyValueError::new_err(format!("not what a run is: {error}")))?;
        lock(&self.crew).clear();
        *lock(&self.course) = CrewCourse::default();
        self.archive.begin(stats.now(), setup);
        stats.keep_in(Some(self.archive.clone()));
        Ok(())
    }

    /// The run has ended: `kind` is `finished`, `stopped`, `workers_lost` or `error`; `by` is who
    /// has ended it.
    #[pyo3(signature = (stats, kind, reason, by=None))]
    fn end(
        &self,
        py: Python<'_>,
        stats: &Stats,
        kind: &str,
        reason: String,
        by: Option<String>,
    ) -> PyResult<()> {
        stats.keep_in(None);
        let ending = Ending {
            kind: EndKind::parse(kind),
            reason,
            by,
            time: stats.now(),
            exit_code: None,
        };
        self.archive.end(stats.picture(py)?, ending);
        Ok(())
    }

    /// The process ends with the last run, and with this code.
    fn set_exit_code(&self, code: i64) {
        self.archive.set_exit_code(code);
    }

    /// Takes note of how the workers are.
    fn look_at(&self, stats: &Stats, master: &MasterNode) {
        let mut crew = lock(&self.crew);
        let mut gone: Vec<u64> = crew.keys().copied().collect();
        for (index, now) in master.peers(|peer| (peer.index, member(peer))) {
            gone.retain(|one| *one != index);
            let before = crew.remove(&index).unwrap_or_default();
            let more = |a: Option<f64>, b: Option<f64>| Some(a?.max(b.unwrap_or(0.0)));
            let member = Member {
                cpu_peak_percent: more(now.cpu_peak_percent, before.cpu_peak_percent)
                    .or(before.cpu_peak_percent),
                lag_peak_ms: more(now.lag_peak_ms, before.lag_peak_ms).or(before.lag_peak_ms),
                memory_bytes: now.memory_bytes.max(before.memory_bytes),
                network_errors: now.network_errors.or(before.network_errors),
                zone: now.zone.or(before.zone),
                ..now
            };
            crew.insert(index, member);
        }
        for index in gone {
            if let Some(member) = crew.get_mut(&index) {
                "gone".clone_into(&mut member.state);
            }
        }
        self.archive.crew(crew.values().cloned().collect());
        let readings = master.peers(reading).into_iter().flatten();
        let mut course = lock(&self.course);
        if course.advance(stats.now(), readings) {
            self.archive.crew_course(course.columns());
        }
    }

    /// Keeps a note of the present run.
    #[pyo3(signature = (time, text, by=None))]
    fn note(&self, time: f64, text: String, by: Option<String>) {
        self.archive.note(Note { time, text, by });
    }

    /// Keeps a record of the log of this process: its parts, and not the line that a page shows.
    #[pyo3(signature = (source, time, level, logger, text, _line))]
    fn log(
        &self,
        source: String,
        time: f64,
        level: String,
        logger: String,
        text: String,
        _line: &str,
    ) {
        self.archive.log(Line {
            time,
            source,
            level,
            logger,
            text,
        });
    }

    /// Keeps what a worker has not reported before.
    fn worker_log(&self, worker: &str, lines: Vec<String>, now: f64) {
        let mut book = lock(&self.book);
        let next = book.next();
        book.report(worker, lines, now);
        let (new, _) = book.since(next, usize::MAX, Some(worker));
        for line in new {
            self.archive.log(Line {
                time: line.time,
                source: line.source,
                level: line.level.as_str().to_owned(),
                logger: line.logger,
                text: line.text,
            });
        }
    }

    /// Number of the run that lasts, or of the last one; `None` until it is known.
    #[getter]
    fn run(&self) -> Option<i64> {
        self.archive.run()
    }

    /// Waits until the number of the run that has begun is known, for so many seconds at most. A
    /// file that cannot be written gives none.
    fn wait_for_run(&self, py: Python<'_>, seconds: f64) -> Option<i64> {
        let limit = Duration::try_from_secs_f64(seconds).unwrap_or_default();
        py.detach(|| self.archive.wait_for_run(limit))
    }

    /// The largest number that a run of this file has had; 0 for none.
    #[getter]
    fn newest(&self) -> i64 {
        self.archive.newest()
    }

    /// The file.
    #[getter]
    fn path(&self) -> PathBuf {
        self.archive.path().to_owned()
    }

    /// The next sentence for the log, if there is one.
    fn take_notice(&self) -> Option<String> {
        self.archive.take_notice()
    }

    /// Writes what is left and closes the file. What cannot be written there is written to another
    /// file in the folder `refuge`.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "PyO3 makes the arguments for this function"
    )]
    fn close(&self, py: Python<'_>, refuge: PathBuf) {
        py.detach(|| self.archive.close(Some(&refuge)));
    }
}

/// How a worker is; `None` of a silent one.
fn reading(peer: &Peer) -> Option<WorkerReading> {
    (peer.state != gregaria_runner::State::Missing).then_some(WorkerReading {
        cpu_percent: peer.cpu_usage,
        lag_ms: peer.lag_ms,
    })
}

fn member(peer: &Peer) -> Member {
    let speaks = peer.state != gregaria_runner::State::Missing;
    Member {
        id: peer.id.to_string(),
        state: peer.state.as_str().to_owned(),
        cpu_peak_percent: speaks.then_some(peer.cpu_usage),
        memory_bytes: speaks.then_some(peer.memory_usage),
        lag_peak_ms: peer.lag_ms.filter(|_| speaks).map(f64::round),
        network_errors: peer.network_errors,
        zone: peer.zone.as_deref().map(str::to_owned),
        is_gregaria: peer.is_ours,
        version: peer.version.as_deref().map(str::to_owned),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Each holder sets whole values: a panic elsewhere leaves nothing half done.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
