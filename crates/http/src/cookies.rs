//! The cookie jar of one client (RFC 6265, over `cookie_store`).
//!
//! A user without cookies pays one comparison for each request.

use std::fmt::Write;

use cookie_store::{CookieDomain, CookieExpiration, CookieStore, RawCookie};

use crate::request::Origin;

/// The cookies of one user: kept from responses, sent with requests, and open to the user's code.
#[derive(Debug)]
pub struct CookieJar {
    store: CookieStore,
    /// Cookies that the user has set without a domain: sent everywhere, as `requests` does.
    everywhere: Vec<Cookie>,
    /// Nothing is in either, so that no URL has to be built to find out.
    is_empty: bool,
}

/// One cookie, as the user's code sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cookie {
    /// Its name.
    pub name: String,
    /// Its value, as it is sent.
    pub value: String,
    /// Where it is sent: a host, a domain (then [`Cookie::is_host_only`] is false), or anywhere if
    /// it is empty.
    pub domain: String,
    /// Below which path it is sent.
    pub path: String,
    /// When it ends, in seconds since 1970; `None` with the session.
    pub expires: Option<i64>,
    /// Sent over TLS only.
    pub is_secure: bool,
    /// Hidden from scripts in a browser; without effect here.
    pub is_http_only: bool,
    /// Sent to the very host it came from, and not to those below it.
    pub is_host_only: bool,
}

impl Default for CookieJar {
    fn default() -> Self {
        Self {
            store: CookieStore::default(),
            everywhere: Vec::new(),
            is_empty: true,
        }
    }
}

impl CookieJar {
    /// Keeps what the `Set-Cookie` lines of a response say. Malformed ones, and those for another
    /// domain, are ignored, as browsers and requests do.
    pub fn store<'a>(
        &mut self,
        origin: &Origin,
        target: &str,
        lines: impl IntoIterator<Item = &'a [u8]>,
    ) {
        let mut url = None;
        for line in lines {
            // What a head cannot hold cannot come back either.
            if line
                .iter()
                .any(|&byte| byte.is_ascii_control() && byte != b'\t')
            {
                continue;
            }
            if url.is_none() {
                url = ::url::Url::parse(&format!("{origin}{target}")).ok();
            }
            let line = String::from_utf8_lossy(line);
            if let (Some(url), Ok(cookie)) = (&url, RawCookie::parse(&*line)) {
                self.is_empty &= self.store.insert_raw(&cookie.into_owned(), url).is_err();
            }
        }
    }

    /// The value of the `Cookie` line for a request: cookies of longer paths first. `None` if there
    /// is nothing to send.
    pub fn header(&self, origin: &Origin, target: &str) -> Option<String> {
        if self.is_empty {
            return None;
        }
        let url = ::url::Url::parse(&format!("{origin}{target}")).ok()?;
        let mut sent: Vec<(usize, &str, &str)> = self
            .store
            .matches(&url)
            .into_iter()
            .map(|cookie| (cookie.path.len(), cookie.name(), cookie.value()))
            .collect();
        sent.extend(
            self.everywhere
                .iter()
                .filter(|cookie| is_below(url.path(), &cookie.path))
                .map(|cookie| (cookie.path.len(), &*cookie.name, &*cookie.value)),
        );
        sent.sort_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(other.1)));
        let mut out = String::new();
        for (_, name, value) in sent {
            let separator = if out.is_empty() { "" } else { "; " };
            // Writing to a string cannot fail.
            let _ = write!(out, "{separator}{name}={value}");
        }
        (!out.is_empty()).then_some(out)
    }

    /// All cookies that have not expired, in no order.
    pub fn iter(&self) -> impl Iterator<Item = Cookie> {
        let stored = self.store.iter_unexpired().map(|cookie| Cookie {
            name: cookie.name().to_owned(),
            value: cookie.value().to_owned(),
            domain: match &cookie.domain {
                CookieDomain::HostOnly(domain) | CookieDomain::Suffix(domain) => domain.clone(),
                CookieDomain::NotPresent | CookieDomain::Empty => String::new(),
            },
            path: cookie.path.to_string(),
            expires: match &cookie.expires {
                CookieExpiration::AtUtc(time) => Some(time.unix_timestamp()),
                CookieExpiration::SessionEnd => None,
            },
            is_secure: cookie.secure().unwrap_or_default(),
            is_http_only: cookie.http_only().unwrap_or_default(),
            is_host_only: matches!(cookie.domain, CookieDomain::HostOnly(_)),
        });
        stored.chain(self.everywhere.iter().cloned())
    }

    /// Sets a cookie, in place of one with the same name, domain and path. An empty path means `/`.
    ///
    /// Returns false if there cannot be such a cookie: a name or a value that would break the
    /// line, or something that is no domain.
    pub fn set(&mut self, cookie: Cookie) -> bool {
        let is_sendable = |text: &str| {
            !text
                .bytes()
                .any(|byte| byte.is_ascii_control() || byte == b';')
        };
        let is_name = !cookie.name.is_empty() && !cookie.name.contains('=');
        if !is_name || !is_sendable(&cookie.name) || !is_sendable(&cookie.value) {
            return false;
        }
        let path = if cookie.path.is_empty() {
            "/".to_owned()
        } else {
            cookie.path.clone()
        };
        if cookie.domain.is_empty() {
            self.everywhere
                .retain(|other| other.name != cookie.name || other.path != path);
            self.everywhere.push(Cookie { path, ..cookie });
            self.is_empty = false;
            return true;
        }
        let host = cookie.domain.trim_start_matches('.');
        let scheme = if cookie.is_secure { "https" } else { "http" };
        let Ok(url) = ::url::Url::parse(&format!("{scheme}://{host}{path}")) else {
            return false;
        };
        let mut raw = RawCookie::new(cookie.name, cookie.value);
        raw.set_path(path);
        raw.set_secure(cookie.is_secure);
        raw.set_http_only(cookie.is_http_only);
        if !cookie.is_host_only {
            raw.set_domain(host.to_owned());
        }
        if let Some(expires) = cookie.expires {
            let Ok(expires) = time::OffsetDateTime::from_unix_timestamp(expires) else {
                return false;
            };
            raw.set_expires(expires);
        }
        let is_set = self.store.insert_raw(&raw, &url).is_ok();
        self.is_empty &= !is_set;
        is_set
    }

    /// Removes the cookie with this name, domain and path. Returns whether there was one.
    pub fn remove(&mut self, name: &str, domain: &str, path: &str) -> bool {
        let before = self.everywhere.len();
        if domain.is_empty() {
            self.everywhere
                .retain(|cookie| cookie.name != name || cookie.path != path);
        }
        let is_removed = self.everywhere.len() < before
            || self
                .store
                .remove(domain.trim_start_matches('.'), path, name)
                .is_some();
        self.is_empty = self.everywhere.is_empty() && self.store.iter_any().next().is_none();
        is_removed
    }

    /// Removes all cookies.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Whether no cookie has been stored or set.
    pub fn is_empty(&self) -> bool {
        self.is_empty
    }
}

/// Whether a cookie of this path goes to a request for that one (RFC 6265, section 5.1.4).
fn is_below(request: &str, cookie: &str) -> bool {
    request
        .strip_prefix(cookie)
        .is_some_and(|rest| rest.is_empty() || cookie.ends_with('/') || rest.starts_with('/'))
}
