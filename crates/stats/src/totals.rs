//! Everything counted since the start of a run: reports added up.
//!
//! Entries are shared with the snapshots made of them and copied only when they change while a
//! snapshot holds them, so a snapshot of 10,000 names costs as many pointers.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::history::CHART_PERCENTILES;
use crate::rate::second_of;
use crate::table::Table;
use crate::{
    Entry, Exception, Failure, Histogram, History, HistoryPoint, Key, Marker, MarkerKind, Markers,
    OTHER_FAILURES, OTHER_NAMES, Report, Settings, Snapshot, Window,
};

/// Seconds over which the percentiles of a [`HistoryPoint`] are taken.
const CHART_SECONDS: u64 = 10;

/// Bytes of the bodies of responses that are kept at most, in all entries; those of the total are
/// among them, or no more than a few.
const MAX_BODY_BYTES: usize = 32 << 20;

/// The read side: adds up reports, of this process or of workers.
#[derive(Debug)]
pub struct Totals {
    settings: Settings,
    total: Arc<Entry>,
    entries: Table<Arc<Entry>>,
    failures: Table<Arc<Failure>>,
    exceptions: Table<Arc<Exception>>,
    aborted: u64,
    /// Some of those that have counted do not tell what was cut off.
    lacks_aborted: bool,
    history: Arc<History>,
    markers: Arc<Markers>,
    /// Response times of all requests in each of the last seconds, oldest first.
    last_seconds: VecDeque<(u64, Histogram)>,
    /// Bytes of the bodies in the entries.
    body_bytes: usize,
}

/// When a report's moment is remembered for the current percentiles.
#[derive(Clone, Copy)]
enum Moment {
    /// Before the first request of a later second, as Locust does where it counts itself.
    Before,
    /// After a report with a later second, as Locust does where it adds reports up.
    After,
}

impl Totals {
    /// Nothing counted, from `now` on.
    pub fn new(settings: Settings, now: f64) -> Self {
        Self {
            total: Arc::new(Entry::new(Key::total(), now, &settings)),
            settings,
            entries: Table::default(),
            failures: Table::default(),
            exceptions: Table::default(),
            aborted: 0,
            lacks_aborted: false,
            history: Arc::default(),
            markers: Arc::default(),
            last_seconds: VecDeque::new(),
            body_bytes: 0,
        }
    }

    /// Adds a report of this process's own recorder, as [`crate::Recorder::drain`] gives them.
    pub fn fold(&mut self, report: &Report) {
        self.add(report, Moment::Before);
    }

    /// Adds a report of a worker.
    pub fn merge(&mut self, report: &Report) {
        self.add(report, Moment::After);
    }

    fn add(&mut self, report: &Report, moment: Moment) {
        for entry in &report.entries {
            self.add_to_entry(entry, moment);
        }
        for failure in &report.failures {
            self.add_failure(failure);
        }
        for exception in &report.exceptions {
            self.add_exception(exception);
        }
        self.aborted += report.aborted;
        self.lacks_aborted |= report.lacks_aborted;
        if !report.entries.is_empty() {
            let total = report.total(self.total.start_time, &self.settings);
            self.remember(&total);
            add_entry(Arc::make_mut(&mut self.total), &total, moment);
        }
    }

    /// Adds to the entry of the same key; the bodies of responses only while there is room for them.
    fn add_to_entry(&mut self, more: &Entry, moment: Moment) {
        let place = self.place(&more.key, more.start_time);
        let entry = Arc::make_mut(self.entries.get_mut(place));
        if more.examples.is_empty() {
            add_entry(entry, more, moment);
            return;
        }
        let before = entry.examples.body_bytes();
        if self.body_bytes + more.examples.body_bytes() > MAX_BODY_BYTES {
            let more = Entry {
                examples: more.examples.without_bodies(),
                ..more.clone()
            };
            add_entry(entry, &more, moment);
        } else {
            add_entry(entry, more, moment);
        }
        self.body_bytes = self.body_bytes + entry.examples.body_bytes() - before;
    }

    /// Keeps the response times of the last seconds for the charts.
    fn remember(&mut self, total: &Entry) {
        let Some(second) = total.last_request.map(second_of) else {
            return;
        };
        match self.last_seconds.back_mut() {
            Some((last, histogram)) if *last >= second => histogram.merge(&total.histogram),
            _ => self
                .last_seconds
                .push_back((second, total.histogram.clone())),
        }
        while self
            .last_seconds
            .front()
            .is_some_and(|(old, _)| old + CHART_SECONDS < second)
        {
            self.last_seconds.pop_front();
        }
    }

    /// Takes everything that was counted, failures included, as a report of these statistics; entries
    /// stay, at zero from `now` on. Exceptions are left where they are.
    pub fn take_report(&mut self, now: f64) -> Report {
        let counted = |entry: &&Arc<Entry>| entry.requests > 0 || entry.failures > 0;
        let entries = self.entries.as_slice().iter().filter(counted);
        let failures = self.failures.as_slice().iter();
        let report = Report {
            entries: entries.map(|entry| Entry::clone(entry)).collect(),
            failures: failures.map(|failure| Failure::clone(failure)).collect(),
            exceptions: Vec::new(),
            aborted: self.aborted,
            lacks_aborted: self.lacks_aborted,
        };
        self.reset_all(now);
        report
    }

