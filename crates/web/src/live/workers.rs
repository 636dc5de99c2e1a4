//! The table of workers, and the course of each.

use std::collections::{BTreeMap, VecDeque};

use gregaria_runner::State;

use crate::model::{
    WorkerColumns, WorkerCounts, WorkerDetail, WorkerName, WorkerState, WorkersCourse,
};
use crate::picture::{CrewCourse, WorkerReading, machine_of};
use crate::seam::Worker;

/// Seconds between two points of a worker's chart.
const STEP_SECONDS: f64 = 5.0;
/// Points kept of each: an hour.
const MAX_POINTS: usize = 720;

#[derive(Debug)]
struct Row {
    worker: Worker,
    is_gone: bool,
    cpu_peak: Option<f64>,
    course: VecDeque<Point>,
}

/// How a worker was at a moment.
#[derive(Debug)]
struct Point {
    time: f64,
    cpu_percent: Option<f64>,
    lag_ms: Option<f64>,
}

/// All workers that were seen in the life of the master.
#[derive(Debug, Default)]
pub(super) struct Crew {
    rows: BTreeMap<u64, Row>,
    last_point: f64,
    /// All of them together, in the present run.
    course: CrewCourse,
}

impl Crew {
    /// Takes in how the workers are, and returns rows that have changed, and names that are new. While
    /// a run lasts, its course goes on.
    pub(super) fn advance(
        &mut self,
        now: f64,
        workers: &[Worker],
        lasts: bool,
    ) -> (WorkerColumns, Vec<WorkerName>) {
        let mut columns = WorkerColumns::default();
        let mut names = Vec::new();
        if lasts {
            self.course.advance(now, workers.iter().filter_map(reading));
        }
        let takes_point = now - self.last_point >= STEP_SECONDS;
        if takes_point {
            self.last_point = now;
        }
        for (index, row) in &mut self.rows {
            let is_gone = !workers.iter().any(|worker| worker.index == *index);
            if is_gone && !row.is_gone {
                row.is_gone = true;
                push(&mut columns, row, now);
            }
        }
        for worker in workers {
            let is_new = !self.rows.contains_key(&worker.index);
            let row = self.rows.entry(worker.index).or_insert_with(|| Row {
                worker: worker.clone(),
                is_gone: false,
                cpu_peak: None,
                course: VecDeque::new(),
            });
            // A worker says where it stands only after it has joined.
            if is_new || row.worker.zone != worker.zone {
                names.push(name_of(worker));
            }
            let cpu = cpu_of(worker);
            if takes_point {
                if row.course.len() == MAX_POINTS {
                    row.course.pop_front();
                }
                row.course.push_back(Point {
                    time: now,
                    cpu_percent: cpu,
                    lag_ms: lag_of(worker),
                });
            }
            if let Some(cpu) = cpu {
                row.cpu_peak = Some(row.cpu_peak.unwrap_or(0.0).max(cpu));
            }
            let is_shown = !is_new && !row.is_gone && row.worker == *worker;
            row.is_gone = false;
            row.worker = worker.clone();
            if !is_shown {
                push(&mut columns, row, now);
            }
        }
        (columns, names)
    }

    /// A run begins: peaks are those of a run.
    pub(super) fn begin_run(&mut self) {
        self.course = CrewCourse::default();
        self.rows.retain(|_, row| !row.is_gone);
        for row in self.rows.values_mut() {
            row.cpu_peak = None;
        }
    }

    /// Every row.
    pub(super) fn all(&self, now: f64) -> (WorkerColumns, Vec<WorkerName>) {
        let mut columns = WorkerColumns::default();
        for row in self.rows.values() {
            push(&mut columns, row, now);
        }
        let names = self.rows.values().map(|row| name_of(&row.worker)).collect();
        (columns, names)
    }

    /// How busy they were in the present run, over time.
    pub(super) fn course(&self) -> WorkersCourse {
        self.course.columns()
    }

    /// All about one of them, its log left out.
    pub(super) fn detail(&self, index: u64) -> Option<WorkerDetail> {
        let row = self.rows.get(&index)?;
        Some(WorkerDetail {
            name: name_of(&row.worker),
            step_seconds: STEP_SECONDS,
            time: row.course.iter().map(|point| point.time).collect(),
            cpu_percent: row.course.iter().map(|point| point.cpu_percent).collect(),
            lag_ms: row.course.iter().map(|point| point.lag_ms).collect(),
            log: Vec::new(),
        })
    }
}

/// How many there are.
pub(super) fn counts(workers: &[Worker], expected: Option<u64>) -> WorkerCounts {
    let count = |wanted: fn(State) -> bool| {
        workers.iter().filter(|worker| wanted(worker.state)).count() as u64
    };
    WorkerCounts {
        active: count(State::can_take_users),
        missing: count(|state| state == State::Missing),
        expected,
    }
}

/// How a worker is; `None` of a silent one.
fn reading(worker: &Worker) -> Option<WorkerReading> {
    let cpu_percent = cpu_of(worker)?;
    let lag_ms = worker.lag_ms;
    Some(WorkerReading {
        cpu_percent,
        lag_ms,
    })
}

/// How busy a worker is, in percent of a core; `None` of one that is silent.
pub(super) fn cpu_of(worker: &Worker) -> Option<f64> {
    (worker.state != State::Missing).then_some(worker.cpu_percent)
}

fn lag_of(worker: &Worker) -> Option<f64> {
    worker.lag_ms.filter(|_| worker.state != State::Missing)
}

fn name_of(worker: &Worker) -> WorkerName {
    WorkerName {
        index: u32::try_from(worker.index).unwrap_or(u32::MAX),
        id: worker.id.to_string(),
        host: machine_of(&worker.id).map(str::to_owned),
        zone: worker.zone.as_deref().map(str::to_owned),
        version: worker.version.as_deref().map(str::to_owned),
        is_gregaria: worker.is_gregaria,
    }
}

fn push(columns: &mut WorkerColumns, row: &Row, now: f64) {
    let worker = &row.worker;
    let speaks = !row.is_gone && worker.state != State::Missing;
    let state = match worker.state {
        _ if row.is_gone => WorkerState::Gone,
        State::Ready => WorkerState::Ready,
        State::Spawning => WorkerState::Spawning,
        State::Running => WorkerState::Running,
        State::Cleanup => WorkerState::Cleanup,
        State::Stopping => WorkerState::Stopping,
        State::Stopped => WorkerState::Stopped,
        State::Missing => WorkerState::Missing,
    };
    columns
        .index
        .push(u32::try_from(worker.index).unwrap_or(u32::MAX));
    columns.state.push(state);
    columns
        .users
        .push(if row.is_gone { 0 } else { worker.user_count });
    columns
        .cpu_percent
        .push(speaks.then_some(worker.cpu_percent));
    columns.cpu_peak_percent.push(row.cpu_peak);
    columns
        .memory_bytes
        .push(speaks.then_some(worker.memory_bytes));
    columns.lag_ms.push(worker.lag_ms.filter(|_| speaks));
    columns.network_errors.push(worker.network_errors);
    let offset = worker.clock_offset_seconds * 1000.0;
    columns
        .clock_offset_ms
        .push(speaks.then_some(offset.round()));
    let silent = worker.silent_seconds as f64;
    columns
        .last_seen
        .push((!row.is_gone).then(|| (now - silent).round()));
}
