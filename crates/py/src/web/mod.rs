//! The page as Python sees it: what it publishes once a second, and what viewers want to be done.

mod check;
mod server;
mod settings;
mod take;

pub(crate) use check::check_target;
pub(crate) use server::WebServer;
