//! What the form shows, and how a host stands.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Extension, State};
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use super::commands::answer;
use super::store::{kept, with, with_run};
use super::{Json, Query, Refusal};
use crate::archive::StoredRun;
use crate::guard::Viewer;
use crate::model::{ChooseRequest, ReloadRequest, RunSummary, StartForm, TargetCheck};
use crate::runs::{run_setup, run_summary};
use crate::server::App;

/// Time for the test's thread to look at the files.
const PATIENCE: Duration = Duration::from_secs(30);

/// Of which run the form is a copy.
#[derive(Debug, Deserialize)]
pub(super) struct Copied {
    from: Option<String>,
}

/// `GET /form?from=`: all that the form shows, as a copy of a run if one is named.
pub(super) async fn form(
    State(app): State<Arc<App>>,
    Query(copied): Query<Copied>,
) -> Result<Json<StartForm>, Refusal> {
    let state = app.feed.board().state().cloned();
    let state = state.ok_or_else(super::stream::not_ready)?;
    let form = app.seam.form();
    let mut files = form.files.clone();
    for file in &mut files {
        file.text = None;
    }
    let hash = files.first().map(|file| file.sha256.clone());
    let last_run = last_run(&app, hash).await;
    let shown = StartForm {
        files,
        user_classes: form.user_classes.clone(),
        shape_classes: form.shape_classes.clone(),
        picks_classes: form.picks_classes,
        picked_classes: None,
        name: form.name.clone(),
        host: form.host.clone(),
        is_host_required: form.is_host_required,
        load: form.load.clone(),
        shape_sets_users: form.shape_sets_users,
        parameters: form.parameters.clone(),
        workers: state.workers.as_ref().map(|workers| workers.active),
        worker_command: form.worker_command.clone(),
        cannot_start: state.cannot_start,
        last_run,
    };
    let Some(from) = copied.from else {
        return Ok(Json(shown));
    };
    let copy = with_run(&app, kept(&from)?, |_, run| Ok(copy_of(shown, run)));
    copy.await.map(Json)
}

/// The last run of the same test. Without a store, and if it cannot be read, there is none: the form
/// is shown all the same.
async fn last_run(app: &App, hash: Option<String>) -> Option<RunSummary> {
    let hash = hash.filter(|_| app.shelf.is_some())?;
    let found = with(app, move |library| Ok(library.latest_of(&hash)?));
    found.await.ok().flatten().map(|row| run_summary(&row))
}

/// The form with what a run was started with. Secrets are not kept, so they stay as they are.
fn copy_of(mut form: StartForm, run: &StoredRun) -> StartForm {
    let setup = run_setup(run);
    form.name = Some(setup.name).filter(|name| setup.files.iter().all(|file| file.name != *name));
    form.host = setup.host.or(form.host);
    form.load = setup.load;
    let picked = setup.user_classes.into_iter().map(|class| class.name);
    let picked: Vec<String> = picked
        .filter(|name| form.user_classes.iter().any(|class| class.name == *name))
        .collect();
    form.picked_classes = Some(picked).filter(|names| !names.is_empty());
    for parameter in form.parameters.iter_mut().filter(|one| !one.is_secret) {
        if let Some(value) = setup.parameters.get(&parameter.name) {
            parameter.value = value.clone();
        }
    }
    form
}

/// `POST /form/reload`: read the files of the test again.
pub(super) async fn reload(
    State(app): State<Arc<App>>,
    Extension(viewer): Extension<Viewer>,
    Json(_request): Json<ReloadRequest>,
) -> Result<Response, Refusal> {
    let arguments = json!({"by": viewer.name, "address": viewer.address.to_string()});
    Ok(answer(app.seam.order("reload", arguments, PATIENCE).await?))
}

/// `GET /form/files`: files that can be chosen as the test.
pub(super) async fn files(State(app): State<Arc<App>>) -> Result<Response, Refusal> {
    let order = app.seam.order("test_files", json!({}), PATIENCE);
    Ok(answer(order.await?))
}

/// `POST /form/choose`: take another file as the test. Which there are, the test's thread knows.
pub(super) async fn choose(
    State(app): State<Arc<App>>,
    Extension(viewer): Extension<Viewer>,
    Json(request): Json<ChooseRequest>,
) -> Result<Response, Refusal> {
    let arguments = json!({
        "file": request.file,
        "by": viewer.name,
        "address": viewer.address.to_string(),
    });
    let order = app.seam.order("choose_test", arguments, PATIENCE);
    Ok(answer(order.await?))
}

/// What is asked about.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    host: String,
}

/// `GET /target`: how a host stands; without one, those of the classes.
pub(super) async fn target(
    State(app): State<Arc<App>>,
    Query(asked): Query<Asked>,
) -> Json<TargetCheck> {
    let hosts = hosts_of(&app, Some(&asked.host));
    let url = hosts.first().map_or("", String::as_str);
    Json(app.targets.check(url).await)
}

/// Base URLs that a start would load: the one that is given, or that of the run, or those of the
/// classes.
pub(crate) fn hosts_of(app: &App, given: Option<&str>) -> Vec<String> {
    if let Some(given) = given.map(str::trim).filter(|given| !given.is_empty()) {
        return vec![given.to_owned()];
    }
    let form = app.seam.form();
    if let Some(host) = &form.host {
        return vec![host.clone()];
    }
    let mut hosts: Vec<String> = form
        .user_classes
        .iter()
        .filter_map(|class| class.host.clone())
        .filter(|host| !host.is_empty())
        .collect();
    hosts.sort();
    hosts.dedup();
    hosts
}
