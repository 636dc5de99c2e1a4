//! The master itself: what comes in, and where each thing is decided.
//!
//! It does no I/O and knows no clock. It is told what happens and when; what it wants to be done
//! piles up as [`MasterAction`]s, which are taken and carried out in their order.

use std::sync::Arc;
use std::time::Duration;

use rmpv::Value;

use super::action::{MasterAction, MasterEvent};
use super::complaints::Complaints;
use super::dip::Losses;
use super::ending::Ending;
use super::ramp::{Ramp, Run};
use crate::State;
use crate::bundle;
use crate::ledger::Ledger;
use crate::moment::{Level, Moment};
use crate::peers::Peers;
use crate::wire::{DecodeError, ToMaster, ToWorker};

/// When users are spread anew over the workers, after all of them ran and one came or went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rebalancing {
    /// Whenever the worker is one of ours. For Locust's own as Locust does without the option: the
    /// first time, and then no more until the next ramp.
    #[default]
    OurWorkers,
    /// For every worker: `--enable-rebalancing`.
    Always,
    /// As Locust does without the option, for all workers.
    Never,
}

/// What a master is told once.
#[derive(Clone, Debug, PartialEq)]
pub struct MasterSettings {
    /// Names this life of the master. Workers of ours begin their numbers anew under another one.
    pub life: String,
    /// A run without the page ends with its last worker.
    pub is_headless: bool,
    /// See there.
    pub rebalancing: Rebalancing,
    /// How long workers have to report their users after the last step of a ramp.
    pub report_wait: Duration,
}

/// Leads workers through runs.
#[derive(Debug)]
pub struct Master {
    pub(super) settings: MasterSettings,
    pub(super) state: State,
    pub(super) peers: Peers,
    pub(super) ledger: Ledger,
    pub(super) run: Option<Run>,
    /// Number of the current run, or of the last one.
    pub(super) run_number: u64,
    pub(super) ramp: Ramp,
    pub(super) ending: Ending,
    /// Users are spread anew then.
    pub(super) rebalance_at: Option<Duration>,
    pub(super) last_timestamp: f64,
    pub(super) next_count_down: Option<Duration>,
    pub(super) losses: Losses,
    corrupt_frames: u64,
    complaints: Complaints,
    actions: Vec<MasterAction>,
}

impl Master {
    /// A master without workers.
    pub fn new(settings: MasterSettings) -> Self {
        Self {
            settings,
            state: State::Ready,
            peers: Peers::default(),
            ledger: Ledger::default(),
            run: None,
            run_number: 0,
            ramp: Ramp::Idle,
            ending: Ending::None,
            rebalance_at: None,
            last_timestamp: 0.0,
            next_count_down: None,
            losses: Losses::default(),
            corrupt_frames: 0,
            complaints: Complaints::default(),
            actions: Vec::new(),
        }
    }

    /// State of the run.
    pub fn state(&self) -> State {
        self.state
    }

    /// The workers.
    pub fn peers(&self) -> &Peers {
        &self.peers
    }

    /// Users that the run shall have; 0 without a run.
    pub fn target_user_count(&self) -> usize {
        self.run.as_ref().map_or(0, |run| run.user_count)
    }

    /// Frames that were no messages, or messages with wrong data.
    pub fn corrupt_frames(&self) -> u64 {
        self.corrupt_frames
    }

    /// Takes what has to be done since this was asked last.
    pub fn take_actions(&mut self) -> Vec<MasterAction> {
        std::mem::take(&mut self.actions)
    }

    /// A worker has sent a message. `from` is the identity of its connection, not what it claims.
    pub fn receive(&mut self, now: Moment, from: &Arc<str>, message: ToMaster) {
        self.ending.is_alive(now, from);
        match message {
            ToMaster::Locustfile(request) => {
                self.act(MasterAction::SendLocustfile {
                    to: Arc::clone(from),
                    request,
                });
                return;
            }
            ToMaster::ClientReady(version) => self.welcome(now, from, &version),
            ToMaster::Heartbeat(heartbeat) => self.heartbeat(now, from, &heartbeat),
            ToMaster::Stats(report) => self.report(from, report),
            ToMaster::Spawning => self.spawning(from, State::Spawning, None),
            ToMaster::SpawningComplete(users) => {
                self.spawning(from, State::Running, Some(users.user_classes_count));
            }
            ToMaster::Exception(exception) => self.exception(from, exception, 1),
            ToMaster::Logs(lines) => self.act(MasterAction::WorkerLog {
                worker: lines.worker_id,
                lines: lines.logs,
            }),
            ToMaster::ClientStopped => {
                let was_listed = self.leave(now, from, "stopped");
                self.peers.set_resting(from, was_listed);
            }
            ToMaster::Quit => self.quit_of_worker(now, from),
            ToMaster::Custom { kind, data } => self.custom(from, kind, data),
        }
        self.settle(now);
        self.check_stopped();
    }

