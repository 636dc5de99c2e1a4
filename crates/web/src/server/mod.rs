//! The server of the page: two threads, one listener, one router.

mod app;
mod assets;
mod extra;
mod file_body;
mod hurry;
mod listen;
mod router;
mod settings;
mod squeeze;
mod store;
mod tls;

pub use app::App;
pub(crate) use app::{StreamPlace, now};
pub(crate) use assets::{page, page_hash};
pub(crate) use file_body::FileBody;
pub use listen::{Peer, Server, ServerError};
pub use settings::{Settings, Tls};
pub use store::Store;
pub(crate) use store::{Ended, Shelf};
