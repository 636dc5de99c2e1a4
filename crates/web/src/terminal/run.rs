//! What is known of a run beside its statistics.

use std::time::Duration;

use gregaria_stats::{MarkerKind, Snapshot};

/// A run, as a person at the terminal knows it.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// What is tested: the profile, or the file.
    pub name: String,
    /// The runner's state: `spawning`, `running`, …
    pub state: String,
    /// Base URL of the target, if there is one for all users.
    pub host: Option<String>,
    /// Users that are running.
    pub user_count: u64,
    /// Users that there shall be; `None` if nobody has said so yet.
    pub target_users: Option<u64>,
    /// How long the run may take, if it has a limit.
    pub run_time: Option<Duration>,
    /// Workers of a master.
    pub workers: Option<Workers>,
    /// What the keys do, in a few words.
    pub keys: String,
    /// Address of the page, if it is served.
    pub page: Option<String>,
}

/// Workers of a master.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Workers {
    /// Those that can be given users.
    pub present: u64,
    /// Those that are missing.
    pub lost: u64,
    /// How many there should be.
    pub expected: u64,
}

/// When a run has begun and ended, and why, as its markers tell.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Course {
    pub(super) started: Option<f64>,
    pub(super) ended: Option<(f64, String)>,
}

impl Course {
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        let mut course = Self::default();
        for marker in snapshot.markers.as_slice() {
            match &marker.kind {
                MarkerKind::RunStarted { .. } => {
                    course = Self {
                        started: Some(marker.time),
                        ended: None,
                    };
                }
                MarkerKind::RunEnded { reason } => {
                    course.ended = Some((marker.time, reason.to_string()));
                }
                _ => {}
            }
        }
        course
    }

    /// How long it has lasted; `None` if it has not begun.
    pub(super) fn length(&self, now: f64) -> Option<Duration> {
        let until = self.ended.as_ref().map_or(now, |(at, _)| *at);
        let seconds = (until - self.started?).max(0.0);
        Some(Duration::try_from_secs_f64(seconds).unwrap_or_default())
    }
}
