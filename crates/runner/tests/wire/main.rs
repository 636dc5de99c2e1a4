//! The wire: recorded frames of real Locust nodes, and peers that behave and misbehave.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests: what fails here must fail the test"
)]

mod common;
mod frames;
mod hostile;
mod invitation;
mod libzmq;
mod peers;
mod secure;
