//! The checks, in their order.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HOST, ORIGIN};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::api::Refusal;
use crate::model::Role;
use crate::oidc::{self, ExternalUrl};
use crate::seam::Seam;
use crate::server::Peer;

use super::{Login, LoginError, Names, SESSION_COOKIE, Viewer, headers};

/// What the checks go by.
#[derive(Debug)]
pub struct Guard {
    /// Names of this server.
    pub names: Names,
    /// Who may sign in; `None` where nobody has to.
    pub login: Option<Login>,
    /// Whether viewers come by TLS.
    pub is_secure: bool,
    /// Where people open the page, if that is known and another address than this server's.
    pub external: Option<ExternalUrl>,
    /// Path before all others, such as `/load`; empty for none.
    pub base_path: String,
    /// The way to the log of the test.
    pub seam: Arc<Seam>,
}

impl Guard {
    /// Whether people come by TLS, to this server or to the proxy before it: cookies are for such ways
    /// only.
    pub(crate) fn is_reached_securely(&self) -> bool {
        self.is_secure || self.external.as_ref().is_some_and(|url| url.is_secure)
    }

    /// A line in the log of the test: who has done what, or was kept from it.
    pub(crate) fn audit(&self, text: &str) {
        self.seam.tell("audit", json!({ "text": text }));
    }

    /// The same for an attempt to get in that failed. Those of who is locked out anyway are left out:
    /// whoever goes on trying does not fill the log.
    pub(crate) fn audit_failure(&self, error: LoginError, what: &str, from: IpAddr) {
        if error == LoginError::Wrong {
            self.audit(&format!("{what} from {from} refused"));
        }
    }
}

/// Lets a request through, or says why not. To be put around everything.
pub async fn protect(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let mut response = match check(&guard, request) {
        Ok(request) => next.run(request).await,
        Err(stop) => stop.into_response(),
    };
    headers::add(response.headers_mut());
    response
}

fn check(guard: &Guard, mut request: Request) -> Result<Request, Stop> {
    let headers = request.headers();
    let host = host_of(headers, request.uri());
    if !host.is_some_and(|host| guard.names.has(host)) {
        return Err(Refusal::new(
            StatusCode::MISDIRECTED_REQUEST,
            "unknown_host",
            "this server is not asked for by that name: name it with --web-name, or ask for its address",
        )
    .into());
    }
    let path = request.uri().path();
    let changes = !matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    if changes {
        refuse_foreign(guard, headers, host.unwrap_or_default())?;
        if path.starts_with("/api/v1/") {
            require_json(headers, request.method())?;
        }
    }
    let viewer = identify(guard, &request)?;
    if guard.login.is_some() && !is_open(path) {
        match viewer.role {
            None => return Err(unknown(guard, &request)),
            Some(Role::ReadOnly) if changes => {
                return Err(Refusal::new(
                    StatusCode::FORBIDDEN,
                    "read_only",
                    "your account may look, and not change anything",
                )
                .into());
            }
            Some(_) => {}
        }
    }
    request.extensions_mut().insert(viewer);
    Ok(request)
}

/// What a viewer needs before signing in: the page itself, which shows nothing by itself.
fn is_open(path: &str) -> bool {
    path == "/login"
        || path == "/api/v1/session"
        || path.starts_with("/assets/")
        || oidc::is_own_path(path)
}

/// The page is led to the sign-in; a script gets a plain 401.
fn unknown(guard: &Guard, request: &Request) -> Stop {
    let accept = request.headers().get("accept");
    let wants_page = accept
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    if *request.method() == Method::GET && wants_page {
        let path = request.uri().path_and_query();
        let path = path.map_or("/", |path| path.as_str());
        let next: String = form_urlencoded::byte_serialize(path.as_bytes()).collect();
        return Stop::SignIn(format!("{}/login?next={next}", guard.base_path));
    }
    Refusal::new(
        StatusCode::UNAUTHORIZED,
        "signed_out",
        "sign in, or send `Authorization: Bearer` with a token",
    )
    .with_header("www-authenticate", "Bearer realm=\"gregaria\"")
    .into()
}

