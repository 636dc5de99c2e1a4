//! Locust's paths that change something.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};

use super::{form, pages, python_json};
use crate::api::{Refusal, hosts_of};
use crate::guard::Viewer;
use crate::model::TargetStanding;
use crate::seam::Reply;
use crate::server::App;

/// Time for the test's thread to begin what it is told.
const PATIENCE: Duration = Duration::from_secs(30);

/// Time for users to stop: Locust answers when they have, and users may take as long as they like.
const STOP_PATIENCE: Duration = Duration::from_hours(1);

/// `POST /swarm`.
pub(super) async fn swarm(
    State(app): State<Arc<App>>,
    Extension(viewer): Extension<Viewer>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let fields = form::fields(&headers, &body);
    let given = fields.iter().rev().find(|(name, _)| name == "host");
    let given = given.map(|(_, host)| host.replace(['<', '>'], ""));
    let mut public = Vec::new();
    for url in hosts_of(&app, given.as_deref()) {
        let check = app.targets.check(&url).await;
        match check.standing {
            TargetStanding::Refused => {
                let body = json!({"success": false, "message": check.message, "host": url});
                return Ok(python_json::answer(StatusCode::OK, &body));
            }
            TargetStanding::Asks | TargetStanding::Confirmed => public.push(check),
            _ => {}
        }
    }
    let arguments = json!({
        "fields": fields,
        "by": viewer.name,
        "address": viewer.address.to_string(),
        "public": public,
    });
    let reply = app.seam.order("swarm", arguments, PATIENCE).await?;
    Ok(answer(&reply))
}

/// `POST /stop`.
pub(super) async fn stop(
    State(app): State<Arc<App>>,
    Extension(viewer): Extension<Viewer>,
) -> Result<Response, Refusal> {
    let arguments = json!({"by": viewer.name, "address": viewer.address.to_string()});
    let reply = app
        .seam
        .order("stop_and_wait", arguments, STOP_PATIENCE)
        .await?;
    Ok(answer(&reply))
}

/// `POST /stats/reset`.
pub(super) async fn reset(
    State(app): State<Arc<App>>,
    Extension(viewer): Extension<Viewer>,
) -> Result<Response, Refusal> {
    let reply = app.seam.order("reset", json!({}), PATIENCE).await?;
    let who = viewer.describe();
    app.guard.audit(&format!("{who} resets the statistics"));
    Ok(answer(&reply))
}

/// `POST /user`.
pub(super) async fn user(
    State(app): State<Arc<App>>,
    Extension(viewer): Extension<Viewer>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    // Flask gives the body of a form to the form, and nothing is left for JSON.
    let is_form = !form::fields(&headers, b"x=1").is_empty();
    let body = if is_form { &b""[..] } else { &body[..] };
    let settings: Value = match serde_json::from_slice(body) {
        Ok(settings) => settings,
        Err(error) => {
            let text = if body.is_empty() {
                "Expecting value: line 1 column 1 (char 0)".to_owned()
            } else {
                error.to_string()
            };
            return Ok(pages::page(StatusCode::INTERNAL_SERVER_ERROR, text));
        }
    };
    let arguments = json!({ "settings": settings });
    let reply = app.seam.order("user", arguments, PATIENCE).await?;
    let who = viewer.describe();
    app.guard.audit(&format!("{who} changes a user class"));
    Ok(answer(&reply))
}

/// What the test's thread says: an object, or the text of a page.
fn answer(reply: &Reply) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match &reply.body {
        Value::String(text) => pages::page(status, text.as_str()),
        body => python_json::answer(status, body),
    }
}
