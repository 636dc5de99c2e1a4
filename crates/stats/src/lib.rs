//! Numbers of a run: counted when a request ends, merged over processes, read as one picture.
//!
//! * An [`Entry`] holds what is known about one (method, name); the row called "Aggregated" is one too.
//! * A [`Failure`] is a group of requests that failed with the same message; an [`Exception`] is a
//!   group of errors that left a task with the same traceback.
//! * The [`Recorder`] is the write side. It hands out [`Report`]s: what was counted since the last.
//! * A [`Marker`] is what happened besides requests: users changed, a worker lost.
//! * [`Totals`] adds reports up, and once a second makes a [`Snapshot`] that every view reads.
//!
//! Nothing here does I/O, reads a clock or knows of Python: times come in as arguments, in seconds
//! since 1970 for points in time and in milliseconds for response times.
//!
//! ```
//! use gregaria_stats::{Recorder, Sample, Settings, Totals};
//!
//! let settings = Settings::default();
//! let recorder = Recorder::new(&settings);
//! let mut totals = Totals::new(settings, 1000.0);
//!
//! recorder.record(&Sample {
//!     method: "GET",
//!     name: "/",
//!     at: 1000.5,
//!     response_time_ms: Some(12.3),
//!     length: 100,
//!     failure: None,
//!     status: Some(200),
//!     url: None,
//!     body: None,
//!     task: None,
//!     bucket: None,
//! });
//! for report in recorder.drain() {
//!     totals.fold(&report);
//! }
//!
//! let snapshot = totals.tick(1001.0, 1);
//! assert_eq!(snapshot.total.requests, 1);
//! assert_eq!(snapshot.total.rounded_percentile(0.95), 12.0);
//! ```

mod counts;
mod entry;
mod examples;
mod exception;
mod failure;
mod histogram;
mod history;
mod marker;
mod rate;
mod recent;
mod recorder;
mod redact;
mod redact_body;
mod redact_markup;
mod redact_nested;
mod report;
mod rounded;
mod settings;
mod slowest;
mod snapshot;
mod statuses;
mod table;
mod task;
mod totals;

pub use entry::{Entry, Key, TOTAL_NAME};
pub use examples::{Example, Examples, MAX_BODY_BYTES, SHOWN_EXAMPLES};
pub use exception::{Exception, LOCAL_NODE};
pub use failure::{Failure, failure_key, parse_error, python_repr};
pub use histogram::{Histogram, Precision};
pub use history::{CHART_PERCENTILES, History, HistoryPoint, MAX_POINTS};
pub use marker::{JOINED_WITHIN_SECONDS, MAX_MARKERS, Marker, MarkerKind, Markers};
pub use rate::{PerSecond, Seconds, Window};
pub use recent::Recent;
pub use recorder::{Recorder, Sample};
pub use report::Report;
pub use rounded::{Rounded, round_half_even, round_response_time};
pub use settings::{OTHER_FAILURES, OTHER_NAMES, Settings};
pub use snapshot::Snapshot;
pub use statuses::Statuses;
pub use task::Task;
pub use totals::Totals;
