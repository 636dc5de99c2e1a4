//! What the page asks to be done with the present run.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::form::hosts_of;
use super::{Json, Path, Refusal};
use crate::cloud::CloudWatch;
use crate::guard::Viewer;
use crate::model::{
    ConfirmRequired, Done, NoteRequest, Phase, RemoveWorkerRequest, StartRequest, StopRequest,
    TargetStanding, UsersRequest,
};
use crate::seam::Reply;
use crate::server::{App, now};

/// Time for the test's thread to do what is asked.
const PATIENCE: Duration = Duration::from_secs(30);

/// Longest note, in characters.
const MAX_NOTE: usize = 500;

/// Users at most: more is a slip of the hand.
const MAX_USERS: u64 = 10_000_000;

/// `POST /runs`: start a run.
pub(super) async fn start(
    State(app): State<Arc<App>>,
    Extension(viewer): Extension<Viewer>,
    headers: HeaderMap,
    Json(request): Json<StartRequest>,
) -> Result<Response, Refusal> {
    let key = headers
        .get("idempotency-key")
        .map(|key| key.to_str().map(str::to_owned))
        .transpose()
        .map_err(|_| Refusal::invalid("`Idempotency-Key` is no text"))?
        // Of two people with one key, each has started something.
        .map(|key| format!("{} {key}", viewer.describe()));
    let _one_at_a_time = app.starting.lock().await;
    if let Some(reply) = key.as_deref().and_then(|key| app.known_start(key)) {
        return Ok(answer(reply));
    }
    check_load(request.users, request.spawn_rate, request.run_time_seconds)?;
    check_note(request.note.as_deref())?;
    let state = app.feed.board().state().cloned();
    let state = state.ok_or_else(super::stream::not_ready)?;
    if app.feed.cloud().is_some_and(CloudWatch::is_ending) {
        return Err(conflict("cannot_start", "the machines are being ended"));
    }
    if matches!(
        state.phase,
        Phase::Starting | Phase::Running | Phase::Stopping
    ) {
        return Err(conflict(
            "already_running",
            "a run lasts: stop it first, or change its users",
        ));
    }
    if let Some(reason) = &state.cannot_start {
        return Err(conflict("cannot_start", reason));
    }
    let mut public = Vec::new();
    for url in hosts_of(&app, request.host.as_deref()) {
        let check = app.targets.check(&url).await;
        match check.standing {
            TargetStanding::Invalid => {
                return Err(Refusal::invalid(&check.message).about("host"));
            }
            TargetStanding::Refused => {
                let refusal = Refusal::new(StatusCode::FORBIDDEN, "host_refused", &check.message);
                return Err(refusal.about("host"));
            }
            TargetStanding::Asks => {
                if !app
                    .targets
                    .confirms(&check.host, request.confirmation.as_ref())
                {
                    return Ok(ask(app.targets.ask(&check)));
                }
                public.push(check);
            }
            TargetStanding::Confirmed => public.push(check),
            TargetStanding::Private | TargetStanding::Allowed | TargetStanding::Unresolved => {}
        }
    }
    let arguments = json!({
        "request": {
            "users": request.users,
            "spawn_rate": request.spawn_rate,
            "run_time_seconds": request.run_time_seconds,
            "host": request.host,
            "name": request.name,
            "user_classes": request.user_classes,
            "shape_class": request.shape_class,
            "parameters": request.parameters,
            "note": request.note,
        },
        "by": viewer.name,
        "address": viewer.address.to_string(),
        "public": public,
    });
    let reply = app.seam.order("start", arguments, PATIENCE).await?;
    if let Some(key) = key.filter(|_| reply.status < 300) {
        app.keep_start(key, reply.clone());
    }
    Ok(answer(reply))
}

/// `POST /runs/{run}/users`: change how many users there are.
pub(super) async fn users(
    State(app): State<Arc<App>>,
    Extension(viewer): Extension<Viewer>,
    Path(run): Path<String>,
    Json(request): Json<UsersRequest>,
) -> Result<Response, Refusal> {
    let state = present(&app, &run)?;
    check_load(Some(request.users), request.spawn_rate, None)?;
    if !matches!(state.phase, Phase::Starting | Phase::Running) {
        return Err(conflict("not_running", "this run has ended"));
    }
    let target = state.users.target;
    let is_leap = request.users > state.users.peak.max(target) || request.users > 2 * target;
    if is_leap
        && !app
            .targets
            .confirms_users(request.users, request.confirmation.as_ref())
    {
        return Ok(ask(app.targets.ask_users(target, request.users)));
    }
    if let Some(name) = &viewer.name {
        app.feed.board().ordered(now(), request.users, name);
    }
    let arguments = json!({
        "users": request.users,
        "spawn_rate": request.spawn_rate,
        "by": viewer.name,
        "address": viewer.address.to_string(),
    });
    Ok(answer(app.seam.order("users", arguments, PATIENCE).await?))
}

