//! Lets another thread make the engine's descriptor readable.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::poll::Signal;

/// Rings on the engine's thread: each time it has been rung, its ticket comes out of
/// [`Engine::next`](crate::Engine::next).
///
/// Ringing several times before that is ringing once, as with a door bell: whoever answers it looks
/// for everything that is there.
#[derive(Clone, Debug)]
pub struct Bell {
    is_rung: Arc<AtomicBool>,
    signal: Signal,
}

impl Bell {
    pub(crate) fn new(signal: Signal) -> Self {
        Self {
            is_rung: Arc::default(),
            signal,
        }
    }

    /// Rings. Costs a system call if the bell was silent, and next to nothing otherwise.
    pub fn ring(&self) {
        if !self.is_rung.swap(true, Ordering::AcqRel) {
            self.signal.raise();
        }
    }

    /// Whether it was rung since this was last asked.
    pub(crate) fn take(&self) -> bool {
        self.is_rung.swap(false, Ordering::AcqRel)
    }
}
