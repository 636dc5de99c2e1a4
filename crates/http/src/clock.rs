//! Moments on the monotonic clock, the one timers are set by.
//!
//! A moment is a number of nanoseconds, so that it fits a heap entry and a connection keeps three of
//! them in 24 bytes. Reading the clock costs some 25 ns: it is read once when a request is submitted
//! and once for each piece of a response that is read.

use std::time::{Duration, SystemTime};

use rustix::time::{ClockId, clock_gettime};

/// A point in time, in nanoseconds since the machine was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(u64);

impl Moment {
    /// Later than any other: a deadline that does not exist.
    pub(crate) const NEVER: Self = Self(u64::MAX);

    /// Reads the clock.
    pub(crate) fn now() -> Self {
        let now = clock_gettime(ClockId::Monotonic);
        Self(now.tv_sec.cast_unsigned() * 1_000_000_000 + now.tv_nsec.cast_unsigned())
    }

    /// The moment `duration` later; [`Moment::NEVER`] when that is beyond what a number can hold.
    pub(crate) fn after(self, duration: Duration) -> Self {
        u64::try_from(duration.as_nanos())
            .ok()
            .and_then(|nanos| self.0.checked_add(nanos))
            .map_or(Self::NEVER, Self)
    }

    /// The time from `earlier` to here; zero if `earlier` is later.
    pub(crate) fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// Whole seconds and the nanoseconds beyond them, as system calls take a time.
    pub(crate) fn to_parts(self) -> (i64, i64) {
        let seconds = (self.0 / 1_000_000_000).cast_signed();
        (seconds, (self.0 % 1_000_000_000).cast_signed())
    }
}

/// How long the wall clock is derived from the monotonic one before it is read again.
const WALL_LIFETIME: Duration = Duration::from_secs(1);

/// The wall clock, read at most once a second: a request only needs to know when it was started.
#[derive(Debug)]
pub(crate) struct WallClock {
    read_at: Moment,
    time: SystemTime,
}

impl WallClock {
    /// Reads both clocks.
    pub(crate) fn new() -> Self {
        Self {
            read_at: Moment::now(),
            time: SystemTime::now(),
        }
    }

    /// The wall time at `moment`, which must not be older than the last second.
    pub(crate) fn at(&mut self, moment: Moment) -> SystemTime {
        if moment.since(self.read_at) > WALL_LIFETIME {
            *self = Self::new();
        }
        if moment >= self.read_at {
            self.time + moment.since(self.read_at)
        } else {
            self.time - self.read_at.since(moment)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_beyond_the_range_is_never() {
        assert_eq!(Moment::now().after(Duration::MAX), Moment::NEVER);
    }

    #[test]
    fn the_wall_clock_follows_the_monotonic_one_in_both_directions() {
        let mut wall = WallClock {
            read_at: Moment(5_000),
            time: SystemTime::UNIX_EPOCH,
        };
        let later = SystemTime::UNIX_EPOCH + Duration::from_micros(1);
        assert_eq!(wall.at(Moment(6_000)), later);
        assert_eq!(
            wall.at(Moment(4_000)),
            SystemTime::UNIX_EPOCH - Duration::from_micros(1)
        );
    }
}
