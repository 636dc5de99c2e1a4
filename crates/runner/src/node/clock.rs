//! The two clocks of [`Moment`].

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::Moment;

/// Tells the time since it was made, and that of day.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock(Instant);

impl Clock {
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }

    pub(super) fn now(self) -> Moment {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH);
        Moment {
            elapsed: self.0.elapsed(),
            unix: unix.unwrap_or_default().as_secs_f64(),
        }
    }

    /// Waits until a time since the beginning; for ever without one.
    pub(super) async fn reach(self, at: Option<Duration>) {
        match at {
            Some(at) => tokio::time::sleep_until((self.0 + at).into()).await,
            None => std::future::pending().await,
        }
    }
}
