//! The master's side of a run: who takes part, what each worker runs, and when it is over.

mod action;
mod complaints;
mod dip;
mod ending;
mod leader;
mod membership;
mod ramp;
mod reports;

pub use action::{EndReason, MasterAction, MasterEvent, SpawnRound};
pub use leader::{Master, MasterSettings, Rebalancing};
pub use ramp::{Job, Start};
