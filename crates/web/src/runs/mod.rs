//! Views of runs that are kept: the list, one run and two side by side, as text for a terminal and
//! as the JSON of the page's API.

mod compared;
mod course;
mod crew;
mod groups;
mod list;
mod parts;
mod setup;
mod show;
mod summary;
mod text;
mod whole;

pub use compared::{Part, compare, compare_text};
pub use course::series;
pub use groups::{failure_courses, folders, group_window};
pub use list::list_text;
pub use parts::{entry, entry_series, trends, window, worker};
pub use setup::run_setup;
pub use show::show_text;
pub use summary::{load, run_summary};
pub(crate) use whole::all as all_entries;
pub use whole::{Fineness, whole};
