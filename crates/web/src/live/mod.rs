//! What viewers see: the course of the present run, and what has changed each second.
//!
//! A [`Board`] takes one [`crate::seam::View`] a second and makes a [`Slot`] of it: what is new in it,
//! encoded and compressed once for all viewers of the same topics. The last [`KEPT_SLOTS`] are kept;
//! a viewer that lacks more gets the whole picture instead. So a viewer that reads slowly costs
//! nothing but its socket.

mod board;
mod bucket;
mod counts;
mod course;
mod courses;
mod drift;
mod encoded;
mod failures;
mod feed;
mod figures;
mod folders;
mod marks;
mod rows;
mod run;
mod slot;
mod state;
mod topics;
mod workers;

pub use board::{Board, KEPT_SLOTS};
pub use encoded::Encoded;
pub(crate) use encoded::GZIP_HEAD;
pub use feed::Feed;
pub use folders::FoldersBy;
pub(crate) use folders::merged as merged_folders;
pub use slot::Slot;
pub(crate) use slot::write as write_event;
pub use topics::Topics;