/// Why a request goes no further.
enum Stop {
    /// It is refused.
    Refused(Refusal),
    /// Whoever sends it has to sign in first, there.
    SignIn(String),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl IntoResponse for Stop {
    fn into_response(self) -> Response {
        match self {
            Self::Refused(refusal) => refusal.into_response(),
            Self::SignIn(to) => (StatusCode::SEE_OTHER, [("location", to)]).into_response(),
        }
    }
}

/// The `Host`, or the authority of a request that names a whole URL.
fn host_of<'a>(headers: &'a HeaderMap, uri: &'a Uri) -> Option<&'a str> {
    let mut hosts = headers.get_all(HOST).iter();
    let host = hosts.next().and_then(|host| host.to_str().ok());
    if hosts.next().is_some() {
        return None;
    }
    match (host, uri.authority()) {
        (Some(host), Some(authority)) if host != authority.as_str() => None,
        (Some(host), _) => Some(host),
        (None, _) => None,
    }
}

/// A changing request comes from our own page, or from a script, which sends neither header.
fn refuse_foreign(guard: &Guard, headers: &HeaderMap, host: &str) -> Result<(), Stop> {
    let scheme = if guard.is_secure { "https" } else { "http" };
    let own = format!("{scheme}://{host}");
    let external = guard.external.as_ref().map(|url| url.origin.as_str());
    let is_own_origin = headers.get_all(ORIGIN).iter().all(|origin| {
        origin.to_str().is_ok_and(|origin| {
            let mut own = [Some(own.as_str()), external].into_iter().flatten();
            own.any(|own| origin.eq_ignore_ascii_case(own))
        })
    });
    let is_own_site = headers
        .get_all("sec-fetch-site")
        .iter()
        .all(|site| site == "same-origin" || site == "none");
    if is_own_origin && is_own_site {
        return Ok(());
    }
    Err(Refusal::new(
        StatusCode::FORBIDDEN,
        "foreign_origin",
        "this request was made by the page of another site",
    )
    .into())
}

/// Our own API takes JSON alone: a form of another site cannot send that.
fn require_json(headers: &HeaderMap, method: &Method) -> Result<(), Stop> {
    let has_body = headers
        .get(CONTENT_LENGTH)
        .map_or(headers.contains_key("transfer-encoding"), |length| {
            length != "0"
        });
    if *method == Method::DELETE && !has_body {
        return Ok(());
    }
    let is_json = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .and_then(|kind| kind.split(';').next())
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"));
    if is_json {
        return Ok(());
    }
    Err(Refusal::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "not_json",
        "send `Content-Type: application/json`",
    )
    .into())
}

/// Who sends it. A token that is wrong is refused; a session that is over is no session.
fn identify(guard: &Guard, request: &Request) -> Result<Viewer, Stop> {
    let peer = request.extensions().get::<Peer>().copied();
    let address = peer.map_or(std::net::Ipv4Addr::UNSPECIFIED.into(), |peer| peer.0.ip());
    let mut viewer = Viewer {
        name: None,
        role: None,
        address,
    };
    let Some(login) = &guard.login else {
        viewer.role = Some(Role::Operator);
        return Ok(viewer);
    };
    let headers = request.headers();
    let bearer = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(kind, _)| kind.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim());
    let known = match bearer {
        Some(token) => Some(
            login
                .bearer(token, address, Instant::now())
                .map_err(|error| {
                    guard.audit_failure(error, "a token", address);
                    Stop::from(refusal_of(error))
                })?,
        ),
        None => session_token(headers).and_then(|token| login.session(token, Instant::now())),
    };
    if let Some((name, role)) = known {
        viewer.name = Some(name);
        viewer.role = Some(role);
    }
    Ok(viewer)
}

/// An attempt that failed, as an answer.
pub(crate) fn refusal_of(error: LoginError) -> Refusal {
    match error {
        LoginError::Wrong => {
            Refusal::new(StatusCode::UNAUTHORIZED, "wrong_login", &error.to_string())
        }
        LoginError::Locked(seconds) => Refusal::new(
            StatusCode::TOO_MANY_REQUESTS,
            "locked_out",
            &error.to_string(),
        )
        .with_header("retry-after", &seconds.to_string()),
    }
}

/// The token of the session in a request's cookies.
pub(crate) fn session_token(headers: &HeaderMap) -> Option<&str> {
    cookie_of(headers, SESSION_COOKIE)
}

/// The value of a cookie.
pub(crate) fn cookie_of<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}
