//! The present run as viewers know it, and the last seconds of the stream.

use std::collections::VecDeque;
use std::sync::Arc;

use gregaria_stats::MarkerKind;

use crate::model::{
    Alert, AlertKind, Cloud, EntryDetail, EntryFolders, EntryTrends, EntryWindow, FailureCourses,
    GroupWindow, LogLine, Mark, Phase, Series, Snapshot, State, Tick, Topic, WorkerDetail,
    WorkersCourse,
};
use crate::seam::View;

use super::drift::recent_p95;
use super::run::Run;
use super::state::{lasts, state_of};
use super::workers::Crew;
use super::{FoldersBy, Slot, Topics, courses, failures, figures, workers};

/// Seconds that a viewer may have missed and still get them one by one.
pub const KEPT_SLOTS: usize = 120;

/// Lines of the log in a whole picture, and most of one second.
pub(super) const LOG_LINES: usize = 2000;

/// CPU in percent from which the load generator itself is the limit.
const OVERLOAD_PERCENT: f64 = 90.0;

/// What viewers know.
#[derive(Debug)]
pub struct Board {
    seq: u64,
    view: Option<Arc<View>>,
    state: Option<State>,
    cloud: Option<Cloud>,
    /// Whether viewers lack what is known of the cloud.
    is_cloud_new: bool,
    run: Run,
    crew: Crew,
    slots: VecDeque<Arc<Slot>>,
    alerts: Vec<Alert>,
    next_alert: u64,
    log_seq: u64,
    storage_problem: Option<String>,
    /// Marks that came since the last second.
    pending_marks: Vec<Mark>,
}

impl Board {
    /// Nothing is known yet. Numbers of seconds go on from `first_seq`.
    ///
    /// With the present time as the first number, those of an earlier process are never taken for
    /// ones of this: a second has passed for each.
    pub fn new(first_seq: u64, now: f64) -> Self {
        Self {
            seq: first_seq,
            view: None,
            state: None,
            cloud: None,
            is_cloud_new: false,
            run: Run::new(None, now, false),
            crew: Crew::default(),
            slots: VecDeque::new(),
            alerts: Vec::new(),
            next_alert: 0,
            log_seq: 0,
            storage_problem: None,
            pending_marks: Vec::new(),
        }
    }

    /// Whether this view is newer than what it shows.
    pub fn lacks(&self, view: &Arc<View>) -> bool {
        self.view
            .as_ref()
            .is_none_or(|shown| !Arc::ptr_eq(shown, view))
    }

    /// Takes in how it is, and the lines of the log from [`Self::log_seq`] on; returns what is new.
    pub fn advance(&mut self, view: &Arc<View>, log: Vec<LogLine>) -> Arc<Slot> {
        let now = view.figures.time;
        let number = view.status.run.as_ref().map(|run| run.number);
        let begins = number != self.run.number;
        if begins {
            self.run = Run::new(number, run_start(view), view.workers.is_some());
            self.crew.begin_run();
        }
        let lasts = lasts(view);
        self.seq += 1;
        let known_names = self.run.table.names.len();
        let entries = self.run.table.advance(&view.figures, lasts);
        let (failures, exceptions, rates) = self.run.groups.advance(&view.figures);
        let (workers, worker_names) = match &view.workers {
            None => Default::default(),
            Some(workers) => self.crew.advance(now, workers, lasts),
        };
        let points = self
            .run
            .points(&view.figures, view.status.user_count, lasts);
        let failure_rates = if points.is_empty() {
            Vec::new()
        } else {
            failures::kind_rates(&rates)
        };
        let target = view.status.target_users;
        let series = self.run.course.push(&points, target, &rates);
        let table = &self.run.table;
        let column = self
            .run
            .buckets
            .advance(&view.figures, &table.names, !lasts);
        if column.is_some() {
            let recent = recent_p95(self.run.buckets.all(), view.figures.total.start_time);
            self.run.table.set_recent_p95(recent);
        }
        self.run.peak_users = self.run.peak_users.max(view.status.user_count);
        let mut slot = Slot::new(Tick {
            seq: self.seq,
            now,
            overview: Some(figures::overview(
                &view.figures,
                view.status.user_count,
                lasts,
            )),
            series,
            heat: column.into_iter().collect(),
            names: self.run.table.names.from(known_names),
            entries: (!entries.index.is_empty()).then_some(entries),
            worker_names,
            workers: (!workers.index.is_empty()).then_some(workers),
            failures,
            exceptions,
            failure_rates,
        });
        let marks = self.run.marks.advance(&view.figures);
        slot.begins = begins || marks.is_none();
        let state = state_of(view, self.run.peak_users);
        slot.alerts = self.watch(now, &state, view);
        if self.state.as_ref() != Some(&state) {
            self.state = Some(state.clone());
            slot.state = Some(state);
        }
        if std::mem::take(&mut self.is_cloud_new) {
            slot.cloud.clone_from(&self.cloud);
        }
        slot.marks = marks.unwrap_or_default();
        slot.marks.append(&mut self.pending_marks);
        self.log_seq = log.last().map_or(self.log_seq, |line| line.seq + 1);
        slot.log = log;
        self.view = Some(Arc::clone(view));
        let slot = Arc::new(slot);
        if self.slots.len() == KEPT_SLOTS {
            self.slots.pop_front();
        }
        self.slots.push_back(Arc::clone(&slot));
        slot
    }

