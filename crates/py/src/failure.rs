//! What a failed request is called in the statistics: Locust's own words.
//!
//! Locust groups failures by the `repr` of a Python exception. The text is made here without the
//! exception, so that a failure costs no Python unless somebody looks at it. The exception itself
//! is built in `python/gregaria/_failure.py` from [`parts`]; a test holds its `repr` against the
//! text of every kind. The texts were recorded from Locust 2.47's two clients.

use std::fmt::Write as _;
use std::sync::Arc;

use gregaria_http::{ErrorKind, Method, RequestError, Response, Scheme};

/// Whose words and rules: the client of `HttpUser` or that of `FastHttpUser`. What differs between
/// the two is data, here and in [`crate::client`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// `requests`: names by the path sent, fails from status 400 on.
    Requests,
    /// `geventhttpclient`: names by the URL given, fails outside its own list.
    Fast,
}

impl Dialect {
    /// Whether a response of this status is a success when nobody judges it.
    pub(crate) fn is_success(self, status: u16) -> bool {
        match self {
            Self::Requests => status < 400,
            Self::Fast => matches!(status, 200..=208 | 226 | 301..=304 | 307 | 308),
        }
    }

    /// What a request without a body sends: some methods say that it is empty, the others nothing.
    pub(crate) fn empty_body(self, method: &Method) -> Option<Arc<[u8]>> {
        let says_so = match self {
            Self::Requests => !matches!(method, Method::Get | Method::Head),
            Self::Fast => matches!(method, Method::Post | Method::Put | Method::Patch),
        };
        says_so.then(Arc::default)
    }
}

/// A response or why there is none. In boxes, since it is passed on a few times.
pub(crate) type Outcome = Result<Box<Response>, Box<RequestError>>;

/// The text under which a response or an error is counted as a failure; `None` for a success.
/// `name` is the entry's name, `url` the full URL that was asked for first.
pub(crate) fn text(
    dialect: Dialect,
    outcome: &Outcome,
    name: &str,
    url: &dyn Fn() -> String,
    scheme: Scheme,
) -> Option<String> {
    match outcome {
        Ok(response) if dialect.is_success(response.status) => None,
        Ok(response) => Some(status_text(dialect, response, name)),
        Err(error) => Some(error_text(dialect, &error.kind, &url(), scheme)),
    }
}

/// `HTTPError('404 Client Error: Not Found for url: /cart')`, or the fast client's short form.
fn status_text(dialect: Dialect, response: &Response, name: &str) -> String {
    let status = response.status;
    if dialect == Dialect::Fast {
        return format!("LocustBadStatusCode(code={status})");
    }
    format!(
        "HTTPError({})",
        python_repr(&http_error(status, response.reason(), name))
    )
}

/// The message of `requests.HTTPError`.
pub(crate) fn http_error(status: u16, reason: &[u8], name: &str) -> String {
    let side = if status < 500 { "Client" } else { "Server" };
    let reason = match std::str::from_utf8(reason) {
        Ok(reason) => reason.to_owned(),
        Err(_) => reason.iter().map(|&byte| char::from(byte)).collect(),
    };
    format!("{status} {side} Error: {reason} for url: {name}")
}

fn error_text(dialect: Dialect, kind: &ErrorKind, url: &str, scheme: Scheme) -> String {
    let fast = dialect == Dialect::Fast;
    match kind {
        ErrorKind::Resolve { code, text, .. } => format!("gaierror({code}, {})", python_repr(text)),
        ErrorKind::Connect { errno, .. } | ErrorKind::Connection { errno } => os_error(*errno),
        ErrorKind::ConnectTimeout { .. } | ErrorKind::ReadTimeout { .. } if fast => {
            format!(
                "RetriesExceeded({}, 0, original=timed out)",
                python_repr(url)
            )
        }
        ErrorKind::ConnectTimeout { .. } => "TimeoutError('timed out')".to_owned(),
        ErrorKind::ReadTimeout { host, port, limit } => {
            let inner = read_timeout(scheme, host, *port, limit.as_secs_f64());
            format!("ReadTimeout(ReadTimeoutError({}))", python_repr(&inner))
        }
        ErrorKind::Tls { text, .. } => format!("SSLError({})", python_repr(text)),
        ErrorKind::ClosedBeforeResponse if fast => {
            "HTTPConnectionClosed('connection closed.')".to_owned()
        }
        ErrorKind::ClosedBeforeResponse => {
            "RemoteDisconnected('Remote end closed connection without response')".to_owned()
        }
        ErrorKind::ClosedInResponse { .. } if fast => {
            "HTTPParseError('Incomplete response.')".to_owned()
        }
        ErrorKind::ClosedInResponse { expected: 0, .. } => {
            "ChunkedEncodingError(ProtocolError('Response ended prematurely'))".to_owned()
        }
        ErrorKind::ClosedInResponse { received, expected } => {
            let missing = expected.saturating_sub(*received);
            let inner = format!("IncompleteRead({received} bytes read, {missing} more expected)");
            format!("ChunkedEncodingError(ProtocolError('Connection broken: {inner}', {inner}))")
        }
        ErrorKind::TooManyRedirects { limit } if fast => format!(
            "RetriesExceeded({}, 'Redirection limit reached ({limit})')",
            python_repr(url)
        ),
        ErrorKind::TooManyRedirects { limit } => {
            format!("TooManyRedirects('Exceeded {limit} redirects.')")
        }
        ErrorKind::Protocol(error) if fast => {
            format!("HTTPParseError({})", python_repr(&error.to_string()))
        }
        ErrorKind::Protocol(error) => {
            format!("HTTPException({})", python_repr(&error.to_string()))
        }
        ErrorKind::Proxy { .. } => format!("OSError({})", python_repr(&kind.to_string())),
        ErrorKind::NotAllowed { .. } => {
            format!("PermissionError({})", python_repr(&kind.to_string()))
        }
        ErrorKind::InvalidRedirect { .. } => {
            format!("InvalidSchema({})", python_repr(&kind.to_string()))
        }
    }
}

