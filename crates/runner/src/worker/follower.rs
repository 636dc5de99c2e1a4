//! The worker itself: what comes in, what is due, and where each thing is decided.
//!
//! As the master, it does no I/O and knows no clock: what it wants to be done piles up as
//! [`WorkerAction`]s, which are taken and carried out in their order.

use std::time::Duration;

use rmpv::Value;

use super::action::{WorkerAction, WorkerEnd, WorkerEvent};
use super::exceptions::Exceptions;
use super::joining::Joining;
use super::outbox::Outbox;
use super::settling::{Settling, Then};
use crate::State;
use crate::bundle;
use crate::dialect::{self, Merged, Pulse};
use crate::limits::{
    HEARTBEAT_INTERVAL, MASTER_HEARTBEAT_TIMEOUT, TURN_LIMIT, WORKER_REPORT_INTERVAL,
};
use crate::moment::{Level, Moment, due};
use crate::wire::{
    ExceptionReport, Heartbeat, LogLines, Number, Spawn, StatsReport, ToMaster, ToWorker,
};

/// New lines of the log between two looks after which it is sent no more.
const MAX_NEW_LOG_LINES: usize = 70;

/// What a worker is told once.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkerSettings {
    /// Its node id.
    pub id: String,
    /// Names this life of its process: a number no other has.
    pub life: String,
    /// How long it waits after its users have stopped before it is ready again.
    pub wait_after_stop: Duration,
    /// How often the log is sent; `None` never sends it.
    pub log_interval: Option<Duration>,
    /// Hash of the bundle that its test is from; `None` if it has a locustfile of its own.
    pub bundle: Option<String>,
    /// Where its machine stands, such as an availability zone; `None` if nobody has said.
    pub zone: Option<String>,
}

/// Follows a master.
#[derive(Debug)]
pub struct Worker {
    pub(super) settings: WorkerSettings,
    pub(super) state: State,
    pub(super) joining: Joining,
    /// The life of a master of ours; `None` under one of Locust's.
    pub(super) master_life: Option<String>,
    pub(super) outbox: Outbox,
    exceptions: Exceptions,
    /// Number of the run that users work for.
    pub(super) run: u64,
    pub(super) job: u64,
    pub(super) last_timestamp: Option<f64>,
    pub(super) stop_timeout: Duration,
    /// Users are being stopped, and this follows.
    pub(super) stopping: Option<Then>,
    /// A report is being made, and this follows.
    pub(super) closing: Option<Then>,
    /// The last report is on its way, and this follows when it has been merged.
    pub(super) settling: Option<Settling>,
    /// Its process ends: what the master says from now on comes too late.
    pub(super) is_leaving: bool,
    /// Came while users were being stopped.
    pub(super) pending_spawn: Option<Box<Spawn>>,
    pub(super) last_heartbeat: Option<Duration>,
    last_turn: Duration,
    pub(super) next_heartbeat: Option<Duration>,
    pub(super) next_report: Option<Duration>,
    pub(super) next_log: Option<Duration>,
    usage: (f64, u64),
    lag_ms: Option<f64>,
    network_errors: Option<u64>,
    actions: Vec<WorkerAction>,
}

impl Worker {
    /// A worker that asks its master at once to take part.
    pub fn new(settings: WorkerSettings, now: Moment) -> Self {
        let mut worker = Self {
            outbox: Outbox::new(settings.life.clone()),
            exceptions: Exceptions::default(),
            settings,
            state: State::Ready,
            joining: Joining::begin(now),
            master_life: None,
            run: 0,
            job: 0,
            last_timestamp: None,
            stop_timeout: Duration::ZERO,
            stopping: None,
            closing: None,
            settling: None,
            is_leaving: false,
            pending_spawn: None,
            last_heartbeat: None,
            last_turn: now.elapsed,
            next_heartbeat: None,
            next_report: None,
            next_log: None,
            usage: (0.0, 0),
            lag_ms: None,
            network_errors: None,
            actions: Vec::new(),
        };
        worker.tick(now);
        worker
    }

