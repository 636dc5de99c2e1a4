//! Whether a response leads to another request, and to which.
//!
//! The two clients of Locust differ in one rule, so it is data: [`RedirectStyle`].

use std::rc::Rc;
use std::sync::Arc;

use crate::error::ErrorKind;
use crate::request::{Method, Origin, Request, Scheme};
use crate::url::Url;

/// Whose rules are followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RedirectStyle {
    /// requests: a 301 turns POST into GET and leaves other methods alone.
    #[default]
    Requests,
    /// geventhttpclient: a 301 turns everything but HEAD into GET, as 302 and 303 do.
    Geventhttpclient,
}

/// The request that follows a response with this status and `Location`, or `None` if the response
/// is the answer.
///
/// Cookies are not carried over: those of a `Cookie` line are dropped, those of the jar depend on
/// the new URL.
pub fn follow(
    request: &Request,
    status: u16,
    location: Option<&[u8]>,
) -> Result<Option<Request>, ErrorKind> {
    let Some(location) = location.filter(|location| !location.is_empty()) else {
        return Ok(None);
    };
    if !matches!(status, 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let location = text_of(location);
    let here = Url {
        origin: Origin::clone(&request.origin),
        target: request.target.to_string(),
        credentials: None,
        fragment: None,
    };
    let next = here
        .join(&location)
        .map_err(|_| ErrorKind::InvalidRedirect {
            location: location.into(),
        })?;

    let keeps_body = matches!(status, 307 | 308);
    let method = if keeps_body {
        request.method.clone()
    } else {
        method_after(request.rules.redirect_style, status, &request.method)
    };
    let mut dropped = vec!["Cookie"];
    if !keeps_body {
        dropped.extend(["Content-Length", "Content-Type", "Transfer-Encoding"]);
    }
    if !may_keep_credentials(&request.origin, &next.origin) {
        dropped.push("Authorization");
    }
    let has_dropped = request.headers.iter().any(|(name, _)| {
        dropped
            .iter()
            .any(|other| name.eq_ignore_ascii_case(other.as_bytes()))
    });
    let body = match (&request.body, &method) {
        (body, _) if keeps_body => body.clone(),
        // A method that expects a body says that it has none.
        (_, Method::Post | Method::Put | Method::Patch) => Some(Arc::default()),
        _ => None,
    };
    Ok(Some(Request {
        method,
        origin: if next.origin == *request.origin {
            Arc::clone(&request.origin)
        } else {
            Arc::new(next.origin)
        },
        target: next.target.into(),
        headers: if has_dropped {
            request.headers.without(&dropped).into()
        } else {
            request.headers.clone()
        },
        body,
        rules: Rc::clone(&request.rules),
    }))
}

/// The method after a 301, 302 or 303.
fn method_after(style: RedirectStyle, status: u16, method: &Method) -> Method {
    let becomes_get = match (status, style) {
        (301, RedirectStyle::Requests) => *method == Method::Post,
        _ => *method != Method::Head,
    };
    if becomes_get {
        Method::Get
    } else {
        method.clone()
    }
}

/// Whether `Authorization` may go along: to the same origin, or from the usual port of `http` to
/// that of `https` on the same host.
fn may_keep_credentials(from: &Origin, to: &Origin) -> bool {
    let is_upgrade = from.scheme == Scheme::Http
        && to.scheme == Scheme::Https
        && from.port == 80
        && to.port == 443;
    from.host == to.host && (is_upgrade || (from.scheme == to.scheme && from.port == to.port))
}

/// Locations are UTF-8, or else Latin-1.
fn text_of(location: &[u8]) -> String {
    match std::str::from_utf8(location) {
        Ok(text) => text.to_owned(),
        Err(_) => location.iter().copied().map(char::from).collect(),
    }
}
