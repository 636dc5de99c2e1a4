//! Paths of the page's API.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::{delete, get, post};

use super::{Refusal, commands, form, runs, session, stream};
use crate::model;
use crate::server::App;

/// Largest report that is taken in.
const MAX_REPORT: usize = 16 * 1024 * 1024;

/// All of them, to be put below `/api/v1`.
pub(crate) fn routes() -> Router<Arc<App>> {
    let import = post(runs::import).layer(DefaultBodyLimit::max(MAX_REPORT));
    Router::new()
        .route("/stream", get(stream::stream))
        .route("/delta", get(stream::delta))
        .route("/openapi.json", get(document))
        .route(
            "/session",
            get(session::show)
                .post(session::sign_in)
                .delete(session::sign_out),
        )
        .route("/form", get(form::form))
        .route("/target", get(form::target))
        .route("/log", get(runs::log))
        .route("/log.txt", get(runs::log_text))
        .route("/runs", get(runs::list).post(commands::start))
        .route("/runs/import", import)
        .route("/runs/{run}", get(runs::show).merge(delete(runs::remove)))
        .route("/runs/{run}/users", post(commands::users))
        .route("/runs/{run}/stop", post(commands::stop))
        .route("/runs/{run}/notes", post(commands::note))
        .route("/runs/{run}/baseline", post(runs::baseline))
        .route("/runs/{run}/pin", post(runs::pin))
        .route("/runs/{run}/setup", get(runs::setup))
        .route("/runs/{run}/series", get(runs::series))
        .route("/runs/{run}/entries/{index}", get(runs::entry))
        .route("/runs/{run}/trends", get(runs::trends))
        .route("/runs/{run}/window", get(runs::window))
        .route("/runs/{run}/workers/{index}", get(runs::worker))
        .route("/runs/{run}/report.html", get(runs::report))
        .route("/compare", get(runs::compare))
        .route("/workers/remove", post(commands::remove_worker))
        .fallback(unknown)
        .method_not_allowed_fallback(wrong_method)
}

async fn document() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], model::document())
}

async fn unknown() -> Refusal {
    Refusal::not_found("unknown_path", "there is no such path in this API")
}

async fn wrong_method() -> Refusal {
    Refusal::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "wrong_method",
        "this path is asked in another way: see /api/v1/openapi.json",
    )
}
