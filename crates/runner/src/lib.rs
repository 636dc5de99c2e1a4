//! Drives a run: which users of which class are started and stopped when, and where.

mod allowed_hosts;
pub mod bundle;
mod class_order;
pub mod dialect;
mod dispatch;
mod examples;
pub mod exchange;
mod ledger;
pub mod limits;
pub mod master;
mod moment;
pub mod node;
mod packing;
mod peers;
mod sequence;
mod state;
pub mod wire;
pub mod worker;

pub use allowed_hosts::{AllowedHosts, AllowedHostsError, ByName, is_never_loaded};
pub use class_order::UserClass;
pub use dispatch::{DispatchError, Dispatcher, Placement, Step};
pub use moment::{Level, Moment};
pub use peers::{Peer, Peers};
pub use sequence::Sequence;
pub use state::State;
