//! One second of the stream: what is new, encoded once for each set of topics.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

use crate::model::{Alert, Cloud, Event, LogLine, Mark, State, Tick, Topic};

use super::{Encoded, Topics};

/// What is new in one second.
#[derive(Debug)]
pub struct Slot {
    /// With all topics.
    pub(super) tick: Tick,
    /// The state, if it has changed.
    pub(super) state: Option<State>,
    /// What is known of the machines, if that has changed.
    pub(super) cloud: Option<Cloud>,
    pub(super) alerts: Vec<Alert>,
    pub(super) marks: Vec<Mark>,
    pub(super) log: Vec<LogLine>,
    /// A run has begun, or its figures began again: viewers need the whole picture.
    pub(super) begins: bool,
    encoded: Mutex<HashMap<Topics, Arc<Encoded>>>,
}

impl Slot {
    pub(super) fn new(tick: Tick) -> Self {
        Self {
            tick,
            state: None,
            cloud: None,
            alerts: Vec::new(),
            marks: Vec::new(),
            log: Vec::new(),
            begins: false,
            encoded: Mutex::default(),
        }
    }

    /// Its number.
    pub fn seq(&self) -> u64 {
        self.tick.seq
    }

    /// Whether a viewer needs the whole picture in its place.
    pub fn begins(&self) -> bool {
        self.begins
    }

    /// The text of the stream for these topics.
    pub fn encoded(&self, topics: Topics) -> Arc<Encoded> {
        let mut encoded = self.encoded.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = encoded.entry(topics);
        Arc::clone(entry.or_insert_with(|| {
            let mut text = String::new();
            for event in self.events(topics) {
                write(&mut text, &event, Some(self.seq()));
            }
            Arc::new(Encoded::new(text))
        }))
    }

    /// The events for these topics.
    pub fn events(&self, topics: Topics) -> Vec<Event> {
        let mut events = Vec::new();
        let state = self.state.iter().cloned();
        events.extend(state.map(|state| Event::State(Box::new(state))));
        let cloud = self.cloud.iter().cloned();
        events.extend(cloud.map(|cloud| Event::Cloud(Box::new(cloud))));
        events.extend(self.alerts.iter().cloned().map(Event::Alert));
        events.extend(self.marks.iter().cloned().map(Event::Mark));
        if topics.has(Topic::Log) && !self.log.is_empty() {
            events.push(Event::Log(self.log.clone()));
        }
        events.push(Event::Tick(Box::new(of_topics(&self.tick, topics))));
        events
    }
}

/// The parts of a tick that belong to these topics.
fn of_topics(tick: &Tick, topics: Topics) -> Tick {
    let mut part = Tick {
        seq: tick.seq,
        now: tick.now,
        overview: None,
        series: None,
        heat: Vec::new(),
        names: Vec::new(),
        entries: None,
        worker_names: Vec::new(),
        workers: None,
        failures: Vec::new(),
        exceptions: Vec::new(),
        failure_rates: Vec::new(),
    };
    if topics.has(Topic::Overview) {
        part.overview.clone_from(&tick.overview);
        part.series.clone_from(&tick.series);
        part.heat.clone_from(&tick.heat);
        part.failure_rates.clone_from(&tick.failure_rates);
    }
    if topics.has(Topic::Entries) {
        part.names.clone_from(&tick.names);
        part.entries.clone_from(&tick.entries);
    }
    if topics.has(Topic::Workers) {
        part.worker_names.clone_from(&tick.worker_names);
        part.workers.clone_from(&tick.workers);
    }
    if topics.has(Topic::Failures) {
        part.failures.clone_from(&tick.failures);
        part.exceptions.clone_from(&tick.exceptions);
    }
    part
}

/// An event as the stream has it.
pub(crate) fn write(text: &mut String, event: &Event, seq: Option<u64>) {
    let (name, data) = match event {
        Event::Hello(data) => ("hello", json(data)),
        Event::Snapshot(data) => ("snapshot", json(data)),
        Event::Tick(data) => ("tick", json(data)),
        Event::State(data) => ("state", json(data)),
        Event::Cloud(data) => ("cloud", json(data)),
        Event::Alert(data) => ("alert", json(data)),
        Event::Mark(data) => ("mark", json(data)),
        Event::Log(data) => ("log", json(data)),
        Event::Bye(data) => ("bye", json(data)),
    };
    if let Some(seq) = seq {
        writeln!(text, "id: {seq}").expect("writing to a String does not fail");
    }
    // JSON has no line breaks outside of strings, and none inside.
    write!(text, "event: {name}\ndata: {data}\n\n").expect("writing to a String does not fail");
}

fn json(data: &impl Serialize) -> String {
    serde_json::to_string(data).expect("columns, texts and finite numbers are JSON")
}
