//! The states a run goes through, and those a worker can be in.

use std::fmt;

/// State of a runner or, seen by its master, of a worker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum State {
    /// Nothing has run yet.
    #[default]
    Ready,
    /// Users are being started.
    Spawning,
    /// All users run.
    Running,
    /// A local runner or a worker is stopping its users.
    Cleanup,
    /// A master waits for its workers to stop.
    Stopping,
    /// The run is over.
    Stopped,
    /// A worker whose heartbeats have ceased.
    Missing,
}

impl State {
    /// The word that Locust uses on the wire, in its web API and for `runner.state`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Spawning => "spawning",
            Self::Running => "running",
            Self::Cleanup => "cleanup",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::Missing => "missing",
        }
    }

    /// The state that a word of Locust names.
    pub fn from_word(word: &str) -> Option<Self> {
        let all = [
            Self::Ready,
            Self::Spawning,
            Self::Running,
            Self::Cleanup,
            Self::Stopping,
            Self::Stopped,
            Self::Missing,
        ];
        all.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether users run or are being started.
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Spawning | Self::Running)
    }

    /// Whether a worker in this state can be given users.
    pub const fn can_take_users(self) -> bool {
        matches!(self, Self::Ready | Self::Spawning | Self::Running)
    }
}

impl fmt::Display for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_leads_back_to_its_state() {
        for word in [
            "ready", "spawning", "running", "cleanup", "stopping", "stopped", "missing",
        ] {
            assert_eq!(State::from_word(word).map(State::as_str), Some(word));
        }
        assert_eq!(State::from_word("Ready"), None);
    }
}
