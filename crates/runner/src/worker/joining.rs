//! Being accepted by a master, and finding one again that was lost.

use std::time::Duration;

use super::action::{WorkerAction, WorkerEnd};
use super::follower::Worker;
use super::settling::Then;
use crate::bundle;
use crate::dialect;
use crate::limits::{CONNECT_RETRY_COUNT, CONNECT_TIMEOUT};
use crate::moment::{Level, Moment};
use crate::wire::{Ack, PeerVersion, ToMaster};

/// Whether the master still has to answer.
#[derive(Debug)]
pub(super) enum Joining {
    /// It has, or was not asked.
    Done,
    /// It is asked then, after so many times before.
    Asking { next: Duration, asked: u32 },
}

impl Joining {
    pub(super) fn begin(now: Moment) -> Self {
        Self::Asking {
            next: now.elapsed,
            asked: 0,
        }
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        match self {
            Self::Done => None,
            Self::Asking { next, .. } => Some(*next),
        }
    }
}

impl Worker {
    pub(super) fn join_if_due(&mut self, now: Moment) {
        let Joining::Asking { next, asked } = &mut self.joining else {
            return;
        };
        if *next > now.elapsed {
            return;
        }
        // A master of ours may come back: its workers wait for it as long as it takes.
        if *asked > CONNECT_RETRY_COUNT && self.master_life.is_none() {
            self.joining = Joining::Done;
            self.log(Level::Error, WorkerEnd::CannotJoin.to_string());
            self.act(WorkerAction::End(WorkerEnd::CannotJoin));
            return;
        }
        *next = now.elapsed + CONNECT_TIMEOUT;
        *asked = asked.saturating_add(1);
        self.send(ToMaster::ClientReady(
            PeerVersion::Named(dialect::version()),
        ));
    }

    /// Says again that it is there, since the master does not know it.
    pub(super) fn rejoin(&mut self, now: Moment) {
        // Between the end of a run and being ready again it is unknown for a while, rightly.
        if matches!(self.joining, Joining::Done) && !self.is_ending() {
            self.joining = Joining::begin(now);
            self.join_if_due(now);
        }
    }

    /// The master has accepted this worker.
    pub(super) fn acknowledged(&mut self, now: Moment, ack: &Ack) {
        self.joining = Joining::Done;
        let life = dialect::text_mark(&ack.extra).map(str::to_owned);
        let is_other = self.master_life.is_some() && life != self.master_life;
        if life != self.master_life {
            let given_up = self.outbox.begin_anew();
            if given_up > 0 {
                self.log(
                    Level::Warning,
                    format!(
                        "another master has taken over: {given_up} reports that the one before has \
                         not merged are given up"
                    ),
                );
            }
            // Neither its clock nor its runs need be those of the one before.
            self.last_timestamp = None;
            self.run = 0;
            self.master_life = life;
        } else if self.master_life.is_some() {
            for message in self.outbox.again() {
                self.send(message);
            }
        }
        if self.master_life.is_some()
            && let Some(sha256) = &self.settings.bundle
        {
            self.send(bundle::held(sha256));
        }
        self.act(WorkerAction::Joined { index: ack.index });
        if self.next_heartbeat.is_none() {
            self.next_heartbeat = Some(now.elapsed);
            self.next_report = Some(now.elapsed);
            self.next_log = self.settings.log_interval.map(|_| now.elapsed);
        }
        if is_other && self.state.is_active() {
            self.log(
                Level::Warning,
                "the master was started anew: the users of the run before are stopped".to_owned(),
            );
            self.stop_users(now, Then::Rejoin);
        }
        self.tick(now);
    }

    /// Nothing was heard of the master for too long.
    pub(super) fn master_is_silent(&mut self, now: Moment) {
        self.last_heartbeat = None;
        self.log(
            Level::Error,
            "Didn't get heartbeat from master in over 60s".to_owned(),
        );
        if self.master_life.is_some() {
            self.stop_users(now, Then::Reconnect);
        } else {
            self.stop_users(now, Then::End(WorkerEnd::MasterSilent));
        }
    }
}
