//! HTTP/1.1: bytes in and bytes out, no sockets and no clock.
//!
//! One [`State`] belongs to one connection. A request is encoded by [`State::start`]; what the
//! socket reads goes into [`State::receive`], and its end into [`State::end`]. Framing follows
//! RFC 9112; what may end up in another response (a length that contradicts itself, bytes after
//! the end) is refused, because a load test must never count an answer for the wrong request.

mod encode;
mod framing;
pub(crate) mod head;
mod state;

pub use state::{Message, Progress, ProtocolError, State};
