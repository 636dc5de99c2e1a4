//! What was counted since the last report: plain data that is sent, merged and added to totals.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::table::{Keyed, Table};
use crate::{Entry, Exception, Failure, Key, Settings};

/// A stretch of counting. No two entries have the same key, and so on for the other two.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// One entry for each (method, name) with a request or a failure. The total is not among them.
    pub entries: Vec<Entry>,
    /// Failures of these entries.
    pub failures: Vec<Failure>,
    /// Errors that left tasks.
    pub exceptions: Vec<Exception>,
    /// Requests that were cut off unanswered. They are in no entry.
    pub aborted: u64,
    /// Whoever has counted does not tell what was cut off, as workers of Locust's own do not.
    pub lacks_aborted: bool,
}

impl Report {
    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
            && self.failures.is_empty()
            && self.exceptions.is_empty()
            && self.aborted == 0
    }

    /// All entries together, under the name "Aggregated". `start_time` is when counting began.
    pub fn total(&self, start_time: f64, settings: &Settings) -> Entry {
        let settings = Settings {
            keeps_recent: false,
            ..settings.clone()
        };
        let mut total = Entry::new(Key::total(), start_time, &settings);
        for entry in &self.entries {
            total.merge(entry);
        }
        total
    }

    /// Says which worker has counted it.
    #[must_use]
    pub fn of_node(mut self, node: &Arc<str>) -> Self {
        let nodes = Arc::new(BTreeSet::from([Arc::clone(node)]));
        for failure in &mut self.failures {
            failure.nodes = Arc::clone(&nodes);
        }
        self
    }

    /// Adds everything another report has counted.
    pub fn merge(&mut self, other: Self) {
        merge(&mut self.entries, other.entries, Entry::merge);
        merge(&mut self.failures, other.failures, Failure::merge);
        merge(&mut self.exceptions, other.exceptions, Exception::merge);
        self.aborted += other.aborted;
        self.lacks_aborted |= other.lacks_aborted;
    }
}

/// Merges items of equal keys and appends the others.
fn merge<T: Keyed>(ours: &mut Vec<T>, theirs: Vec<T>, add: impl Fn(&mut T, &T)) {
    if ours.is_empty() || theirs.is_empty() {
        ours.extend(theirs);
        return;
    }
    let mut table = Table::default();
    for item in ours.drain(..).chain(theirs) {
        match table.find_like(&item) {
            Some(place) => add(table.get_mut(place), &item),
            None => {
                table.push(item);
            }
        }
    }
    *ours = table.into_items();
}
