//! The HTTP engine of gregaria: all connections, timers and unfinished requests of one process,
//! behind one descriptor.
//!
//! The crate knows nothing of Python, greenlets or statistics. It is driven by a loop that watches
//! the descriptor of [`Engine`]: gevent's in production, ten lines of Rust in its tests.

mod error;
pub mod h1;
mod request;
mod response;
mod ticket;
mod timing;

pub use error::{ErrorKind, RequestError};
pub use request::{HeaderBlock, InvalidHeader, Method, Origin, Request, Rules, Scheme};
pub use response::Response;
pub use ticket::Ticket;
pub use timing::Timing;
