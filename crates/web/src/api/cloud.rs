//! The cloud line, and ending all machines.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Extension, State};
use axum::http::StatusCode;
use serde_json::json;

use super::{Json, Refusal};
use crate::cloud::CloudWatch;
use crate::guard::Viewer;
use crate::model::{Cloud, Done, Phase, TeardownRequest};
use crate::server::{App, now};

/// Time for a run to stop by itself before it is cut off: machines that are to end cost money.
const STOP_PATIENCE: Duration = Duration::from_secs(30);

/// Time for one that is cut off. After it, the machines end with what was kept.
const CUT_PATIENCE: Duration = Duration::from_secs(10);

/// Time for an order to be taken.
const ORDER_PATIENCE: Duration = Duration::from_secs(10);

/// `GET /cloud`: what is known of the machines.
pub(super) async fn show(State(app): State<Arc<App>>) -> Result<Json<Cloud>, Refusal> {
    let lasts = lasts(&app);
    Ok(Json(watch(&app)?.line(now(), lasts)))
}

/// `POST /cloud/teardown`: end all machines, after the run that lasts has been stopped and kept.
pub(super) async fn teardown(
    State(app): State<Arc<App>>,
    Extension(viewer): Extension<Viewer>,
    Json(request): Json<TeardownRequest>,
) -> Result<(StatusCode, Json<Done>), Refusal> {
    let watch = watch(&app)?;
    if !watch.can_tear_down() {
        let text = "this master cannot end its machines: end them where they were started";
        return Err(Refusal::new(StatusCode::CONFLICT, "cannot_end", text));
    }
    let lasting = app.feed.board().state().and_then(|state| {
        let run = state.run.filter(|_| lasts_in(state.phase));
        run.map(|run| (run, state.phase))
    });
    if let Some((run, _)) = lasting
        && request.run != Some(run)
    {
        let text = format!("run {run} lasts: stop it first, or say that it is to be stopped");
        return Err(Refusal::new(StatusCode::CONFLICT, "run_lasts", &text));
    }
    let by = viewer.describe();
    app.guard.audit(&format!("{by} ends all machines"));
    watch.begin_end(&by, now());
    if let Some((_, phase)) = lasting {
        if phase != Phase::Stopping {
            stop(&app, &viewer, false).await;
        }
        tokio::spawn(end_after_run(Arc::clone(&app), viewer, by));
    } else {
        ask(&app, &by).await?;
    }
    Ok((StatusCode::ACCEPTED, Json(Done {})))
}

/// Waits for the end of the run, but not for ever, and asks for that of the machines.
async fn end_after_run(app: Arc<App>, viewer: Viewer, by: String) {
    if !has_ended(&app, STOP_PATIENCE).await {
        stop(&app, &viewer, true).await;
        has_ended(&app, CUT_PATIENCE).await;
    }
    // What fails is logged, and told by the line.
    let _ = ask(&app, &by).await;
}

async fn ask(app: &App, by: &str) -> Result<(), Refusal> {
    watch(app)?.ask_for_end(by).await.map_err(|error| {
        tracing::error!(%error, "the end of the machines cannot be asked for");
        let text = format!("the end of the machines cannot be asked for: {error}");
        Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "not_asked", &text)
    })
}

async fn stop(app: &App, viewer: &Viewer, now: bool) {
    let arguments = json!({
        "now": now,
        "by": viewer.name,
        "address": viewer.address.to_string(),
    });
    let reply = app.seam.order("stop", arguments, ORDER_PATIENCE).await;
    if let Err(error) = reply {
        tracing::warn!(%error, "the run was not stopped before the machines end");
    }
}

/// Whether the run has ended within so long, and two seconds more have passed in which it is kept.
async fn has_ended(app: &App, limit: Duration) -> bool {
    let mut seconds = app.feed.seconds();
    let wait = async {
        let mut after = 0;
        while after < 2 {
            if seconds.changed().await.is_err() {
                return;
            }
            after = if lasts(app) { 0 } else { after + 1 };
        }
    };
    tokio::time::timeout(limit, wait).await.is_ok()
}

fn watch(app: &App) -> Result<&CloudWatch, Refusal> {
    let text = "this master knows of no cloud that it runs in";
    let none = || Refusal::not_found("no_cloud", text);
    app.feed.cloud().ok_or_else(none)
}

fn lasts(app: &App) -> bool {
    let board = app.feed.board();
    board.state().is_some_and(|state| lasts_in(state.phase))
}

fn lasts_in(phase: Phase) -> bool {
    matches!(phase, Phase::Starting | Phase::Running | Phase::Stopping)
}
