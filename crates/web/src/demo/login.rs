//! Signing in: a form with a token that has to come back, and a page only for those who did.

use axum::{
    Form, Router,
    extract::State as FromState,
    http::{HeaderMap, StatusCode},
    response::{Html, IntoResponse, Redirect, Response},
    routing::get,
};
use serde::Deserialize;

use super::{latency, state::State};

/// The password of every user.
const PASSWORD: &str = "demo";

/// Paths of signing in.
pub(super) fn routes() -> Router<State> {
    Router::new()
        .route("/login", get(form).post(sign_in))
        .route("/account", get(account))
}

async fn form(FromState(state): FromState<State>, headers: HeaderMap) -> Response {
    let mut sessions = state.sessions();
    let token = sessions.random_word();
    let (session, set_cookie) = sessions.find_or_make(&headers);
    let page = format!(
        "<!doctype html><title>Sign in</title><form method=\"post\">\
         <input type=\"hidden\" name=\"csrf\" value=\"{token}\">\
         <input name=\"user\"><input name=\"password\" type=\"password\"><button>Sign in</button></form>"
    );
    session.token = Some(token);
    match set_cookie {
        Some(cookie) => ([cookie], Html(page)).into_response(),
        None => Html(page).into_response(),
    }
}

#[derive(Deserialize)]
struct Credentials {
    user: String,
    password: String,
    #[serde(default)]
    csrf: String,
}

async fn sign_in(
    FromState(state): FromState<State>,
    headers: HeaderMap,
    Form(credentials): Form<Credentials>,
) -> Response {
    tokio::time::sleep(latency::LOGIN).await;
    let mut sessions = state.sessions();
    // A token is used once, right or wrong.
    let session = sessions
        .find(&headers)
        .and_then(|session| session.token.take().map(|token| (session, token)));
    let Some((session, _)) = session.filter(|(_, token)| *token == credentials.csrf) else {
        return (StatusCode::FORBIDDEN, "the form has expired").into_response();
    };
    if credentials.password != PASSWORD {
        return (StatusCode::FORBIDDEN, "wrong password").into_response();
    }
    session.user = Some(credentials.user);
    Redirect::to("/account").into_response()
}

async fn account(FromState(state): FromState<State>, headers: HeaderMap) -> Response {
    let mut sessions = state.sessions();
    match sessions
        .find(&headers)
        .and_then(|session| session.user.as_deref())
    {
        Some(user) => format!("signed in as {user}").into_response(),
        None => (StatusCode::UNAUTHORIZED, "please sign in").into_response(),
    }
}