    /// Takes in what is known of the machines in the cloud, to be told with the next second.
    pub fn set_cloud(&mut self, cloud: Cloud) {
        if self.cloud.as_ref() != Some(&cloud) {
            self.cloud = Some(cloud);
            self.is_cloud_new = true;
        }
    }

    /// What is known of the machines; `None` where there is no cloud.
    pub fn cloud(&self) -> Option<&Cloud> {
        self.cloud.as_ref()
    }

    /// Alerts that came up, changed or are over.
    fn watch(&mut self, now: f64, state: &State, view: &View) -> Vec<Alert> {
        let is_on = matches!(state.phase, Phase::Starting | Phase::Running);
        let counts = state.workers.clone().unwrap_or_default();
        let all = counts.active + counts.missing;
        let lost = (is_on && counts.missing > 0 && counts.active > 0).then(|| {
            let users = users_of_lost(view);
            format!("{} of {all} workers are lost{users}", counts.missing)
        });
        let all_lost = (is_on && counts.missing > 0 && counts.active == 0)
            .then(|| format!("all {all} workers are lost"));
        let hot: Vec<f64> = match &view.workers {
            None => vec![view.status.cpu_percent],
            Some(workers) => workers.iter().filter_map(workers::cpu_of).collect(),
        };
        let hot = hot.iter().filter(|cpu| **cpu > OVERLOAD_PERCENT).count();
        let overloaded = (is_on && hot > 0).then(|| match &view.workers {
            None => "the load generator uses more than 90 % of a core: response times include \
                     waiting inside it"
                .to_owned(),
            Some(_) => format!(
                "{hot} of {all} workers use more than 90 % of a core: response times include \
                 waiting inside them"
            ),
        });
        let folded = view.figures.notices.first().cloned();
        let now_up = [
            (AlertKind::WorkersLost, lost),
            (AlertKind::AllWorkersLost, all_lost),
            (AlertKind::Overloaded, overloaded),
            (AlertKind::Folded, folded),
            (AlertKind::Storage, self.storage_problem.clone()),
        ];
        let mut changed = Vec::new();
        for (kind, text) in now_up {
            let place = self.alerts.iter().position(|alert| alert.kind == kind);
            match (place, text) {
                (None, None) => {}
                (None, Some(text)) => {
                    let alert = Alert {
                        id: self.next_alert,
                        since: now,
                        kind,
                        text,
                        is_over: false,
                    };
                    self.next_alert += 1;
                    self.alerts.push(alert.clone());
                    changed.push(alert);
                }
                (Some(place), Some(text)) => {
                    if self.alerts[place].text != text {
                        self.alerts[place].text = text;
                        changed.push(self.alerts[place].clone());
                    }
                }
                (Some(place), None) => {
                    let mut alert = self.alerts.remove(place);
                    alert.is_over = true;
                    changed.push(alert);
                }
            }
        }
        changed
    }

    /// `seq` of the last second.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// The state; `None` before the first view.
    pub fn state(&self) -> Option<&State> {
        self.state.as_ref()
    }

    /// What was published last.
    pub fn view(&self) -> Option<&Arc<View>> {
        self.view.as_ref()
    }

    /// Number of the run that lasts, or the last one.
    pub fn run(&self) -> Option<u64> {
        self.run.number
    }

    /// The seconds after this one; `None` if some of them are not kept, or a run began in one.
    pub fn since(&self, seq: u64) -> Option<Vec<Arc<Slot>>> {
        let first = self.slots.front()?.seq();
        if seq + 1 < first || seq > self.seq {
            return None;
        }
        let missed: Vec<_> = self
            .slots
            .iter()
            .filter(|slot| slot.seq() > seq)
            .cloned()
            .collect();
        let begins = missed.iter().any(|slot| slot.begins);
        (!begins).then_some(missed)
    }

    /// Number of the line of the log that the next second begins with.
    pub fn log_seq(&self) -> u64 {
        self.log_seq
    }

