//! Starting and stopping users as the master says.

use std::time::Duration;

use super::action::{SpawnJob, WorkerAction};
use super::follower::Worker;
use super::settling::Then;
use crate::State;
use crate::dialect;
use crate::moment::{Level, Moment};
use crate::wire::{Spawn, ToMaster, UserCounts};

impl Worker {
    /// The master has said what to run.
    pub(super) fn spawn(&mut self, now: Moment, spawn: Box<Spawn>) {
        self.send(ToMaster::Spawning);
        if self
            .last_timestamp
            .is_some_and(|last| spawn.timestamp <= last)
        {
            self.log(
                Level::Info,
                "Discard spawn message with older or equal timestamp than timestamp of previous \
                 spawn message"
                    .to_owned(),
            );
            return;
        }
        self.last_timestamp = Some(spawn.timestamp);
        self.carry_out(now, spawn);
    }

    pub(super) fn carry_out(&mut self, now: Moment, mut spawn: Box<Spawn>) {
        if self.is_ending() {
            self.pending_spawn = Some(spawn);
            return;
        }
        let run = dialect::number_mark(&spawn.extra).unwrap_or(self.run);
        if self.state.is_active() && run != self.run {
            // The end of one run and the beginning of the next were missed.
            self.pending_spawn = Some(spawn);
            self.stop_users(now, Then::Spawn);
            return;
        }
        self.run = run;
        let stop_timeout = spawn.stop_timeout.unwrap_or(0.0);
        spawn.stop_timeout = Some(stop_timeout);
        self.stop_timeout = Duration::try_from_secs_f64(stop_timeout).unwrap_or_default();
        self.job += 1;
        let is_new_run = !self.state.is_active();
        self.state = State::Spawning;
        self.act(WorkerAction::Spawn(Box::new(SpawnJob {
            number: self.job,
            spawn: *spawn,
            is_new_run,
        })));
    }

    /// The answer to [`WorkerAction::Spawn`]: users of every class that run now. That to any but the
    /// last job says nothing.
    pub fn spawned(&mut self, job: u64, user_classes_count: Vec<(String, u64)>) {
        if job != self.job || self.state != State::Spawning {
            return;
        }
        let user_count = user_classes_count.iter().map(|(_, count)| count).sum();
        self.state = State::Running;
        self.send(ToMaster::SpawningComplete(UserCounts {
            user_classes_count,
            user_count,
            ..UserCounts::default()
        }));
    }

    /// Stops the users, if there are any; then comes the last report, then what `then` says.
    pub(super) fn stop_users(&mut self, now: Moment, then: Then) {
        if self.is_leaving {
            return;
        }
        if let Some(earlier) = &mut self.stopping {
            if !matches!(earlier, Then::End(_)) {
                *earlier = then;
            }
            return;
        }
        if self.state.is_active() {
            self.stopping = Some(then);
            self.act(WorkerAction::StopUsers);
        } else if then == Then::Ready {
            self.after_last_report(now, then);
        } else {
            self.make_last_report(then);
        }
    }

    /// The answer to [`WorkerAction::StopUsers`].
    pub fn stopped(&mut self) {
        if let Some(then) = self.stopping.take() {
            self.state = State::Ready;
            self.make_last_report(then);
        }
    }
}
