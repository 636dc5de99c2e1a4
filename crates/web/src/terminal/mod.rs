//! What a person at a terminal sees of a run: a block of figures while it lasts, a summary at its end.
//!
//! Only lines of text: where and when they are drawn is for whoever owns the terminal. No line is
//! wider than it, so that none wraps, and nothing in a line gives the terminal orders.

mod bars;
mod block;
mod endpoints;
mod errors;
mod line;
mod look;
mod run;
mod summary;
mod times;
mod width;

pub use block::block;
pub use look::Look;
pub use run::{Run, Workers};
pub use summary::summary;
