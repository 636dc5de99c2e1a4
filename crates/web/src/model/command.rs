//! What the page asks to be done. Commands of a run that is not the one that lasts are refused.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

use super::{Confirmation, ParameterValue};

/// Start a run: `POST /api/v1/runs`. With the header `Idempotency-Key`, a second request with the same
/// key gets the answer of the first.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StartRequest {
    /// Users; needed unless a shape says.
    pub users: Option<u64>,
    /// Users started a second; needed unless a shape says.
    pub spawn_rate: Option<f64>,
    /// Length of the run; `null` for no limit.
    pub run_time_seconds: Option<f64>,
    /// Base URL; `null` for what the test says.
    pub host: Option<String>,
    /// Name of the run; `null` for the file's.
    pub name: Option<String>,
    /// Classes of users; `null` for all. Only where `form.picks_classes`.
    pub user_classes: Option<Vec<String>>,
    /// Class of the shape; `null` for what the test says, `Default` for none. Only where
    /// `form.picks_classes`.
    pub shape_class: Option<String>,
    /// Values of the test's own parameters; those left out stay as they are.
    pub parameters: BTreeMap<String, ParameterValue>,
    /// A note that is kept with the run.
    pub note: Option<String>,
    /// The answer to a question.
    pub confirmation: Option<Confirmation>,
}

/// A run has been started.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Started {
    /// Its number.
    pub run: u64,
}

/// Change how many users run: `POST /api/v1/runs/{id}/users`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UsersRequest {
    /// Users.
    pub users: u64,
    /// Users started or stopped a second; as before if left out.
    #[serde(default)]
    pub spawn_rate: Option<f64>,
    /// The answer to a question.
    #[serde(default)]
    pub confirmation: Option<Confirmation>,
}

/// Stop the run: `POST /api/v1/runs/{id}/stop`. Answered at once; the state tells the rest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StopRequest {
    /// Cut open requests off instead of waiting for `--stop-timeout`.
    pub now: bool,
}

/// Write a note at a moment of the run: `POST /api/v1/runs/{id}/notes`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoteRequest {
    /// What it says, at most 500 characters.
    pub text: String,
    /// The moment; the present one if left out.
    #[serde(default)]
    pub time: Option<f64>,
}

/// Make a run the one that others are compared with: `POST /api/v1/runs/{id}/baseline`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BaselineRequest {
    /// Whether it shall be.
    pub is_baseline: bool,
}

/// Keep a run whatever its age: `POST /api/v1/runs/{id}/pin`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PinRequest {
    /// Whether it shall be kept.
    pub is_pinned: bool,
}

/// Forget a lost worker, or tell another one to leave: `POST /api/v1/workers/remove`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RemoveWorkerRequest {
    /// Its whole id.
    pub id: String,
}

/// Take in a run out of an exported report: `POST /api/v1/runs/import`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportRequest {
    /// The text of the HTML file, or of the JSON in it.
    pub report: String,
}

/// Read the files of the test again: `POST /api/v1/form/reload`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReloadRequest {}

/// Choose the file of the test, where there is none that can be run: `POST /api/v1/form/choose`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChooseRequest {
    /// A name out of `GET /api/v1/form/files`, letter by letter.
    pub file: String,
}

/// It has been done, and there is nothing else to say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Done {}
