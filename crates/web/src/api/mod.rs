//! The page's own API, under `/api/v1`. Bodies are the types of [`crate::model`].

mod cloud;
mod commands;
mod export;
mod extract;
mod form;
mod groups;
mod history;
mod json;
mod paths;
mod refusal;
mod routes;
mod runs;
mod session;
mod store;
mod stream;

pub(crate) use export::report_of;
pub(crate) use extract::{Path, Query};
pub(crate) use form::hosts_of;
pub(crate) use json::Json;
pub(crate) use paths::Paths;
pub(crate) use refusal::Refusal;
pub(crate) use routes::routes;
pub(crate) use session::session_cookie;
pub(crate) use stream::not_ready;
