//! The page's server over real sockets.

#![allow(
    clippy::unwrap_used,
    clippy::format_push_string,
    reason = "everything here is test code, and a panic is how a test fails"
)]

mod bad_input;
mod cloud;
mod commands;
mod common;
mod entry;
mod guard;
mod kept;
mod live;
mod locust;
mod states;
