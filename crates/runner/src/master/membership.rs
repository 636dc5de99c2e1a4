//! Workers that come, go, fall silent and come back.

use std::sync::Arc;

use super::action::{EndReason, MasterEvent};
use super::leader::{Master, Rebalancing};
use super::ramp::Ramp;
use crate::dialect::{self, Pulse};
use crate::limits::{CPU_WARNING_THRESHOLD, HEARTBEAT_INTERVAL, REBALANCE_DELAY, REPEAT_AFTER};
use crate::moment::{Level, Moment};
use crate::wire::{Ack, Heartbeat, PeerVersion, ToWorker};
use crate::{Peer, State};

/// Versions are alike if they begin alike.
const COMPARED_CHARACTERS: usize = 4;

impl Master {
    /// A worker wants to take part, for the first time or again.
    pub(super) fn welcome(&mut self, now: Moment, from: &Arc<str>, version: &PeerVersion) {
        if *version == PeerVersion::Absent {
            self.log(
                Level::Error,
                format!("worker {from} is a Locust older than 2.0 and is refused"),
            );
            return;
        }
        if self.ending.is_quitting() {
            // It was on its way when the others were told.
            self.send(from, ToWorker::Quit);
            return;
        }
        self.compare(from, version);
        let is_ours = dialect::is_ours(version);
        self.note_restart(now, from);
        let index = self.peers.join(from, is_ours).index;
        self.peers.set_version(from, dialect::spoken(version));
        self.next_count_down
            .get_or_insert(now.elapsed + HEARTBEAT_INTERVAL);
        let mut ack = Ack {
            index: Some(index),
            ..Ack::default()
        };
        if is_ours {
            dialect::mark(&mut ack.extra, self.settings.life.as_str());
        }
        self.send(from, ToWorker::Ack(ack));
        self.ending.heard_from(from);
        self.log(
            Level::Info,
            format!(
                "Worker {from} (index {index}) reported as ready. {} workers connected.",
                self.peers.active_count()
            ),
        );
        self.fire(MasterEvent::WorkerConnect {
            client_id: Arc::clone(from),
        });
        self.arrived(now, from, is_ours);
    }

    /// A process that was started anew before anybody missed it has lost its users.
    fn note_restart(&mut self, now: Moment, id: &Arc<str>) {
        let of = self.peers.active_count() as u64;
        let before = self.peers.get(id).map_or(0, Peer::user_count);
        if self.run.is_some() && before > 0 {
            self.lost(now, id, before, of);
        }
    }

    fn compare(&mut self, from: &Arc<str>, version: &PeerVersion) {
        let PeerVersion::Named(theirs) = version else {
            return;
        };
        let ours = dialect::version();
        if *theirs == ours {
            return;
        }
        let is_alike = theirs
            .chars()
            .take(COMPARED_CHARACTERS)
            .eq(ours.chars().take(COMPARED_CHARACTERS));
        let level = if is_alike {
            Level::Debug
        } else {
            Level::Warning
        };
        self.log(
            level,
            format!("worker {from} runs version {theirs}, this master {ours}"),
        );
    }

    pub(super) fn heartbeat(&mut self, now: Moment, from: &Arc<str>, heartbeat: &Heartbeat) {
        let pulse = Pulse::of(heartbeat);
        let Some(beat) = self.peers.beat(from, heartbeat) else {
            self.log(
                Level::Debug,
                format!("heartbeat of the unknown worker {from}"),
            );
            if pulse.is_some() {
                self.send(from, dialect::rejoin());
            }
            return;
        };
        if beat.is_back {
            self.log(
                Level::Info,
                format!(
                    "Worker {from} self-healed with heartbeat, setting state to {}.",
                    heartbeat.state
                ),
            );
            let is_ours = self.peers.was_ours(from);
            self.arrived(now, from, is_ours);
        }
        if let Some(pulse) = &pulse {
            self.peers.compare_clocks(from, now.unix - pulse.clock);
            self.peers.set_pulse(from, pulse);
        }
        let reached = pulse.and_then(|pulse| pulse.last_spawn);
        self.correct(now, from, reached, beat.brings_users);
        if self.peers.get(from).is_some_and(Peer::is_hot) {
            self.overloaded(now, from);
        }
        if beat.is_hot {
            self.log(
                Level::Warning,
                format!(
                    "worker {from} uses more than {CPU_WARNING_THRESHOLD} % of its CPU: its response \
                     times may be wrong (said once for each worker)"
                ),
            );
        }
        self.fire(MasterEvent::HeartbeatSent {
            client_id: Arc::clone(from),
            timestamp: now.unix,
        });
        self.send(from, ToWorker::Heartbeat);
    }

