//! The page's files, which are built from `ui/` and lie in the binary.

use aws_lc_rs::digest::{SHA256, digest};
use axum::body::Body;
use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

use crate::guard::hex;

/// What the build of the page has left.
#[derive(RustEmbed)]
#[folder = "assets/"]
#[allow_missing = true]
struct Files;

/// Said in the place of a page that is not built in.
const NO_PAGE: &str = "The page is not built into this gregaria: the API is at /api/v1, Locust's paths \
    are beside it.\n";

/// Names the page that is built in; `None` if there is none.
pub(crate) fn page_hash() -> Option<String> {
    let page = Files::get("index.html")?;
    let digest = digest(&SHA256, &page.data);
    Some(hex(&digest.as_ref()[..8]))
}

/// The page itself. The files it names lie below the base path, and a `meta` tells the scripts of it.
pub(crate) fn page(base_path: &str) -> Response {
    let Some(page) = Files::get("index.html") else {
        return (
            StatusCode::OK,
            [(CONTENT_TYPE, "text/plain; charset=utf-8")],
            NO_PAGE,
        )
            .into_response();
    };
    let text = String::from_utf8_lossy(&page.data)
        .replace("=\"/assets/", &format!("=\"{base_path}/assets/"))
        .replace(
            "name=\"gregaria-base\" content=\"\"",
            &format!("name=\"gregaria-base\" content=\"{base_path}\""),
        );
    ([(CONTENT_TYPE, "text/html; charset=utf-8")], text).into_response()
}

/// A file of the page by its path below `/assets/`. Names carry a hash: what was loaded stays good.
pub(crate) fn asset(path: &str, headers: &HeaderMap) -> Response {
    let name = format!("assets/{path}");
    let accepted = headers
        .get(ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let takes = |coding: &str| {
        accepted
            .split(',')
            .filter_map(|word| word.split(';').next())
            .any(|word| word.trim() == coding)
    };
    let packed = [("br", "br"), ("gzip", "gz")]
        .into_iter()
        .filter(|(coding, _)| takes(coding))
        .find_map(|(coding, end)| Some((coding, Files::get(&format!("{name}.{end}"))?)));
    let (coding, file) = match packed {
        Some((coding, file)) => (Some(coding), file),
        None => match Files::get(&name) {
            Some(file) => (None, file),
            None => return StatusCode::NOT_FOUND.into_response(),
        },
    };
    let mut response = Response::new(Body::from(file.data.into_owned()));
    let headers = response.headers_mut();
    let mut set = |name, value: &'static str| {
        headers.insert(name, axum::http::HeaderValue::from_static(value));
    };
    set(CONTENT_TYPE, kind_of(path));
    set(CACHE_CONTROL, "public, max-age=31536000, immutable");
    set(VARY, "accept-encoding");
    if let Some(coding) = coding {
        set(CONTENT_ENCODING, coding);
    }
    response
}

fn kind_of(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, end)| end) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("json" | "map") => "application/json",
        Some("html") => "text/html; charset=utf-8",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}
