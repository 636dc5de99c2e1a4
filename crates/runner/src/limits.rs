//! Every time constant of the protocol between master and workers. All values are Locust's, so that
//! nodes of both kinds agree on who is late.

use std::time::Duration;

/// A worker reports its statistics this often.
pub const WORKER_REPORT_INTERVAL: Duration = Duration::from_secs(3);

/// A worker sends new lines of its log this often.
pub const WORKER_LOG_REPORT_INTERVAL: Duration = Duration::from_secs(10);

/// Each process looks at its CPU time and memory this often.
pub const CPU_MONITOR_INTERVAL: Duration = Duration::from_secs(10);

/// CPU use of a process above which a tester is warned, in percent of one core.
pub const CPU_WARNING_THRESHOLD: f64 = 90.0;

/// After a broken connection a master waits this long before it receives again.
pub const FALLBACK_INTERVAL: Duration = Duration::from_secs(5);

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
