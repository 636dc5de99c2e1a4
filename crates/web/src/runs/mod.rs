//! Views of runs that are kept: the list, one run and two side by side, as text for a terminal and
//! as the JSON of the page's API.

mod compared;
mod course;
mod list;
mod setup;
mod show;
mod summary;
mod text;

pub use compared::{Part, compare, compare_text};
pub use course::{distribution, series};
pub use list::list_text;
pub use setup::run_setup;
pub use show::show_text;
pub use summary::{load, run_summary};
