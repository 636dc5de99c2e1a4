//! One connection's life: idle, waiting for a head, reading a body, idle again or finished.

use super::encode::encode;
use super::framing::{Asked, BodyError, Decoded, Framing};
use super::head::{self, Head, MAX_HEAD_BYTES};
use crate::request::{Method, Request};

/// Largest body that is collected in memory, unless the owner of the connection sets another
/// limit. A streamed body has none.
pub const DEFAULT_BODY_LIMIT: u64 = 1 << 30;

/// Memory set aside for a body because its length was announced. A longer one grows as it comes,
/// so that a large number alone costs nothing.
const MAX_RESERVED: u64 = 1 << 20;

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
    /// Bytes came while no request was under way.
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
    /// Head, and the body behind it without its chunks. The head alone if the body is streamed.
    pub head: Box<[u8]>,
    /// Where the body begins inside `head`.
    pub body_at: usize,
    /// Whether another request may follow on this connection.
    ///
    /// False too if bytes came behind the response. It is whole and belongs to the request, but
    /// the next one on this connection would not.
    pub keeps_alive: bool,
    /// Whether there is a `Set-Cookie` line, so that most heads need not be searched for one.
    pub sets_cookies: bool,
    /// Whether there is a `Content-Encoding` line.
    pub is_encoded: bool,
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
    /// With `streams_body`: a piece of the body, never empty.
    Piece(Box<[u8]>),
    /// With `streams_body`: the body has ended; whether the connection may be used again.
    End {
        /// As in [`Message`].
        keeps_alive: bool,
    },
}

/// One HTTP/1.1 connection: bytes in, bytes and events out. Knows no socket and no clock.
///
/// An idle one holds no memory beside itself: what a response has been collected in is handed out
/// with it. After an error the connection is of no use.
#[derive(Debug)]
pub struct State {
    phase: Phase,
    /// The response so far: a head whose end has not come, or a head and its body. With a streamed
    /// body, what has not been decoded.
    buffer: Vec<u8>,
    /// Bytes of the interim responses (1xx) of this exchange.
    interim_bytes: usize,
    asked: Asked,
    streams_body: bool,
    /// The request has said that the connection is not to be used again.
    closes: bool,
    body_limit: u64,
}

#[derive(Debug)]
enum Phase {
    /// No request is under way.
    Idle,
    /// The end of the head has not come.
    Head,
    /// The end of the body has not come.
    Body(Body),
    /// The body of a stream has ended, and the caller has not been told.
    Ended { keeps_alive: bool },
}

#[derive(Debug)]
struct Body {
    status: u16,
    /// Length of the head.
    at: usize,
    keeps_alive: bool,
    sets_cookies: bool,
    is_encoded: bool,
    framing: Framing,
    /// Bytes announced; 0 if their number is unknown.
    announced: u64,
    /// Bytes that may still come.
    room: u64,
    /// What `room` was at the beginning.
    limit: u64,
}

impl Default for State {
    fn default() -> Self {
        Self::new(DEFAULT_BODY_LIMIT)
    }
}

impl State {
    /// A connection that has just been opened. `body_limit` is the largest body it collects, in
    /// bytes.
    pub fn new(body_limit: u64) -> Self {
        Self {
            phase: Phase::Idle,
            buffer: Vec::new(),
            interim_bytes: 0,
            asked: Asked::default(),
            streams_body: false,
            closes: false,
            body_limit,
        }
    }

    /// Begins an exchange: appends the encoded request to `out`.
    ///
    /// `cookie` is the value of a `Cookie` line to add, unless the user has set one. The exchange
    /// before must have ended.
    pub fn start(&mut self, request: &Request, cookie: Option<&str>, out: &mut Vec<u8>) {
        debug_assert!(matches!(self.phase, Phase::Idle), "one exchange at a time");
        encode(request, cookie, out);
        self.phase = Phase::Head;
        self.interim_bytes = 0;
        self.asked = Asked {
            is_head: request.method == Method::Head,
            is_connect: matches!(&request.method, Method::Other(name) if **name == *"CONNECT"),
        };
        self.streams_body = request.rules.streams_body;
        self.closes = request.headers.asks_to_close();
    }

