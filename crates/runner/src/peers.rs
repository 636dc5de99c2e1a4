//! The workers a master knows: what each last said of itself, and how long it has been silent.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use crate::State;
use crate::dialect::Pulse;
use crate::limits::{
    CLOCK_TOLERANCE, CPU_WARNING_THRESHOLD, HEARTBEAT_DEAD_INTERNAL, HEARTBEAT_LIVENESS,
};
use crate::wire::Heartbeat;

/// One worker.
#[derive(Clone, Debug, PartialEq)]
pub struct Peer {
    /// Its node id.
    pub id: Arc<str>,
    /// Its number, from 0, fixed for the life of the master.
    pub index: u64,
    /// Its state: its own word, or missing.
    pub state: State,
    /// Heartbeats it may still miss; below zero it is missing.
    pub liveness: i32,
    /// CPU time of its process in percent of one core.
    pub cpu_usage: f64,
    /// It was said that its CPU is the limit.
    pub cpu_warning_emitted: bool,
    /// Memory of its process, in bytes.
    pub memory_usage: u64,
    /// Its users of each class, as it has reported them.
    pub user_classes_count: Vec<(String, u64)>,
    /// It is one of our own, and not one of Locust's.
    pub is_ours: bool,
    /// What runs there: `gregaria 0.1.0`, `Locust 2.47.0`. `None` if it does not say.
    pub version: Option<Arc<str>>,
    /// How late its users were woken in the last second, at most, in milliseconds. `None` if it does
    /// not say.
    pub lag_ms: Option<f64>,
    /// Its requests of this run that had no whole answer. `None` if it does not say.
    pub network_errors: Option<u64>,
    /// Where its machine stands, if it says so.
    pub zone: Option<Arc<str>>,
    user_count: u64,
    has_beaten: bool,
    /// By how much its last heartbeats were behind this clock when they came, in seconds.
    lags: VecDeque<f64>,
    /// Timestamp of the last `spawn` for it.
    pub(crate) spawn_timestamp: f64,
    /// When it was last told what to do.
    pub(crate) told_at: Duration,
}

impl Peer {
    /// Users that run on it.
    pub fn user_count(&self) -> u64 {
        self.user_count
    }

    /// Whether its CPU is the limit, by its last heartbeat.
    pub(crate) fn is_hot(&self) -> bool {
        self.cpu_usage > CPU_WARNING_THRESHOLD
    }

    /// Seconds by which its clock is behind the master's; 0 if it is right, or if nobody knows.
    pub fn clock_offset(&self) -> f64 {
        // The heartbeat that was on its way for the shortest time tells it best.
        let offset = self.lags.iter().copied().reduce(f64::min).unwrap_or(0.0);
        if offset.abs() < CLOCK_TOLERANCE.as_secs_f64() {
            0.0
        } else {
            offset
        }
    }
}

/// Heartbeats that a clock is judged by.
const LAGS: usize = 5;

/// Workers whose silence has lasted.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Silent {
    /// They are missing from this moment, with the users that ran on them.
    pub(crate) missing: Vec<(Arc<str>, u64)>,
    /// They have been missing for a minute.
    pub(crate) dead: Vec<Arc<str>>,
}

/// What a heartbeat has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Beat {
    /// The worker was missing.
    pub(crate) is_back: bool,
    /// Its CPU is the limit, for the first time.
    pub(crate) is_hot: bool,
    /// It says for the first time since it came, or came back, that users run.
    pub(crate) brings_users: bool,
}

/// What stays of a worker that is no longer listed.
#[derive(Debug)]
struct Known {
    index: u64,
    is_ours: bool,
    /// Its users have stopped, and it has not yet said that it is ready again.
    is_resting: bool,
    network_errors: Option<u64>,
    zone: Option<Arc<str>>,
}

/// All workers, in the order in which they came.
#[derive(Debug, Default)]
pub struct Peers {
    all: Vec<Peer>,
    places: HashMap<Arc<str>, usize>,
    /// All workers that ever joined.
    known: HashMap<Arc<str>, Known>,
    active: usize,
    user_count: u64,
}