/// The message urllib3 gives for a read that took too long.
fn read_timeout(scheme: Scheme, host: &str, port: u16, limit: f64) -> String {
    let pool = match scheme {
        Scheme::Http => "HTTPConnectionPool",
        Scheme::Https => "HTTPSConnectionPool",
    };
    let limit = python_float(limit);
    format!("{pool}(host='{host}', port={port}): Read timed out. (read timeout={limit})")
}

/// A float as Python prints it where the value came from a user's `timeout=2` or `timeout=0.5`.
fn python_float(value: f64) -> String {
    if value.fract() == 0.0 {
        format!("{value:.0}")
    } else {
        format!("{value}")
    }
}

/// The exception `OSError(errno, text)` turns into, as Python shows it.
fn os_error(errno: i32) -> String {
    format!(
        "{}({errno}, {})",
        os_error_class(errno),
        python_repr(&os_error_words(errno))
    )
}

/// What the C library says about an error number, without Rust's `(os error 111)`.
pub(crate) fn os_error_words(errno: i32) -> String {
    let text = std::io::Error::from_raw_os_error(errno).to_string();
    match text.rfind(" (os error ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

/// The subclass Python picks for an error number (PEP 3151), as far as sockets give them.
fn os_error_class(errno: i32) -> &'static str {
    match errno {
        32 | 108 => "BrokenPipeError",
        1 | 13 => "PermissionError",
        103 => "ConnectionAbortedError",
        104 => "ConnectionResetError",
        110 => "TimeoutError",
        111 => "ConnectionRefusedError",
        _ => "OSError",
    }
}

/// A string as Python's `repr` shows it: single quotes unless only double ones avoid escapes.
pub(crate) fn python_repr(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    let mut shown = String::with_capacity(text.len() + 2);
    shown.push(quote);
    for character in text.chars() {
        match character {
            '\\' => shown.push_str("\\\\"),
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            _ if character == quote => {
                shown.push('\\');
                shown.push(quote);
            }
            _ if (character as u32) < 0x20 || (0x7f..0xa0).contains(&(character as u32)) => {
                // Writing to a string cannot fail.
                let _ = write!(shown, "\\x{:02x}", character as u32);
            }
            _ => shown.push(character),
        }
    }
    shown.push(quote);
    shown
}

/// The parts of a failure from which Python builds the exception: a kind and what it is about.
pub(crate) type Parts = (&'static str, Vec<Part>);

/// One argument of an exception.
#[derive(Debug, PartialEq, pyo3::IntoPyObject)]
pub(crate) enum Part {
    /// An error number, a count or a limit.
    Number(i64),
    /// A host, a URL or a message.
    Text(String),
}

/// See [`Parts`]. The kinds are the keys of the table in `_failure.py`.
pub(crate) fn parts(kind: &ErrorKind, scheme: Scheme) -> Parts {
    let number = |value: u64| Part::Number(i64::try_from(value).unwrap_or(i64::MAX));
    let text = |value: &str| Part::Text(value.to_owned());
    match kind {
        ErrorKind::Resolve {
            code, text: words, ..
        } => ("resolve", vec![Part::Number((*code).into()), text(words)]),
        ErrorKind::Connect { errno, .. } | ErrorKind::Connection { errno } => (
            "os",
            vec![
                Part::Number((*errno).into()),
                Part::Text(os_error_words(*errno)),
            ],
        ),
        ErrorKind::ConnectTimeout { .. } => ("connect_timeout", vec![]),
        ErrorKind::ReadTimeout { host, port, limit } => (
            "read_timeout",
            vec![Part::Text(read_timeout(
                scheme,
                host,
                *port,
                limit.as_secs_f64(),
            ))],
        ),
        ErrorKind::Tls { text: words, .. } => ("tls", vec![text(words)]),
        ErrorKind::ClosedBeforeResponse => ("closed", vec![]),
        ErrorKind::ClosedInResponse { received, expected } => {
            ("incomplete", vec![number(*received), number(*expected)])
        }
        ErrorKind::Protocol(error) => ("protocol", vec![Part::Text(error.to_string())]),
        ErrorKind::NotAllowed { .. } => ("not_allowed", vec![Part::Text(kind.to_string())]),
        ErrorKind::Proxy { .. } => ("proxy", vec![Part::Text(kind.to_string())]),
        ErrorKind::TooManyRedirects { limit } => ("redirects", vec![Part::Number((*limit).into())]),
        ErrorKind::InvalidRedirect { .. } => ("bad_redirect", vec![Part::Text(kind.to_string())]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_chosen_as_python_chooses_them() {
        assert_eq!(python_repr("plain"), "'plain'");
        assert_eq!(python_repr("it's"), "\"it's\"");
        assert_eq!(python_repr("it's \"so\""), "'it\\'s \"so\"'");
        assert_eq!(python_repr("a\\b\n\x01"), "'a\\\\b\\n\\x01'");
    }

    #[test]
    fn an_error_number_becomes_the_exception_python_makes_of_it() {
        assert_eq!(
            os_error(111),
            "ConnectionRefusedError(111, 'Connection refused')"
        );
        assert_eq!(os_error(113), "OSError(113, 'No route to host')");
    }
}
