//! The report of a run: everything that is known of it in one value, as JSON or inside one HTML file,
//! small enough to be sent by mail and complete enough to be taken in again.

mod data;
mod import;
mod page;
mod redact;

pub use data::{Content, Extent, Kept, KeptEntry, KeptWindow, PERCENTILES, ReportData, data};
pub use import::{ImportError, import};
pub use page::{file_name, file_stem, html, html_with, json, json_for_html};
pub use redact::Redaction;