    /// The whole picture, with these lines of the log as far as they are not of a later second; `None`
    /// before the first view.
    pub fn snapshot(&self, topics: Topics, mut log: Vec<LogLine>) -> Option<Snapshot> {
        let view = self.view.as_ref()?;
        let lasts = lasts(view);
        log.retain(|line| line.seq < self.log_seq);
        let has = |topic| topics.has(topic);
        let (failures, exceptions) = self.run.groups.all();
        let (workers, worker_names) = self.crew.all(view.figures.time);
        let is_distributed = view.workers.is_some();
        let users = view.status.user_count;
        Some(Snapshot {
            seq: self.seq,
            now: view.figures.time,
            run: self.run.number,
            state: self.state.clone()?,
            overview: has(Topic::Overview).then(|| figures::overview(&view.figures, users, lasts)),
            series: has(Topic::Overview).then(|| self.series(0.0, f64::INFINITY, 1000)),
            heat: has(Topic::Overview).then(|| self.run.heat(0)),
            marks: self.run.marks.all(),
            alerts: self.alerts.clone(),
            names: has(Topic::Entries).then(|| self.run.table.names.from(0)),
            entries: has(Topic::Entries).then(|| self.run.table.all(&view.figures, lasts)),
            worker_names: (has(Topic::Workers) && is_distributed).then_some(worker_names),
            workers: (has(Topic::Workers) && is_distributed).then_some(workers),
            failures: has(Topic::Failures).then_some(failures),
            exceptions: has(Topic::Failures).then_some(exceptions),
            log: has(Topic::Log).then_some(log),
        })
    }

    /// The lines of the charts.
    pub fn series(&self, from: f64, to: f64, points: usize) -> Series {
        self.run.course.series(from, to, points)
    }

    /// The lines of one entry.
    pub fn entry_series(&self, index: u32, from: f64, to: f64) -> Option<Series> {
        self.run.entry_series(index, from, to)
    }

    /// All about one entry.
    pub fn entry(&self, index: u32) -> Option<EntryDetail> {
        self.run.entry(self.view.as_ref()?, index)
    }

    /// Short lines of some entries.
    pub fn trends(&self, indexes: &[u32]) -> EntryTrends {
        self.run.trends(indexes)
    }

    /// The table between two moments.
    pub fn window(&self, from: f64, to: f64) -> Option<EntryWindow> {
        self.run.window(from, to)
    }

    /// Figures of entries in folders, of the whole run or between two moments.
    pub fn folders(&self, by: FoldersBy, stretch: Option<(f64, f64)>) -> Option<EntryFolders> {
        match stretch {
            None => Some(self.run.folders(self.view.as_ref()?, by)),
            Some((from, to)) => self.run.folders_window(self.view.as_deref(), by, from, to),
        }
    }

    /// Short lines of some failures and exceptions.
    pub fn failure_courses(
        &self,
        failures: &[usize],
        exceptions: &[usize],
    ) -> Option<FailureCourses> {
        let figures = &self.view.as_ref()?.figures;
        let buckets = self.run.buckets.all();
        Some(courses::last_of(buckets, figures, failures, exceptions))
    }

    /// Failures and errors between two moments.
    pub fn group_window(&self, from: f64, to: f64) -> Option<GroupWindow> {
        self.run.group_window(from, to)
    }

    /// How busy all workers were, over time.
    pub fn workers_course(&self) -> WorkersCourse {
        self.crew.course()
    }

    /// All about one worker, its log left out.
    pub fn worker(&self, index: u64) -> Option<WorkerDetail> {
        self.crew.detail(index)
    }

    /// Keeps a note; `false` if there are too many.
    pub fn note(&mut self, time: f64, text: &str, by: Option<&str>) -> bool {
        let mark = self.run.marks.note(time, text, by);
        self.pending_marks.extend(mark.clone());
        mark.is_some()
    }

    /// Somebody asks for so many users.
    pub fn ordered(&mut self, time: f64, users: u64, by: &str) {
        self.run.marks.ordered(time, users, by);
    }

    /// Takes in why the present run cannot be kept; `None` if it can.
    pub fn set_storage_problem(&mut self, problem: Option<String>) {
        self.storage_problem = problem;
    }

    /// Most users of this run.
    pub fn peak_users(&self) -> u64 {
        self.run.peak_users
    }
}

/// What has become of the users of the workers that were lost last, as the rest of a sentence.
fn users_of_lost(view: &View) -> String {
    let markers = view.figures.markers.as_slice().iter().rev();
    for marker in markers {
        match marker.kind {
            MarkerKind::WorkersLost { .. } => break,
            MarkerKind::UsersMoved {
                user_count,
                seconds,
            } => return format!(". {user_count} users moved in {seconds:.0} s"),
            MarkerKind::UsersMissing { user_count, of } if of > 0 => {
                let percent = 100.0 * user_count as f64 / of as f64;
                return format!(". {user_count} users are missing: the load is {percent:.1} % low");
            }
            _ => {}
        }
    }
    String::new()
}

fn run_start(view: &View) -> f64 {
    let run = view.status.run.as_ref();
    run.map_or(view.figures.time, |run| run.started_at)
}
