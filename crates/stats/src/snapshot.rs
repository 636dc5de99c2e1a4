//! The immutable picture of a run that every view reads: page, tables, CSV, JSON, report, metrics.

use std::sync::Arc;

use crate::{Entry, Exception, Failure, History, Markers, Window};

/// Silence that is longer than that between two reports of a worker.
const QUIET_SECONDS: f64 = 5.0;

/// A run at one moment. Cheap to clone; never changes.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The moment, in seconds since 1970.
    pub time: f64,
    /// Users that run.
    pub user_count: u64,
    /// When counting began, when the last request ended, and what "current" means.
    pub window: Window,
    /// All requests together: the row "Aggregated".
    pub total: Arc<Entry>,
    /// One for each (method, name), sorted by name and then method.
    pub entries: Vec<Arc<Entry>>,
    /// Failures in the order in which they were seen first.
    pub failures: Vec<Arc<Failure>>,
    /// Exceptions in the order in which they were seen first.
    pub exceptions: Vec<Arc<Exception>>,
    /// Requests that were cut off unanswered, and are counted nowhere else; `None` if somebody has not
    /// told. Workers of Locust's own do not tell.
    pub aborted: Option<u64>,
    /// The course of the run.
    pub history: Arc<History>,
    /// What happened in the run besides requests, for the charts and the page.
    pub markers: Arc<Markers>,
    /// What a tester has to know about the figures, for example that names were folded into one row.
    pub notices: Vec<String>,
}

impl Snapshot {
    /// What "current" means to somebody who looks now: [`Self::window`], which stands still without
    /// traffic as Locust's does, until nothing has come for [`QUIET_SECONDS`]; then it moves on by the
    /// clock, so that the rate of a target that has fallen silent goes down to zero.
    pub fn live_window(&self) -> Window {
        let window = self.window;
        let is_quiet = |last: f64| self.time - last > QUIET_SECONDS;
        if window.last_request.is_none_or(is_quiet) {
            Window::new(window.start_time, Some(self.time))
        } else {
            window
        }
    }

    /// The entry of one (method, name).
    pub fn entry(&self, method: &str, name: &str) -> Option<&Arc<Entry>> {
        let wanted = (name, method);
        let place = self
            .entries
            .binary_search_by(|entry| (&*entry.key.name, &*entry.key.method).cmp(&wanted));
        place.ok().map(|place| &self.entries[place])
    }

    /// Failures in the order of Locust's keys, as its CSV file and its web API list them.
    pub fn failures_by_key(&self) -> Vec<(String, &Arc<Failure>)> {
        let mut failures: Vec<_> = self
            .failures
            .iter()
            .map(|failure| (failure.key(), failure))
            .collect();
        failures.sort_by(|a, b| a.0.cmp(&b.0));
        failures
    }
}
