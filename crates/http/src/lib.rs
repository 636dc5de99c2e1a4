//! The HTTP engine of gregaria: all connections, timers and unfinished requests of one process,
//! behind one descriptor.
//!
//! The crate knows nothing of Python, greenlets or statistics. It is driven by a loop that watches
//! the descriptor of [`Engine`]: gevent's in production, ten lines of Rust in its tests.

mod bell;
pub mod body;
mod client;
mod clock;
mod connect;
mod connection;
mod cookies;
mod decide;
mod engine;
mod error;
mod exchange;
mod gate;
pub mod h1;
mod poll;
mod pool;
mod reactor;
mod redirect;
mod request;
mod resolve;
mod response;
mod slots;
mod ticket;
mod timer;
mod timing;
mod tls;
mod url;

pub use bell::Bell;
pub use client::{ClientConfig, ClientId, Proxy};
pub use cookies::{Cookie, CookieJar};
pub use engine::{Counters, Engine, Finished, Outcome, Submitted};
pub use error::{ErrorKind, RequestError};
pub use gate::{Gate, Passage};
pub use pool::Limits;
pub use redirect::{RedirectStyle, follow};
pub use request::{HeaderBlock, InvalidHeader, Method, Origin, Request, Rules, Scheme};
pub use response::Response;
pub use ticket::Ticket;
pub use timing::Timing;
pub use tls::{Identity, TlsSettings, Trust};
pub use url::{Url, UrlError};