    /// A frame could not be read. It changes nothing: a worker that sends what is no message at all
    /// is asked to open its connection anew.
    pub fn receive_garbage(&mut self, from: &Arc<str>, error: &DecodeError) {
        match error {
            DecodeError::Corrupt(_) if self.peers.get(from).is_some() => {
                self.complain(
                    Level::Error,
                    format!(
                        "RPCError when receiving from client: {error}. Will reset client {from}."
                    ),
                );
                self.send(from, ToWorker::Reconnect);
            }
            DecodeError::Corrupt(_) => {
                self.complain(
                    Level::Error,
                    format!("Unrecognized message detected: {error}"),
                );
            }
            DecodeError::Field { .. } => self.complain(Level::Warning, error.to_string()),
        }
    }

    /// Counts what could not be read, and says so now and then.
    pub(super) fn complain(&mut self, level: Level, text: String) {
        self.corrupt_frames += 1;
        if self.complaints.count(&text) {
            self.log(level, text);
        }
    }

    /// Does what is due. To be called at [`Master::deadline`], and harmless before.
    pub fn tick(&mut self, now: Moment) {
        self.count_down(now);
        if self.rebalance_at.is_some_and(|at| at <= now.elapsed) {
            self.rebalance(now);
        }
        self.settle(now);
        if self.state == State::Stopping {
            self.check_stopped();
        }
    }

    /// What follows from any change: steps of a ramp, the end of a ramp, a dip or a run.
    pub(super) fn settle(&mut self, now: Moment) {
        self.proceed(now);
        self.check_dip(now);
        self.check_end(now);
    }

    /// When [`Master::tick`] has to be called next, if nothing happens before.
    pub fn deadline(&self) -> Option<Duration> {
        let ramp = self.ramp.deadline();
        let ending = self.ending.deadline();
        let others = [self.rebalance_at, self.next_count_down, self.dip_deadline()];
        others.into_iter().chain([ramp, ending]).flatten().min()
    }

    /// Answers a node, be it a worker or not: with the test it has asked for.
    pub fn reply(&mut self, to: &Arc<str>, message: ToWorker) {
        self.send(to, message);
    }

    /// Tells a worker that there is a bundle: the one it holds, or another.
    pub fn offer_bundle(&mut self, to: &str, sha256: &str) {
        if let Some(peer) = self.peers.get(to) {
            let to = Arc::clone(&peer.id);
            self.send(&to, bundle::offer(sha256));
        }
    }

    fn custom(&mut self, from: &Arc<str>, kind: String, data: Value) {
        let from = Arc::clone(from);
        let is_known = self.peers.get(&from).is_some();
        self.act(match bundle::hash_of(&kind, &data) {
            Some(sha256) if is_known => MasterAction::BundleHeld {
                from,
                sha256: sha256.to_owned(),
            },
            _ => MasterAction::Custom { from, kind, data },
        });
    }

    /// Sends a custom message to one worker, or to all of them.
    pub fn send_custom(&mut self, message: &ToWorker, to: Option<&str>) {
        match to {
            Some(id) => match self.peers.get(id) {
                Some(peer) => {
                    let id = Arc::clone(&peer.id);
                    self.send(&id, message.clone());
                }
                None => self.log(
                    Level::Warning,
                    format!(
                        "no worker `{id}` to send `{}` to",
                        crate::wire::Message::kind(message)
                    ),
                ),
            },
            None => self.broadcast(message),
        }
    }

    pub(super) fn broadcast(&mut self, message: &ToWorker) {
        let sends = self.peers.iter().map(|peer| MasterAction::Send {
            to: Arc::clone(&peer.id),
            message: message.clone(),
        });
        self.actions.extend(sends);
    }

    pub(super) fn send(&mut self, to: &Arc<str>, message: ToWorker) {
        self.act(MasterAction::Send {
            to: Arc::clone(to),
            message,
        });
    }

    pub(super) fn fire(&mut self, event: MasterEvent) {
        self.act(MasterAction::Fire(event));
    }

    pub(super) fn log(&mut self, level: Level, text: String) {
        self.act(MasterAction::Log(level, text));
    }

    pub(super) fn act(&mut self, action: MasterAction) {
        self.actions.push(action);
    }
}
