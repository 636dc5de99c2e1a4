//! A response as plain data: the bytes as they came, parsed again only if somebody looks.

use std::sync::Arc;

use crate::request::{Method, Origin};
use crate::timing::Timing;

/// The answer to a request, after redirects.
#[derive(Clone, Debug)]
pub struct Response {
    /// Status code of the last exchange.
    pub status: u16,
    /// Status line and header lines with the empty line that ends them, as received, and the body
    /// behind them, from `body_at` on. One piece of memory, because most responses come as one.
    ///
    /// The body has its transfer coding (chunks) removed and its content coding (gzip) kept.
    pub head: Box<[u8]>,
    /// Where the body begins inside `head`.
    pub body_at: usize,
    /// Whether there is a `Content-Encoding` line, so that nobody need look for one.
    pub is_encoded: bool,
    /// Method of the last exchange: a redirect can turn POST into GET.
    pub method: Method,
    /// Where the last exchange went.
    pub origin: Arc<Origin>,
    /// Path and query of the last exchange.
    pub target: Arc<str>,
    /// The responses that redirected, oldest first. Empty without a redirect, and costs nothing.
    pub history: Vec<Response>,
    /// Phases of the request, over all its exchanges.
    pub timing: Timing,
    /// How often the request was sent again after a lost connection.
    pub retries: u32,
}

impl Response {
    /// The body as it was sent, content coding included; empty while it is streamed.
    pub fn body(&self) -> &[u8] {
        &self.head[self.body_at..]
    }

    /// Name and value of each header, in the order received.
    ///
    /// The head was valid when the response was framed, so this cannot fail.
    pub fn headers(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        crate::h1::head::header_lines(&self.head[..self.body_at])
    }

    /// The value of the first header of this name, in any case.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers()
            .find(|(other, _)| other.eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| value)
    }

    /// The reason phrase of the status line, which may be empty.
    pub fn reason(&self) -> &[u8] {
        crate::h1::head::reason(&self.head)
    }
}