    /// How these statistics are kept.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Adds to the exceptions: one that a worker sent by itself, or those of a report.
    pub fn add_exception(&mut self, exception: &Exception) {
        if let Some(place) = self.exceptions.find_like(exception) {
            Arc::make_mut(self.exceptions.get_mut(place)).merge(exception);
        } else if self.exceptions.len() < self.settings.max_exceptions {
            self.exceptions.push(Arc::new(exception.clone()));
        }
    }

    fn add_failure(&mut self, failure: &Failure) {
        if let Some(place) = self.failures.find_like(failure) {
            Arc::make_mut(self.failures.get_mut(place)).merge(failure);
        } else if self.failures.len() < self.settings.max_failures {
            self.failures.push(Arc::new(failure.clone()));
        } else {
            let other = Failure {
                method: "".into(),
                name: OTHER_NAMES.into(),
                error: OTHER_FAILURES.into(),
                ..failure.clone()
            };
            if let Some(place) = self.failures.find_like(&other) {
                Arc::make_mut(self.failures.get_mut(place)).merge(&other);
            } else {
                self.failures.push(Arc::new(other));
            }
        }
    }

    /// Place of the entry with this key, which is made if it is new and there is room.
    fn place(&mut self, key: &Key, start_time: f64) -> usize {
        if let Some(place) = self.entries.find(&[&key.method, &key.name]) {
            return place;
        }
        let key = if self.entries.len() < self.settings.max_names {
            key.clone()
        } else if let Some(other) = self.entries.find(&["", OTHER_NAMES]) {
            return other;
        } else {
            Key::new("", OTHER_NAMES)
        };
        self.entries
            .push(Arc::new(Entry::new(key, start_time, &self.settings)))
    }

    /// The entry of one (method, name).
    pub fn entry(&self, method: &str, name: &str) -> Option<&Arc<Entry>> {
        self.entries
            .find(&[method, name])
            .map(|place| &self.entries.as_slice()[place])
    }

    /// The entry of one (method, name), which is made if it is not there, as Locust's `get` does.
    pub fn entry_or_new(&mut self, method: &str, name: &str, now: f64) -> Arc<Entry> {
        let place = self.place(&Key::new(method, name), now);
        Arc::clone(&self.entries.as_slice()[place])
    }

    /// Adds to one entry alone, which is made if it is not there, as Locust's `extend` does.
    pub fn extend_entry(&mut self, more: &Entry) {
        self.add_to_entry(more, Moment::After);
    }

    /// Adds to the total alone.
    pub fn extend_total(&mut self, more: &Entry) {
        add_entry(Arc::make_mut(&mut self.total), more, Moment::After);
    }

    /// Sets one entry to zero, if it is there.
    pub fn reset_entry(&mut self, method: &str, name: &str, now: f64) {
        if let Some(place) = self.entries.find(&[method, name]) {
            let entry = self.entries.get_mut(place);
            self.body_bytes -= entry.examples.body_bytes();
            *entry = Arc::new(Entry::new(entry.key.clone(), now, &self.settings));
        }
    }

    /// Sets the total to zero.
    pub fn reset_total(&mut self, now: f64) {
        self.total = Arc::new(Entry::new(Key::total(), now, &self.settings));
    }

    /// All requests together.
    pub fn total(&self) -> &Arc<Entry> {
        &self.total
    }

    /// Entries in the order in which they were seen first.
    pub fn entries(&self) -> &[Arc<Entry>] {
        self.entries.as_slice()
    }

    /// Failures in the order in which they were seen first.
    pub fn failures(&self) -> &[Arc<Failure>] {
        self.failures.as_slice()
    }

    /// Exceptions in the order in which they were seen first.
    pub fn exceptions(&self) -> &[Arc<Exception>] {
        self.exceptions.as_slice()
    }

    /// Requests that were cut off unanswered, and are in no entry; `None` if some of those that have
    /// counted do not tell.
    pub fn aborted(&self) -> Option<u64> {
        (!self.lacks_aborted).then_some(self.aborted)
    }

    /// What "current" means at this moment.
    pub fn window(&self) -> Window {
        Window::new(self.total.start_time, self.total.last_request)
    }

    /// Percentiles of all requests in the ten seconds before `now`, from the histogram, in
    /// milliseconds; `None` without requests.
    pub fn current_percentiles_ms<const N: usize>(
        &self,
        now: f64,
        quantiles: [f64; N],
    ) -> [Option<f64>; N] {
        let oldest = second_of(now).saturating_sub(CHART_SECONDS);
        let mut histogram = Histogram::new(self.settings.precision);
        for (second, times) in &self.last_seconds {
            if *second >= oldest {
                histogram.merge(times);
            }
        }
        quantiles.map(|quantile| histogram.percentile_ms(quantile))
    }

