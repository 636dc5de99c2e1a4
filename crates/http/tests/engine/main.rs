//! The engine against small real servers on the loopback interface, driven by a loop of ten lines.

#![allow(
    clippy::unwrap_used,
    reason = "everything here is test code, and a panic is how a test fails"
)]

mod broken;
mod driver;
mod follow;
mod gate;
mod keep;
mod secure;
mod servers;
mod time;
mod way;
