//! Pages that the test itself adds: whatever nobody else knows is asked of the test's thread.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use super::App;
use crate::api::Refusal;
use crate::guard::Viewer;
use crate::locust;

/// Time for the test to answer.
const PATIENCE: Duration = Duration::from_mins(1);

/// Headers that are for this server to say.
const OWN_HEADERS: [&str; 3] = ["connection", "content-length", "transfer-encoding"];

/// What the test answers. Bytes travel as text: one character, up to U+00FF, for each.
#[derive(Debug, Deserialize)]
struct Page {
    headers: Vec<(String, String)>,
    body: String,
}

/// A path that nobody knows.
pub(super) async fn extra(
    State(app): State<Arc<App>>,
    Extension(viewer): Extension<Viewer>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    if !app.seam.form().has_own_pages {
        return Ok(locust::not_found());
    }
    let headers: Vec<(&str, String)> = headers
        .iter()
        .map(|(name, value)| (name.as_str(), text_of(value.as_bytes())))
        .collect();
    let arguments = json!({
        "method": method.as_str(),
        "path": uri.path(),
        "query": uri.query().unwrap_or_default(),
        "headers": headers,
        "body": text_of(&body),
        "by": viewer.name,
        "address": viewer.address.to_string(),
    });
    let reply = app.seam.order("own_page", arguments, PATIENCE).await?;
    let page: Page = serde_json::from_value(reply.body).map_err(|error| {
        let text = format!("the page of the test is none: {error}");
        Refusal::new(StatusCode::BAD_GATEWAY, "bad_page", &text)
    })?;
    let mut response = Response::new(Body::from(bytes_of(&page.body)));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::BAD_GATEWAY);
    for (name, value) in page.headers {
        let name = HeaderName::try_from(name);
        let value = HeaderValue::from_bytes(&bytes_of(&value));
        if let (Ok(name), Ok(value)) = (name, value)
            && !OWN_HEADERS.contains(&name.as_str())
        {
            response.headers_mut().append(name, value);
        }
    }
    Ok(response)
}

fn text_of(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

/// The other way round. What is beyond U+00FF is no byte, and is never sent.
fn bytes_of(text: &str) -> Vec<u8> {
    text.chars()
        .map(|char| u8::try_from(u32::from(char)).unwrap_or(b'?'))
        .collect()
}
