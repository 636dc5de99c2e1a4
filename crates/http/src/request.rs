//! A request as plain data: what to send, and under which rules it is finished.
//!
//! Everything that is the same for many requests (origin, header lines, rules) is shared, so that a
//! user who sends the same request again copies nothing. What a response keeps (also to show the
//! request again) is shared by `Arc`,
//! since a response may be read on another thread; the rest by `Rc`.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use crate::redirect::RedirectStyle;

/// A method, in upper case as it stands on the wire.
///
/// The usual ones cost no allocation. Any other token is allowed, as in RFC 9110, section 9.1.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are the methods")]
pub enum Method {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
    Options,
    Other(Arc<str>),
}

impl Method {
    /// The method of this name, which is taken as it is: callers upper-case it as they see fit.
    pub fn new(name: &str) -> Self {
        match name {
            "GET" => Self::Get,
            "HEAD" => Self::Head,
            "POST" => Self::Post,
            "PUT" => Self::Put,
            "PATCH" => Self::Patch,
            "DELETE" => Self::Delete,
            "OPTIONS" => Self::Options,
            other => Self::Other(other.into()),
        }
    }

    /// The token that is sent.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
            Self::Other(name) => name,
        }
    }

    /// Whether sending it twice has the effect of sending it once (RFC 9110, section 9.2.2).
    pub fn is_idempotent(&self) -> bool {
        matches!(
            self,
            Self::Get | Self::Head | Self::Put | Self::Delete | Self::Options
        )
    }
}

/// Clear text or TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// `http`, port 80 unless the URL says otherwise.
    Http,
    /// `https`, port 443 unless the URL says otherwise.
    Https,
}

impl Scheme {
    /// The port of a URL that names none.
    pub fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }

    /// As it stands in a URL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// Where a connection leads: connections are kept and reused by this value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    /// Clear text or TLS.
    pub scheme: Scheme,
    /// Name or address in lower case; an IPv6 address without its brackets.
    pub host: Box<str>,
    /// Always set; the scheme's own when the URL names none.
    pub port: u16,
}

/// The `Host` header, and the part of a URL before the path, need the brackets and leave out the
/// scheme's own port.
impl std::fmt::Display for Origin {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}://{}", self.scheme.as_str(), self.authority())
    }
}

impl Origin {
    /// `host` or `host:port`, as the `Host` header has it.
    pub fn authority(&self) -> String {
        let (open, close) = if self.host.contains(':') {
            ("[", "]")
        } else {
            ("", "")
        };
        if self.port == self.scheme.default_port() {
            format!("{open}{}{close}", self.host)
        } else {
            format!("{open}{}{close}:{}", self.host, self.port)
        }
    }
}

/// One request, before and while it is under way.
#[derive(Clone, Debug)]
pub struct Request {
    /// What to do.
    pub method: Method,
    /// Where to connect.
    pub origin: Arc<Origin>,
    /// Path and query as they stand in the request line: percent-encoded, beginning with `/`.
    pub target: Arc<str>,
    /// Header lines in the user's order and case, each ended by CRLF: what [`HeaderBlock`] made.
    ///
    /// `Host` and `Content-Length` are added when the request is encoded, unless they stand here.
    pub headers: Arc<HeaderBlock>,
    /// The body; `None` and an empty body differ: the second sends `Content-Length: 0`.
    pub body: Option<Arc<[u8]>>,
    /// How it may go on after the first response, and how long it may take.
    pub rules: Rc<Rules>,
}

/// Header lines that are already encoded, so that they are copied and not built for each request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each answers one question about the lines"
)]
pub struct HeaderBlock {
    lines: Vec<u8>,
    has_host: bool,
    has_cookie: bool,
    has_content_length: bool,
    has_transfer_encoding: bool,
    asks_to_close: bool,
}

/// A header that cannot be sent, because it would break the framing of the request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHeader {
    /// The name is empty or holds something other than a token (RFC 9110, section 5.1).
    #[error("invalid header name `{name}`")]
    Name {
        /// The name, with what is not UTF-8 replaced.
        name: String,
    },
    /// The value holds CR, LF or NUL.
    #[error("invalid value of header `{name}`: line breaks and NUL are not allowed")]
    Value {
        /// The header's name.
        name: String,
    },
}

