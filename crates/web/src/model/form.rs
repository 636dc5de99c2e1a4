//! The form that starts a run.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Load, ParameterValue, RunSummary, TestFile};

/// All that the form shows: `GET /api/v1/form`, with `?from=` a number of a run as a copy of that.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct StartForm {
    /// Files of the test. Their texts are left out.
    pub files: Vec<TestFile>,
    /// Classes of users.
    pub user_classes: Vec<UserClass>,
    /// Classes of shapes.
    pub shape_classes: Vec<ShapeClass>,
    /// Whether classes and shape can be chosen.
    pub picks_classes: bool,
    /// Classes to begin with, by their names; `null` for all.
    pub picked_classes: Option<Vec<String>>,
    /// Name of the run to begin with.
    pub name: Option<String>,
    /// Base URL to begin with.
    pub host: Option<String>,
    /// Whether the test cannot run without a base URL.
    pub is_host_required: bool,
    /// Load to begin with.
    pub load: Load,
    /// Whether a shape says how many users there are, so that the fields for it are left out.
    pub shape_sets_users: bool,
    /// The test's own parameters.
    pub parameters: Vec<Parameter>,
    /// Workers that can be given users; `null` in a run of one process.
    pub workers: Option<u64>,
    /// The command that starts a worker, without its token; `null` in a run of one process.
    pub worker_command: Option<String>,
    /// Why no run can be started, for a person to read; `null` if one can.
    pub cannot_start: Option<String>,
    /// The last run of the same test; `null` if there is none.
    pub last_run: Option<RunSummary>,
}

/// Files that can be chosen as the test, where there is none that can be run: `GET /api/v1/form/files`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
pub struct TestChoices {
    /// The folder in which the process was started.
    pub folder: String,
    /// Python files in it and in folders below, those first that look like locustfiles.
    pub files: Vec<TestChoice>,
    /// Whether there may be more: the search has limits.
    pub is_cut: bool,
}

/// A file that can be chosen as the test.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
pub struct TestChoice {
    /// Its path from the folder on.
    pub name: String,
    /// Whether it looks like a locustfile.
    pub is_likely: bool,
}

/// A class of users.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, ToSchema)]
pub struct UserClass {
    /// Its name.
    pub name: String,
    /// How many there are of it in comparison with others.
    pub weight: f64,
    /// Exactly so many; 0 if the weight says.
    pub fixed_count: u64,
    /// Its base URL; `null` if it has none.
    pub host: Option<String>,
    /// Names of its tasks, each as often as it is in the list of tasks.
    pub tasks: Vec<String>,
}

/// A class that says how many users there are.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
pub struct ShapeClass {
    /// Its name.
    pub name: String,
    /// Whether it is the one that runs if nothing is chosen.
    pub is_active: bool,
}

/// A parameter of the test.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, ToSchema)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub help: String,
    /// How it is filled in.
    pub kind: ParameterKind,
    /// What it may be; empty if anything.
    pub choices: Vec<String>,
    /// Its value. Of a secret, `set` or nothing.
    pub value: ParameterValue,
    /// Whether it is a secret: never shown, never sent back.
    pub is_secret: bool,
    /// Whether it cannot be left empty.
    pub is_required: bool,
}

/// How a parameter is filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ParameterKind {
    /// On or off.
    Switch,
    /// A number.
    Number,
    /// A text.
    Text,
    /// Several texts.
    Texts,
}

/// Whether a host may be loaded: `GET /api/v1/target?host=`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct TargetCheck {
    /// Name of the host in the URL that was asked about.
    pub host: String,
    /// What happens on a start.
    pub standing: TargetStanding,
    /// Addresses that the name leads to.
    pub addresses: Vec<String>,
    /// Why, for people.
    pub message: String,
}

/// What happens on a start against a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TargetStanding {
    /// Starts: only private addresses.
    Private,
    /// Starts: among the hosts of `--allowed-hosts`.
    Allowed,
    /// Starts: a person has confirmed it before.
    Confirmed,
    /// A person is asked first.
    Asks,
    /// Does not start: not among the hosts of `--allowed-hosts`, or an address that is never loaded.
    Refused,
    /// The name leads nowhere. It starts, and requests will fail.
    Unresolved,
    /// Not a URL.
    Invalid,
}
