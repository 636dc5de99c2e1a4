//! Locust's paths.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use axum::routing::{self, MethodRouter};
use serde::Deserialize;

use super::{answers, csv, orders, pages};
use crate::api::{Paths, Query};
use crate::guard::{Viewer, is_next};
use crate::server::{App, page};

/// All of them.
pub(crate) fn routes() -> Router<Arc<App>> {
    paths().router()
}

/// The same with their list.
pub(crate) fn paths() -> Paths {
    let get = |handler: MethodRouter<Arc<App>>| ("GET", handler.fallback(pages::wants_get));
    let post = |handler: MethodRouter<Arc<App>>| ("POST", handler.fallback(pages::wants_post));
    let all = [
        ("/swarm", post(routing::post(orders::swarm))),
        ("/stop", post(routing::post(orders::stop))),
        ("/user", post(routing::post(orders::user))),
        ("/stats/reset", post(routing::post(orders::reset))),
        ("/stats/requests", get(routing::get(answers::requests))),
        ("/stats/requests/csv", get(routing::get(csv::requests))),
        ("/stats/failures/csv", get(routing::get(csv::failures))),
        ("/exceptions/csv", get(routing::get(csv::exceptions))),
        (
            "/stats/requests_full_history/csv",
            get(routing::get(csv::full_history)),
        ),
        ("/stats/report", get(routing::get(answers::report))),
        ("/exceptions", get(routing::get(answers::exceptions))),
        ("/tasks", get(routing::get(answers::tasks))),
        ("/logs", get(routing::get(answers::logs))),
        ("/worker-count", get(routing::get(answers::worker_count))),
        ("/login", get(routing::get(login))),
    ];
    let add = |paths: Paths, (path, (method, handler))| paths.on(method, path, handler);
    all.into_iter().fold(Paths::new(), add)
}

/// What the sign-in is asked with.
#[derive(Debug, Deserialize)]
struct Wish {
    /// The path that somebody wants to see.
    next: Option<String>,
}

/// The page, which asks who it is; where nobody has to sign in, and who has done so already, is led to
/// what they want to see.
async fn login(
    State(app): State<Arc<App>>,
    Extension(viewer): Extension<Viewer>,
    Query(wish): Query<Wish>,
) -> Response {
    let base = &app.guard.base_path;
    if app.guard.login.is_some() && viewer.role.is_none() {
        return page(base);
    }
    match wish.next.filter(|next| is_next(next)) {
        Some(next) => (StatusCode::FOUND, [(LOCATION, format!("{base}{next}"))]).into_response(),
        None => answers::to_start(base),
    }
}