    /// Notes what has happened besides requests.
    pub fn mark(&mut self, marker: Marker) {
        Arc::make_mut(&mut self.markers).push(marker);
    }

    /// Notes that the CPU of this process is the limit, by a reading over so many `seconds`: once in a
    /// run, and only if the run was on for all of them.
    pub fn mark_overload(&mut self, now: f64, seconds: f64) {
        let is_told = |one: &Marker| one.kind == MarkerKind::Overloaded;
        let begun_at = self.markers.running_since();
        let is_of_run = begun_at.is_some_and(|begun_at| now - begun_at >= seconds);
        if is_of_run && !self.markers.as_slice().iter().any(is_told) {
            self.mark(Marker::new(now, MarkerKind::Overloaded));
        }
    }

    /// What has happened in this run besides requests.
    pub fn markers(&self) -> &Arc<Markers> {
        &self.markers
    }

    /// Sets all figures to zero and keeps the names; failures and the history are dropped.
    /// Exceptions and markers stay.
    pub fn reset_all(&mut self, now: f64) {
        let markers = std::mem::take(&mut self.markers);
        let mut entries = Table::default();
        for entry in self.entries.as_slice() {
            let mut empty = Entry::new(entry.key.clone(), now, &self.settings);
            empty.task = entry.task.clone();
            entries.push(Arc::new(empty));
        }
        self.clear_all(now);
        self.entries = entries;
        self.markers = markers;
    }

    /// Drops all figures, names, failures, the history and the markers. Exceptions stay.
    pub fn clear_all(&mut self, now: f64) {
        let exceptions = std::mem::take(&mut self.exceptions);
        *self = Self {
            exceptions,
            ..Self::new(self.settings.clone(), now)
        };
    }

    /// Drops the exceptions.
    pub fn clear_exceptions(&mut self) {
        self.exceptions = Table::default();
    }

    /// To be called once a second while users run: adds a point to the history and makes a
    /// snapshot.
    pub fn tick(&mut self, now: f64, user_count: u64) -> Arc<Snapshot> {
        let window = self.window();
        let point = HistoryPoint {
            time: now,
            user_count,
            rps: self.total.current_rps(&window),
            failures_per_second: self.total.current_failures_per_second(&window),
            percentiles_ms: self.current_percentiles_ms(now, CHART_PERCENTILES),
            avg_response_time_ms: self.total.avg_response_time_ms(),
            requests: self.total.requests,
            failures: self.total.failures,
        };
        Arc::make_mut(&mut self.history).push(point);
        self.snapshot(now, user_count)
    }

    /// The picture of this moment, without a point in the history.
    pub fn snapshot(&self, now: f64, user_count: u64) -> Arc<Snapshot> {
        let mut entries = self.entries.as_slice().to_vec();
        entries.sort_unstable_by(|a, b| {
            (&a.key.name, &a.key.method).cmp(&(&b.key.name, &b.key.method))
        });
        Arc::new(Snapshot {
            time: now,
            user_count,
            window: self.window(),
            total: Arc::clone(&self.total),
            entries,
            failures: self.failures.as_slice().to_vec(),
            exceptions: self.exceptions.as_slice().to_vec(),
            aborted: self.aborted(),
            history: Arc::clone(&self.history),
            markers: Arc::clone(&self.markers),
            notices: self.notices(),
        })
    }

    /// What a tester has to know about the figures, one sentence each; none in an ordinary run.
    pub fn notices(&self) -> Vec<String> {
        let mut notices = Vec::new();
        if let Some(other) = self.entry("", OTHER_NAMES) {
            notices.push(format!(
                "more than {} different names: {} requests with further names are counted in the \
                 row `{OTHER_NAMES}`\nhint: give such requests one name in the script, for example \
                 `name=\"/item/[id]\"`",
                self.settings.max_names, other.requests
            ));
        }
        if let Some(place) = self.failures.find(&["", OTHER_NAMES, OTHER_FAILURES]) {
            notices.push(format!(
                "more than {} different failures: {} further ones are counted as \
                 `{OTHER_FAILURES}`\nhint: leave ids and times out of the texts of failures",
                self.settings.max_failures,
                self.failures.as_slice()[place].occurrences
            ));
        }
        if self.total.is_coarse {
            notices.push(
                "some workers report rounded response times only: all percentiles are as coarse"
                    .to_owned(),
            );
        }
        notices
    }
}

fn add_entry(ours: &mut Entry, theirs: &Entry, moment: Moment) {
    let keeps_recent = !ours.recent.is_empty();
    let before = ours.last_request.map(second_of);
    let after = theirs.last_request.map(second_of);
    if keeps_recent && matches!(moment, Moment::Before) && before.is_some() && after > before {
        ours.recent
            .mark(after.unwrap_or_default().saturating_sub(1));
    }
    ours.merge(theirs);
    if keeps_recent {
        ours.recent.add(&theirs.rounded);
        if matches!(moment, Moment::After) && after > before {
            ours.recent.mark(after.unwrap_or_default());
        }
    }
}