    /// Tells a worker again what it has missed, as its heartbeat shows.
    fn correct(&mut self, now: Moment, id: &Arc<str>, reached: Option<f64>, brings_users: bool) {
        let Some(peer) = self.peers.get(id) else {
            return;
        };
        // What was said a moment ago may be on its way.
        let was_told = peer.told_at + REPEAT_AFTER > now.elapsed;
        let can_repeat = peer.is_ours && !was_told;
        if self.run.is_some() {
            let reached = reached.unwrap_or(f64::NEG_INFINITY);
            if can_repeat && reached < peer.spawn_timestamp {
                self.repeat_spawn(now, id);
            }
        } else if peer.state.is_active()
            && (brings_users || can_repeat)
            && !matches!(self.ramp, Ramp::Beginning(_))
        {
            // The run has ended while it was away: its users work for nobody.
            self.peers.told(id, now.elapsed, None);
            self.send(id, ToWorker::Stop);
        }
    }

    /// Gives a worker that has come its share, at once or in the next step.
    fn arrived(&mut self, now: Moment, id: &Arc<str>, is_ours: bool) {
        if self.run.is_some() {
            self.found(now, id);
        }
        let Some(run) = &mut self.run else {
            return;
        };
        // A process that was started anew under its old identity has its place already: the next
        // step tells it what to run.
        let is_placed = run.dispatcher.has_worker(id);
        if !is_placed {
            run.dispatcher.add_worker(id);
        }
        self.spread_soon(now, is_ours, is_placed);
    }

    /// Spreads the users anew if all of them run. A ramp tells of the change in its own next step.
    fn spread_soon(&mut self, now: Moment, is_ours: bool, must: bool) {
        let Some(run) = &self.run else {
            return;
        };
        let is_wanted = match self.settings.rebalancing {
            Rebalancing::Always => true,
            Rebalancing::OurWorkers => is_ours,
            Rebalancing::Never => false,
        };
        let has_ended = run.dispatcher.has_ended();
        if has_ended && (must || is_wanted || !run.dispatcher.is_in_progress()) {
            self.rebalance_at
                .get_or_insert(now.elapsed + REBALANCE_DELAY);
        }
    }

    /// A worker is gone, or its users have stopped.
    pub(super) fn leave(&mut self, now: Moment, id: &Arc<str>, how: &str) -> bool {
        let of = self.peers.active_count() as u64;
        let Some(gone) = self.peers.remove(id) else {
            return false;
        };
        if self.run.is_some() && gone.state != State::Missing {
            self.left(now, id, gone.user_count(), of);
        }
        self.log(
            Level::Info,
            format!(
                "Worker {id} (index {}) {how}. {} workers connected.",
                gone.index,
                self.peers.active_count()
            ),
        );
        self.ending.heard_from(id);
        self.withdraw(now, id, gone.is_ours);
        true
    }

    /// Hands the users of a worker to the others.
    fn withdraw(&mut self, now: Moment, id: &Arc<str>, is_ours: bool) {
        let Some(run) = &mut self.run else {
            return;
        };
        if run.dispatcher.remove_worker(id) && self.peers.active_count() > 0 {
            self.spread_soon(now, is_ours, false);
        }
    }

    pub(super) fn quit_of_worker(&mut self, now: Moment, from: &Arc<str>) {
        self.peers.set_resting(from, false);
        self.ending.heard_from(from);
        if self.leave(now, from, "quit") && self.peers.active_count() == 0 {
            self.last_one_lost(
                now,
                "The last worker quit, stopping test.",
                EndReason::LastWorkerLeft,
            );
        }
    }

