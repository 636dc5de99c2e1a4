//! Locust's paths.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Extension, State};
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};

use super::{answers, csv, orders, pages};
use crate::guard::Viewer;
use crate::server::{App, page};

/// All of them.
pub(crate) fn routes() -> Router<Arc<App>> {
    let asked = |handler: MethodRouter<Arc<App>>| handler.fallback(pages::wants_get);
    let told = |handler: MethodRouter<Arc<App>>| handler.fallback(pages::wants_post);
    Router::new()
        .route("/swarm", told(post(orders::swarm)))
        .route("/stop", told(post(orders::stop)))
        .route("/user", told(post(orders::user)))
        .route("/stats/reset", told(post(orders::reset)))
        .route("/stats/requests", asked(get(answers::requests)))
        .route("/stats/requests/csv", asked(get(csv::requests)))
        .route("/stats/failures/csv", asked(get(csv::failures)))
        .route("/exceptions/csv", asked(get(csv::exceptions)))
        .route(
            "/stats/requests_full_history/csv",
            asked(get(csv::full_history)),
        )
        .route("/stats/report", asked(get(answers::report)))
        .route("/exceptions", asked(get(answers::exceptions)))
        .route("/tasks", asked(get(answers::tasks)))
        .route("/logs", asked(get(answers::logs)))
        .route("/worker-count", asked(get(answers::worker_count)))
        .route("/login", asked(get(login)))
}

/// The page, which asks for name and password; where nobody has to sign in, the way to the page.
async fn login(State(app): State<Arc<App>>, Extension(viewer): Extension<Viewer>) -> Response {
    if app.guard.login.is_none() || viewer.role.is_some() {
        return answers::to_start(&app.guard.base_path);
    }
    page(&app.guard.base_path)
}