    /// Its state, as its heartbeats say it.
    pub fn state(&self) -> State {
        self.state
    }

    /// Whether its master has accepted it and it has nothing to do.
    pub fn is_idle(&self) -> bool {
        self.state == State::Ready && matches!(self.joining, Joining::Done) && !self.is_ending()
    }

    /// Takes what has to be done since this was asked last.
    pub fn take_actions(&mut self) -> Vec<WorkerAction> {
        std::mem::take(&mut self.actions)
    }

    /// The master has sent a message.
    pub fn receive(&mut self, now: Moment, message: ToWorker) {
        match message {
            ToWorker::Ack(ack) => self.acknowledged(now, &ack),
            ToWorker::Spawn(spawn) => self.spawn(now, spawn),
            ToWorker::SpawningComplete { user_count } => {
                self.act(WorkerAction::Fire(WorkerEvent::SpawningComplete {
                    user_count,
                }));
            }
            ToWorker::Stop => self.stop_users(now, Then::Ready),
            ToWorker::Quit => self.stop_users(now, Then::End(WorkerEnd::MasterQuit)),
            ToWorker::Reconnect => self.act(WorkerAction::Reconnect),
            ToWorker::Heartbeat => {
                self.last_heartbeat = Some(now.elapsed);
                let timestamp = now.unix;
                self.act(WorkerAction::Fire(WorkerEvent::HeartbeatReceived {
                    timestamp,
                }));
            }
            ToWorker::Locustfile(reply) => self.act(WorkerAction::Locustfile(reply)),
            ToWorker::UpdateUserClass(update) => self.act(WorkerAction::UpdateUserClass(update)),
            ToWorker::Custom { kind, data } => self.custom(now, kind, data),
        }
    }

    fn custom(&mut self, now: Moment, kind: String, data: Value) {
        if let Some(merged) = Merged::of(&kind, &data) {
            for message in self.outbox.merged(&merged) {
                self.send(message);
            }
            self.settle_if_merged(now);
        } else if dialect::is_rejoin(&kind) {
            self.rejoin(now);
        } else if dialect::is_cut(&kind) {
            self.act(WorkerAction::CutUsers);
        } else if let Some(sha256) = bundle::hash_of(&kind, &data) {
            let sha256 = sha256.to_owned();
            self.act(WorkerAction::BundleOffered { sha256 });
        } else {
            self.act(WorkerAction::Custom { kind, data });
        }
    }

    /// There is a connection again: what the one before may have lost is repeated.
    pub fn connected_again(&mut self) {
        if self.master_life.is_some() {
            for message in self.outbox.again() {
                self.send(message);
            }
        }
    }

    /// The Python thread has turned.
    pub fn turned(&mut self, now: Moment) {
        self.last_turn = now.elapsed;
    }

    /// Users were woken so many milliseconds late; the next heartbeat tells the most.
    pub fn set_lag(&mut self, lag_ms: f64) {
        self.lag_ms = Some(self.lag_ms.unwrap_or(0.0).max(lag_ms));
    }

    /// So many requests of this run had no whole answer; the next report tells.
    pub fn set_network_errors(&mut self, network_errors: u64) {
        self.network_errors = Some(network_errors);
    }

    /// CPU time of this process in percent of one core, and its memory in bytes.
    pub fn set_usage(&mut self, cpu_percent: f64, memory_bytes: u64) {
        self.usage = (cpu_percent, memory_bytes);
    }

    /// The answer to [`WorkerAction::Report`].
    pub fn reported(&mut self, now: Moment, mut report: StatsReport) {
        if self.master_life.is_some() {
            self.exceptions.join(&mut report);
            if let Some(count) = self.network_errors {
                dialect::write_network_errors(count, &mut report.extra);
            }
            let (message, has_given_up) = self.outbox.add(report, self.run);
            if has_given_up {
                self.log(
                    Level::Warning,
                    "the master has merged nothing for an hour: the oldest report is given up"
                        .to_owned(),
                );
            }
            self.send(message);
        } else {
            self.send(ToMaster::Stats(Box::new(report)));
        }
        if let Some(then) = self.closing.take() {
            self.settle(now, then);
        }
    }

