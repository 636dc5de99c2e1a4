//! Compresses answers that are large. Streams compress themselves.

use std::io::Write;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, VARY};
use axum::middleware::Next;
use axum::response::Response;
use flate2::Compression;
use flate2::write::GzEncoder;

/// Bytes below which it is not worth it.
const WORTH: usize = 1400;

/// Answers that are compressed: texts, and the page's own files.
const KINDS: [&str; 5] = [
    "application/json",
    "text/html",
    "text/csv",
    "text/css",
    "text/javascript",
];

/// To be put around everything.
pub(super) async fn squeeze(request: Request, next: Next) -> Response {
    let takes_gzip = request
        .headers()
        .get(ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.split(',').any(|word| word.trim().starts_with("gzip")));
    let response = next.run(request).await;
    let kind = response.headers().get(CONTENT_TYPE);
    let is_text = kind
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| KINDS.iter().any(|text| kind.starts_with(text)));
    if !takes_gzip || !is_text || response.headers().contains_key(CONTENT_ENCODING) {
        return response;
    }
    let (mut head, body) = response.into_parts();
    // What handlers return is in memory already.
    let Ok(plain) = to_bytes(body, usize::MAX).await else {
        return Response::from_parts(head, Body::empty());
    };
    head.headers
        .insert(VARY, HeaderValue::from_static("accept-encoding"));
    if plain.len() < WORTH {
        return Response::from_parts(head, Body::from(plain));
    }
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 4), Compression::default());
    let packed = encoder.write_all(&plain).and_then(|()| encoder.finish());
    let Ok(packed) = packed else {
        return Response::from_parts(head, Body::from(plain));
    };
    head.headers.remove(CONTENT_LENGTH);
    head.headers
        .insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    Response::from_parts(head, Body::from(packed))
}
