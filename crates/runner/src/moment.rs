//! The time at which something happens, handed to the state machines by whoever drives them.

use std::time::Duration;

/// One moment, by two clocks. Deadlines follow the first; only timestamps for others use the second,
/// which people and time servers may set.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moment {
    /// Time since an arbitrary beginning, by a clock that never goes back.
    pub elapsed: Duration,
    /// Seconds since 1970, by the wall clock.
    pub unix: f64,
}

/// How much a line of the log matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// For those who look for a fault of the program.
    Debug,
    /// What happens in a run.
    Info,
    /// The figures or the load may not be what was asked for.
    Warning,
    /// Something could not be done.
    Error,
}

/// Whether something that is repeated is due; if so, its next time is set. Times that were missed are
/// not made up for.
pub(crate) fn due(next: &mut Option<Duration>, now: Moment, interval: Duration) -> bool {
    let Some(at) = next.filter(|at| *at <= now.elapsed) else {
        return false;
    };
    let following = at + interval;
    *next = Some(if following > now.elapsed {
        following
    } else {
        now.elapsed + interval
    });
    true
}
