//! The cluster: nodes that are driven as Python would, a network that takes a millisecond, and users
//! that send ten requests a second each.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use gregaria_runner::master::{
    EndReason, Job, Master, MasterAction, MasterEvent, MasterSettings, Rebalancing, Start,
};
use gregaria_runner::wire::{self, Message, StatsEntry, StatsReport, ToMaster, ToWorker};
use gregaria_runner::worker::{Worker, WorkerAction, WorkerEnd, WorkerSettings};
use gregaria_runner::{Level, Moment, State, UserClass};
use gregaria_stats::{Marker, Markers};

const STEP: Duration = Duration::from_millis(10);
const LATENCY: Duration = Duration::from_millis(1);
/// Between two requests of a user.
const PACE: Duration = Duration::from_millis(100);
const EPOCH: f64 = 1_795_000_000.0;

pub(crate) fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

/// A class that all users are of, unless a test says otherwise.
pub(crate) fn job() -> Job {
    let class = |name: &str, weight| UserClass {
        name: name.into(),
        weight,
        fixed_count: 0,
    };
    Job {
        user_classes: vec![class("A", 3.0), class("B", 1.0)],
        stop_timeout: Some(0.0),
        ..Job::default()
    }
}

/// A worker and the Python around it.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a trouble of its own, and they come together"
)]
pub(crate) struct Node {
    pub(crate) id: Arc<str>,
    pub(crate) worker: Worker,
    pub(crate) users: BTreeMap<String, u64>,
    /// Requests that no report has taken yet.
    counted: u64,
    /// Requests that the target has seen of this node.
    pub(crate) served: u64,
    /// Seconds by which its wall clock is wrong.
    pub(crate) wall_error: f64,
    /// The process runs. One that is stopped gets its messages later.
    pub(crate) is_frozen: bool,
    /// Nothing comes through in either direction.
    pub(crate) is_cut: bool,
    /// Its Python thread turns.
    pub(crate) turns: bool,
    /// Its users do not end before they are cut off.
    pub(crate) lingers: bool,
    pub(crate) end: Option<WorkerEnd>,
    pub(crate) new_runs: usize,
    pub(crate) reconnects: usize,
    pub(crate) log: Vec<String>,
}

impl Node {
    pub(crate) fn user_count(&self) -> u64 {
        self.users.values().sum()
    }

    fn counts(&self) -> Vec<(String, u64)> {
        self.users.clone().into_iter().collect()
    }

    fn report(&mut self) -> StatsReport {
        StatsReport {
            stats: vec![StatsEntry {
                name: "/".to_owned(),
                method: "GET".to_owned(),
                num_requests: std::mem::take(&mut self.counted),
                ..StatsEntry::default()
            }],
            user_classes_count: self.counts(),
            user_count: self.user_count(),
            ..StatsReport::default()
        }
    }
}

enum Frame {
    ToMaster(Arc<str>, Vec<u8>),
    ToWorker(Arc<str>, Vec<u8>),
}

pub(crate) struct Cluster {
    pub(crate) now: Duration,
    pub(crate) wall_error: f64,
    pub(crate) master: Master,
    pub(crate) job: Job,
    pub(crate) nodes: Vec<Node>,
    /// Requests of this run in the master's statistics, and of earlier runs that came late.
    pub(crate) merged: u64,
    pub(crate) stale: u64,
    /// Exceptions of tasks that the master has counted.
    pub(crate) exceptions: u64,
    /// Requests that were in the statistics of earlier runs when the next one began.
    pub(crate) merged_before: u64,
    pub(crate) last_clock_offset: f64,
    pub(crate) fired: Vec<MasterEvent>,
    pub(crate) log: Vec<(Level, String)>,
    pub(crate) markers: Vec<Marker>,
    pub(crate) begun: usize,
    pub(crate) spawn_rounds: usize,
    pub(crate) start_done: usize,
    pub(crate) stop_done: usize,
    pub(crate) end: Option<EndReason>,
    /// Messages that are dropped on their way to the master: their types.
    pub(crate) dropped: Vec<&'static str>,
    /// How long workers that are added from now on wait after a run before they are ready again.
    pub(crate) wait_after_stop: Duration,
    frames: Vec<(Duration, Frame)>,
    lives: usize,
}

