//! The end of a run on a worker: its last report, and what follows.

use std::time::Duration;

use super::action::{WorkerAction, WorkerEnd};
use super::follower::Worker;
use super::joining::Joining;
use crate::limits::{MERGE_LIMIT, MERGE_REPEAT, MERGE_WAIT};
use crate::moment::{Level, Moment};
use crate::wire::ToMaster;

/// What follows when users have stopped and their last report is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// Tell the master, and be ready again.
    Ready,
    /// Ask to take part again.
    Rejoin,
    /// Open the connection anew and ask to take part again.
    Reconnect,
    /// Carry out the spawn that waits.
    Spawn,
    /// End the process.
    End(WorkerEnd),
    /// Say goodbye.
    Leave,
}

/// Waiting for a master of ours to have merged the last report.
#[derive(Debug)]
pub(super) struct Settling {
    then: Then,
    pub(super) repeat_at: Duration,
    until: Duration,
    /// What is heard of the master moves `until` no further than here.
    latest: Duration,
}

impl Worker {
    /// The last samples go out before the master hears that the users have stopped: it need not wait
    /// for them any longer than that.
    pub(super) fn make_last_report(&mut self, then: Then) {
        self.closing = Some(then);
        self.act(WorkerAction::Report);
    }

    /// A master of ours says when it has merged the last report; what it then hears is final.
    pub(super) fn settle(&mut self, now: Moment, then: Then) {
        let is_final = matches!(then, Then::Ready | Then::End(_) | Then::Leave);
        if is_final && self.master_life.is_some() && !self.outbox.is_empty() {
            self.settling = Some(Settling {
                then,
                repeat_at: now.elapsed + MERGE_REPEAT,
                until: now.elapsed + MERGE_WAIT,
                latest: now.elapsed + MERGE_LIMIT,
            });
        } else {
            self.after_last_report(now, then);
        }
    }

    /// Whether users are being stopped or the last report is not made and merged yet.
    pub(super) fn is_ending(&self) -> bool {
        self.stopping.is_some() || self.closing.is_some() || self.settling.is_some()
    }

    pub(super) fn settle_if_merged(&mut self, now: Moment) {
        if self.outbox.is_empty()
            && let Some(settling) = self.settling.take()
        {
            self.after_last_report(now, settling.then);
        }
    }

    /// Sends again what may have been lost, and goes on at last without an answer.
    pub(super) fn repeat_if_due(&mut self, now: Moment) {
        let Some(settling) = &mut self.settling else {
            return;
        };
        if let Some(heard) = self.last_heartbeat {
            settling.until = (heard + MERGE_WAIT).clamp(settling.until, settling.latest);
        }
        if settling.until <= now.elapsed {
            let then = settling.then;
            self.settling = None;
            self.log(
                Level::Warning,
                "the master has not merged the last report; it is sent again when it answers"
                    .to_owned(),
            );
            self.after_last_report(now, then);
        } else if settling.repeat_at <= now.elapsed {
            settling.repeat_at = now.elapsed + MERGE_REPEAT;
            for message in self.outbox.again() {
                self.send(message);
            }
        }
    }

    pub(super) fn after_last_report(&mut self, now: Moment, then: Then) {
        match then {
            Then::Ready => {
                self.send(ToMaster::ClientStopped);
                // Locust's master takes the time to stop for its own; ours knows who has stopped.
                let stop_timeout = if self.master_life.is_some() {
                    Duration::ZERO
                } else {
                    self.stop_timeout
                };
                self.joining = Joining::Asking {
                    next: now.elapsed + self.settings.wait_after_stop + stop_timeout,
                    asked: 0,
                };
                self.join_if_due(now);
            }
            Then::Rejoin => {
                self.joining = Joining::begin(now);
                self.join_if_due(now);
            }
            Then::Reconnect => {
                self.act(WorkerAction::Reconnect);
                self.joining = Joining::begin(now);
                self.join_if_due(now);
            }
            Then::Spawn => {}
            Then::End(reason) => self.act(WorkerAction::End(reason)),
            Then::Leave => {
                self.send(ToMaster::Quit);
                self.act(WorkerAction::Left);
            }
        }
        if let Some(spawn) = self.pending_spawn.take() {
            self.carry_out(now, spawn);
        }
    }
}
