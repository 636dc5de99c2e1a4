//! The worker's side of a run: it does what its master says, and reports what it has counted.

mod action;
mod exceptions;
mod follower;
mod joining;
mod outbox;
mod settling;
mod spawning;

pub use action::{SpawnJob, WorkerAction, WorkerEnd, WorkerEvent};
pub use follower::{Worker, WorkerSettings};