pub(crate) fn settings(life: &str) -> MasterSettings {
    MasterSettings {
        life: life.to_owned(),
        is_headless: false,
        rebalancing: Rebalancing::OurWorkers,
        report_wait: seconds(1.0),
    }
}

impl Cluster {
    /// A master with so many workers that have joined.
    pub(crate) fn new(workers: usize) -> Self {
        Self::with(settings("first"), workers)
    }

    pub(crate) fn with(settings: MasterSettings, workers: usize) -> Self {
        let mut cluster = Self {
            now: seconds(1_000.0),
            wall_error: 0.0,
            master: Master::new(settings),
            job: job(),
            nodes: Vec::new(),
            merged: 0,
            stale: 0,
            exceptions: 0,
            merged_before: 0,
            last_clock_offset: 0.0,
            fired: Vec::new(),
            log: Vec::new(),
            markers: Vec::new(),
            begun: 0,
            spawn_rounds: 0,
            start_done: 0,
            stop_done: 0,
            end: None,
            dropped: Vec::new(),
            wait_after_stop: Duration::ZERO,
            frames: Vec::new(),
            lives: 0,
        };
        for number in 0..workers {
            cluster.add(&format!("host{number}_{number:03}"));
        }
        cluster.pass(0.5);
        cluster
    }

    fn moment(&self, wall_error: f64) -> Moment {
        Moment {
            elapsed: self.now,
            unix: EPOCH + self.now.as_secs_f64() + wall_error,
        }
    }

    pub(crate) fn at(&self) -> Moment {
        self.moment(self.wall_error)
    }

    /// Starts a worker process. One of the same identity is replaced.
    pub(crate) fn add(&mut self, id: &str) -> &mut Node {
        self.lives += 1;
        let settings = WorkerSettings {
            id: id.to_owned(),
            life: format!("life{}", self.lives),
            wait_after_stop: self.wait_after_stop,
            log_interval: None,
            bundle: None,
            zone: Some("eu-north-1a".to_owned()),
        };
        self.nodes.retain(|node| &*node.id != id);
        self.nodes.push(Node {
            id: id.into(),
            worker: Worker::new(settings, self.at()),
            users: BTreeMap::new(),
            counted: 0,
            served: 0,
            wall_error: 0.0,
            is_frozen: false,
            is_cut: false,
            turns: true,
            lingers: false,
            end: None,
            new_runs: 0,
            reconnects: 0,
            log: Vec::new(),
        });
        self.nodes.last_mut().unwrap()
    }

    /// Kills a worker process.
    pub(crate) fn kill(&mut self, place: usize) -> Node {
        self.nodes.remove(place)
    }

    pub(crate) fn start(&mut self, user_count: usize, spawn_rate: f64) {
        let start = Start {
            user_count,
            spawn_rate,
            user_classes: None,
        };
        self.master.start(self.at(), start, self.job.clone());
        self.carry_out();
    }

    pub(crate) fn stop(&mut self) {
        self.master.stop(self.at(), "stopped");
        self.carry_out();
    }

    pub(crate) fn stop_now(&mut self) {
        self.master.stop_now(self.at(), "stopped");
        self.carry_out();
    }

    /// Somebody does not want this worker any more.
    pub(crate) fn dismiss(&mut self, id: &str) {
        self.master.dismiss_worker(self.at(), id);
        self.carry_out();
    }

    pub(crate) fn quit(&mut self) {
        self.master.quit(self.at(), "stopped");
        self.carry_out();
    }