/// `POST /runs/{run}/stop`: stop it.
pub(super) async fn stop(
    State(app): State<Arc<App>>,
    Extension(viewer): Extension<Viewer>,
    Path(run): Path<String>,
    Json(request): Json<StopRequest>,
) -> Result<Response, Refusal> {
    present(&app, &run)?;
    let arguments = json!({
        "now": request.now,
        "by": viewer.name,
        "address": viewer.address.to_string(),
    });
    Ok(answer(app.seam.order("stop", arguments, PATIENCE).await?))
}

/// `POST /runs/{run}/notes`: write a note.
pub(super) async fn note(
    State(app): State<Arc<App>>,
    Extension(viewer): Extension<Viewer>,
    Path(run): Path<String>,
    Json(request): Json<NoteRequest>,
) -> Result<Json<Done>, Refusal> {
    present(&app, &run)?;
    let text = request.text.trim();
    check_note(Some(text))?;
    if text.is_empty() {
        return Err(Refusal::invalid("the note is empty").about("text"));
    }
    let time = request.time.unwrap_or_else(now);
    if !app.feed.board().note(time, text, viewer.name.as_deref()) {
        return Err(conflict("too_many_notes", "this run has 200 notes already"));
    }
    let arguments = json!({"time": time, "text": text, "by": viewer.name});
    app.seam.tell("note", arguments);
    Ok(Json(Done {}))
}

/// `POST /workers/remove`: forget a lost worker, or tell another one to leave.
pub(super) async fn remove_worker(
    State(app): State<Arc<App>>,
    Extension(viewer): Extension<Viewer>,
    Json(request): Json<RemoveWorkerRequest>,
) -> Result<Response, Refusal> {
    let arguments = json!({"id": request.id, "by": viewer.name});
    Ok(answer(
        app.seam.order("remove_worker", arguments, PATIENCE).await?,
    ))
}

/// The state, if this is the present run.
fn present(app: &App, run: &str) -> Result<crate::model::State, Refusal> {
    let board = app.feed.board();
    let state = board.state().ok_or_else(super::stream::not_ready)?;
    let is_present = run.parse().is_ok_and(|run: u64| state.run == Some(run));
    if is_present {
        Ok(state.clone())
    } else {
        Err(Refusal::not_found(
            "not_present",
            "this is not the present run",
        ))
    }
}

fn check_load(
    users: Option<u64>,
    spawn_rate: Option<f64>,
    run_time: Option<f64>,
) -> Result<(), Refusal> {
    if users.is_some_and(|users| users > MAX_USERS) {
        let text = format!("at most {MAX_USERS} users");
        return Err(Refusal::invalid(&text).about("users"));
    }
    if spawn_rate.is_some_and(|rate| !rate.is_finite() || rate <= 0.0) {
        let text = "users started a second: a number above zero";
        return Err(Refusal::invalid(text).about("spawn_rate"));
    }
    if run_time.is_some_and(|seconds| !seconds.is_finite() || seconds <= 0.0) {
        let text = "the length of the run: seconds above zero";
        return Err(Refusal::invalid(text).about("run_time_seconds"));
    }
    Ok(())
}

fn check_note(note: Option<&str>) -> Result<(), Refusal> {
    if note.is_some_and(|note| note.chars().count() > MAX_NOTE) {
        let text = format!("a note has at most {MAX_NOTE} characters");
        return Err(Refusal::invalid(&text).about("note"));
    }
    Ok(())
}

fn conflict(code: &str, message: &str) -> Refusal {
    Refusal::new(StatusCode::CONFLICT, code, message)
}

fn ask(question: ConfirmRequired) -> Response {
    (StatusCode::CONFLICT, Json(question)).into_response()
}

/// What the test's thread says, as it is.
pub(super) fn answer(reply: Reply) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = if reply.body == Value::Null {
        json!({})
    } else {
        reply.body
    };
    (status, Json(body)).into_response()
}
