//! The seam between the thread that runs the test and those that serve the page.
//!
//! Once a second the test's thread publishes a [`View`], which never changes after that. What a viewer
//! wants to be done becomes an [`Order`], which the test's thread takes when it gets to it. Neither
//! side ever waits for the other while it holds something the other needs.

mod book;
mod ends;
mod order;
mod view;

pub(crate) use book::level_of;
pub use book::{LogBook, MAX_LINES_OF_A_SOURCE, Record};
pub use ends::Seam;
pub use order::{Order, Reply, Unanswered};
pub use view::{FormData, RunStatus, Status, TaskRatio, View, Worker};
