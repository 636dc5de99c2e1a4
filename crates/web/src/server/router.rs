//! Which path leads where.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::HeaderMap;
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::get;

use super::{App, assets, extra, squeeze};
use crate::guard::protect;
use crate::{api, locust, oidc};

/// Largest body of a request.
const MAX_BODY: usize = 256 * 1024;

/// Addresses of the page. Which screen it is, its script reads from the address.
const PAGES: [&str; 5] = ["/", "/new", "/runs", "/runs/{*rest}", "/compare"];

/// All paths, below the base path.
pub(super) fn router(app: Arc<App>) -> Router {
    let mut router = Router::new()
        .nest("/api/v1", api::routes())
        .merge(locust::routes())
        .route("/assets/{*path}", get(asset))
        .route(oidc::BEGIN, get(oidc::begin))
        .route(oidc::CALLBACK, get(oidc::finish));
    for page in PAGES {
        router = router.route(page, get(index));
    }
    let guard = Arc::clone(&app.guard);
    router
        .fallback(extra::extra)
        .with_state(app)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(axum::middleware::from_fn(squeeze::squeeze))
        .layer(from_fn_with_state(guard, protect))
}

async fn index(State(app): State<Arc<App>>) -> Response {
    assets::page(&app.guard.base_path)
}

async fn asset(Path(path): Path<String>, headers: HeaderMap) -> Response {
    assets::asset(&path, &headers)
}
