//! Ids that are never mistaken for one another: a slot and its generation.
//!
//! A slot is used again when its request has finished; its generation then grows. An id that is
//! kept too long (a cancelled request, a timer that fires late) so names nothing, instead of
//! naming somebody else's request.

use std::num::NonZeroU64;

use crate::slots::Key;

/// Names one request, sleep or bell until it has been handed out or cancelled.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Ticket(NonZeroU64);

impl Ticket {
    pub(crate) fn new(key: Key) -> Self {
        // Slots end long before 2³², so the low half does not carry over.
        Self(NonZeroU64::MIN.saturating_add(key.to_raw()))
    }

    pub(crate) fn key(self) -> Key {
        Key::from_raw(self.0.get() - 1)
    }

    /// The ticket as a number, for a driver that keeps it outside Rust.
    pub fn to_raw(self) -> u64 {
        self.0.get()
    }

    /// The ticket of a number that [`Ticket::to_raw`] gave; `None` for zero, which it never gives.
    pub fn from_raw(raw: u64) -> Option<Self> {
        NonZeroU64::new(raw).map(Self)
    }
}
