//! What was run, as the page gets it.

use crate::archive::StoredRun;
use crate::model::{ParameterValue, RunSetup, TestFile, UserClass, Versions};

use super::summary::load;

/// The record of a run.
pub fn run_setup(run: &StoredRun) -> RunSetup {
    let setup = &run.setup;
    let file = |file: &crate::archive::TestFile| TestFile {
        name: file.name.clone(),
        sha256: file.sha256.clone(),
        modified_at: file.modified_at,
        text: file.text.clone(),
    };
    let workers = setup.workers.as_deref().unwrap_or_default();
    RunSetup {
        run: u64::try_from(run.row.id).unwrap_or(0),
        name: setup.name.clone(),
        files: setup.files.iter().map(file).collect(),
        host: setup.host.clone(),
        load: load(&run.row),
        user_classes: setup.user_classes.iter().map(user_class).collect(),
        parameters: setup
            .parameters
            .iter()
            .map(|(name, value)| (name.clone(), parameter(value)))
            .collect(),
        options: setup.options.clone(),
        versions: Versions {
            gregaria: setup.versions.gregaria.clone(),
            locust: setup.versions.locust.clone(),
            python: setup.versions.python.clone(),
        },
        workers: workers.iter().map(|worker| worker.id.clone()).collect(),
        commit: setup.commit.clone(),
        started_by: setup.started_by.clone(),
        started_from: setup.started_from.clone(),
        note: run.row.note.clone(),
    }
}

fn user_class(class: &crate::archive::UserClass) -> UserClass {
    UserClass {
        name: class.name.clone(),
        weight: class.weight,
        fixed_count: class.fixed_count,
        host: class.host.clone(),
        tasks: class.tasks.clone(),
    }
}

fn parameter(value: &serde_json::Value) -> ParameterValue {
    serde_json::from_value(value.clone())
        .unwrap_or_else(|_| ParameterValue::Text(value.to_string()))
}
