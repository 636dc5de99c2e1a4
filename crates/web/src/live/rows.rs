//! Rows of the table of entries.

use std::collections::HashMap;
use std::sync::Arc;

use gregaria_stats::{Entry, Key, Snapshot, TOTAL_NAME};

use crate::model::{EntryColumns, EntryName};
use crate::picture::push_row;

use super::drift::change;

/// Which index stands for which name: 0 for the total, the others in the order of their coming.
#[derive(Debug)]
pub(super) struct Names {
    by_key: HashMap<Key, u32>,
    keys: Vec<Key>,
}

impl Default for Names {
    fn default() -> Self {
        Self {
            by_key: HashMap::new(),
            keys: vec![Key::total()],
        }
    }
}

impl Names {
    /// The index of a name, which is given one if it has none.
    fn index(&mut self, key: &Key) -> u32 {
        if let Some(index) = self.by_key.get(key) {
            return *index;
        }
        let index = u32::try_from(self.keys.len()).unwrap_or(u32::MAX);
        self.by_key.insert(key.clone(), index);
        self.keys.push(key.clone());
        index
    }

    /// The index of a name that has one. The total is not found by its name: an entry may have it, too.
    pub(super) fn find(&self, key: &Key) -> Option<u32> {
        self.by_key.get(key).copied()
    }

    /// Number of indexes.
    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    /// The names from an index on.
    pub(super) fn from(&self, first: usize) -> Vec<EntryName> {
        let name = |(index, key): (usize, &Key)| EntryName {
            index: u32::try_from(index).unwrap_or(u32::MAX),
            method: key.method.to_string(),
            name: key.name.to_string(),
        };
        self.keys.iter().enumerate().skip(first).map(name).collect()
    }

    /// The key of an index.
    pub(super) fn key(&self, index: u32) -> Option<&Key> {
        self.keys.get(index as usize)
    }
}

/// An entry as it was shown, with its rates and its p95 of the last minute.
type Shown = (Arc<Entry>, Option<(f64, f64)>, Option<f64>);

/// The table as it was shown last.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) names: Names,
    shown: Vec<Option<Shown>>,
    /// The p95 of the last minute, by index.
    recent_p95: HashMap<u32, f64>,
}

impl Table {
    /// The p95 of the last minute of each entry, as [`recent_p95`](super::drift::recent_p95) finds it.
    pub(super) fn set_recent_p95(&mut self, recent_p95: HashMap<u32, f64>) {
        self.recent_p95 = recent_p95;
    }

    /// Rows that differ from those shown last.
    pub(super) fn advance(&mut self, snapshot: &Snapshot, lasts: bool) -> EntryColumns {
        let mut columns = EntryColumns::default();
        self.show(0, &snapshot.total, snapshot, lasts, &mut columns);
        for entry in &snapshot.entries {
            let index = self.names.index(&entry.key);
            self.show(index, entry, snapshot, lasts, &mut columns);
        }
        columns
    }

    fn show(
        &mut self,
        index: u32,
        entry: &Arc<Entry>,
        snapshot: &Snapshot,
        lasts: bool,
        columns: &mut EntryColumns,
    ) {
        let rates = rates(entry, snapshot, lasts);
        let recent = self.recent(index, lasts);
        let place = index as usize;
        if self.shown.len() <= place {
            self.shown.resize(place + 1, None);
        }
        let is_shown = self.shown[place]
            .as_ref()
            .is_some_and(|(before, old, p95)| {
                Arc::ptr_eq(before, entry) && *old == rates && *p95 == recent
            });
        if !is_shown {
            push_row(columns, index, entry, rates, change_of(entry, recent));
            self.shown[place] = Some((Arc::clone(entry), rates, recent));
        }
    }

    /// The p95 of the last minute, while the run lasts.
    fn recent(&self, index: u32, lasts: bool) -> Option<f64> {
        self.recent_p95.get(&index).copied().filter(|_| lasts)
    }

    /// Every row.
    pub(super) fn all(&self, snapshot: &Snapshot, lasts: bool) -> EntryColumns {
        let mut columns = EntryColumns::default();
        let rates = |entry: &Entry| rates(entry, snapshot, lasts);
        push_row(
            &mut columns,
            0,
            &snapshot.total,
            rates(&snapshot.total),
            None,
        );
        for entry in &snapshot.entries {
            if let Some(index) = self.names.find(&entry.key) {
                let change = change_of(entry, self.recent(index, lasts));
                push_row(&mut columns, index, entry, rates(entry), change);
            }
        }
        columns
    }
}

/// How the p95 of the last minute differs from that of the run.
fn change_of(entry: &Entry, recent: Option<f64>) -> Option<f64> {
    change(recent?, entry.histogram.percentile_ms(0.95)?)
}

/// The entry with this key; the total for the total's.
pub(super) fn entry_of<'a>(
    snapshot: &'a Snapshot,
    index: u32,
    key: &Key,
) -> Option<&'a Arc<Entry>> {
    if index == 0 && &*key.name == TOTAL_NAME {
        return Some(&snapshot.total);
    }
    snapshot.entry(&key.method, &key.name)
}

/// Requests and failures a second: current ones while the run lasts, then those of the whole run.
fn rates(entry: &Entry, snapshot: &Snapshot, lasts: bool) -> Option<(f64, f64)> {
    let window = &snapshot.window;
    if lasts {
        return Some(entry.seconds.mean(&snapshot.live_window()));
    }
    (entry.requests > 0).then(|| {
        (
            entry.total_rps(window),
            entry.total_failures_per_second(window),
        )
    })
}
