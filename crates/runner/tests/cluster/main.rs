//! A master and its workers on a simulated clock and network, with real frames between them.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests: what cannot be read must fail the test"
)]

mod faults;
mod markers;
mod master;
mod runs;
mod simulation;
mod worker;
