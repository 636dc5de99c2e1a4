//! How a run is shown, whether it lasts or is kept: key figures, rows of tables, lines, the heat map,
//! groups of failures. Pure functions; each is the only one of its kind.

mod crew_course;
mod distribution;
mod failures;
mod figures;
mod heat;
mod lines;
mod pulse;
mod rows;
mod samples;
mod share;
mod statuses;
mod workers;

pub(crate) use crew_course::coarser as coarser_crew_course;
pub use crew_course::{CrewCourse, WorkerReading};
pub use distribution::distribution;
pub(crate) use failures::{Part, exception_group, failure_group, group_counts, kind_of};
pub use figures::{figures_of, percentiles, total_of};
pub(crate) use heat::{column, heat_map};
pub(crate) use lines::{TREND_POINTS, entry_series, trend};
pub(crate) use pulse::Pulse;
pub(crate) use rows::{figures, push_row, window};
pub(crate) use samples::samples;
pub(crate) use share::{Cell, Share};
pub(crate) use statuses::statuses;
pub(crate) use workers::machine_of;
