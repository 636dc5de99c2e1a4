//! Drives a run: which users of which class are started and stopped when, and where.

mod dispatch;
pub mod limits;
mod sequence;
mod state;

pub use dispatch::{DispatchError, Dispatcher, Placement, Step, UserClass};
pub use state::State;
