//! Statistics for Python: windows on figures that live in Rust.

mod clock;
mod entry;
mod marker;
mod rounding;
mod run;
mod source;
mod terminal;

pub use entry::Entry;
pub use marker::Marker;
pub use rounding::{bucket_response_time, replace_bucket_response_time};
pub(crate) use run::ReportSink;
pub use run::{Stats, readable_percentile};
pub use terminal::{terminal_block, terminal_summary};
