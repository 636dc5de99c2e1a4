//! The two addresses of a sign-in by the provider: the one that leads there, and the one that it leads
//! back to.
//!
//! Both end in a redirect. From the way back it leads to the page's own sign-in: the session's cookie is
//! not sent along where another site has led the browser, but it is with what that page asks for.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{Extension, State};
use axum::http::header::{HOST, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Response};
use serde::Deserialize;

use super::error::SignInError;
use super::flows::LIFETIME;
use super::provider::{Arrival, Provider};
use crate::api::{Query, Refusal, session_cookie};
use crate::guard::check::cookie_of;
use crate::guard::{Login, Viewer, is_next};
use crate::server::App;

/// Where a sign-in begins.
pub(crate) const BEGIN: &str = "/login/oidc";

/// Where the provider leads back to.
pub(crate) const CALLBACK: &str = "/login/oidc/callback";

/// Time after which somebody has to prove again who they are: a provider that lets nobody in any more
/// is not asked in between.
const SESSION: Duration = Duration::from_hours(12);

/// Digits of the state in the name of its cookie: each tab has a sign-in of its own.
const STATE_DIGITS: usize = 8;

/// Whether a path is one of these.
pub(crate) fn is_own_path(path: &str) -> bool {
    path == BEGIN || path == CALLBACK
}

/// What the sign-in begins with.
#[derive(Debug, Deserialize)]
pub(crate) struct Wish {
    /// The path that somebody wants to see.
    next: Option<String>,
    /// Whether the provider shall ask who it is, even if it knows.
    again: Option<String>,
}

/// `GET /login/oidc`: leads to the provider.
pub(crate) async fn begin(
    State(app): State<Arc<App>>,
    Extension(viewer): Extension<Viewer>,
    headers: HeaderMap,
    Query(wish): Query<Wish>,
) -> Result<Response, Refusal> {
    let (provider, _) = provider_of(&app)?;
    let next = wish.next.filter(|next| is_next(next));
    let next = next.as_deref().unwrap_or("/");
    let (redirect_uri, now) = (redirect_uri(&app, &headers)?, Instant::now());
    let is_again = wish.again.is_some();
    match provider
        .begin(next, &redirect_uri, is_again, viewer.address, now)
        .await
    {
        Ok(departure) => {
            let cookie = flow_cookie(&app, &departure.state, &departure.browser, LIFETIME);
            let headers = [(LOCATION, departure.location), (SET_COOKIE, cookie)];
            Ok((StatusCode::SEE_OTHER, headers).into_response())
        }
        Err(error) => {
            tell(&app, provider, &error, viewer.address);
            Ok(back(&app, next, Some(&error), Vec::new()))
        }
    }
}

/// `GET /login/oidc/callback`: where the provider leads back to.
pub(crate) async fn finish(
    State(app): State<Arc<App>>,
    Extension(viewer): Extension<Viewer>,
    headers: HeaderMap,
    Query(arrival): Query<Arrival>,
) -> Result<Response, Refusal> {
    let (provider, login) = provider_of(&app)?;
    let now = Instant::now();
    let state = arrival.state.as_deref().unwrap_or_default();
    let browser = cookie_of(&headers, &flow_cookie_name(state));
    let flow = match provider.take(&arrival, browser, now) {
        Ok(flow) => flow,
        Err(error) => {
            tell(&app, provider, &error, viewer.address);
            return Ok(back(&app, "/", Some(&error), Vec::new()));
        }
    };
    // The cookie has done its part.
    let mut cookies = vec![flow_cookie(&app, state, "", Duration::ZERO)];
    match provider.finish(&arrival, &flow, now).await {
        Ok(admitted) => {
            let token = login.admit(&admitted.name, admitted.role, Some(SESSION), now);
            app.guard.audit(&format!(
                "{} has signed in by {} from {}",
                admitted.name,
                provider.name(),
                viewer.address
            ));
            cookies.push(session_cookie(&app, &token));
            Ok(back(&app, &flow.next, None, cookies))
        }
        Err(error) => {
            tell(&app, provider, &error, viewer.address);
            Ok(back(&app, &flow.next, Some(&error), cookies))
        }
    }
}

fn provider_of(app: &App) -> Result<(&Provider, &Login), Refusal> {
    match (&app.provider, &app.guard.login) {
        (Some(provider), Some(login)) => Ok((provider, login)),
        _ => Err(Refusal::not_found(
            "no_provider",
            "nobody signs in by a provider here: see --oidc-issuer",
        )),
    }
}

fn tell(app: &App, provider: &Provider, error: &SignInError, from: IpAddr) {
    let Some(left_out) = provider.told.count(error, Instant::now()) else {
        return;
    };
    let name = provider.name();
    if left_out > 0 {
        app.guard.audit(&format!(
            "sign-in by {name}: {left_out} more refusals like the next one were left out"
        ));
    }
    app.guard
        .audit(&format!("sign-in by {name} from {from} refused: {error}"));
}

/// Leads to the page's own sign-in, which says what went wrong, or goes on.
fn back(app: &App, next: &str, error: Option<&SignInError>, cookies: Vec<String>) -> Response {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("next", next);
    match error {
        None => query.append_pair("by", "provider"),
        Some(error) => query.append_pair("problem", error.code()),
    };
    let location = format!("{}/login?{}", app.guard.base_path, query.finish());
    let cookies = cookies.into_iter().map(|cookie| (SET_COOKIE, cookie));
    let headers: Vec<(HeaderName, String)> = cookies.collect();
    let location = [(LOCATION, location)];
    (StatusCode::SEE_OTHER, location, AppendHeaders(headers)).into_response()
}

/// Where the provider leads back to, as a browser sees it: by the option, or by the name that it was
/// asked for, which the guard has found to be one of ours.
fn redirect_uri(app: &App, headers: &HeaderMap) -> Result<String, Refusal> {
    let base = &app.guard.base_path;
    if let Some(external) = &app.guard.external {
        return Ok(format!("{}{base}{CALLBACK}", external.origin));
    }
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = host.ok_or_else(|| Refusal::invalid("the request does not say whom it asks"))?;
    let scheme = if app.guard.is_secure { "https" } else { "http" };
    Ok(format!("{scheme}://{host}{base}{CALLBACK}"))
}

fn flow_cookie_name(state: &str) -> String {
    let digits = state.chars().filter(char::is_ascii_alphanumeric);
    let digits: String = digits.take(STATE_DIGITS).collect();
    format!("gregaria_oidc_{digits}")
}

/// The cookie by which a browser is known again. Unlike the session's it comes along where another
/// site, the provider, leads the browser.
fn flow_cookie(app: &App, state: &str, value: &str, lifetime: Duration) -> String {
    let (name, base) = (flow_cookie_name(state), &app.guard.base_path);
    let secure = if app.guard.is_reached_securely() {
        "; Secure"
    } else {
        ""
    };
    let seconds = lifetime.as_secs();
    format!("{name}={value}; Path={base}{BEGIN}; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_of_a_stranger_names_no_other_cookie() {
        assert_eq!(flow_cookie_name("ab;=c, d9/&xyz"), "gregaria_oidc_abcd9xyz");
    }
}
