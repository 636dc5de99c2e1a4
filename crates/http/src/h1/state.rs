//! One connection's life: idle, waiting for a head, reading a body, idle again or finished.

use crate::request::Request;

/// What came is not a response, or not one for the request that was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProtocolError {
    /// The status line or a header line is malformed.
    #[error("malformed response: {0}")]
    Head(&'static str),
    /// The head is longer than the limit, or has more lines.
    #[error("response head exceeds {limit} {unit}")]
    HeadTooLarge {
        /// The limit.
        limit: usize,
        /// `bytes` or `header lines`.
        unit: &'static str,
    },
    /// The length of the body is malformed or contradicts itself.
    #[error("malformed response: {0}")]
    Framing(&'static str),
    /// Bytes came while no request was under way, or after the end of the response.
    #[error("unexpected bytes after the response")]
    Leftover,
    /// The body is longer than the limit.
    #[error("response body exceeds {limit} bytes")]
    BodyTooLarge {
        /// The limit.
        limit: u64,
    },
}

/// A whole response, without what only the connection knows.
#[derive(Debug)]
pub struct Message {
    /// Status code.
    pub status: u16,
    /// Head, and the body behind it when the whole response came in one piece.
    pub head: Box<[u8]>,
    /// Where the body begins inside `head`.
    pub body_at: usize,
    /// The body without its chunks, if it is not inside `head`. `None` too while it is streamed.
    pub body: Option<Box<[u8]>>,
    /// Whether another request may follow on this connection.
    pub keeps_alive: bool,
}

/// What the bytes received so far amount to.
#[derive(Debug)]
pub enum Progress {
    /// More bytes are needed.
    More,
    /// The response is complete.
    Done(Message),
    /// With `streams_body`: the head is there, pieces of the body follow.
    Head(Message),
    /// With `streams_body`: a piece of the body.
    Piece(Box<[u8]>),
    /// With `streams_body`: the body has ended; whether the connection may be used again.
    End {
        /// As in [`Message`].
        keeps_alive: bool,
    },
}

/// One HTTP/1.1 connection: bytes in, bytes and events out. Knows no socket and no clock.
#[derive(Debug, Default)]
pub struct State {}

impl State {
    /// Begins an exchange: appends the encoded request to `out`.
    ///
    /// `cookie` is the value of a `Cookie` header line to add, if any.
    pub fn start(&mut self, _request: &Request, _cookie: Option<&str>, _out: &mut Vec<u8>) {}

    /// Takes bytes that have been read. After [`Progress::Head`] and [`Progress::Piece`] it is
    /// called again with an empty slice until it answers [`Progress::More`].
    pub fn receive(&mut self, _bytes: &[u8]) -> Result<Progress, ProtocolError> {
        Ok(Progress::More)
    }

    /// The peer has closed: the end of a body that is framed by it, or of an exchange cut off.
    /// `Ok(More)` means cut off; [`State::received`] tells how far it came.
    pub fn end(&mut self) -> Result<Progress, ProtocolError> {
        Ok(Progress::More)
    }

    /// Bytes of the body received and announced (0 if unknown), and whether any byte of a response
    /// has come at all: what an error about a cut-off exchange has to say.
    pub fn received(&self) -> (u64, u64, bool) {
        (0, 0, false)
    }
}
