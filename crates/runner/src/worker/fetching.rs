//! Asking the master for the test, before a worker started with `-f -` can join.

use std::time::Duration;

use crate::dialect;
use crate::limits::{LOCUSTFILE_INTERVAL, LOCUSTFILE_TIMEOUT};
use crate::moment::Moment;
use crate::wire::{
    Locustfile, LocustfileReply, LocustfileRequest, PeerVersion, ToMaster, ToWorker,
};

/// Asks until it is answered. It has a connection of its own, under an identity of its own.
#[derive(Debug)]
pub struct Fetching {
    next: Duration,
    give_up: Duration,
}

/// What came of asking.
#[derive(Clone, Debug, PartialEq)]
pub enum Fetched {
    /// Nothing is to be done before [`Fetching::deadline`].
    NotYet,
    /// Send this.
    Ask(ToMaster),
    /// The test, as names and texts or addresses.
    Files(Vec<Locustfile>),
    /// Why there is none, as the master says it.
    Refused(String),
    /// The master has not answered for five minutes.
    GaveUp,
}

impl Fetching {
    /// Asks for the first time at once.
    pub fn new(now: Moment) -> Self {
        Self {
            next: now.elapsed,
            give_up: now.elapsed + LOCUSTFILE_TIMEOUT,
        }
    }

    /// When [`Fetching::tick`] has to be called next.
    pub fn deadline(&self) -> Duration {
        self.next.min(self.give_up)
    }

    /// Does what is due.
    pub fn tick(&mut self, now: Moment) -> Fetched {
        if now.elapsed >= self.give_up {
            return Fetched::GaveUp;
        }
        if now.elapsed < self.next {
            return Fetched::NotYet;
        }
        self.next = now.elapsed + LOCUSTFILE_INTERVAL;
        Fetched::Ask(ToMaster::Locustfile(LocustfileRequest {
            version: PeerVersion::Named(dialect::version()),
            ..LocustfileRequest::default()
        }))
    }

    /// The master has said something.
    pub fn receive(&self, message: ToWorker) -> Fetched {
        match message {
            ToWorker::Locustfile(LocustfileReply {
                outcome: Ok(files), ..
            }) => Fetched::Files(files),
            ToWorker::Locustfile(LocustfileReply {
                outcome: Err(text), ..
            }) => Fetched::Refused(text),
            _ => Fetched::NotYet,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Moment {
        Moment {
            elapsed: Duration::from_secs(seconds),
            unix: 0.0,
        }
    }

    #[test]
    fn it_asks_each_second_for_five_minutes() {
        let mut fetching = Fetching::new(at(10));
        let mut asked = 0;
        for second in 10..310 {
            assert!(matches!(fetching.tick(at(second)), Fetched::Ask(_)));
            assert_eq!(fetching.tick(at(second)), Fetched::NotYet);
            asked += 1;
        }
        assert_eq!(asked, 300);
        assert_eq!(fetching.deadline(), at(310).elapsed);
        assert_eq!(fetching.tick(at(310)), Fetched::GaveUp);
    }

    #[test]
    fn an_error_of_the_master_is_told() {
        let fetching = Fetching::new(at(0));
        let reply = LocustfileReply {
            outcome: Err("no file".to_owned()),
            extra: crate::wire::Extra::default(),
        };
        assert_eq!(
            fetching.receive(ToWorker::Locustfile(reply)),
            Fetched::Refused("no file".to_owned())
        );
    }
}