    /// Takes bytes that have been read. After [`Progress::Head`] and [`Progress::Piece`] it is
    /// called again with an empty slice until it answers [`Progress::More`] or [`Progress::End`].
    pub fn receive(&mut self, bytes: &[u8]) -> Result<Progress, ProtocolError> {
        let progress = match &self.phase {
            Phase::Head if self.buffer.is_empty() => self.take_head(bytes),
            Phase::Head => self.go_on_with_head(bytes),
            Phase::Body(_) if self.streams_body => self.take_piece(bytes),
            Phase::Body(_) => self.take_body(bytes),
            &Phase::Ended { keeps_alive } => {
                self.phase = Phase::Idle;
                Ok(Progress::End {
                    keeps_alive: keeps_alive && bytes.is_empty(),
                })
            }
            Phase::Idle if bytes.is_empty() => Ok(Progress::More),
            Phase::Idle => Err(ProtocolError::Leftover),
        };
        if progress.is_err() {
            self.forget();
        }
        progress
    }

    /// The peer has closed: the end of a body that is framed by it, or of an exchange cut off.
    ///
    /// `Ok(More)` means cut off; [`State::received`] tells how far it came. After
    /// [`Progress::Piece`] it is called again.
    pub fn end(&mut self) -> Result<Progress, ProtocolError> {
        if self.streams_body && !self.buffer.is_empty() {
            let progress = self.receive(&[])?;
            if !matches!(progress, Progress::More) {
                return Ok(progress);
            }
        }
        match &self.phase {
            // What was not worth a look while it came in small pieces.
            Phase::Head => {
                let parsed = head::parse(&self.buffer, MAX_HEAD_BYTES - self.interim_bytes);
                if parsed.is_err() {
                    self.forget();
                }
                parsed.map(|_| Progress::More)
            }
            Phase::Body(Body {
                framing: Framing::UntilClose,
                ..
            }) if self.streams_body => {
                self.phase = Phase::Idle;
                Ok(Progress::End { keeps_alive: false })
            }
            Phase::Body(Body {
                framing: Framing::UntilClose,
                status,
                at,
                sets_cookies,
                is_encoded,
                ..
            }) => {
                let (status, body_at) = (*status, *at);
                let (sets_cookies, is_encoded) = (*sets_cookies, *is_encoded);
                self.phase = Phase::Idle;
                let head = std::mem::take(&mut self.buffer).into_boxed_slice();
                Ok(Progress::Done(Message {
                    status,
                    head,
                    body_at,
                    keeps_alive: false,
                    sets_cookies,
                    is_encoded,
                }))
            }
            Phase::Idle | Phase::Body(_) => Ok(Progress::More),
            Phase::Ended { .. } => {
                self.phase = Phase::Idle;
                Ok(Progress::End { keeps_alive: false })
            }
        }
    }

    /// Bytes of the body received and announced (0 if unknown), and whether any byte of a response
    /// has come at all: what an error about a cut-off exchange has to say.
    pub fn received(&self) -> (u64, u64, bool) {
        match &self.phase {
            Phase::Idle => (0, 0, false),
            Phase::Head => (0, 0, self.interim_bytes > 0 || !self.buffer.is_empty()),
            Phase::Body(body) => (body.limit - body.room, body.announced, true),
            Phase::Ended { .. } => (0, 0, true),
        }
    }

    /// Whether no request is under way.
    pub fn is_idle(&self) -> bool {
        matches!(self.phase, Phase::Idle)
    }

    fn forget(&mut self) {
        self.phase = Phase::Idle;
        self.buffer = Vec::new();
    }

    /// A head that has begun in an earlier slice.
    fn go_on_with_head(&mut self, bytes: &[u8]) -> Result<Progress, ProtocolError> {
        let begun = self.buffer.len();
        self.buffer.extend_from_slice(bytes);
        // Parsing begins anew each time. As a head has few lines, a peer that drips its bytes gets
        // no more than a few parses of the same bytes out of us.
        let is_worth_it = bytes.contains(&b'\n') || begun + bytes.len() > MAX_HEAD_BYTES;
        if !is_worth_it {
            return Ok(Progress::More);
        }
        let bytes = std::mem::take(&mut self.buffer);
        self.take_head(&bytes)
    }

    /// Looks for the end of the head, and goes on to the body if it is there. Expects an empty
    /// buffer.
    fn take_head(&mut self, mut bytes: &[u8]) -> Result<Progress, ProtocolError> {
        loop {
            if bytes.is_empty() {
                return Ok(Progress::More);
            }
            match head::parse(bytes, MAX_HEAD_BYTES - self.interim_bytes)? {
                None => {
                    self.buffer.extend_from_slice(bytes);
                    return Ok(Progress::More);
                }
                // Interim responses (100 Continue, 103 Early Hints) come before the one asked for.
                // With 101 the connection changes to another protocol: nothing follows.
                Some(head) if head.status < 200 && head.status != 101 => {
                    self.interim_bytes += head.end;
                    bytes = &bytes[head.end..];
                }
                Some(head) => return self.begin_body(&head, bytes),
            }
        }
    }

