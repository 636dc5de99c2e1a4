//! The list of runs, what people do with its rows, and two of them side by side.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tempfile::NamedTempFile;

use super::store::{kept, shelf, unknown_run, with, with_run};
use super::{Json, Path, Query, Refusal};
use crate::archive::{ArchiveError, Library, Limits};
use crate::model::{
    BaselineRequest, Compare, Done, ImportRequest, PinRequest, RunList, Started, Storage,
};
use crate::report;
use crate::runs::{self, Fineness, Part};
use crate::server::{App, FileBody};

/// Most runs in an answer.
const MAX_ROWS: usize = 10_000;

/// Which rows.
#[derive(Debug, Deserialize)]
pub(super) struct Rows {
    limit: Option<usize>,
}

/// `GET /runs`: all runs, the newest first; with `?limit=` at most so many.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    Query(wish): Query<Rows>,
) -> Result<Json<RunList>, Refusal> {
    let shelf = shelf(&app)?;
    let limit = wish.limit.unwrap_or(MAX_ROWS).min(MAX_ROWS);
    let path = shelf.store.path.display().to_string();
    // A machine in a cloud is gone with its disk.
    let is_temporary = shelf.store.is_temporary || app.feed.cloud().is_some();
    let problem = shelf.store.trouble();
    let list = with(&app, move |library| {
        let rows = library.list()?;
        Ok(RunList {
            total: rows.len() as u64,
            runs: rows.iter().take(limit).map(runs::run_summary).collect(),
            storage: Storage {
                path: Some(path),
                bytes: library.bytes()?,
                is_temporary,
                problem,
            },
        })
    });
    list.await.map(Json)
}

/// `GET /runs.sqlite`: all runs as one file, to be kept elsewhere.
pub(super) async fn all(State(app): State<Arc<App>>) -> Result<Response, Refusal> {
    let copied = with(&app, |library| {
        let of = |error: &std::io::Error| ArchiveError::Failed {
            path: std::env::temp_dir(),
            reason: format!("no copy can be made there: {error}"),
        };
        let copy = NamedTempFile::with_prefix("gregaria-runs-").map_err(|error| of(&error))?;
        library.copy_to(copy.path())?;
        let length = copy.as_file().metadata().map_err(|error| of(&error))?.len();
        // The file is gone as soon as it has been read, or nobody reads it any more.
        Ok((copy.into_file(), length))
    });
    let (file, length) = copied.await?;
    let headers = [
        (CONTENT_TYPE, "application/vnd.sqlite3"),
        (
            CONTENT_DISPOSITION,
            "attachment; filename=\"gregaria-runs.sqlite\"",
        ),
    ];
    Ok((headers, Body::new(FileBody::new(file, length))).into_response())
}

/// `DELETE /runs/{run}`.
pub(super) async fn remove(
    State(app): State<Arc<App>>,
    Path(run): Path<String>,
) -> Result<Json<Done>, Refusal> {
    change(&app, &run, Library::delete).await
}

/// `POST /runs/import`.
pub(super) async fn import(
    State(app): State<Arc<App>>,
    Json(request): Json<ImportRequest>,
) -> Result<Response, Refusal> {
    let started = with(&app, move |library| {
        let run = report::import(library, &request.report)?;
        library.prune(Limits::default())?;
        let run = u64::try_from(run).map_err(|_| unknown_run())?;
        Ok(Started { run })
    });
    Ok((StatusCode::CREATED, Json(started.await?)).into_response())
}

/// `POST /runs/{run}/baseline`.
pub(super) async fn baseline(
    State(app): State<Arc<App>>,
    Path(run): Path<String>,
    Json(request): Json<BaselineRequest>,
) -> Result<Json<Done>, Refusal> {
    let set = move |library: &Library, run| library.set_baseline(run, request.is_baseline);
    change(&app, &run, set).await
}

/// `POST /runs/{run}/pin`.
pub(super) async fn pin(
    State(app): State<Arc<App>>,
    Path(run): Path<String>,
    Json(request): Json<PinRequest>,
) -> Result<Json<Done>, Refusal> {
    change(&app, &run, move |library, run| {
        library.pin(run, request.is_pinned)
    })
    .await
}

async fn change(
    app: &App,
    run: &str,
    action: impl FnOnce(&Library, i64) -> Result<(), ArchiveError> + Send + 'static,
) -> Result<Json<Done>, Refusal> {
    let run = kept(run)?;
    with(app, move |library| Ok(action(library, run)?)).await?;
    Ok(Json(Done {}))
}

/// Which two, and which part of them.
#[derive(Debug, Deserialize)]
pub(super) struct Pair {
    a: i64,
    b: i64,
    from: Option<f64>,
    to: Option<f64>,
}

/// `GET /compare?a=&b=&from=&to=`: run `b` beside run `a`.
pub(super) async fn compare(
    State(app): State<Arc<App>>,
    Query(pair): Query<Pair>,
) -> Result<Json<Compare>, Refusal> {
    let part = match (pair.from, pair.to) {
        (None, None) => Part::Steady,
        (from, to) => {
            let (from, to) = (from.unwrap_or(0.0), to.unwrap_or(f64::MAX));
            if from >= to {
                return Err(Refusal::invalid("`from` has to be before `to`"));
            }
            Part::Between(from, to)
        }
    };
    let compared = with_run(&app, pair.b, move |library, _| {
        let points = Fineness::SCREEN.points;
        Ok(runs::compare(library, pair.a, pair.b, part, points)?)
    });
    compared.await.map(Json)
}