    /// The answer to [`WorkerAction::ReadLog`]: how many lines are new, and all that are kept.
    pub fn log_lines(&mut self, new_lines: usize, logs: Vec<String>) {
        if new_lines > MAX_NEW_LOG_LINES {
            self.next_log = None;
        }
        self.send(ToMaster::Logs(LogLines {
            worker_id: self.settings.id.clone(),
            logs,
            ..LogLines::default()
        }));
    }

    /// A task has ended in an exception of this type.
    pub fn exception(&mut self, error_type: &str, msg: String, traceback: String) {
        let mut exception = ExceptionReport {
            msg,
            traceback,
            ..ExceptionReport::default()
        };
        dialect::mark(&mut exception.extra, error_type);
        if self.master_life.is_some() {
            self.exceptions.add(exception);
        } else {
            self.send(ToMaster::Exception(exception));
        }
    }

    /// Sends a custom message.
    pub fn send_custom(&mut self, kind: String, data: Value) {
        self.send(ToMaster::Custom { kind, data });
    }

    /// The process ends: the last report and `quit` are sent. Then comes [`WorkerAction::Left`].
    pub fn leave(&mut self) {
        self.is_leaving = true;
        self.closing = Some(Then::Leave);
        self.act(WorkerAction::Report);
    }

    /// Does what is due. To be called at [`Worker::deadline`], and harmless before.
    pub fn tick(&mut self, now: Moment) {
        self.join_if_due(now);
        self.repeat_if_due(now);
        let is_silent = self
            .last_heartbeat
            .is_some_and(|last| last + MASTER_HEARTBEAT_TIMEOUT < now.elapsed);
        if is_silent {
            self.master_is_silent(now);
        }
        if due(&mut self.next_heartbeat, now, HEARTBEAT_INTERVAL) {
            // A process whose Python hangs runs no users: it shall be missed.
            if now.elapsed.saturating_sub(self.last_turn) <= TURN_LIMIT {
                self.heartbeat(now);
            }
        }
        if due(&mut self.next_report, now, WORKER_REPORT_INTERVAL) && self.closing.is_none() {
            self.act(WorkerAction::Report);
        }
        if let Some(interval) = self.settings.log_interval
            && due(&mut self.next_log, now, interval)
        {
            self.act(WorkerAction::ReadLog);
        }
    }

    /// When [`Worker::tick`] has to be called next, if nothing happens before.
    pub fn deadline(&self) -> Option<Duration> {
        let silence = self
            .last_heartbeat
            .map(|last| last + MASTER_HEARTBEAT_TIMEOUT + Duration::from_nanos(1));
        let others = [self.next_heartbeat, self.next_report, self.next_log];
        let joining = self.joining.deadline();
        let settling = self.settling.as_ref().map(|settling| settling.repeat_at);
        let all = others.into_iter().chain([silence, joining, settling]);
        all.flatten().min()
    }

    fn heartbeat(&mut self, now: Moment) {
        let (cpu, memory) = self.usage;
        let mut heartbeat = Heartbeat {
            state: self.state.as_str().to_owned(),
            current_cpu_usage: Some(Number::Float(cpu)),
            current_memory_usage: Some(Number::Int(i64::try_from(memory).unwrap_or(i64::MAX))),
            ..Heartbeat::default()
        };
        let pulse = Pulse {
            clock: now.unix,
            last_spawn: self.last_timestamp,
            lag_ms: self.lag_ms.take(),
            zone: self.settings.zone.clone(),
        };
        pulse.write(&mut heartbeat);
        self.send(ToMaster::Heartbeat(heartbeat));
    }

    pub(super) fn send(&mut self, message: ToMaster) {
        self.act(WorkerAction::Send(message));
    }

    pub(super) fn log(&mut self, level: Level, text: String) {
        self.act(WorkerAction::Log(level, text));
    }

    pub(super) fn act(&mut self, action: WorkerAction) {
        self.actions.push(action);
    }
}
