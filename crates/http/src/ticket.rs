//! Ids that are never mistaken for one another: a slot and its generation.
//!
//! A slot is used again when its request has finished; its generation then grows. An id that is
//! kept too long (a cancelled request, a timer that fires late) so names nothing, instead of
//! naming somebody else's request.

use std::num::NonZeroU64;

/// Names one request, sleep or bell until it has been handed out or cancelled.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Ticket(NonZeroU64);

impl Ticket {
    pub(crate) fn new(slot: u32, generation: u32) -> Self {
        let value = (u64::from(generation) << 32) | (u64::from(slot) + 1);
        Self(NonZeroU64::new(value).expect("the low half is never zero"))
    }

    pub(crate) fn slot(self) -> usize {
        (self.0.get() as u32 - 1) as usize
    }

    pub(crate) fn generation(self) -> u32 {
        (self.0.get() >> 32) as u32
    }

    /// The ticket as a number, for a driver that keeps it outside Rust.
    pub fn to_raw(self) -> u64 {
        self.0.get()
    }

    /// The ticket of a number that [`Ticket::to_raw`] gave; `None` for zero, which it never gives.
    pub fn from_raw(raw: u64) -> Option<Self> {
        NonZeroU64::new(raw).filter(|value| value.get() as u32 != 0).map(Self)
    }
}
