//! JSON bodies, in and out, with refusals in our own words.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Refusal;

/// A body as one of the types of the model.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Json<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let body = Bytes::from_request(request, state).await.map_err(|error| {
            let status = error.status();
            let code = match status {
                StatusCode::PAYLOAD_TOO_LARGE => "too_large",
                _ => "unreadable",
            };
            Refusal::new(status, code, &error.body_text())
        })?;
        let bad = |error: &str| {
            let text = format!("the body is not what is expected here: {error}");
            Refusal::new(StatusCode::BAD_REQUEST, "bad_json", &text)
        };
        // serde takes a list for an object whose fields stand in their order.
        if body.trim_ascii_start().first() != Some(&b'{') {
            return Err(bad("it is no object"));
        }
        serde_json::from_slice(&body)
            .map(Self)
            .map_err(|error| bad(&error.to_string()))
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => {
                let kind = HeaderValue::from_static("application/json");
                ([(CONTENT_TYPE, kind)], body).into_response()
            }
            Err(error) => {
                tracing::error!(%error, "an answer cannot be written as JSON");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}
