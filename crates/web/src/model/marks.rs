//! Events of a run that charts and the strip below the header show.

use serde::Serialize;
use utoipa::ToSchema;

/// Something that happened at one moment of a run.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Mark {
    /// Its number within the run, from 0.
    pub id: u64,
    /// When.
    pub time: f64,
    /// What.
    pub kind: MarkKind,
    /// In a few words, such as `users 500 → 800`.
    pub text: String,
    /// Who did it; `null` for what happens by itself and where nobody signs in.
    pub by: Option<String>,
}

/// What a mark stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MarkKind {
    /// The run began.
    Start,
    /// All users of a ramp run that took two seconds or longer.
    AllUsers,
    /// Somebody changed how many users there shall be.
    Users,
    /// Users are told to stop, and why: what comes after it is the end of the run.
    End,
    /// The figures were set to zero.
    Reset,
    /// A worker joined during the run.
    WorkerJoined,
    /// A worker has been silent for too long.
    WorkerLost,
    /// A silent worker is back.
    WorkerBack,
    /// A worker left in good order during the run, or its users were stopped there.
    WorkerLeft,
    /// The CPU of a worker, or of a run of one process, is the limit for the first time in this run.
    Overloaded,
    /// Somebody wrote a note.
    Note,
    /// Something that a later version knows more about.
    Other,
}

/// Something that a person has to know now. The one with the same `id` replaces an earlier one.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Alert {
    /// Its number within the life of the server.
    pub id: u64,
    /// Since when.
    pub since: f64,
    /// What about.
    pub kind: AlertKind,
    /// The sentence to show.
    pub text: String,
    /// Whether it is over: it is to be taken away.
    pub is_over: bool,
}

/// What an alert is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    /// Workers are lost, and others go on.
    WorkersLost,
    /// No worker is left.
    AllWorkersLost,
    /// The load generator itself is the limit.
    Overloaded,
    /// Names of entries or failures were folded into one row.
    Folded,
    /// The run cannot be kept: the text says why.
    Storage,
}
