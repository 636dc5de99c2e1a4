//! What happened in a run besides requests, as charts show it.

use std::sync::Arc;

use gregaria_stats::{Marker, MarkerKind, Snapshot};

use crate::model::{EndKind, Mark, MarkKind, RunEnd};

/// Notes kept of a run.
const MAX_NOTES: usize = 200;

/// Id of the first note: above those of all markers.
const FIRST_NOTE: u64 = 1_000_000;

/// Orders that are remembered until the run shows what has come of them.
const MAX_ORDERS: usize = 200;

/// Seconds within which the run follows an order.
const FOLLOWED_WITHIN: f64 = 60.0;

/// The marks of one run.
#[derive(Debug, Default)]
pub(super) struct Marks {
    markers: Arc<gregaria_stats::Markers>,
    notes: Vec<Mark>,
    orders: Vec<Order>,
}

/// Somebody has asked for so many users.
#[derive(Debug)]
struct Order {
    time: f64,
    users: u64,
    by: String,
}

impl Marks {
    /// Marks that are new or have changed; `None` if earlier ones were folded, so that all are to be
    /// read again.
    pub(super) fn advance(&mut self, snapshot: &Snapshot) -> Option<Vec<Mark>> {
        let (before, now) = (self.markers.as_slice(), snapshot.markers.as_slice());
        // Only the last marker grows, unless there are so many that they are folded.
        let kept = before.len().saturating_sub(1);
        let is_folded = now.len() < before.len() || before[..kept] != now[..kept];
        let changed = (kept..now.len())
            .filter(|&place| before.get(place) != now.get(place))
            .map(|place| self.mark(place, &now[place]))
            .collect();
        self.markers = Arc::clone(&snapshot.markers);
        (!is_folded).then_some(changed)
    }

    /// Keeps a note; `None` if there are too many.
    pub(super) fn note(&mut self, time: f64, text: &str, by: Option<&str>) -> Option<Mark> {
        if self.notes.len() == MAX_NOTES {
            return None;
        }
        let mark = Mark {
            id: FIRST_NOTE + self.notes.len() as u64,
            time,
            kind: MarkKind::Note,
            text: text.to_owned(),
            by: by.map(str::to_owned),
        };
        self.notes.push(mark.clone());
        Some(mark)
    }

    /// Somebody asks for so many users: the mark of that will bear the name.
    pub(super) fn ordered(&mut self, time: f64, users: u64, by: &str) {
        if self.orders.len() == MAX_ORDERS {
            self.orders.remove(0);
        }
        let by = by.to_owned();
        self.orders.push(Order { time, users, by });
    }

    /// All of them, by their time.
    pub(super) fn all(&self) -> Vec<Mark> {
        let markers = self.markers.as_slice().iter().enumerate();
        let mut all: Vec<Mark> = markers
            .map(|(place, marker)| self.mark(place, marker))
            .collect();
        all.extend(self.notes.iter().cloned());
        all.sort_by(|a, b| a.time.total_cmp(&b.time));
        all
    }

    fn mark(&self, place: usize, marker: &Marker) -> Mark {
        Mark {
            by: match marker.kind {
                MarkerKind::UsersChanged { to, .. } => self.who(marker.until, to),
                _ => None,
            },
            ..mark(place, marker)
        }
    }

    /// Who has asked for so many users last, shortly before this moment or after it: clocks differ.
    fn who(&self, time: f64, users: u64) -> Option<String> {
        let mut orders = self.orders.iter().rev();
        let found = orders
            .find(|order| order.users == users && (time - order.time).abs() <= FOLLOWED_WITHIN);
        found.map(|order| order.by.clone())
    }
}

/// How a run ended, by its last marker; `None` if it has none of an end.
pub(super) fn end_of(
    snapshot: &Snapshot,
    kind: Option<EndKind>,
    by: Option<&str>,
) -> Option<RunEnd> {
    let mut markers = snapshot.markers.as_slice().iter().rev();
    let (time, reason) = markers.find_map(|marker| match &marker.kind {
        MarkerKind::RunEnded { reason } => Some((marker.time, reason)),
        _ => None,
    })?;
    let told = || match &**reason {
        reason if reason.contains("worker") => EndKind::WorkersLost,
        reason if reason.starts_with("stopped") => EndKind::Stopped,
        _ => EndKind::Finished,
    };
    Some(RunEnd {
        kind: kind.unwrap_or_else(told),
        time,
        by: by.map(str::to_owned),
        reason: reason.to_string(),
    })
}

fn mark(place: usize, marker: &Marker) -> Mark {
    let kind = match marker.kind {
        MarkerKind::RunStarted { .. } => MarkKind::Start,
        MarkerKind::UsersChanged { .. } => MarkKind::Users,
        MarkerKind::AllUsers { .. } => MarkKind::AllUsers,
        MarkerKind::FiguresReset => MarkKind::Reset,
        MarkerKind::WorkersLost { .. } => MarkKind::WorkerLost,
        MarkerKind::WorkersLeft { .. } => MarkKind::WorkerLeft,
        MarkerKind::WorkersOverloaded { .. } | MarkerKind::Overloaded => MarkKind::Overloaded,
        MarkerKind::WorkersBack { .. } => MarkKind::WorkerBack,
        MarkerKind::WorkersJoined { .. } => MarkKind::WorkerJoined,
        MarkerKind::UsersMoved { .. } | MarkerKind::UsersMissing { .. } => MarkKind::Other,
        MarkerKind::RunEnded { .. } => MarkKind::End,
    };
    Mark {
        id: place as u64,
        time: marker.time,
        kind,
        text: marker.kind.to_string(),
        by: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(time: f64, to: u64) -> Marker {
        Marker::new(time, MarkerKind::UsersChanged { from: 1, to })
    }

    #[test]
    fn a_change_of_users_bears_the_name_of_whoever_asked_for_it() {
        let mut marks = Marks::default();
        marks.ordered(100.0, 50, "anna");
        marks.ordered(130.0, 80, "ben");
        let by = |time, to| marks.mark(0, &changed(time, to)).by;
        assert_eq!(by(101.0, 50).as_deref(), Some("anna"));
        assert_eq!(by(131.0, 80).as_deref(), Some("ben"));
        // By a shape, or a script.
        assert_eq!(by(131.0, 81), None);
        assert_eq!(by(500.0, 50), None);
    }
}
