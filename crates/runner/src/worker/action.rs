//! What a worker wants to be done, in the order in which it has to be.

use std::fmt;

use rmpv::Value;

use crate::moment::Level;
use crate::wire::{ClassUpdate, LocustfileReply, Spawn, ToMaster};

/// One thing to do.
#[derive(Clone, Debug, PartialEq)]
pub enum WorkerAction {
    /// Send a message to the master.
    Send(ToMaster),
    /// Fire an event for the listeners in Python.
    Fire(WorkerEvent),
    /// Take the users to the counts of a job, ending whatever was done for the one before. Then answer
    /// with [`Worker::spawned`](super::Worker::spawned).
    Spawn(Box<SpawnJob>),
    /// Stop all users, with the events that belong to it. Then answer with
    /// [`Worker::stopped`](super::Worker::stopped).
    StopUsers,
    /// Let the users that are being stopped end at once, whatever they do.
    CutUsers,
    /// Take what was counted since the last report, fire `report_to_master`, and answer with
    /// [`Worker::reported`](super::Worker::reported).
    Report,
    /// If the log has new lines, answer with [`Worker::log_lines`](super::Worker::log_lines).
    ReadLog,
    /// Set attributes of a user class.
    UpdateUserClass(ClassUpdate),
    /// The test, or why there is none.
    Locustfile(LocustfileReply),
    /// Call the listener of a custom message, or say that there is none.
    Custom {
        /// Type of the message.
        kind: String,
        /// Whatever was sent.
        data: Value,
    },
    /// The master has a bundle: the one whose test this worker runs, or another.
    BundleOffered {
        /// The hash of the bundle.
        sha256: String,
    },
    /// Close the connection and open it again under the same identity.
    Reconnect,
    /// The worker has its number: a caller that waits for the master may go on.
    Joined {
        /// Its number. Old masters give none.
        index: Option<u64>,
    },
    /// Write a line into the log.
    Log(Level, String),
    /// The process shall end.
    End(WorkerEnd),
    /// The last word has been said: the connection may be closed.
    Left,
}

/// What a worker shall run.
#[derive(Clone, Debug, PartialEq)]
pub struct SpawnJob {
    /// Names the job; its answer carries it too.
    pub number: u64,
    /// The message. `stop_timeout` is set.
    pub spawn: Spawn,
    /// First clear statistics and exceptions, filter tasks by tags and fire `test_start`.
    pub is_new_run: bool,
}

/// An event for listeners.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum WorkerEvent {
    /// `heartbeat_received`.
    HeartbeatReceived {
        /// When, in seconds since 1970.
        timestamp: f64,
    },
    /// `spawning_complete`.
    SpawningComplete {
        /// Users of all workers.
        user_count: u64,
    },
}

/// Why a worker has to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkerEnd {
    /// The master has said so.
    MasterQuit,
    /// Nothing was heard of the master for a minute.
    MasterSilent,
    /// The master never answered.
    CannotJoin,
}

impl fmt::Display for WorkerEnd {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::MasterQuit => "the master has quit",
            Self::MasterSilent => "nothing was heard of the master for a minute",
            Self::CannotJoin => "Failed to connect to the Locust master",
        })
    }
}