impl Peers {
    /// A worker wants to take part, be it for the first time or again: it is ready, without users.
    pub(crate) fn join(&mut self, id: &Arc<str>, is_ours: bool) -> &Peer {
        let next_index = self.known.len() as u64;
        let known = self.known.entry(Arc::clone(id)).or_insert(Known {
            index: next_index,
            is_ours,
            is_resting: false,
            network_errors: None,
            zone: None,
        });
        known.is_ours = is_ours;
        known.is_resting = false;
        let peer = Peer {
            id: Arc::clone(id),
            index: known.index,
            state: State::Ready,
            liveness: HEARTBEAT_LIVENESS,
            cpu_usage: 0.0,
            cpu_warning_emitted: false,
            memory_usage: 0,
            user_classes_count: Vec::new(),
            is_ours,
            version: None,
            lag_ms: None,
            network_errors: known.network_errors,
            zone: known.zone.clone(),
            user_count: 0,
            has_beaten: false,
            lags: VecDeque::new(),
            spawn_timestamp: f64::NEG_INFINITY,
            told_at: Duration::ZERO,
        };
        self.active += 1;
        let place = if let Some(&place) = self.places.get(id) {
            self.discount(place);
            self.all[place] = peer;
            place
        } else {
            self.places.insert(Arc::clone(id), self.all.len());
            self.all.push(peer);
            self.all.len() - 1
        };
        &self.all[place]
    }

    /// Takes what a worker has added out of the sums.
    fn discount(&mut self, place: usize) {
        let peer = &self.all[place];
        self.user_count -= peer.user_count;
        self.active -= usize::from(peer.state.can_take_users());
    }

    /// A worker has left.
    pub(crate) fn remove(&mut self, id: &str) -> Option<Peer> {
        let place = self.places.remove(id)?;
        self.discount(place);
        let gone = self.all.remove(place);
        for other in self.places.values_mut().filter(|other| **other > place) {
            *other -= 1;
        }
        Some(gone)
    }

    /// A worker that has left says, or has yet to say, that it is ready again.
    pub(crate) fn set_resting(&mut self, id: &str, is_resting: bool) {
        if let Some(known) = self.known.get_mut(id) {
            known.is_resting = is_resting;
        }
    }

    /// Workers that are not listed and will be ready again.
    pub(crate) fn resting(&self) -> impl Iterator<Item = &Arc<str>> {
        let resting = self.known.iter().filter(|(_, known)| known.is_resting);
        resting.map(|(id, _)| id)
    }

    pub(crate) fn set_state(&mut self, id: &str, state: State) {
        let Some(&place) = self.places.get(id) else {
            return;
        };
        let peer = &mut self.all[place];
        self.active -= usize::from(peer.state.can_take_users());
        peer.state = state;
        self.active += usize::from(state.can_take_users());
    }

    pub(crate) fn set_users(&mut self, id: &str, counts: Vec<(String, u64)>) {
        let Some(&place) = self.places.get(id) else {
            return;
        };
        let peer = &mut self.all[place];
        self.user_count -= peer.user_count;
        peer.user_count = counts.iter().map(|(_, count)| count).sum();
        peer.user_classes_count = counts;
        self.user_count += peer.user_count;
    }

