//! What a master wants to be done, in the order in which it has to be.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use gregaria_stats::Marker;
use rmpv::Value;

use super::ramp::Job;
use crate::moment::Level;
use crate::wire::{ExceptionReport, LocustfileRequest, Spawn, StatsReport, ToWorker};
use crate::{Placement, dialect};

/// One thing to do.
#[derive(Clone, Debug, PartialEq)]
pub enum MasterAction {
    /// Send a message.
    Send {
        /// The worker.
        to: Arc<str>,
        /// What to say.
        message: ToWorker,
    },
    /// Send every worker of a step what it has to run.
    Spawn(SpawnRound),
    /// Fire an event for the listeners in Python.
    Fire(MasterEvent),
    /// A new run: clear statistics and exceptions, filter tasks by tags, fire `test_start`, reset the
    /// clock of the shape. Then answer with [`Master::begun`](super::Master::begun).
    Begin,
    /// Fire `worker_report`, and add the report to the statistics unless `is_stale`.
    Report {
        /// The worker.
        from: Arc<str>,
        /// What it has counted.
        report: Box<StatsReport>,
        /// It belongs to an earlier run: listeners may have it, the figures of this run may not.
        is_stale: bool,
        /// Seconds by which the worker's clock is behind: to be added to its times.
        clock_offset: f64,
    },
    /// Count exceptions of tasks.
    Exception {
        /// The worker.
        from: Arc<str>,
        /// Text and traceback.
        exception: ExceptionReport,
        /// How many.
        count: u64,
    },
    /// Keep these lines in place of those the worker has sent before.
    WorkerLog {
        /// The worker, by its own account.
        worker: String,
        /// All its lines.
        lines: Vec<String>,
    },
    /// Call the listener of a custom message, or say that there is none.
    Custom {
        /// The worker.
        from: Arc<str>,
        /// Type of the message.
        kind: String,
        /// Whatever was sent.
        data: Value,
    },
    /// Send the test to a worker that asks for it.
    SendLocustfile {
        /// The worker, under an identity of its own for this purpose.
        to: Arc<str>,
        /// What it has asked.
        request: LocustfileRequest,
    },
    /// A worker says which bundle it has its test from.
    BundleHeld {
        /// The worker.
        from: Arc<str>,
        /// The hash of the bundle.
        sha256: String,
    },
    /// The ramp has ended, or will never: a caller of `start` may go on.
    StartDone,
    /// End the greenlet of the shape.
    EndShape,
    /// All users have stopped, or the wait for it has: a caller of `stop` may go on.
    StopDone,
    /// Write a line into the log.
    Log(Level, String),
    /// Note for the charts what has happened in the run.
    Mark(Marker),
    /// The run is over, and nothing is to be expected from workers.
    End(EndReason),
}

/// An event for listeners.
#[derive(Clone, Debug, PartialEq)]
pub enum MasterEvent {
    /// `worker_connect`.
    WorkerConnect {
        /// The worker.
        client_id: Arc<str>,
    },
    /// `heartbeat_sent`.
    HeartbeatSent {
        /// The worker.
        client_id: Arc<str>,
        /// When, in seconds since 1970.
        timestamp: f64,
    },
    /// `spawning_complete`.
    SpawningComplete {
        /// Users of all workers.
        user_count: u64,
    },
    /// `test_stopping`.
    TestStopping {
        /// Users of each class at that moment: the next reports of workers have fewer.
        user_classes_count: Vec<(String, u64)>,
    },
    /// `test_stop`.
    TestStop,
}

/// Why a master has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// It was told to.
    Asked,
    /// The last worker has left.
    LastWorkerLeft,
    /// The last worker has gone missing.
    LastWorkerMissing,
}

impl fmt::Display for EndReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Asked => "asked to quit",
            Self::LastWorkerLeft => "the last worker has left",
            Self::LastWorkerMissing => "the last worker has gone missing",
        })
    }
}

/// One step of a ramp, as a message to each worker. What all of them share is kept once: with 1,000
/// workers the options alone would be a megabyte.
#[derive(Clone, Debug, PartialEq)]
pub struct SpawnRound {
    pub(super) job: Arc<Job>,
    pub(super) run: u64,
    pub(super) first_timestamp: f64,
    pub(super) placement: Placement,
}

impl SpawnRound {
    /// What each worker runs from then on.
    pub fn placement(&self) -> &Placement {
        &self.placement
    }

    /// The messages, each with its worker. Timestamps rise from one to the next.
    pub fn messages(&self) -> impl Iterator<Item = (&str, Spawn)> {
        let mut timestamp = self.first_timestamp;
        self.placement.workers().map(move |(worker, counts)| {
            let spawn = self.message(counts, timestamp);
            timestamp = timestamp.next_up();
            (worker, spawn)
        })
    }

    /// The message for one worker alone.
    pub(super) fn message_for(&self, worker: &str) -> Option<Spawn> {
        let mut workers = self.placement.workers();
        let (_, counts) = workers.find(|(id, _)| *id == worker)?;
        Some(self.message(counts, self.first_timestamp))
    }

    fn message(&self, counts: &[u32], timestamp: f64) -> Spawn {
        let mut spawn = Spawn {
            timestamp,
            user_classes_count: self
                .placement
                .classes()
                .zip(counts)
                .map(|(class, count)| (class.to_owned(), u64::from(*count)))
                .collect(),
            host: self.job.host.clone(),
            stop_timeout: self.job.stop_timeout,
            parsed_options: self.job.parsed_options.clone(),
            ..Spawn::default()
        };
        dialect::mark(&mut spawn.extra, self.run);
        spawn
    }

    /// The timestamp of the last message.
    pub(super) fn last_timestamp(&self) -> f64 {
        let others = self.placement.workers().count().saturating_sub(1);
        (0..others).fold(self.first_timestamp, |timestamp, _| timestamp.next_up())
    }

    /// Users of each class on all workers, by name.
    pub fn user_classes_count(&self) -> BTreeMap<&str, u64> {
        let mut sums: BTreeMap<&str, u64> =
            self.placement.classes().map(|class| (class, 0)).collect();
        for (_, counts) in self.placement.workers() {
            for (class, count) in self.placement.classes().zip(counts) {
                *sums.entry(class).or_insert(0) += u64::from(*count);
            }
        }
        sums
    }
}

/// `{"A": 4, "B": 2} (6 total users)`, as Locust writes it.
pub(super) fn in_words<'a>(counts: impl IntoIterator<Item = (&'a str, u64)>) -> String {
    let mut total = 0;
    let parts: Vec<String> = counts
        .into_iter()
        .map(|(class, count)| {
            total += count;
            format!("\"{class}\": {count}")
        })
        .collect();
    format!("{{{}}} ({total} total users)", parts.join(", "))
}