    /// `bytes` begins with the head and goes on with what came of the body.
    fn begin_body(&mut self, head: &Head, bytes: &[u8]) -> Result<Progress, ProtocolError> {
        let framing = Framing::of(head, self.asked)?;
        let keeps_alive = head.keeps_alive
            && !self.closes
            && head.status != 101
            && framing != Framing::UntilClose
            && !head.has_two_lengths();
        let announced = if let Framing::Length(length) = framing {
            length
        } else {
            0
        };
        let limit = if self.streams_body {
            u64::MAX
        } else {
            self.body_limit
        };
        if announced > limit {
            return Err(ProtocolError::BodyTooLarge { limit });
        }
        let (bytes, rest) = (&bytes[head.start..], &bytes[head.end..]);
        let (status, body_at) = (head.status, head.end - head.start);
        let finish = |mut message: Box<[u8]>, keeps_alive| {
            if head.is_folded {
                head::unfold(&mut message[..body_at]);
            }
            Message {
                status,
                head: message,
                body_at,
                keeps_alive,
                sets_cookies: head.sets_cookies,
                is_encoded: head.is_encoded,
            }
        };
        if self.streams_body {
            self.buffer = rest.to_vec();
            self.phase = Phase::Body(Body {
                status,
                at: body_at,
                keeps_alive,
                sets_cookies: head.sets_cookies,
                is_encoded: head.is_encoded,
                framing,
                announced,
                room: limit,
                limit,
            });
            return Ok(Progress::Head(finish(bytes[..body_at].into(), keeps_alive)));
        }
        // Nearly all responses of a load test end here: one parse, one copy.
        if let Framing::Length(length) = framing
            && let Ok(length) = usize::try_from(length)
            && rest.len() >= length
        {
            self.phase = Phase::Idle;
            let whole = body_at + length;
            let message = finish(bytes[..whole].into(), keeps_alive && bytes.len() == whole);
            return Ok(Progress::Done(message));
        }
        let expected = usize::try_from(announced.min(MAX_RESERVED)).unwrap_or_default();
        self.buffer
            .reserve_exact(body_at + expected.max(rest.len()));
        self.buffer.extend_from_slice(&bytes[..body_at]);
        if head.is_folded {
            head::unfold(&mut self.buffer);
        }
        self.phase = Phase::Body(Body {
            status,
            at: body_at,
            keeps_alive,
            sets_cookies: head.sets_cookies,
            is_encoded: head.is_encoded,
            framing,
            announced,
            room: limit,
            limit,
        });
        self.take_body(rest)
    }

    /// Collects a body behind its head.
    fn take_body(&mut self, bytes: &[u8]) -> Result<Progress, ProtocolError> {
        let Phase::Body(body) = &mut self.phase else {
            return Ok(Progress::More);
        };
        let decoded = body.decode(bytes, &mut self.buffer)?;
        if !decoded.is_end {
            return Ok(Progress::More);
        }
        let message = Message {
            status: body.status,
            body_at: body.at,
            sets_cookies: body.sets_cookies,
            is_encoded: body.is_encoded,
            keeps_alive: body.keeps_alive && decoded.used == bytes.len(),
            head: std::mem::take(&mut self.buffer).into_boxed_slice(),
        };
        self.phase = Phase::Idle;
        Ok(Progress::Done(message))
    }

    /// Hands a streamed body on as it comes.
    fn take_piece(&mut self, bytes: &[u8]) -> Result<Progress, ProtocolError> {
        let Phase::Body(body) = &mut self.phase else {
            return Ok(Progress::More);
        };
        let mut kept = std::mem::take(&mut self.buffer);
        let bytes = if kept.is_empty() {
            bytes
        } else {
            kept.extend_from_slice(bytes);
            &kept
        };
        let mut piece = Vec::with_capacity(bytes.len());
        let decoded = body.decode(bytes, &mut piece)?;
        if decoded.is_end {
            let keeps_alive = body.keeps_alive && decoded.used == bytes.len();
            self.phase = Phase::Ended { keeps_alive };
        }
        match (piece.is_empty(), decoded.is_end) {
            (false, _) => Ok(Progress::Piece(piece.into_boxed_slice())),
            (true, true) => self.receive(&[]),
            (true, false) => Ok(Progress::More),
        }
    }
}

impl Body {
    fn decode(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<Decoded, ProtocolError> {
        self.framing
            .decode(bytes, out, &mut self.room)
            .map_err(|error| match error {
                BodyError::TooLarge => ProtocolError::BodyTooLarge { limit: self.limit },
                BodyError::Malformed(text) => ProtocolError::Framing(text),
            })
    }
}
