//! Drives a run: which users of which class are started and stopped when, and where.

mod class_order;
mod dispatch;
pub mod limits;
mod sequence;
mod state;
pub mod wire;

pub use class_order::UserClass;
pub use dispatch::{DispatchError, Dispatcher, Placement, Step};
pub use sequence::Sequence;
pub use state::State;
