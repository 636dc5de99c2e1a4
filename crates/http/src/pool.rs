//! The connections of one client: which are kept for the next request, and how many may be open.
//!
//! Nearly every client has one origin and one connection, so places are a short list that is
//! searched from its end, where the last one used is.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::request::Origin;
use crate::slots::Key;
use crate::ticket::Ticket;

/// How many connections a client has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Idle connections kept for each origin; more may be open, but are closed after their
    /// response. 10 as in `requests` (`pool_maxsize`).
    pub kept_per_origin: usize,
    /// Origins that connections are kept for; beyond that, those of the one used longest ago are
    /// closed. 10 as in `requests` (`pool_connections`).
    pub kept_origins: usize,
    /// Connections open to an origin at the same time; further requests wait for one of them. `None`
    /// is no limit, as in `requests`; `FastHttpUser` has its `concurrency`.
    pub open_per_origin: Option<usize>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            kept_per_origin: 10,
            kept_origins: 10,
            open_per_origin: None,
        }
    }
}

/// What a request has to do to get a connection.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Grant {
    /// Use this idle one.
    Kept(Key),
    /// Open one; it is counted already.
    Open,
    /// Wait: the limit is reached, and the ticket is in the queue.
    Wait,
}

/// What is open to one origin.
#[derive(Debug)]
struct Place {
    origin: Arc<Origin>,
    kept: Vec<Key>,
    open: usize,
    waiting: VecDeque<Ticket>,
}

/// The connections of one client.
#[derive(Debug)]
pub(crate) struct Pool {
    limits: Limits,
    /// In order of their last use.
    places: Vec<Place>,
}

impl Pool {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            places: Vec::new(),
        }
    }

    fn find(&self, origin: &Arc<Origin>) -> Option<usize> {
        self.places
            .iter()
            .rposition(|place| Arc::ptr_eq(&place.origin, origin) || place.origin == *origin)
    }

    /// Takes an idle connection, or leave to open one.
    pub(crate) fn take(&mut self, origin: &Arc<Origin>, ticket: Ticket) -> Grant {
        let last = self.places.len().wrapping_sub(1);
        let index = match self.find(origin) {
            Some(index) if index == last => index,
            Some(index) => {
                let place = self.places.remove(index);
                self.places.push(place);
                last
            }
            None => {
                let (kept, waiting) = (Vec::new(), VecDeque::new());
                self.places.push(Place {
                    origin: Arc::clone(origin),
                    kept,
                    open: 0,
                    waiting,
                });
                self.places.len() - 1
            }
        };
        let place = &mut self.places[index];
        // The last one kept: its buffers are warm, and the others can grow old and be closed.
        if let Some(key) = place.kept.pop() {
            return Grant::Kept(key);
        }
        if self
            .limits
            .open_per_origin
            .is_some_and(|limit| place.open >= limit.max(1))
        {
            place.waiting.push_back(ticket);
            return Grant::Wait;
        }
        place.open += 1;
        Grant::Open
    }

    /// Keeps a connection whose exchange is over. `false` if it has to be closed.
    pub(crate) fn keep(&mut self, origin: &Arc<Origin>, key: Key) -> bool {
        let Some(index) = self.find(origin) else {
            return false;
        };
        let place = &mut self.places[index];
        if place.kept.len() >= self.limits.kept_per_origin {
            return false;
        }
        place.kept.push(key);
        true
    }

    /// A connection that has to be closed, because idle ones lead to too many origins.
    pub(crate) fn surplus(&self) -> Option<Key> {
        if self.places.len() <= self.limits.kept_origins {
            return None;
        }
        let mut with_kept = self.places.iter().filter(|place| !place.kept.is_empty());
        let oldest = with_kept.next()?;
        if with_kept.count() < self.limits.kept_origins {
            return None;
        }
        oldest.kept.first().copied()
    }

    /// A connection was closed, idle or not.
    pub(crate) fn forget(&mut self, origin: &Arc<Origin>, key: Key) {
        let Some(index) = self.find(origin) else {
            return;
        };
        let place = &mut self.places[index];
        place.open = place.open.saturating_sub(1);
        place.kept.retain(|other| *other != key);
        if place.open == 0 && place.waiting.is_empty() && self.places.len() > 1 {
            self.places.remove(index);
        }
    }

    /// All idle connections.
    pub(crate) fn idle(&self) -> Vec<Key> {
        self.places
            .iter()
            .flat_map(|place| place.kept.iter().copied())
            .collect()
    }

    /// Other limits, from the next request on. Nothing is kept of what is still in use.
    pub(crate) fn limit(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// The request that has waited longest for a connection to `origin`.
    pub(crate) fn next_waiting(&mut self, origin: &Arc<Origin>) -> Option<Ticket> {
        let index = self.find(origin)?;
        self.places[index].waiting.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Scheme;

    fn origin(port: u16) -> Arc<Origin> {
        Arc::new(Origin {
            scheme: Scheme::Http,
            host: "a".into(),
            port,
        })
    }

    fn key(slot: u32) -> Key {
        Key {
            slot,
            generation: 0,
        }
    }

    fn ticket(slot: u32) -> Ticket {
        Ticket::new(key(slot))
    }

    #[test]
    fn an_equal_origin_finds_the_connection_that_was_kept() {
        let mut pool = Pool::new(Limits::default());
        assert_eq!(pool.take(&origin(1), ticket(0)), Grant::Open);
        assert!(pool.keep(&origin(1), key(7)));
        assert_eq!(pool.take(&origin(2), ticket(1)), Grant::Open);
        assert_eq!(pool.take(&origin(1), ticket(2)), Grant::Kept(key(7)));
    }

    #[test]
    fn more_connections_than_are_kept_may_be_open() {
        let limits = Limits {
            kept_per_origin: 1,
            ..Limits::default()
        };
        let mut pool = Pool::new(limits);
        assert_eq!(pool.take(&origin(1), ticket(0)), Grant::Open);
        assert_eq!(pool.take(&origin(1), ticket(1)), Grant::Open);
        assert!(pool.keep(&origin(1), key(0)));
        assert!(!pool.keep(&origin(1), key(1)));
    }

    #[test]
    fn a_request_beyond_the_limit_waits_for_its_turn() {
        let limits = Limits {
            open_per_origin: Some(1),
            ..Limits::default()
        };
        let mut pool = Pool::new(limits);
        assert_eq!(pool.take(&origin(1), ticket(0)), Grant::Open);
        assert_eq!(pool.take(&origin(1), ticket(1)), Grant::Wait);
        assert_eq!(pool.take(&origin(1), ticket(2)), Grant::Wait);
        pool.forget(&origin(1), key(0));
        assert_eq!(pool.next_waiting(&origin(1)), Some(ticket(1)));
        assert_eq!(pool.next_waiting(&origin(1)), Some(ticket(2)));
        assert_eq!(pool.next_waiting(&origin(1)), None);
    }

    #[test]
    fn the_origin_used_longest_ago_gives_up_its_connections() {
        let limits = Limits {
            kept_origins: 2,
            ..Limits::default()
        };
        let mut pool = Pool::new(limits);
        for port in 1..=3 {
            assert_eq!(pool.take(&origin(port), ticket(0)), Grant::Open);
            assert!(pool.keep(&origin(port), key(u32::from(port))));
        }
        assert_eq!(pool.surplus(), Some(key(1)));
        pool.forget(&origin(1), key(1));
        assert_eq!(pool.surplus(), None);
    }
}
