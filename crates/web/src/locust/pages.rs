//! Answers of Locust that are pages: what is not there, and what is asked in the wrong way.

use axum::http::StatusCode;
use axum::http::header::{ALLOW, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

const HTML: &str = "text/html; charset=utf-8";

const NOT_FOUND: &str = "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n\
    <h1>Not Found</h1>\n<p>The requested URL was not found on the server. If you entered the URL \
    manually please check your spelling and try again.</p>\n";

const WRONG_METHOD: &str = "<!doctype html>\n<html lang=en>\n<title>405 Method Not Allowed</title>\n\
    <h1>Method Not Allowed</h1>\n<p>The method is not allowed for the requested URL.</p>\n";

/// A path that nobody knows.
pub(crate) fn not_found() -> Response {
    page(StatusCode::NOT_FOUND, NOT_FOUND)
}

/// A path that wants `POST`.
pub(super) async fn wants_post() -> Response {
    wrong_method("POST, OPTIONS")
}

/// A path that wants `GET`.
pub(super) async fn wants_get() -> Response {
    wrong_method("GET, OPTIONS, HEAD")
}

fn wrong_method(allowed: &'static str) -> Response {
    let mut response = page(StatusCode::METHOD_NOT_ALLOWED, WRONG_METHOD);
    let value = axum::http::HeaderValue::from_static(allowed);
    response.headers_mut().insert(ALLOW, value);
    response
}

/// Text as Flask sends it.
pub(super) fn page(status: StatusCode, text: impl Into<String>) -> Response {
    (status, [(CONTENT_TYPE, HTML)], text.into()).into_response()
}
