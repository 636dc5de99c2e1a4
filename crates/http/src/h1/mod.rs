//! HTTP/1.1: bytes in and bytes out, no sockets and no clock.
//!
//! One [`State`] belongs to one connection. A request is encoded by [`State::start`]; what the
//! socket reads goes into [`State::receive`], and its end into [`State::end`]. Framing follows
//! RFC 9112. A length that contradicts itself is refused, and bytes behind a response end the
//! connection's use, because a load test must never count an answer for the wrong request.

mod encode;
mod framing;
pub(crate) mod head;
mod state;

pub use head::{MAX_HEAD_BYTES, MAX_HEADER_LINES};
pub use state::{DEFAULT_BODY_LIMIT, Message, Progress, ProtocolError, State};
