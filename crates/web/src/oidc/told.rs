//! Which failures are written into the log: whoever goes on trying does not fill it.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::error::SignInError;

/// Lines of a kind within [`WITHIN`].
const MAX_LINES: u64 = 10;
const WITHIN: Duration = Duration::from_mins(1);

/// What has been told of late. States that nobody has begun cost nothing to make up: they are counted
/// by themselves, and keep no other failure out of the log.
#[derive(Debug, Default)]
pub(super) struct Told {
    strays: Mutex<Minute>,
    others: Mutex<Minute>,
}

/// A minute, from its first failure on.
#[derive(Debug, Default)]
struct Minute {
    begun: Option<Instant>,
    failures: u64,
}

impl Told {
    /// Counts a failure. `Some` if it is to be written, with how many of its kind were left out since the
    /// one that was written before.
    pub(super) fn count(&self, error: &SignInError, now: Instant) -> Option<u64> {
        let minute = match error {
            SignInError::Unknown => &self.strays,
            _ => &self.others,
        };
        let mut minute = minute.lock().unwrap_or_else(PoisonError::into_inner);
        let lasts = |begun: Instant| now.saturating_duration_since(begun) < WITHIN;
        let mut left_out = 0;
        if !minute.begun.is_some_and(lasts) {
            left_out = minute.failures.saturating_sub(MAX_LINES);
            *minute = Minute {
                begun: Some(now),
                failures: 0,
            };
        }
        minute.failures = minute.failures.saturating_add(1);
        (minute.failures <= MAX_LINES).then_some(left_out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_do_not_fill_the_log_and_those_left_out_are_counted() {
        let (told, now) = (Told::default(), Instant::now());
        let refused = SignInError::Refused("no".to_owned());
        for _ in 0..MAX_LINES {
            assert_eq!(told.count(&refused, now), Some(0));
        }
        for _ in 0..90 {
            assert_eq!(told.count(&refused, now), None);
        }
        assert_eq!(told.count(&refused, now + WITHIN), Some(90));
        assert_eq!(told.count(&refused, now + WITHIN), Some(0));
        assert_eq!(told.count(&refused, now + 2 * WITHIN), Some(0));
    }

    #[test]
    fn states_that_are_made_up_hide_no_refusal() {
        let (told, now) = (Told::default(), Instant::now());
        let written = (0..1000).filter(|_| told.count(&SignInError::Unknown, now).is_some());
        assert_eq!(written.count(), 10);
        let unlisted = SignInError::Unlisted("eve@a.example".to_owned());
        assert_eq!(told.count(&unlisted, now), Some(0));
    }
}
