//! What the handlers of the demo's server share: sessions and counters.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use super::session::Sessions;

/// Cheap to clone; all clones are the same state.
#[derive(Clone, Default)]
pub(super) struct State {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    sessions: Mutex<Sessions>,
    served: AtomicU64,
    flaky: AtomicU64,
    orders: AtomicU64,
}

impl State {
    /// The sessions, for as long as one handler looks at them. Never held over an `await`.
    pub(super) fn sessions(&self) -> MutexGuard<'_, Sessions> {
        // A handler that panicked left a session as it was: nothing to repair.
        self.inner
            .sessions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts one request.
    pub(super) fn count_served(&self) {
        self.inner.served.fetch_add(1, Ordering::Relaxed);
    }

    /// Requests answered so far.
    pub(super) fn served(&self) -> u64 {
        self.inner.served.load(Ordering::Relaxed)
    }

    /// The number of this call of `/flaky`, from 1.
    pub(super) fn next_flaky(&self) -> u64 {
        self.inner.flaky.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The number of an order, from 1.
    pub(super) fn next_order(&self) -> u64 {
        self.inner.orders.fetch_add(1, Ordering::Relaxed) + 1
    }
}
