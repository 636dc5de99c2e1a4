//! The record of what was run.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

use super::{Load, UserClass};

/// What a run was: `GET /api/v1/runs/{id}/setup`. Secrets are left out.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RunSetup {
    /// Number of the run.
    pub run: u64,
    /// Its name.
    pub name: String,
    /// Files of the test.
    pub files: Vec<TestFile>,
    /// Base URL.
    pub host: Option<String>,
    /// What was asked for.
    pub load: Load,
    /// Classes of users that took part.
    pub user_classes: Vec<UserClass>,
    /// The test's own parameters. Of a secret there is only whether it was set.
    pub parameters: BTreeMap<String, ParameterValue>,
    /// Other options that differ from their defaults, as words of a command line.
    pub options: Vec<String>,
    /// Versions.
    pub versions: Versions,
    /// Ids of the workers at the start; empty in a run of one process.
    pub workers: Vec<String>,
    /// Commit of the folder of the test; `null` if it is none or unknown.
    pub commit: Option<String>,
    /// Who started it; `null` where nobody signs in.
    pub started_by: Option<String>,
    /// From where: an address, or `command line`.
    pub started_from: String,
    /// The note.
    pub note: Option<String>,
}

/// A file of the test.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, ToSchema)]
pub struct TestFile {
    /// Its name.
    pub name: String,
    /// SHA-256 of its text, in hex.
    pub sha256: String,
    /// When it was changed last; `null` if unknown.
    pub modified_at: Option<f64>,
    /// Its text; `null` where it is too long to be kept.
    pub text: Option<String>,
}

/// Value of a parameter.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, ToSchema)]
#[serde(untagged)]
pub enum ParameterValue {
    /// A switch.
    Switch(bool),
    /// A number.
    Number(f64),
    /// A text. Of a secret that is set, `set` is all that is ever told.
    Text(String),
    /// Several texts.
    Texts(Vec<String>),
    /// Nothing.
    Nothing,
}

/// What ran it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
pub struct Versions {
    /// Of gregaria.
    pub gregaria: String,
    /// Of Locust, whose behaviour it has.
    pub locust: String,
    /// Of Python.
    pub python: String,
}
