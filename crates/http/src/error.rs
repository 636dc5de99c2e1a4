//! What can go wrong with a request, in the words a tester reads.
//!
//! A failure is not an error of the program: it is counted, and the user goes on. The variants keep
//! what a caller needs to name the failure in Locust's own words (error numbers, host, port, limit).

use std::time::Duration;

use crate::timing::Timing;

/// Why a request has no response.
#[derive(Clone, Debug)]
pub struct RequestError {
    /// The cause.
    pub kind: ErrorKind,
    /// Phases up to the failure; `total` is its response time.
    pub timing: Timing,
    /// How often the request was sent again before it failed.
    pub retries: u32,
}

impl std::fmt::Display for RequestError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.kind.fmt(out)
    }
}

impl std::error::Error for RequestError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.kind)
    }
}

/// The causes a caller can tell apart.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ErrorKind {
    /// The name has no address. `code` is an `EAI_…` number of `getaddrinfo`.
    #[error("cannot resolve host `{host}`: {text}")]
    Resolve {
        /// The name that was looked up.
        host: Box<str>,
        /// The number, for example -2 for an unknown name.
        code: i32,
        /// The resolver's own words, for example `Name or service not known`.
        text: Box<str>,
    },
    /// The kernel could not open the connection, at the last address tried.
    #[error("cannot connect to `{host}:{port}`: {}", std::io::Error::from_raw_os_error(*errno))]
    Connect {
        /// Host as in the URL.
        host: Box<str>,
        /// Port of the attempt.
        port: u16,
        /// The error number, for example 111 for a refused connection.
        errno: i32,
    },
    /// The connection was not open in time.
    #[error("cannot connect to `{host}:{port}` within {limit:?}")]
    ConnectTimeout {
        /// Host as in the URL.
        host: Box<str>,
        /// Port of the attempt.
        port: u16,
        /// The limit that passed.
        limit: Duration,
    },
    /// No byte came for too long.
    #[error("no answer from `{host}:{port}` within {limit:?}")]
    ReadTimeout {
        /// Host as in the URL.
        host: Box<str>,
        /// Port of the connection.
        port: u16,
        /// The limit that passed.
        limit: Duration,
    },
    /// The TLS handshake failed, or the peer broke TLS later.
    #[error("TLS with `{host}:{port}` failed: {text}")]
    Tls {
        /// Host as in the URL.
        host: Box<str>,
        /// Port of the connection.
        port: u16,
        /// What rustls says, with a hint where its rules are stricter than OpenSSL's.
        text: Box<str>,
    },
    /// The peer closed before the first byte of a response.
    #[error("the server closed the connection without a response")]
    ClosedBeforeResponse,
    /// The peer closed inside a response.
    #[error("the server closed the connection after {received} of {expected} bytes")]
    ClosedInResponse {
        /// Bytes of the body that came.
        received: u64,
        /// Bytes announced; 0 when the body was chunked or the head was cut off.
        expected: u64,
    },
    /// Reading or writing failed, for example 104 for a connection that was reset.
    #[error("connection lost: {}", std::io::Error::from_raw_os_error(*errno))]
    Connection {
        /// The error number.
        errno: i32,
    },
    /// What came is not HTTP, or beyond the limits of size and number.
    #[error("{0}")]
    Protocol(#[from] crate::h1::ProtocolError),
    /// The proxy refused to connect.
    #[error("the proxy answered {status} to CONNECT")]
    Proxy {
        /// The proxy's status code.
        status: u16,
    },
    /// The host may not be loaded: the [`Gate`](crate::Gate) of the engine is closed to it.
    #[error("blocked: host not allowed: {what}")]
    NotAllowed {
        /// The host, and the address if that was the reason.
        what: Box<str>,
    },
    /// More redirects than the rules allow.
    #[error("more than {limit} redirects")]
    TooManyRedirects {
        /// The limit.
        limit: u32,
    },
    /// A redirect led to something that is no `http` or `https` URL.
    #[error("cannot follow the redirect to `{location}`")]
    InvalidRedirect {
        /// The value of `Location`.
        location: Box<str>,
    },
}

impl ErrorKind {
    /// Whether there was no whole answer: no address, no connection, none in time, or one that broke.
    /// What a rule of the client has ended is not of the network, nor is an answer that says no.
    pub fn is_of_network(&self) -> bool {
        match self {
            Self::Resolve { .. }
            | Self::Connect { .. }
            | Self::ConnectTimeout { .. }
            | Self::ReadTimeout { .. }
            | Self::Tls { .. }
            | Self::ClosedBeforeResponse
            | Self::ClosedInResponse { .. }
            | Self::Connection { .. }
            | Self::Protocol(_)
            | Self::Proxy { .. } => true,
            Self::NotAllowed { .. }
            | Self::TooManyRedirects { .. }
            | Self::InvalidRedirect { .. } => false,
        }
    }
}
