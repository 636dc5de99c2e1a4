//! When it is: the one place where statistics learn the time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// The system's clock, or a time it has been stopped at.
#[derive(Debug)]
pub(super) struct Clock {
    /// Bits of the time it stands still at; NaN while it runs.
    stopped_at: AtomicU64,
}

impl Clock {
    pub(super) fn new() -> Self {
        Self {
            stopped_at: AtomicU64::new(f64::NAN.to_bits()),
        }
    }

    /// Seconds since 1970.
    #[inline]
    pub(super) fn now(&self) -> f64 {
        let stopped_at = f64::from_bits(self.stopped_at.load(Ordering::Relaxed));
        if stopped_at.is_nan() {
            system_time()
        } else {
            stopped_at
        }
    }

    /// Stands still where `other` does.
    pub(super) fn follow(&self, other: &Self) {
        self.stopped_at
            .store(other.stopped_at.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    pub(super) fn stop(&self, at: f64) {
        self.stopped_at.store(at.to_bits(), Ordering::Relaxed);
    }
}

fn system_time() -> f64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0.0, |since| since.as_secs_f64())
}
