//! Two runs side by side: which figures differ by more than they vary by themselves.
//!
//! [`compare`] is a pure function of two [`Course`]s. The rule, and where it is from, stands in
//! [`noise`](self::noise) and in `docs/compare.md`:
//!
//! 1. Figures are those of the *steady part* of each run, in which the number of users does not
//!    change; ramps are left out.
//! 2. The noise of a figure is measured in the run itself, between windows of it that grow longer
//!    until the noise grows no more.
//! 3. A change counts if it is larger than [`SMALLEST_CHANGE`] **and** than the noise of both runs,
//!    at a level that holds for the table as a whole: of two runs under identical conditions, the
//!    whole table says "same" in 95 of 100 pairs.

mod course;
mod figure;
mod noise;
mod student;
mod table;

pub use course::{Course, Stretch, Window};
pub use figure::{Figure, Metric};
pub use table::{
    Comparison, Judged, Measured, RUN_TO_RUN, Row, SMALLEST_CHANGE, TABLE_LEVEL, Verdict, compare,
    compare_measured,
};
