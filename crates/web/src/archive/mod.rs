//! The run store: every run in one `SQLite` file that any tool can read.
//!
//! * [`Archive`] is the write side: a thread of its own that is handed immutable snapshots, so that
//!   nobody ever waits for the disk. A process that is killed leaves a run that lacks its last second.
//! * [`Library`] is the read side: the list of runs, one run as a [`gregaria_stats::Snapshot`], its
//!   course, and what people write about it.
//!
//! Times are seconds since 1970. What was counted in the course of a run lies in *buckets*: the
//! difference between two snapshots, with its response times. Their length grows with the run, so
//! that a run of any length has a bounded size.

mod asides;
mod clock;
mod deposit;
mod error;
mod examples;
mod import;
mod library;
mod mailbox;
mod owner;
mod recording;
mod restore;
mod retention;
mod rows;
mod schema;
mod setup;
mod sparse;
mod stored;
mod thin;
mod writer;

pub use asides::{Line, Member, Note};
pub use error::ArchiveError;
pub use examples::{StoredExample, StoredExamples};
pub use import::Imported;
pub use library::Library;
pub use recording::{BUCKET_ROWS, BUCKET_SECONDS};
pub use restore::{Between, rounded_of};
pub use retention::Limits;
pub use setup::{EndKind, Ending, Setup, TestFile, UserClass, Versions, Worker};
pub use sparse::{decode_times, encode_times};
pub use stored::{Bucket, GroupBucket, RunName, RunRow, Seen, StoredMarker, StoredRun};
pub use writer::Archive;
