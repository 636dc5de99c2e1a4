//! Every time constant of the protocol between master and workers. All values are Locust's, so that
//! nodes of both kinds agree on who is late.

use std::time::Duration;

/// A worker reports its statistics this often.
pub const WORKER_REPORT_INTERVAL: Duration = Duration::from_secs(3);

/// CPU use of a process above which a tester is warned, in percent of one core.
pub const CPU_WARNING_THRESHOLD: f64 = 90.0;

/// What a worker says of its CPU is an average over so long.
pub const CPU_READING: Duration = Duration::from_secs(10);

/// A worker sends a heartbeat, and a master counts down, this often.
pub const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(1);

/// A heartbeat sets the count of a worker to this; below zero the worker is missing.
pub const HEARTBEAT_LIVENESS: i32 = 3;

/// A missing worker whose count has come down to this is forgotten.
pub const HEARTBEAT_DEAD_INTERNAL: i32 = -60;

/// A worker that has heard nothing from its master for this long quits.
pub const MASTER_HEARTBEAT_TIMEOUT: Duration = Duration::from_mins(1);

/// A worker waits this long for the master to accept it before it asks again.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A worker asks this often, beyond the first time, before it gives up.
pub const CONNECT_RETRY_COUNT: u32 = 60;

/// A master waits this long for its workers to stop, beyond the time their users have.
pub const STOP_WAIT: Duration = Duration::from_mins(1);

/// A master that quits waits for the last reports until it has heard nothing for so long of those that
/// owe one, beyond the time users have to stop. Ours: Locust's waits half a second whatever comes.
pub const QUIT_WAIT: Duration = Duration::from_secs(5);

/// It waits no longer than this, whatever it hears. Ours.
pub const QUIT_LIMIT: Duration = Duration::from_secs(30);

/// A worker whose token has been revoked is told to leave; it is cut off after so long. Ours.
pub const LEAVE_WAIT: Duration = Duration::from_secs(5);

/// Workers that join or are lost within this time share one rebalancing. Ours.
pub const REBALANCE_DELAY: Duration = Duration::from_millis(100);

/// Users of a lost worker that do not run elsewhere after so long are reported missing. Ours.
pub const MOVE_LIMIT: Duration = Duration::from_secs(5);

/// A worker of ours sends no heartbeat if its Python thread has not turned for so long.
pub const TURN_LIMIT: Duration = Duration::from_secs(3);

/// Reports a worker of ours keeps for a master that does not answer: an hour of them.
pub const MAX_UNMERGED_REPORTS: usize = 1_200;

/// Kinds of exceptions in one report of a worker of ours: as many as figures keep.
pub const MAX_REPORTED_EXCEPTIONS: usize = 1_000;

/// A worker of ours whose heartbeats show that it missed a message is told again after so long.
pub const REPEAT_AFTER: Duration = Duration::from_secs(2);

/// Clocks of two nodes that differ by less are taken to be the same.
pub const CLOCK_TOLERANCE: Duration = Duration::from_secs(2);

/// A worker without a locustfile asks the master for it this often.
pub const LOCUSTFILE_INTERVAL: Duration = Duration::from_secs(1);

/// A worker of ours that ends a run repeats what its master has not merged this often.
pub const MERGE_REPEAT: Duration = Duration::from_secs(1);

/// It goes on without the master's word when it has heard nothing of it for so long.
pub const MERGE_WAIT: Duration = Duration::from_secs(4);

/// It goes on after this, whatever it hears: before the master does.
pub const MERGE_LIMIT: Duration = Duration::from_secs(28);