impl HeaderBlock {
    /// Adds one line at the end. Name and value are sent as they are.
    pub fn push(&mut self, name: &[u8], value: &[u8]) -> Result<(), InvalidHeader> {
        let shown = || String::from_utf8_lossy(name).into_owned();
        if name.is_empty() || !name.iter().copied().all(is_token_byte) {
            return Err(InvalidHeader::Name { name: shown() });
        }
        if value.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
            return Err(InvalidHeader::Value { name: shown() });
        }
        self.has_host |= name.eq_ignore_ascii_case(b"host");
        self.has_cookie |= name.eq_ignore_ascii_case(b"cookie");
        self.has_content_length |= name.eq_ignore_ascii_case(b"content-length");
        self.has_transfer_encoding |= name.eq_ignore_ascii_case(b"transfer-encoding");
        self.asks_to_close |= name.eq_ignore_ascii_case(b"connection")
            && value
                .split(|&byte| byte == b',')
                .any(|token| token.trim_ascii().eq_ignore_ascii_case(b"close"));
        self.lines.extend_from_slice(name);
        self.lines.extend_from_slice(b": ");
        self.lines.extend_from_slice(value);
        self.lines.extend_from_slice(b"\r\n");
        Ok(())
    }

    /// All lines, each ended by CRLF.
    pub fn lines(&self) -> &[u8] {
        &self.lines
    }

    /// Name and value of each line, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.lines
            .split_inclusive(|&byte| byte == b'\n')
            .filter_map(|line| {
                let line = line.strip_suffix(b"\r\n")?;
                let colon = line.iter().position(|&byte| byte == b':')?;
                Some((&line[..colon], &line[colon + 2..]))
            })
    }

    /// The same lines without those of the given names, in any case. Used when a redirect leads to
    /// another host, and when a body is dropped.
    #[must_use]
    #[allow(
        clippy::missing_panics_doc,
        reason = "lines of a block have been checked"
    )]
    pub fn without(&self, names: &[&str]) -> Self {
        let mut kept = Self::default();
        for (name, value) in self.iter() {
            if !names
                .iter()
                .any(|other| name.eq_ignore_ascii_case(other.as_bytes()))
            {
                kept.push(name, value)
                    .expect("lines of a block have been checked");
            }
        }
        kept
    }

    /// Whether the user has set `Host`.
    pub fn has_host(&self) -> bool {
        self.has_host
    }

    /// Whether the user has set `Cookie`: the cookie jar then adds nothing, as in requests.
    pub fn has_cookie(&self) -> bool {
        self.has_cookie
    }

    /// Whether the user has set `Content-Length`.
    pub fn has_content_length(&self) -> bool {
        self.has_content_length
    }

    /// Whether the user has set `Transfer-Encoding`.
    pub fn has_transfer_encoding(&self) -> bool {
        self.has_transfer_encoding
    }

    /// Whether the user has set `Connection: close`: the connection then ends with the exchange.
    pub fn asks_to_close(&self) -> bool {
        self.asks_to_close
    }
}

/// A byte of a token (RFC 9110, section 5.6.2).
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// What may happen between the first byte sent and the answer the user sees. Shared by all
/// requests that ask for the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Redirects followed before the request fails; 0 hands out the first response as it is.
    pub max_redirects: u32,
    /// Whether redirects are followed at all. `false` hands out the 3xx response.
    pub follows_redirects: bool,
    /// Whose rules say what becomes of the method.
    pub redirect_style: RedirectStyle,
    /// Times an idempotent request is sent again after a connection was lost: 0 for `HttpUser`,
    /// `max_retries` for `FastHttpUser`. Each is counted and shown.
    pub max_retries: u32,
    /// Send an idempotent request once more, on a fresh connection, when a *kept* connection turns
    /// out to be closed before any byte of a response came. `FastHttpUser`'s client does so,
    /// `HttpUser`'s fails. It is counted in `retries`, but not against `max_retries`.
    pub retries_stale: bool,
    /// Limit for opening the connection, TLS included. `None` waits as long as the kernel does.
    pub connect_timeout: Option<Duration>,
    /// Limit for each wait for bytes once connected. `None` waits for ever.
    pub read_timeout: Option<Duration>,
    /// Hand out the head first, and the body in pieces through `Engine::read_body`.
    pub streams_body: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            max_redirects: 30,
            follows_redirects: true,
            redirect_style: RedirectStyle::Requests,
            max_retries: 0,
            retries_stale: false,
            connect_timeout: None,
            read_timeout: None,
            streams_body: false,
        }
    }
}
