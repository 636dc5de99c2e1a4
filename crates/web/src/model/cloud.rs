//! The cloud that the cluster runs in: what it costs, when it ends, and how its end goes.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is known of the machines: `GET /api/v1/cloud`, and part of the live stream.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Cloud {
    /// What matters most of all below.
    pub condition: CloudCondition,
    /// Why some of it is not known, or older than it should be; `null` if nothing is wrong.
    pub problem: Option<String>,
    /// Whose machines they are, such as `AWS`.
    pub provider: Option<String>,
    /// Where they stand.
    pub region: Option<String>,
    /// Workers that there are meant to be. The master comes on top.
    pub workers: Option<u64>,
    /// Their size: one type, or those of which the provider takes what is to be had.
    pub worker_types: Vec<String>,
    /// Whether the provider may take workers away at any time.
    pub is_spot: bool,
    /// What all of them cost in an hour, without transfer of data; `null` if nobody knows, never 0.
    pub usd_per_hour: Option<f64>,
    /// What was spent before `started_at`: by earlier leases, or when there were more or fewer of them.
    pub usd_before: Option<f64>,
    /// What they may cost in all, `usd_before` included: a command that costs more is refused.
    pub max_usd: Option<f64>,
    /// When the prices were written down.
    pub prices_date: Option<String>,
    /// Where they can be looked up.
    pub prices_source: Option<String>,
    /// When the machines began to cost what they cost now.
    pub started_at: Option<f64>,
    /// When all of them end by themselves, whatever becomes of the page.
    pub ends_at: Option<f64>,
    /// Since when no test has run; `null` while one does.
    pub idle_since: Option<f64>,
    /// When they end for want of a test; `null` if they wait for `ends_at`.
    pub idle_ends_at: Option<f64>,
    /// How they get more time; `null` if that is not known.
    pub extension: Option<CloudExtension>,
    /// Whether this master can end all machines before their time.
    pub can_tear_down: bool,
    /// Machines that failed to start, at most five of them.
    pub failed: Vec<CloudNode>,
    /// Machines that run with less than was asked for, such as too few open files; at most five.
    pub limited: Vec<CloudNode>,
    /// How the end goes; `null` before somebody asked for it.
    pub teardown: Option<CloudTeardown>,
    /// When the provider was heard of last.
    pub checked_at: Option<f64>,
}

/// What matters most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CloudCondition {
    /// Nothing has to be done.
    Normal,
    /// Less than ten minutes are left, or a fifth of `max_usd`.
    EndingSoon,
    /// Less than two minutes are left, and a test runs, which will be cut off.
    LastMinutes,
    /// No test has run for ten minutes.
    Idle,
    /// The machines are being ended.
    TearingDown,
    /// The provider has confirmed that all machines but this master are gone.
    Done,
    /// Some machines were to be gone by now, and the provider does not confirm it.
    Unconfirmed,
    /// The facts cannot be read. What else is told was read before.
    Unreadable,
}

/// How the machines get more time. Not by the page: no machine may prolong its own life.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, ToSchema)]
pub struct CloudExtension {
    /// The command, for a person to run where the cluster was started.
    pub command: String,
    /// How long everything lasts from that moment on.
    pub seconds: f64,
}

/// A machine that failed to start, or has less than it should.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CloudNode {
    /// The provider's name for it.
    pub id: String,
    /// `master` or `worker`.
    pub role: String,
    /// Why.
    pub reason: String,
    /// The end of the log of its start; empty if it has started.
    pub log: String,
}

/// How the end of the machines goes.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, ToSchema)]
pub struct CloudTeardown {
    /// When it began.
    pub since: f64,
    /// Who or what asked for it.
    pub reason: String,
    /// Machines that the provider has confirmed to be gone.
    pub ended: u64,
    /// Machines that are to end, this master among them.
    pub total: u64,
    /// Those that should be gone by now and are not confirmed to be.
    pub unconfirmed: Vec<String>,
    /// When the provider was asked last; `null` before it has answered.
    pub checked_at: Option<f64>,
}

/// End all machines: `POST /api/v1/cloud/teardown`. Answered at once; the stream tells the rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TeardownRequest {
    /// The run that is stopped for it. A run that lasts and is not named keeps the machines.
    pub run: Option<u64>,
}
