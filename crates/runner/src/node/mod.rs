//! Nodes at work: a state machine of [`crate::master`] or [`crate::worker`] on a thread of its own,
//! with the wire on one side and whoever carries out its actions on the other.

mod clock;
mod fetching;
mod handle;
mod leading;
mod thread;
mod working;

pub use fetching::{FetchError, fetch_locustfile};
pub use handle::Node;
pub use leading::{Listening, Port, lead};
pub use working::follow;
