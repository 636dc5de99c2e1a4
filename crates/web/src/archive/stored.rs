//! What the store gives out: rows of the list, whole runs, stretches of them.

use std::str::FromStr;
use std::sync::Arc;

use gregaria_stats::{Histogram, HistoryPoint, Snapshot};

use super::asides::{Line, Member, Note};
use super::setup::{Ending, Setup};
use crate::model::WorkersCourse;

/// A run as it stands in the list.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRow {
    /// Its number.
    pub id: i64,
    /// The profile, or the file of the test.
    pub name: String,
    /// Base URL.
    pub host: Option<String>,
    /// Hash of the test's files.
    pub file_sha256: Option<String>,
    /// When it began.
    pub started: f64,
    /// The newest second that was kept.
    pub last_second: f64,
    /// How it ended; `None` while it lasts.
    pub ending: Option<Ending>,
    /// Users that were asked for.
    pub users: Option<u64>,
    /// Users started a second.
    pub spawn_rate: Option<f64>,
    /// Length that was asked for.
    pub run_time_seconds: Option<f64>,
    /// Name of the shape.
    pub shape: Option<String>,
    /// Most users at once.
    pub peak_users: u64,
    /// Workers at the start; `None` in a run of one process.
    pub workers: Option<u64>,
    /// Requests.
    pub requests: u64,
    /// Failures.
    pub failures: u64,
    /// Since when it has counted.
    pub counted_from: Option<f64>,
    /// When its last request ended.
    pub last_request: Option<f64>,
    /// Median response time.
    pub p50_ms: Option<f64>,
    /// 95th percentile.
    pub p95_ms: Option<f64>,
    /// 99th percentile.
    pub p99_ms: Option<f64>,
    /// What somebody wrote about it.
    pub note: Option<String>,
    /// Whether others are compared with it.
    pub is_baseline: bool,
    /// Whether it is kept whatever its age.
    pub is_pinned: bool,
    /// Whether it was taken in from a report.
    pub is_imported: bool,
}

impl RunRow {
    /// How long it lasted, or has lasted, in seconds.
    pub fn length_seconds(&self) -> f64 {
        let end = self
            .ending
            .as_ref()
            .map_or(self.last_second, |end| end.time);
        (end - self.started).max(0.0)
    }

    /// Mean requests a second; `None` without requests.
    pub fn rps(&self) -> Option<f64> {
        let seconds = self.last_request? - self.counted_from?;
        (seconds > 0.0).then(|| self.requests as f64 / seconds)
    }

    /// Failures as a part of the requests; `None` without requests.
    pub fn failed_ratio(&self) -> Option<f64> {
        (self.requests > 0).then(|| self.failures as f64 / self.requests as f64)
    }
}

/// A run with all its figures.
#[derive(Clone, Debug)]
pub struct StoredRun {
    /// Its row of the list.
    pub row: RunRow,
    /// What was run.
    pub setup: Setup,
    /// Its figures at its end, or as far as they were kept. The history in it is thinned as that of
    /// a run that lasts; its markers are [`StoredRun::markers`].
    pub snapshot: Arc<Snapshot>,
    /// Every second that was kept.
    pub seconds: Vec<HistoryPoint>,
    /// What happened besides requests.
    pub markers: Vec<StoredMarker>,
    /// When each exception of the snapshot was noticed first and last.
    pub exceptions_seen: Vec<Seen>,
    /// How often each failure of the snapshot happened when.
    pub failure_buckets: Vec<GroupBucket>,
    /// How often each exception of the snapshot happened when; none in runs of which that was not kept.
    pub exception_buckets: Vec<GroupBucket>,
    /// The workers as they were at last; `None` in a run of one process, and if nobody has said.
    pub crew: Option<Vec<Member>>,
    /// How busy they were over time; `None` in a run of one process, and if nobody has said.
    pub crew_course: Option<WorkersCourse>,
    /// What people wrote while it lasted.
    pub notes: Vec<Note>,
    /// The last lines of the log.
    pub log: Vec<Line>,
    /// Seconds of its buckets.
    pub step: f64,
}

/// Something that happened in a run.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredMarker {
    /// When.
    pub time: f64,
    /// When the last of several happened.
    pub until: f64,
    /// What, as a word.
    pub kind: String,
    /// What, as a sentence.
    pub text: String,
}

/// When something was noticed; `None` in runs of which that was not kept.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Seen {
    /// First.
    pub first: Option<f64>,
    /// Last.
    pub last: Option<f64>,
}

/// How often a failure or an exception happened in one stretch of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GroupBucket {
    /// Its place among the failures, or the exceptions, of the snapshot.
    pub place: usize,
    /// When the stretch begins.
    pub time: f64,
    /// Its length.
    pub seconds: f64,
    /// How often.
    pub occurrences: u64,
}

/// What one entry has counted in one stretch of a run.
#[derive(Clone, Debug)]
pub struct Bucket {
    /// When it begins.
    pub time: f64,
    /// Its length.
    pub seconds: f64,
    /// Requests.
    pub requests: u64,
    /// Failures.
    pub failures: u64,
    /// Sum of the response times.
    pub total_ms: f64,
    /// The response times.
    pub times: Histogram,
}

/// What a run is called by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunName {
    /// Its number.
    Number(i64),
    /// The newest.
    Latest,
    /// The one that others are compared with: the newest of several.
    Baseline,
}

impl FromStr for RunName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "latest" => Ok(Self::Latest),
            "baseline" => Ok(Self::Baseline),
            _ => text
                .parse()
                .ok()
                .filter(|number| *number > 0)
                .map(Self::Number)
                .ok_or_else(|| {
                    format!("`{text}` is no run: give its number, `latest` or `baseline`")
                }),
        }
    }
}
