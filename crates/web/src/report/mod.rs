//! The report of a run: everything that is known of it in one value, as JSON or inside one HTML file,
//! small enough to be sent by mail and complete enough to be taken in again.

mod base64;
mod data;
mod import;
mod page;
mod picture;

pub use data::{Extent, Kept, KeptEntry, PERCENTILES, ReportData, data};
pub use import::{ImportError, import};
pub use page::{file_name, html, json_for_html};
