//! Waiting for workers before a run without the page begins.

use std::time::Duration;

use super::leader::Master;

/// How many workers a run wants, and how long it waits for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quorum {
    /// Workers to wait for.
    pub expected: usize,
    /// When it stops waiting; `None` waits for ever.
    pub deadline: Option<Duration>,
}

/// Whether a run may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuorumState {
    /// Not yet.
    Waiting {
        /// Workers that are there.
        present: usize,
    },
    /// All expected workers are there.
    Met,
    /// Time is up and some are there: the run begins with those.
    Short {
        /// Workers that are there.
        present: usize,
    },
    /// Time is up and nobody has come: there will be no run.
    Nobody,
}

impl Quorum {
    /// Looks at the workers of this moment, by the clock of
    /// [`Moment::elapsed`](crate::Moment::elapsed).
    pub fn check(&self, now: Duration, master: &Master) -> QuorumState {
        let present = master.peers().active_count();
        let is_late = self.deadline.is_some_and(|deadline| deadline <= now);
        match present {
            _ if present >= self.expected => QuorumState::Met,
            _ if !is_late => QuorumState::Waiting { present },
            0 => QuorumState::Nobody,
            _ => QuorumState::Short { present },
        }
    }

    /// The line of the log for a state that a run begins or ends with: who is missing.
    pub fn in_words(&self, state: QuorumState, master: &Master) -> Option<String> {
        let QuorumState::Short { present } = state else {
            return (state == QuorumState::Nobody)
                .then(|| "Gave up waiting for workers to connect".to_owned());
        };
        let names: Vec<&str> = master.peers().active().map(|peer| &*peer.id).collect();
        Some(format!(
            "{} of {} expected workers did not come in time; starting with {present}: {}",
            self.expected - present,
            self.expected,
            names.join(", ")
        ))
    }
}