    /// Tells workers to leave whose tokens have been revoked. Their users go to the others when they
    /// have, or when they have been cut off and are missed.
    pub fn send_away(&mut self, ids: &[Arc<str>]) {
        let count = ids.len();
        let workers = if count == 1 { "worker" } else { "workers" };
        self.log(
            Level::Warning,
            format!("{count} {workers} joined by a token that has been revoked, and must leave"),
        );
        for id in ids {
            self.send(id, ToWorker::Quit);
        }
    }

    /// Somebody does not want this worker any more: a missing one is forgotten, and may join again if it
    /// comes back; any other is told to leave, and its users go to the others when it has.
    pub fn dismiss_worker(&mut self, now: Moment, id: &str) {
        let Some(peer) = self.peers.get(id) else {
            return;
        };
        let (id, is_missing) = (Arc::clone(&peer.id), peer.state == State::Missing);
        if is_missing {
            self.forget(now, &id, "was removed");
        } else {
            self.log(Level::Info, format!("Worker {id} is told to leave."));
            self.send(&id, ToWorker::Quit);
        }
    }

    /// Takes a missing worker out of the list.
    fn forget(&mut self, now: Moment, id: &Arc<str>, why: &str) {
        self.log(Level::Info, format!("Worker {id} {why}."));
        self.peers.remove(id);
        // Users that nobody has taken over so far go to the others, whatever was asked.
        if self
            .run
            .as_mut()
            .is_some_and(|run| run.dispatcher.tells_of_change())
        {
            self.spread_soon(now, false, true);
        }
    }

    /// A message of a worker that is not known: it runs users that belong to nobody.
    fn dismiss(&mut self, from: &Arc<str>) {
        let message = if self.peers.was_ours(from) {
            dialect::rejoin()
        } else {
            ToWorker::Quit
        };
        self.log(
            Level::Debug,
            format!("message of the unknown worker {from}"),
        );
        self.send(from, message);
    }

    /// A worker has got, or has carried out, what it was told to run.
    pub(super) fn spawning(
        &mut self,
        from: &Arc<str>,
        state: State,
        users: Option<Vec<(String, u64)>>,
    ) {
        match self.peers.get(from) {
            None => self.dismiss(from),
            // Late words of one that was given up for now: its next heartbeat brings it back.
            Some(peer) if peer.state == State::Missing => {}
            Some(_) => {
                self.peers.set_state(from, state);
                if let Some(users) = users {
                    self.peers.set_users(from, users);
                }
            }
        }
    }

    /// Counts the heartbeats that have not come, once a second.
    pub(super) fn count_down(&mut self, now: Moment) {
        if self.next_count_down.is_none_or(|at| at > now.elapsed) {
            return;
        }
        // A master that was held up itself counts that as one second: the heartbeats wait unread.
        self.next_count_down = Some(now.elapsed + HEARTBEAT_INTERVAL);
        let of = self.peers.active_count() as u64;
        let silent = self.peers.count_down();
        let was_alone = self.peers.active_count() == 0;
        for (id, user_count) in &silent.missing {
            self.log(
                Level::Info,
                format!("Worker {id} failed to send heartbeat, setting state to missing."),
            );
            self.ending.heard_from(id);
            if self.run.is_some() {
                self.lost(now, id, *user_count, of);
            }
            let is_ours = self.peers.was_ours(id);
            self.withdraw(now, id, is_ours);
        }
        for id in &silent.dead {
            self.forget(now, id, "has been missing for a minute and is given up");
        }
        if was_alone && !silent.missing.is_empty() {
            self.last_one_lost(
                now,
                "The last worker went missing, stopping test.",
                EndReason::LastWorkerMissing,
            );
        }
    }

    fn last_one_lost(&mut self, now: Moment, text: &str, reason: EndReason) {
        if !self.state.is_active() {
            return;
        }
        self.log(Level::Warning, text.to_owned());
        let mut why = reason.to_string();
        if reason == EndReason::LastWorkerMissing
            && let Some(readings) = self.peers.last_readings()
        {
            why = format!("{why}; {readings}");
        }
        if self.settings.is_headless {
            self.end(now, reason, &why);
        } else {
            self.stop(now, &why);
        }
    }
}