    /// A sign of life. `None` if the worker is unknown.
    pub(crate) fn beat(&mut self, id: &str, heartbeat: &Heartbeat) -> Option<Beat> {
        let place = *self.places.get(id)?;
        let is_back = self.all[place].state == State::Missing;
        // A word that is no state, as another client may have its own, leaves a known one in place.
        let said = State::from_word(&heartbeat.state).filter(|state| *state != State::Missing);
        let state = said.or(is_back.then_some(State::Ready));
        if let Some(state) = state {
            self.set_state(id, state);
        }
        let peer = &mut self.all[place];
        peer.liveness = HEARTBEAT_LIVENESS;
        if let Some(usage) = heartbeat.current_cpu_usage {
            peer.cpu_usage = usage.as_f64();
        }
        if let Some(usage) = heartbeat.current_memory_usage {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "saturates"
            )]
            let bytes = usage.as_f64() as u64;
            peer.memory_usage = bytes;
        }
        let is_hot = peer.is_hot() && !peer.cpu_warning_emitted;
        peer.cpu_warning_emitted |= is_hot;
        let is_first = is_back || !peer.has_beaten;
        peer.has_beaten = true;
        Some(Beat {
            is_back,
            is_hot,
            brings_users: is_first && peer.state.is_active(),
        })
    }

    /// How busy the missing workers were when they were heard of last; `None` if none ever said.
    pub(crate) fn last_readings(&self) -> Option<String> {
        let missing = self.all.iter().filter(|peer| peer.state == State::Missing);
        let readings = missing.filter(|peer| peer.has_beaten && peer.cpu_usage > 0.0);
        let (least, most) = readings.map(|peer| peer.cpu_usage).fold(
            None,
            |range: Option<(f64, f64)>, usage| {
                let (least, most) = range.unwrap_or((usage, usage));
                Some((least.min(usage), most.max(usage)))
            },
        )?;
        let range = match (format!("{least:.0}"), format!("{most:.0}")) {
            (least, most) if least == most => least,
            (least, most) => format!("{least}–{most}"),
        };
        let cause = if least > CPU_WARNING_THRESHOLD {
            ": the workers were probably overloaded"
        } else {
            ""
        };
        Some(format!("last CPU readings were {range} %{cause}"))
    }

    /// A second has passed: all counts go down by one.
    pub(crate) fn count_down(&mut self) -> Silent {
        let mut silent = Silent::default();
        for peer in &mut self.all {
            if peer.liveness < 0 && peer.state != State::Missing {
                silent.missing.push((Arc::clone(&peer.id), peer.user_count));
            }
            peer.liveness -= 1;
            if peer.liveness <= HEARTBEAT_DEAD_INTERNAL {
                silent.dead.push(Arc::clone(&peer.id));
            }
        }
        for (id, _) in &silent.missing {
            self.set_state(id, State::Missing);
            self.set_users(id, Vec::new());
        }
        silent
    }

    /// A worker is told to do something: to run users, as of this timestamp, or none.
    pub(crate) fn told(&mut self, id: &str, now: Duration, spawn_timestamp: Option<f64>) {
        if let Some(&place) = self.places.get(id) {
            let peer = &mut self.all[place];
            peer.told_at = now;
            peer.spawn_timestamp = spawn_timestamp.unwrap_or(peer.spawn_timestamp);
        }
    }

    /// A worker says what runs there.
    pub(crate) fn set_version(&mut self, id: &str, version: Option<String>) {
        if let Some(&place) = self.places.get(id) {
            self.all[place].version = version.map(Arc::from);
        }
    }

    /// A worker says how late its users were woken, and where it stands.
    pub(crate) fn set_pulse(&mut self, id: &str, pulse: &Pulse) {
        if let Some(&place) = self.places.get(id) {
            let peer = &mut self.all[place];
            peer.lag_ms = pulse.lag_ms;
            if peer.zone.as_deref() != pulse.zone.as_deref() {
                peer.zone = pulse.zone.as_deref().map(Arc::from);
                if let Some(known) = self.known.get_mut(id) {
                    known.zone.clone_from(&peer.zone);
                }
            }
        }
    }

    /// A worker says how many of its requests of this run had no whole answer.
    pub(crate) fn set_network_errors(&mut self, id: &str, network_errors: Option<u64>) {
        if let Some(&place) = self.places.get(id) {
            self.all[place].network_errors = network_errors;
        }
        if let Some(known) = self.known.get_mut(id) {
            known.network_errors = network_errors;
        }
    }

    /// A run begins, in which nobody has counted anything yet.
    pub(crate) fn forget_network_errors(&mut self) {
        for peer in &mut self.all {
            peer.network_errors = None;
        }
        for known in self.known.values_mut() {
            known.network_errors = None;
        }
    }

    /// A heartbeat has come so many seconds after it was sent, by the two clocks.
    pub(crate) fn compare_clocks(&mut self, id: &str, lag: f64) {
        if let Some(&place) = self.places.get(id) {
            let lags = &mut self.all[place].lags;
            if lags.len() == LAGS {
                lags.pop_front();
            }
            lags.push_back(lag);
        }
    }

    /// A worker by its id.
    pub fn get(&self, id: &str) -> Option<&Peer> {
        self.places.get(id).map(|&place| &self.all[place])
    }

    /// All workers, missing ones included.
    pub fn iter(&self) -> impl Iterator<Item = &Peer> {
        self.all.iter()
    }

    /// Workers that can be given users.
    pub fn active(&self) -> impl Iterator<Item = &Peer> {
        self.iter().filter(|peer| peer.state.can_take_users())
    }

    /// How many workers can be given users.
    pub fn active_count(&self) -> usize {
        self.active
    }

    /// How many workers are known, missing ones included.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether no worker is known.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Users of all workers, as these have reported them.
    pub fn user_count(&self) -> u64 {
        self.user_count
    }

    /// The same for each class, by name.
    pub fn user_classes_count(&self) -> BTreeMap<&str, u64> {
        let mut sums = BTreeMap::new();
        for (class, count) in self.iter().flat_map(|peer| &peer.user_classes_count) {
            *sums.entry(class.as_str()).or_insert(0) += count;
        }
        sums
    }

    /// Number of a worker that is or was known.
    pub fn index(&self, id: &str) -> Option<u64> {
        self.known.get(id).map(|known| known.index)
    }

    /// Whether a worker that is or was known is one of ours.
    pub fn was_ours(&self, id: &str) -> bool {
        self.known.get(id).is_some_and(|known| known.is_ours)
    }
}
