//! An absolute URL, taken apart and normalized as requests does it.
//!
//! Servers see what they would see from Locust: characters that may not stand in a URL are
//! percent-encoded, escapes that are there are kept, and a `%` that begins no escape makes all of
//! its part be taken literally.

use std::borrow::Cow;
use std::net::Ipv6Addr;

use crate::request::{Origin, Scheme};

/// Where to send a request, and what to ask for there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    /// Where to connect.
    pub origin: Origin,
    /// Path and query as they stand in the request line, beginning with `/`.
    pub target: String,
    /// What stands before an `@`, percent-decoded: user and password.
    pub credentials: Option<(String, String)>,
    /// What follows `#`. It is never sent.
    pub fragment: Option<String>,
}

/// Why a text is not a URL that a request can be sent to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// It does not say how to connect.
    #[error("URL `{url}` has no scheme\nhint: did you mean `https://{url}`?")]
    MissingScheme {
        /// The text.
        url: String,
    },
    /// It is neither `http` nor `https`.
    #[error("URL `{url}` is neither http nor https")]
    UnsupportedScheme {
        /// The text.
        url: String,
    },
    /// It does not say where to connect.
    #[error("URL `{url}` has no host")]
    MissingHost {
        /// The text.
        url: String,
    },
    /// What should be a name or an address is neither.
    #[error("URL `{url}` has an invalid host `{host}`")]
    InvalidHost {
        /// The text.
        url: String,
        /// The host in it.
        host: String,
    },
    /// The port is not a number up to 65535.
    #[error("URL `{url}` has an invalid port `{port}`")]
    InvalidPort {
        /// The text.
        url: String,
        /// The port in it.
        port: String,
    },
}

impl Url {
    /// Takes apart an absolute URL.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        Self::parse_with(text, "")
    }

    /// The same, with more to ask for: `query` is appended to the query of `text`, with a `&`
    /// between them. It is encoded as a form ([`crate::body::encode_form`]) or a text of the user's.
    pub fn parse_with(text: &str, query: &str) -> Result<Self, UrlError> {
        let text = text.trim_start();
        let parts = Parts::of(text);
        let url = || text.to_owned();
        let scheme = match parts.scheme {
            None => return Err(UrlError::MissingScheme { url: url() }),
            Some(name) if name.eq_ignore_ascii_case("http") => Scheme::Http,
            Some(name) if name.eq_ignore_ascii_case("https") => Scheme::Https,
            Some(_) => return Err(UrlError::UnsupportedScheme { url: url() }),
        };
        let authority = parts.authority.unwrap_or_default();
        let (credentials, address) = match authority.rsplit_once('@') {
            Some((userinfo, address)) => (Some(credentials_of(userinfo)), address),
            None => (None, authority),
        };
        let (host, port) = split_port(address);
        if host.is_empty() {
            return Err(UrlError::MissingHost { url: url() });
        }
        let port = port_of(port, scheme).ok_or_else(|| UrlError::InvalidPort {
            url: url(),
            port: port.to_owned(),
        })?;
        let host = host_of(host).ok_or_else(|| UrlError::InvalidHost {
            url: url(),
            host: host.to_owned(),
        })?;
        Ok(Self {
            origin: Origin { scheme, host, port },
            target: target_of(parts.path, parts.query, query),
            credentials,
            fragment: parts
                .fragment
                .filter(|text| !text.is_empty())
                .map(|text| encode(text, QUERY)),
        })
    }

    /// Where a `Location` leads that was found at this URL: absolute or relative to it (RFC 3986,
    /// section 5). The fragment is kept if the new one has none.
    pub fn join(&self, location: &str) -> Result<Self, UrlError> {
        // requests quotes a location as a whole, not by parts.
        let location = if has_stray_percent(location) {
            Cow::Owned(location.replace('%', "%25"))
        } else {
            Cow::Borrowed(location)
        };
        let mut parts = Parts::of(&location);
        let own_scheme = self.origin.scheme.as_str();
        // `http:path` and `http:///path` are relative in Python.
        let is_own = parts
            .scheme
            .is_none_or(|scheme| scheme.eq_ignore_ascii_case(own_scheme));
        let mut joined = if is_own && parts.authority.is_none_or(str::is_empty) {
            let (own_path, own_query) = match self.target.split_once('?') {
                Some((path, query)) => (path, Some(query)),
                None => (&*self.target, None),
            };
            let merged;
            if parts.path.is_empty() {
                parts.path = own_path;
                parts.query = parts.query.or(own_query);
            } else if !parts.path.starts_with('/') {
                let folder = own_path.rfind('/').map_or("/", |at| &own_path[..=at]);
                merged = format!("{folder}{}", parts.path);
                parts.path = &merged;
            }
            Self {
                origin: self.origin.clone(),
                target: target_of(parts.path, parts.query, ""),
                credentials: None,
                fragment: parts
                    .fragment
                    .filter(|text| !text.is_empty())
                    .map(|text| encode(text, QUERY)),
            }
        } else if parts.scheme.is_none() {
            Self::parse(&format!("{own_scheme}:{location}"))?
        } else {
            Self::parse(&location)?
        };
        if joined.fragment.is_none() {
            joined.fragment.clone_from(&self.fragment);
        }
        Ok(joined)
    }
}

