//! The JSON of the page's API, one file for each group. The page's TypeScript types are generated
//! from these: `ui/openapi.json` is written from them, and a test fails when it is stale.
//!
//! * Points in time are seconds since 1970, stretches of time carry `_seconds`, response times `_ms`.
//! * **`null` means that nothing was measured**: a gap in a line, a figure without requests, a worker
//!   that is silent. Nothing is ever put in its place.
//! * Tables travel as columns of equal length, first the `index` of each row: an index is given to a
//!   name once in a run, and the name is sent once.
//! * Every field of an answer is there, `null` or not; only types that end in `Request` may leave
//!   out what is `null`.

mod cloud;
mod command;
mod compare;
mod entries;
mod error;
mod events;
mod failures;
mod figures;
mod form;
mod locust_operations;
mod log;
mod marks;
mod openapi;
mod operations;
mod page_operations;
mod report;
mod runs;
mod series;
mod session;
mod setup;
mod state;
mod workers;

pub use cloud::{Cloud, CloudCondition, CloudExtension, CloudNode, CloudTeardown, TeardownRequest};
pub use command::{
    BaselineRequest, ChooseRequest, Done, ImportRequest, NoteRequest, PinRequest, ReloadRequest,
    RemoveWorkerRequest, StartRequest, Started, StopRequest, UsersRequest,
};
pub use compare::{Change, Compare, CompareEntry, Compared, Judgement, Warning, WarningKind};
pub use entries::{
    Distribution, EntryColumns, EntryDetail, EntryFolder, EntryFolders, EntryName, EntryTrend,
    EntryTrends, EntryWindow, RequestSample, StatusCount,
};
pub use error::{ConfirmKind, ConfirmRequired, Confirmation, Problem};
pub use events::{Bye, ByeReason, Delta, Event, Hello, Snapshot, Tick, Topic};
pub use failures::{
    ExceptionGroup, FailureCourses, FailureGroup, FailureKind, FailureTrend, GroupCount,
    GroupCourse, GroupWindow, KindRate,
};
pub use figures::{Figures, Overview};
pub use form::{
    Parameter, ParameterKind, ShapeClass, StartForm, TargetCheck, TargetStanding, TestChoice,
    TestChoices, UserClass,
};
pub use log::{Level, LogLine, LogPage};
pub use marks::{Alert, AlertKind, Mark, MarkKind};
pub use openapi::document;
pub use report::Report;
pub use runs::{EndKind, RunEnd, RunList, RunSummary, Storage};
pub use series::{HeatColumn, HeatMap, Series};
pub use session::{LoginRequest, Role, Session};
pub use setup::{ParameterValue, RunSetup, TestFile, Versions};
pub use state::{
    ClassCount, Load, Phase, State, TestError, TestErrorKind, UserCounts, WorkerCounts,
};
pub use workers::{WorkerColumns, WorkerDetail, WorkerName, WorkerState, WorkersCourse};