    /// Lets time pass.
    pub(crate) fn pass(&mut self, time: f64) {
        let end = self.now + seconds(time);
        while self.now < end {
            self.now += STEP;
            self.deliver();
            if self.master.deadline().is_some_and(|at| at <= self.now) {
                self.master.tick(self.at());
            }
            self.carry_out();
            for place in 0..self.nodes.len() {
                self.run_node(place);
            }
        }
    }

    /// Lets time pass until something holds; fails if that takes longer than `limit` seconds.
    pub(crate) fn until(&mut self, limit: f64, what: &str, holds: impl Fn(&Self) -> bool) -> f64 {
        let begin = self.now;
        while !holds(self) {
            assert!(
                self.now.abs_diff(begin) < seconds(limit),
                "not in {limit} s: {what}\n{}",
                self.text()
            );
            self.pass(STEP.as_secs_f64());
        }
        self.now.abs_diff(begin).as_secs_f64()
    }

    fn deliver(&mut self) {
        let frames = std::mem::take(&mut self.frames);
        for (due, frame) in frames {
            let place = match &frame {
                Frame::ToMaster(..) => None,
                Frame::ToWorker(id, _) => match self.nodes.iter().position(|node| node.id == *id) {
                    Some(place) => Some(place),
                    None => continue,
                },
            };
            if due > self.now || place.is_some_and(|place| self.nodes[place].is_frozen) {
                self.frames.push((due, frame));
                continue;
            }
            match frame {
                Frame::ToMaster(id, bytes) => {
                    match wire::decode::<ToMaster>(&bytes) {
                        Ok(envelope) => self.master.receive(self.at(), &id, envelope.message),
                        Err(error) => self.master.receive_garbage(&id, &error),
                    }
                    self.carry_out();
                }
                Frame::ToWorker(_, bytes) => {
                    let place = place.unwrap();
                    let now = self.moment(self.nodes[place].wall_error);
                    let message = wire::decode::<ToWorker>(&bytes).unwrap().message;
                    self.nodes[place].worker.receive(now, message);
                    self.obey(place);
                }
            }
        }
    }

    /// Bytes of anybody, for the master.
    pub(crate) fn send_raw(&mut self, from: &str, bytes: Vec<u8>) {
        self.frames
            .push((self.now + LATENCY, Frame::ToMaster(from.into(), bytes)));
    }

    /// A message of a worker that a test plays itself.
    pub(crate) fn say(&mut self, from: &str, message: &ToMaster) {
        self.send_raw(from, wire::encode(message, from));
        self.pass(2.0 * STEP.as_secs_f64());
    }

    fn send_to_worker(&mut self, to: &Arc<str>, message: &ToWorker) {
        if self.nodes.iter().any(|node| node.id == *to && node.is_cut) {
            return;
        }
        let bytes = wire::encode(message, to);
        self.frames
            .push((self.now + LATENCY, Frame::ToWorker(Arc::clone(to), bytes)));
    }

    /// What Python does for the master.
    fn carry_out(&mut self) {
        for action in self.master.take_actions() {
            match action {
                MasterAction::Send { to, message } => self.send_to_worker(&to, &message),
                MasterAction::Spawn(round) => {
                    self.spawn_rounds += 1;
                    for (to, spawn) in round.messages() {
                        self.send_to_worker(&to.into(), &ToWorker::Spawn(Box::new(spawn)));
                    }
                }
                MasterAction::Fire(event) => self.fired.push(event),
                MasterAction::Begin => {
                    self.begun += 1;
                    self.merged_before += std::mem::take(&mut self.merged);
                    self.master.begun(self.at(), self.job.clone());
                    self.carry_out();
                }
                MasterAction::Report {
                    report,
                    is_stale,
                    clock_offset,
                    ..
                } => {
                    self.last_clock_offset = clock_offset;
                    let requests: u64 = report.stats.iter().map(|entry| entry.num_requests).sum();
                    if is_stale {
                        self.stale += requests;
                    } else {
                        self.merged += requests;
                    }
                }
                MasterAction::Exception { count, .. } => self.exceptions += count,
                MasterAction::StartDone => self.start_done += 1,
                MasterAction::StopDone => self.stop_done += 1,
                MasterAction::End(reason) => self.end = Some(reason),
                MasterAction::Log(level, text) => self.log.push((level, text)),
                MasterAction::Mark(marker) => self.markers.push(marker),
                _ => {}
            }
        }
    }