/// As a browser shows it, without credentials.
impl std::fmt::Display for Url {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}{}", self.origin, self.target)?;
        match &self.fragment {
            Some(fragment) => write!(out, "#{fragment}"),
            None => Ok(()),
        }
    }
}

/// The five parts of RFC 3986, appendix B.
struct Parts<'a> {
    scheme: Option<&'a str>,
    authority: Option<&'a str>,
    path: &'a str,
    query: Option<&'a str>,
    fragment: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Self {
        let (text, fragment) = split_at_first(text, '#');
        let (text, query) = split_at_first(text, '?');
        let (scheme, rest) = match text.split_once(':') {
            Some((name, rest)) if is_scheme(name) => (Some(name), rest),
            _ => (None, text),
        };
        let (authority, path) = match rest.strip_prefix("//") {
            Some(rest) => {
                // A backslash ends the authority too, so that no two readers differ on the host.
                let end = rest.find(['/', '\\']).unwrap_or(rest.len());
                (Some(&rest[..end]), &rest[end..])
            }
            None => (None, rest),
        };
        Self {
            scheme,
            authority,
            path,
            query,
            fragment,
        }
    }
}

fn split_at_first(text: &str, mark: char) -> (&str, Option<&str>) {
    text.split_once(mark)
        .map_or((text, None), |(before, after)| (before, Some(after)))
}

fn is_scheme(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

fn credentials_of(userinfo: &str) -> (String, String) {
    let (user, password) = userinfo.split_once(':').unwrap_or((userinfo, ""));
    (percent_decode(user), percent_decode(password))
}

/// The address and what follows its colon.
fn split_port(address: &str) -> (&str, &str) {
    let after_brackets = address.rfind(']').map_or(0, |at| at + 1);
    match address[after_brackets..].find(':') {
        Some(colon) => {
            let colon = after_brackets + colon;
            (&address[..colon], &address[colon + 1..])
        }
        None => (address, ""),
    }
}

/// The scheme's own port for an empty text, and for 0 as in requests.
fn port_of(text: &str, scheme: Scheme) -> Option<u16> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let port = if text.is_empty() {
        0
    } else {
        text.parse().ok()?
    };
    Some(if port == 0 {
        scheme.default_port()
    } else {
        port
    })
}

