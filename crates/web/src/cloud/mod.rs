//! The cloud line: what the machines cost, when they end, and ending them.
//!
//! Nothing here speaks to a cloud. A program beside the master does, and writes what it knows to a
//! file of facts; the end of everything is asked for by a file that it looks for. Both files are
//! named when the page is served, and without them there is no cloud line.

mod facts;
mod line;
mod watch;

pub use watch::{CloudFiles, CloudWatch};
