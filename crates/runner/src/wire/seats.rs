//! The workers that are connected, by their node id. One node id has one seat.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::connection::Outbox;
use super::join::TokenId;

/// A worker that has been silent for this long loses its seat to a newcomer of the same node id:
/// it was cut off and has connected anew. Workers send a heartbeat each second.
///
/// One that speaks keeps its seat, so that two workers with the same id do not take turns.
pub const REPLACED_AFTER_SILENCE: Duration = Duration::from_secs(3);

/// When a peer was last heard.
#[derive(Clone, Debug)]
pub(super) struct Heard {
    since: Instant,
    elapsed_ms: Arc<AtomicU64>,
}

impl Heard {
    pub(super) fn now() -> Self {
        Self {
            since: Instant::now(),
            elapsed_ms: Arc::default(),
        }
    }

    pub(super) fn note(&self) {
        let elapsed = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.elapsed_ms.store(elapsed, Ordering::Relaxed);
    }

    fn silence(&self) -> Duration {
        let heard = Duration::from_millis(self.elapsed_ms.load(Ordering::Relaxed));
        self.since.elapsed().saturating_sub(heard)
    }
}

/// A connected worker.
pub(super) struct Seat {
    /// Tells connections of the same node id apart.
    pub(super) connection: u64,
    pub(super) outbox: Outbox,
    pub(super) task: AbortHandle,
    pub(super) heard: Heard,
    pub(super) token: Option<TokenId>,
}

/// All of them.
#[derive(Default)]
pub(super) struct Seats(Mutex<HashMap<Arc<str>, Seat>>);

impl Seats {
    /// Takes a seat, which may be that of a silent namesake: the old one comes back. Refused if the
    /// namesake is alive.
    pub(super) fn take(&self, node_id: &Arc<str>, seat: Seat) -> Result<Option<Seat>, Seat> {
        let mut seats = self.lock();
        match seats.get(node_id) {
            Some(old) if old.heard.silence() < REPLACED_AFTER_SILENCE => Err(seat),
            _ => Ok(seats.insert(Arc::clone(node_id), seat)),
        }
    }

    /// Gives a seat back, unless somebody else has it by then. Returns whether it was given back.
    pub(super) fn leave(&self, node_id: &str, connection: u64) -> bool {
        let mut seats = self.lock();
        let is_mine = seats
            .get(node_id)
            .is_some_and(|seat| seat.connection == connection);
        is_mine && seats.remove(node_id).is_some()
    }

    /// Takes somebody's seat away.
    pub(super) fn remove(&self, node_id: &str) -> Option<Seat> {
        self.lock().remove(node_id)
    }

    /// Takes all seats away from those a rule does not keep.
    pub(super) fn retain(&self, keeps: impl Fn(&Seat) -> bool) -> Vec<(Arc<str>, Seat)> {
        self.lock().extract_if(|_, seat| !keeps(seat)).collect()
    }

    /// Who has a seat that a rule does not keep.
    pub(super) fn all_but(&self, keeps: impl Fn(&Seat) -> bool) -> Vec<Arc<str>> {
        let seats = self.lock();
        let others = seats.iter().filter(|(_, seat)| !keeps(seat));
        others.map(|(node_id, _)| Arc::clone(node_id)).collect()
    }

    /// Does something with a seat, if it is taken.
    pub(super) fn with<T>(&self, node_id: &str, action: impl FnOnce(&Seat) -> T) -> Option<T> {
        self.lock().get(node_id).map(action)
    }

    /// How many are taken.
    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Arc<str>, Seat>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A seat whose connection does nothing for ever.
    fn seat(connection: u64) -> Seat {
        Seat {
            connection,
            outbox: Outbox::new().0,
            task: tokio::spawn(std::future::pending::<()>()).abort_handle(),
            heard: Heard::now(),
            token: None,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_seat_is_taken_from_the_silent_and_left_to_the_living() {
        let seats = Seats::default();
        let node_id: Arc<str> = "lo_1".into();
        let first = seat(1);
        let heard = first.heard.clone();
        assert!(matches!(seats.take(&node_id, first), Ok(None)));

        tokio::time::advance(REPLACED_AFTER_SILENCE.mul_f64(0.99)).await;
        assert!(seats.take(&node_id, seat(2)).is_err());
        heard.note();
        tokio::time::advance(REPLACED_AFTER_SILENCE.mul_f64(0.99)).await;
        assert!(seats.take(&node_id, seat(3)).is_err());

        tokio::time::advance(REPLACED_AFTER_SILENCE.mul_f64(0.02)).await;
        let replaced = seats.take(&node_id, seat(4)).ok().flatten().unwrap();
        assert_eq!(replaced.connection, 1);
        assert!(!seats.leave(&node_id, 1));
        assert_eq!(seats.len(), 1);
        assert!(seats.leave(&node_id, 4));
    }
}