/// In lower case, in ASCII, without brackets.
fn host_of(text: &str) -> Option<Box<str>> {
    if let Some(inner) = text.strip_prefix('[') {
        let inner = inner.strip_suffix(']')?;
        inner.parse::<Ipv6Addr>().ok()?;
        return Some(inner.to_ascii_lowercase().into());
    }
    if !text.is_ascii() {
        return idna::domain_to_ascii(text)
            .ok()
            .filter(|host| !host.is_empty())
            .map(Into::into);
    }
    let is_valid = text
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(&byte));
    (is_valid && !text.starts_with(['*', '.'])).then(|| text.to_ascii_lowercase().into())
}

fn target_of(path: &str, query: Option<&str>, more: &str) -> String {
    let mut target = without_dots(&encode(path, PATH));
    if !target.starts_with('/') {
        target.insert(0, '/');
    }
    let query = encode(query.unwrap_or_default(), QUERY);
    let more = encode(more, MORE);
    if !query.is_empty() || !more.is_empty() {
        target.push('?');
        target.push_str(&query);
        if !query.is_empty() && !more.is_empty() {
            target.push('&');
        }
        target.push_str(&more);
    }
    target
}

/// The path without `.` and `..` (RFC 3986, section 5.2.4).
fn without_dots(path: &str) -> String {
    if !path.contains('.') {
        return path.to_owned();
    }
    let mut kept = Vec::new();
    for segment in path.split('/') {
        match segment {
            "." => {}
            ".." => {
                kept.pop();
            }
            other => kept.push(other),
        }
    }
    if path.starts_with('/') && kept.first().is_none_or(|first| !first.is_empty()) {
        kept.insert(0, "");
    }
    if path.ends_with("/.") || path.ends_with("/..") {
        kept.push("");
    }
    kept.join("/")
}

/// What may stand in a path besides letters, digits and `-._~`.
const PATH: &[u8] = b"!$&'()*+,;=:@/";
/// The same for a query or a fragment.
const QUERY: &[u8] = b"!$&'()*+,;=:@/?";
/// The same for a query that is given beside the URL: requests leaves brackets in it alone.
const MORE: &[u8] = b"!$&'()*+,;=:@/?[]";

/// Encodes what is neither allowed nor an escape. Escapes are in upper case, and those of letters,
/// digits and `-._~` are undone.
fn encode(text: &str, allowed: &[u8]) -> String {
    let is_literal = has_stray_percent(text);
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        at += 1;
        if is_plain(byte) || allowed.contains(&byte) {
            out.push(byte as char);
        } else if let Some(escaped) = escape_at(bytes, at - 1).filter(|_| byte == b'%') {
            if is_literal {
                out.push_str("%25");
                out.extend(
                    text[at..at + 2]
                        .chars()
                        .map(|digit| digit.to_ascii_uppercase()),
                );
            } else if is_plain(escaped) {
                out.push(escaped as char);
            } else {
                push_escape(&mut out, escaped);
            }
            at += 2;
        } else {
            push_escape(&mut out, byte);
        }
    }
    out
}

/// Appends `%` and the two digits of a byte.
pub(crate) fn push_escape(out: &mut String, byte: u8) {
    let digit = |value: u8| char::from(b"0123456789ABCDEF"[usize::from(value)]);
    out.extend(['%', digit(byte >> 4), digit(byte & 15)]);
}

/// Letters, digits and `-._~`: what never needs an escape (RFC 3986, section 2.3).
pub(crate) fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

/// The byte that an escape stands for, if one begins here.
fn escape_at(bytes: &[u8], at: usize) -> Option<u8> {
    let digit = |at: usize| char::from(*bytes.get(at)?).to_digit(16);
    if bytes.get(at) != Some(&b'%') {
        return None;
    }
    u8::try_from(digit(at + 1)? * 16 + digit(at + 2)?).ok()
}

/// Whether a `%` begins no escape.
fn has_stray_percent(text: &str) -> bool {
    let bytes = text.as_bytes();
    (0..bytes.len()).any(|at| bytes[at] == b'%' && escape_at(bytes, at).is_none())
}

fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = escape_at(bytes, at);
        out.push(escaped.unwrap_or(bytes[at]));
        at += if escaped.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}
