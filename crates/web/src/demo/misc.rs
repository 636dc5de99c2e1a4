//! Paths that are slow, broken or moved, each in a known way.

use axum::{
    Json, Router,
    extract::State as FromState,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Value, json};

use super::{latency, state::State};

/// `/flaky` fails each time its count of requests can be divided by this.
pub const FAILS_EVERY: u64 = 10;

/// Paths with a known fault.
pub(super) fn routes() -> Router<State> {
    Router::new()
        .route("/slow", get(slow))
        .route("/flaky", get(flaky))
        .route("/old", get(moved))
        .route("/served", get(served))
}

async fn slow() -> &'static str {
    tokio::time::sleep(latency::SLOW).await;
    "that took a while"
}

async fn flaky(FromState(state): FromState<State>) -> Response {
    if state.next_flaky().is_multiple_of(FAILS_EVERY) {
        return (StatusCode::SERVICE_UNAVAILABLE, "not this time").into_response();
    }
    "fine".into_response()
}

async fn moved() -> Response {
    (
        StatusCode::MOVED_PERMANENTLY,
        [(header::LOCATION, "/products")],
    )
        .into_response()
}

async fn served(FromState(state): FromState<State>) -> Json<Value> {
    // This very request has been counted already.
    Json(json!({"served": state.served().saturating_sub(1)}))
}
