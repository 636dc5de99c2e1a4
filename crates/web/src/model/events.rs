//! What the live stream sends, and the polling that stands in for it.

use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Alert, Cloud, EntryColumns, EntryName, ExceptionGroup, FailureGroup, HeatColumn, HeatMap,
    KindRate, LogLine, Mark, Overview, Series, Session, State, WorkerColumns, WorkerName,
};

/// What a viewer wants to hear of, besides `hello`, `state`, `cloud`, `alert`, `mark` and `bye`, which everybody gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// Figures and charts of the whole run.
    Overview,
    /// The table of entries.
    Entries,
    /// The table of workers.
    Workers,
    /// Failures and exceptions.
    Failures,
    /// Lines of the log.
    Log,
}

/// One event. In the stream, `event` is the name of the server-sent event and `data` its data; its
/// id is the `seq` of the last tick.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(tag = "event", content = "data", rename_all = "snake_case")]
pub enum Event {
    /// The first event of every connection.
    Hello(Box<Hello>),
    /// Everything there is: the first event after `hello` when ticks are missing, and when a run begins.
    Snapshot(Box<Snapshot>),
    /// One second more.
    Tick(Box<Tick>),
    /// The state has changed.
    State(Box<State>),
    /// What is known of the machines in the cloud has changed.
    Cloud(Box<Cloud>),
    /// An alert has come up, changed or gone.
    Alert(Alert),
    /// Something has happened that charts show.
    Mark(Mark),
    /// Lines of the log that were not sent before.
    Log(Vec<LogLine>),
    /// The last event of a connection that the server ends.
    Bye(Bye),
}

/// Who serves, and from where the stream goes on.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Hello {
    /// Differs from one start of the server to the next: after a change, ticks and runs of before are
    /// to be read from the list of runs.
    pub instance: String,
    /// Version of gregaria.
    pub version: String,
    /// Hash of the page that this server would send; another one than the page's own means that it
    /// is to be loaded again. `null` if no page is built in.
    pub page: Option<String>,
    /// `seq` of the last tick.
    pub seq: u64,
    /// The server's clock.
    pub now: f64,
    /// Who the viewer is.
    pub session: Session,
    /// The state.
    pub state: State,
    /// The machines; `null` where there is no cloud.
    pub cloud: Option<Cloud>,
}

/// Everything there is to show of one run, of the topics that were asked for; of the others, `null`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Snapshot {
    /// `seq` of the tick that this is the sum of.
    pub seq: u64,
    /// When the picture was taken.
    pub now: f64,
    /// The run that all below is of; `null` before the first.
    pub run: Option<u64>,
    /// The state.
    pub state: State,
    /// Figures now and of the whole run.
    pub overview: Option<Overview>,
    /// Lines of the charts.
    pub series: Option<Series>,
    /// Columns of the heat map.
    pub heat: Option<HeatMap>,
    /// What has happened, oldest first.
    pub marks: Vec<Mark>,
    /// Alerts that are up.
    pub alerts: Vec<Alert>,
    /// Names of the entries, by their index.
    pub names: Option<Vec<EntryName>>,
    /// The table of entries: every one of them.
    pub entries: Option<EntryColumns>,
    /// Names of the workers, by their index.
    pub worker_names: Option<Vec<WorkerName>>,
    /// The table of workers: every one of them.
    pub workers: Option<WorkerColumns>,
    /// Failures, in the order in which they were seen first.
    pub failures: Option<Vec<FailureGroup>>,
    /// Exceptions, in the order in which they were seen first.
    pub exceptions: Option<Vec<ExceptionGroup>>,
    /// The last lines of the log.
    pub log: Option<Vec<LogLine>>,
}

/// What has changed in one second, or in several for a viewer that was slow. Of the topics that were
/// not asked for, and of what has not changed, `null`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Tick {
    /// Number of this tick. One that is not one more than the last, stands for those between as well.
    pub seq: u64,
    /// The server's clock.
    pub now: f64,
    /// Figures now and of the whole run.
    pub overview: Option<Overview>,
    /// What is to be added to the charts; usually one point.
    pub series: Option<Series>,
    /// Columns of the heat map that were completed.
    pub heat: Vec<HeatColumn>,
    /// Names that were given an index.
    pub names: Vec<EntryName>,
    /// Rows of entries that have changed.
    pub entries: Option<EntryColumns>,
    /// Workers that were given an index.
    pub worker_names: Vec<WorkerName>,
    /// Rows of workers that have changed.
    pub workers: Option<WorkerColumns>,
    /// Failures that came up or happened again.
    pub failures: Vec<FailureGroup>,
    /// Exceptions that came up or happened again.
    pub exceptions: Vec<ExceptionGroup>,
    /// Failures a second by kind, as they are: [`Series::failures_by_kind`] goes on with these.
    pub failure_rates: Vec<KindRate>,
}

/// The stream ends.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Bye {
    /// Why.
    pub reason: ByeReason,
}

/// Why the server ends a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ByeReason {
    /// The server ends: connecting again will fail until another is started.
    ServerEnds,
    /// The session is over: sign in and connect again.
    SignedOut,
    /// Too many viewers: this one may ask again later.
    Crowded,
}

/// The answer to polling: what the stream would have sent.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Delta {
    /// What to ask for next time.
    pub seq: u64,
    /// The events, oldest first.
    pub events: Vec<Event>,
}
