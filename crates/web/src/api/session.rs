//! Signing in and out.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Extension, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use super::{Json, Refusal};
use crate::guard::check::{refusal_of, session_token};
use crate::guard::{Login, SESSION_COOKIE, Viewer};
use crate::model::{Done, LoginRequest, Session};
use crate::server::App;

/// `GET /session`: who asks.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    Extension(viewer): Extension<Viewer>,
) -> Json<Session> {
    Json(session_of(&app, &viewer))
}

/// Who asks.
pub(super) fn session_of(app: &App, viewer: &Viewer) -> Session {
    Session {
        is_login_required: app.guard.login.is_some(),
        name: viewer.name.clone(),
        role: viewer.role,
        has_passwords: app.guard.login.as_ref().is_some_and(Login::has_passwords),
        provider: app.provider.as_ref().map(|one| one.name().to_owned()),
    }
}

/// `POST /session`: sign in.
pub(super) async fn sign_in(
    State(app): State<Arc<App>>,
    Extension(viewer): Extension<Viewer>,
    Json(request): Json<LoginRequest>,
) -> Result<Response, Refusal> {
    let Some(login) = &app.guard.login else {
        return Ok(Json(session_of(&app, &viewer)).into_response());
    };
    let outcome = login.sign_in(
        &request.name,
        &request.password,
        viewer.address,
        Instant::now(),
    );
    let name: String = request
        .name
        .chars()
        .filter(|char| !char.is_control())
        .take(64)
        .collect();
    let (token, role) = outcome.map_err(|error| {
        let attempt = format!("sign-in of `{name}`");
        app.guard.audit_failure(error, &attempt, viewer.address);
        refusal_of(error)
    })?;
    app.guard
        .audit(&format!("{name} has signed in from {}", viewer.address));
    let signed_in = Viewer {
        name: Some(request.name),
        role: Some(role),
        ..viewer
    };
    let session = session_of(&app, &signed_in);
    let cookie = session_cookie(&app, &token);
    Ok(([(SET_COOKIE, cookie)], Json(session)).into_response())
}

/// `DELETE /session`: sign out.
pub(super) async fn sign_out(
    State(app): State<Arc<App>>,
    Extension(viewer): Extension<Viewer>,
    headers: HeaderMap,
) -> Response {
    if let (Some(login), Some(token)) = (&app.guard.login, session_token(&headers)) {
        login.sign_out(token);
        let who = viewer.describe();
        app.guard.audit(&format!("{who} has signed out"));
    }
    let gone = format!("{}; Max-Age=0", session_cookie(&app, ""));
    (StatusCode::OK, [(SET_COOKIE, gone)], Json(Done {})).into_response()
}

/// The cookie of a session, which no other site can make a browser send.
pub(crate) fn session_cookie(app: &App, token: &str) -> String {
    let path = match app.guard.base_path.as_str() {
        "" => "/",
        path => path,
    };
    let secure = if app.guard.is_reached_securely() {
        "; Secure"
    } else {
        ""
    };
    format!("{SESSION_COOKIE}={token}; Path={path}; HttpOnly; SameSite=Strict{secure}")
}