    fn run_node(&mut self, place: usize) {
        let now = self.moment(self.nodes[place].wall_error);
        let is_beat = self.now.as_millis().is_multiple_of(PACE.as_millis());
        let node = &mut self.nodes[place];
        if node.is_frozen || node.end.is_some() {
            return;
        }
        if is_beat {
            node.counted += node.user_count();
            node.served += node.user_count();
        }
        if node.turns {
            node.worker.turned(now);
        }
        if node.worker.deadline().is_some_and(|at| at <= self.now) {
            node.worker.tick(now);
        }
        self.obey(place);
    }

    /// What Python does for a worker.
    fn obey(&mut self, place: usize) {
        let now = self.moment(self.nodes[place].wall_error);
        loop {
            let actions = self.nodes[place].worker.take_actions();
            if actions.is_empty() {
                return;
            }
            for action in actions {
                let node = &mut self.nodes[place];
                match action {
                    WorkerAction::Send(message) => {
                        let (id, kind) = (Arc::clone(&node.id), message.kind().to_owned());
                        if node.is_cut || self.dropped.iter().any(|dropped| *dropped == kind) {
                            continue;
                        }
                        let bytes = wire::encode(&message, &id);
                        self.frames
                            .push((self.now + LATENCY, Frame::ToMaster(id, bytes)));
                    }
                    WorkerAction::Spawn(job) => {
                        if job.is_new_run {
                            node.new_runs += 1;
                            node.counted = 0;
                        }
                        node.users = job.spawn.user_classes_count.into_iter().collect();
                        let counts = node.counts();
                        node.worker.spawned(job.number, counts);
                    }
                    WorkerAction::StopUsers if node.lingers => {}
                    WorkerAction::StopUsers | WorkerAction::CutUsers => {
                        node.users.values_mut().for_each(|count| *count = 0);
                        node.worker.stopped();
                    }
                    WorkerAction::Report => {
                        let report = node.report();
                        node.worker.reported(now, report);
                    }
                    WorkerAction::End(reason) => {
                        node.worker.leave();
                        node.end = Some(reason);
                    }
                    WorkerAction::Reconnect => node.reconnects += 1,
                    WorkerAction::Log(_, text) => node.log.push(text),
                    _ => {}
                }
            }
        }
    }

    pub(crate) fn users(&self) -> u64 {
        self.nodes.iter().map(Node::user_count).sum()
    }

    pub(crate) fn served(&self) -> u64 {
        self.nodes.iter().map(|node| node.served).sum()
    }

    pub(crate) fn state(&self) -> State {
        self.master.state()
    }

    pub(crate) fn has_logged(&self, text: &str) -> bool {
        self.log.iter().any(|(_, line)| line.contains(text))
    }

    /// What the charts show of this run, with the seconds since the test began.
    pub(crate) fn marked(&self) -> Vec<(f64, String)> {
        let mut markers = Markers::default();
        for marker in self.markers.clone() {
            markers.push(marker);
        }
        let row = |one: &Marker| (one.time - EPOCH - 1_000.0, one.kind.to_string());
        markers.as_slice().iter().map(row).collect()
    }

    pub(crate) fn text(&self) -> String {
        let lines: Vec<_> = self.log.iter().map(|(_, line)| line.as_str()).collect();
        lines.join("\n")
    }
}
