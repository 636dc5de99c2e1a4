//! What counts as slow: the slowest requests of one name within the last minute.

use crate::examples::{SHOWN_EXAMPLES, SLOW_SECONDS};

/// Response times of the slowest requests of one name, each for a minute.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slowest {
    /// A time above it is one of them: the shortest of the places.
    bar_ms: f64,
    places: [Place; SHOWN_EXAMPLES],
}

/// One of the slowest; all zero if nobody has taken it.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    time_ms: f64,
    second: u64,
    /// Number of the part in which it was counted.
    part: u64,
}

impl Slowest {
    /// Whether this time is one of the slowest. False for nearly all of them.
    #[inline]
    pub(crate) fn is_beaten_by(&self, time_ms: Option<f64>) -> bool {
        time_ms.is_some_and(|time_ms| time_ms > self.bar_ms && time_ms < f64::INFINITY)
    }

    /// Frees the places of those that have become too old.
    pub(crate) fn forget(&mut self, second: u64) {
        for place in &mut self.places {
            if place.second + u64::from(SLOW_SECONDS) <= second {
                *place = Place::default();
                self.bar_ms = 0.0;
            }
        }
    }

    /// Takes a time in place of the shortest, and returns in which part that one was counted.
    pub(crate) fn take(&mut self, time_ms: f64, second: u64, part: u64) -> u64 {
        self.places
            .sort_unstable_by(|a, b| a.time_ms.total_cmp(&b.time_ms));
        let new = Place {
            time_ms,
            second,
            part,
        };
        let displaced = std::mem::replace(&mut self.places[0], new);
        self.bar_ms = self
            .places
            .iter()
            .map(|place| place.time_ms)
            .fold(time_ms, f64::min);
        displaced.part
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_places_are_taken_by_the_slowest_until_they_are_a_minute_old() {
        let mut slowest = Slowest::default();
        assert!(!slowest.is_beaten_by(None));
        assert!(!slowest.is_beaten_by(Some(f64::NAN)));
        assert!(!slowest.is_beaten_by(Some(f64::INFINITY)));
        for (part, time_ms) in [(1, 5.0), (2, 3.0), (3, 9.0), (4, 4.0), (5, 8.0)] {
            assert!(slowest.is_beaten_by(Some(0.1)));
            assert_eq!(slowest.take(time_ms, 100 + part, part), 0);
        }
        assert!(!slowest.is_beaten_by(Some(3.0)));
        assert!(slowest.is_beaten_by(Some(3.1)));
        assert_eq!(slowest.take(6.0, 106, 6), 2, "the shortest goes");
        slowest.forget(160);
        assert!(!slowest.is_beaten_by(Some(4.0)));
        slowest.forget(161);
        assert!(slowest.is_beaten_by(Some(0.1)), "the place of 5.0 is free");
        assert_eq!(slowest.take(1.0, 161, 7), 0);
        assert!(!slowest.is_beaten_by(Some(1.0)));
    }
}
