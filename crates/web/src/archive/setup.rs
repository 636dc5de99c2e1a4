//! What a run was and how it ended, as whoever starts it says.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What was run. Secrets must have been left out: all of this is kept and shown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Setup {
    /// The profile if one was set, else the file of the test.
    pub name: String,
    /// Base URL, without a user's name and password; `None` if the classes of users say.
    pub host: Option<String>,
    /// Files of the test.
    pub files: Vec<TestFile>,
    /// Hash of all that workers were sent, in hex.
    pub bundle_sha256: Option<String>,
    /// Classes of users that took part.
    pub user_classes: Vec<UserClass>,
    /// Users that were asked for; `None` if a shape says.
    pub users: Option<u64>,
    /// Users started a second; `None` if a shape says.
    pub spawn_rate: Option<f64>,
    /// Length that was asked for; `None` without a limit.
    pub run_time_seconds: Option<f64>,
    /// Name of the shape.
    pub shape: Option<String>,
    /// The test's own parameters; of a secret that was set, the text `set`.
    pub parameters: BTreeMap<String, Value>,
    /// Other options that differ from their defaults, as words of a command line.
    pub options: Vec<String>,
    /// Versions.
    pub versions: Versions,
    /// Workers at the start; `None` in a run of one process.
    pub workers: Option<Vec<Worker>>,
    /// Commit of the folder of the test.
    pub commit: Option<String>,
    /// Who started it, if anybody signed in.
    pub started_by: Option<String>,
    /// From where: an address, or `command line`.
    pub started_from: String,
    /// Name of the machine.
    pub machine: String,
    /// What somebody wrote about it beforehand.
    pub note: Option<String>,
}

/// A file of the test.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TestFile {
    /// Its name.
    pub name: String,
    /// SHA-256 of its text, in hex.
    pub sha256: String,
    /// When it was changed last.
    pub modified_at: Option<f64>,
    /// Its text; `None` if it is too long to be kept.
    pub text: Option<String>,
}

/// What ran it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Versions {
    /// Of gregaria.
    pub gregaria: String,
    /// Of Locust, whose behaviour it has.
    pub locust: String,
    /// Of Python.
    pub python: String,
}

/// A class of users.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UserClass {
    /// Its name.
    pub name: String,
    /// How many there are of it in comparison with others.
    pub weight: f64,
    /// Exactly so many; 0 if the weight says.
    pub fixed_count: u64,
    /// Its base URL, without a user's name and password.
    pub host: Option<String>,
    /// Names of its tasks, each as often as it is in the list of tasks.
    pub tasks: Vec<String>,
}

/// A worker.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Worker {
    /// Its id.
    pub id: String,
    /// Version of what runs there, if it says.
    pub version: Option<String>,
}

impl Setup {
    /// One hash for all files of the test: that of the only one, or of what workers were sent.
    pub fn file_sha256(&self) -> Option<&str> {
        match (self.files.as_slice(), &self.bundle_sha256) {
            (_, Some(bundle)) => Some(bundle),
            ([file], None) => Some(&file.sha256),
            _ => None,
        }
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndKind {
    /// As planned: its time was up, its shape or the test itself ended it.
    Finished,
    /// Somebody stopped it.
    Stopped,
    /// No worker was left.
    WorkersLost,
    /// An error ended it.
    Error,
    /// The process that led it ended in the middle: the run is incomplete.
    CutOff,
}

impl EndKind {
    /// The word that stands in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Stopped => "stopped",
            Self::WorkersLost => "workers_lost",
            Self::Error => "error",
            Self::CutOff => "cut_off",
        }
    }

    /// What a word of the file means. One that is not known is that of a later version.
    pub fn parse(word: &str) -> Self {
        match word {
            "finished" => Self::Finished,
            "stopped" => Self::Stopped,
            "workers_lost" => Self::WorkersLost,
            "cut_off" => Self::CutOff,
            _ => Self::Error,
        }
    }
}

/// How and why a run ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ending {
    /// How.
    pub kind: EndKind,
    /// The reason, as a sentence.
    pub reason: String,
    /// Who ended it, if anybody signed in.
    pub by: Option<String>,
    /// When.
    pub time: f64,
    /// Exit code of the process, if it ends with the run.
    pub exit_code: Option<i64>,
}
