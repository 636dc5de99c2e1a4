//! The statistics of one run, as Python holds them.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use gregaria_runner::exchange;
use gregaria_runner::wire::StatsReport;
use gregaria_stats::{Exception, LOCAL_NODE, MarkerKind, Sample, Snapshot, Totals};
use gregaria_web::archive::Archive;
use gregaria_web::table::{Rates, Widths};
use gregaria_web::{csv, json, number, table};
use pyo3::prelude::*;

use super::entry::Entry;
use super::marker::Marker;
use super::source::Source;
use crate::task::named;

/// Counts the requests of one environment, and shows what has been counted.
///
/// Times are milliseconds for how long and seconds since 1970 for when. Percentiles are 0 to 1.
#[pyclass(frozen, module = "gregaria._native")]
#[derive(Debug)]
pub struct Stats {
    pub(super) source: Arc<Source>,
    /// Where the picture of each second is kept.
    archive: Mutex<Option<Archive>>,
}

impl Stats {
    /// Counts one request that has just ended, and its failure if it has one; sets when it ended.
    /// Calls no Python.
    #[inline]
    pub fn record(&self, sample: Sample<'_>) {
        self.source.record(sample);
    }

    /// Whether what was answered is wanted with requests that are kept by themselves.
    #[inline]
    pub(crate) fn keeps_bodies(&self) -> bool {
        self.source.keeps_bodies.load(Ordering::Relaxed)
    }

    /// Counts a request that was cut off unanswered. Calls no Python.
    pub(crate) fn record_aborted(&self) {
        self.source.recorder.record_aborted();
    }

    /// Takes what was counted since this was asked last, as a worker reports it: entries stay, back
    /// at zero. Exceptions travel by themselves and stay, too.
    pub(crate) fn take_report(&self, py: Python<'_>) -> PyResult<StatsReport> {
        let now = self.source.clock.now();
        let mut totals = self.source.totals(py)?;
        let report = totals.take_report(now);
        Ok(exchange::to_wire(&report, now, totals.settings()))
    }

    /// Where another thread adds the reports of workers.
    pub(crate) fn sink(&self) -> ReportSink {
        ReportSink(Arc::clone(&self.source))
    }

    fn note(&self, py: Python<'_>, kind: MarkerKind) -> PyResult<()> {
        let marker = gregaria_stats::Marker::new(self.source.clock.now(), kind);
        self.source.totals(py)?.mark(marker);
        Ok(())
    }

    /// Keeps the picture of each second there from here on, or nowhere.
    pub(crate) fn keep_in(&self, archive: Option<Archive>) {
        *self.archive.lock().unwrap_or_else(PoisonError::into_inner) = archive;
    }

    /// The picture of this moment.
    pub(crate) fn picture(&self, py: Python<'_>) -> PyResult<Arc<Snapshot>> {
        self.source.snapshot(py)
    }

    /// Counts an error that left a task. Calls no Python.
    pub fn record_exception(&self, error_type: Option<&str>, message: &str, traceback: &str) {
        self.source
            .recorder
            .record_exception(error_type, message, traceback);
    }
}

/// Adds the reports of workers to the figures, from any thread and without a lock of Python's.
#[derive(Clone, Debug)]
pub(crate) struct ReportSink(Arc<Source>);

impl ReportSink {
    /// Adds the report of a worker whose clock is so many seconds behind ours.
    pub(crate) fn merge(&self, from: &Arc<str>, report: &StatsReport, clock_offset: f64) {
        self.0.merge(|totals| {
            let report = exchange::from_wire(report, clock_offset, totals.settings());
            totals.merge(&report.of_node(from));
        });
    }
}

/// One failure: method, name, text, how often, when first, when last.
type FailureRow = (String, String, String, u64, f64, f64);

/// One exception: how often, text, traceback, nodes.
type ExceptionRow = (u64, String, String, Vec<String>);

#[pymethods]
impl Stats {
    #[new]
    #[pyo3(signature = (use_response_times_cache=true, kept_seconds=None))]
    fn new(use_response_times_cache: bool, kept_seconds: Option<usize>) -> Self {
        Self {
            source: Arc::new(Source::new(use_response_times_cache, kept_seconds)),
            archive: Mutex::default(),
        }
    }

    /// Counts one request that has just ended, and its failure if it has one. Lengths that are not
    /// known count as 0. `task` names the task it was sent by; it is empty outside of tasks.
    #[pyo3(name = "record", signature = (method, name, response_time, length, failure=None, status=None, url=None, task=None))]
    #[expect(clippy::too_many_arguments, reason = "they are named in Python")]
    fn record_from_python(
        &self,
        method: Option<&str>,
        name: &str,
        response_time: Option<f64>,
        length: Option<f64>,
        failure: Option<&str>,
        status: Option<u16>,
        url: Option<&str>,
        task: Option<&str>,
    ) {
        let task = task.map(named);
        let place = format_args!("{}", url.unwrap_or_default());
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "saturates"
        )]
        let length = length.unwrap_or(0.0) as u64;
        self.record(Sample {
            method: method.unwrap_or_default(),
            name,
            response_time_ms: response_time,
            length,
            failure,
            status,
            url: url.map(|_| place),
            task: task.as_ref(),
            ..Sample::default()
        });
    }

    /// Says whether requests that are kept by themselves are kept with what was answered, from here
    /// on.
    fn keep_bodies(&self, is_on: bool) {
        self.source.keeps_bodies.store(is_on, Ordering::Relaxed);
    }

    /// Counts a failure without a request of its own.
    fn record_failure(&self, method: Option<&str>, name: &str, failure: &str) {
        let now = self.source.clock.now();
        self.source
            .recorder
            .record_failure(method.unwrap_or_default(), name, now, failure);
    }

    /// Counts errors that left tasks on a node, by their traceback.
    #[pyo3(name = "record_exception", signature = (message, traceback, node="local", count=1, error_type=None))]
    fn record_exception_from_python(
        &self,
        py: Python<'_>,
        message: &str,
        traceback: &str,
        node: &str,
        count: u64,
        error_type: Option<&str>,
    ) -> PyResult<()> {
        if node == LOCAL_NODE {
            for _ in 0..count {
                self.record_exception(error_type, message, traceback);
            }
        } else {
            let mut exception = Exception::new(node, message, traceback).of_type(error_type);
            exception.count = count;
            self.source.totals(py)?.add_exception(&exception);
        }
        Ok(())
    }

    /// The entry of a name and method, which begins at zero if there was none.
    fn entry(slf: &Bound<'_, Self>, name: &str, method: Option<&str>) -> PyResult<Entry> {
        Entry::window(slf, name, method.unwrap_or_default())
    }

    /// All requests together.
    fn total(slf: &Bound<'_, Self>) -> Entry {
        Entry::total(slf)
    }

    /// (name, method) of the entries after the first `start`, in the order of their making.
    #[pyo3(signature = (start=0))]
    fn names(&self, py: Python<'_>, start: usize) -> PyResult<Vec<(String, String)>> {
        let totals = self.source.totals(py)?;
        let entries = totals.entries().iter().skip(start);
        Ok(entries
            .map(|e| (e.key.name.to_string(), e.key.method.to_string()))
            .collect())
    }

    /// Failures as (method, name, error, occurrences, first seen, last seen), oldest first.
    fn failures(&self, py: Python<'_>) -> PyResult<Vec<FailureRow>> {
        let totals = self.source.totals(py)?;
        let row = |failure: &gregaria_stats::Failure| {
            (
                failure.method.to_string(),
                failure.name.to_string(),
                failure.error.to_string(),
                failure.occurrences,
                failure.first_seen,
                failure.last_seen,
            )
        };
        Ok(totals
            .failures()
            .iter()
            .map(|failure| row(failure))
            .collect())
    }

    /// Exceptions as (count, message, traceback, nodes), oldest first.
    fn exceptions(&self, py: Python<'_>) -> PyResult<Vec<ExceptionRow>> {
        let totals = self.source.totals(py)?;
        let row = |exception: &Exception| {
            let nodes = exception.nodes.iter().map(ToString::to_string).collect();
            let (message, traceback) = (&exception.message, &exception.traceback);
            (
                exception.count,
                message.to_string(),
                traceback.to_string(),
                nodes,
            )
        };
        Ok(totals
            .exceptions()
            .iter()
            .map(|exception| row(exception))
            .collect())
    }

    /// Back to zero from this moment on; entries and exceptions stay, failures go. In a run, its
    /// charts are told.
    fn reset(&self, py: Python<'_>) -> PyResult<()> {
        // With what is pending added first: its names stay, too.
        let now = self.source.clock.now();
        let mut totals = self.source.totals(py)?;
        totals.reset_all(now);
        if totals.markers().running_since().is_some() {
            totals.mark(gregaria_stats::Marker::new(now, MarkerKind::FiguresReset));
        }
        drop(totals);
        // What was slow before is no measure of what comes.
        self.source.recorder.clear();
        Ok(())
    }

    /// Drops everything but the exceptions.
    fn clear(&self) {
        self.source.restart(Totals::clear_all);
    }

    /// Drops the exceptions.
    fn clear_exceptions(&self, py: Python<'_>) -> PyResult<()> {
        self.source.totals(py)?.clear_exceptions();
        Ok(())
    }

    /// To be called once a second while users run: adds a point to the history of the charts.
    #[pyo3(signature = (now, user_count=0))]
    fn tick(&self, py: Python<'_>, now: f64, user_count: u64) -> PyResult<()> {
        let snapshot = self.source.totals(py)?.tick(now, user_count);
        let archive = self.archive.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(archive) = &*archive {
            archive.keep(snapshot);
        }
        Ok(())
    }

    /// Notes what a master has seen.
    fn mark(&self, py: Python<'_>, marker: &Marker) -> PyResult<()> {
        self.source.totals(py)?.mark(marker.marker.clone());
        Ok(())
    }

    /// Notes that the first users of a run are being started.
    fn mark_start(&self, py: Python<'_>, user_count: u64) -> PyResult<()> {
        self.note(py, MarkerKind::RunStarted { user_count })
    }

    /// Notes that another number of users is asked for; the same is no change.
    #[pyo3(signature = (before, user_count))]
    fn mark_users(&self, py: Python<'_>, before: u64, user_count: u64) -> PyResult<()> {
        if before == user_count {
            return Ok(());
        }
        let (from, to) = (before, user_count);
        self.note(py, MarkerKind::UsersChanged { from, to })
    }

    /// Notes that all users of a ramp run, and how many seconds that took.
    fn mark_all_users(&self, py: Python<'_>, user_count: u64, seconds: f64) -> PyResult<()> {
        let kind = MarkerKind::AllUsers {
            user_count,
            seconds,
        };
        self.note(py, kind)
    }

    /// Notes that the CPU of this process is the limit, by a reading over so many seconds: once in a
    /// run, and only if the run was on for all of them.
    fn mark_overload(&self, py: Python<'_>, seconds: f64) -> PyResult<()> {
        let now = self.source.clock.now();
        self.source.totals(py)?.mark_overload(now, seconds);
        Ok(())
    }

    /// Notes that users are told to stop, and why.
    fn mark_end(&self, py: Python<'_>, reason: &str) -> PyResult<()> {
        let reason = reason.into();
        self.note(py, MarkerKind::RunEnded { reason })
    }

    /// What has happened in this run besides requests: (first time, last time, sentence), oldest first.
    fn markers(&self, py: Python<'_>) -> PyResult<Vec<(f64, f64, String)>> {
        let markers = Arc::clone(self.source.totals(py)?.markers());
        let row = |one: &gregaria_stats::Marker| (one.time, one.until, one.kind.to_string());
        Ok(markers.as_slice().iter().map(row).collect())
    }

    /// What a tester has to know about the figures, one sentence each; none in an ordinary run.
    fn notices(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        Ok(self.source.totals(py)?.notices())
    }

    /// Requests that were cut off unanswered, and are counted nowhere else; `None` if workers do not
    /// tell.
    fn aborted(&self, py: Python<'_>) -> PyResult<Option<u64>> {
        Ok(self.source.totals(py)?.aborted())
    }

    /// The time these statistics go by.
    pub(crate) fn now(&self) -> f64 {
        self.source.clock.now()
    }

    /// Makes `now` the time from here on, for tests.
    fn stop_clock(&self, now: f64) {
        self.source.clock.stop(now);
    }

    /// The console's table of statistics, with current rates or those of the whole run.
    fn table(
        &self,
        py: Python<'_>,
        current: bool,
        method_width: usize,
        name_width: usize,
    ) -> PyResult<Vec<String>> {
        let widths = Widths {
            method: method_width,
            name: name_width,
        };
        Ok(table::statistics(
            &*self.source.snapshot(py)?,
            rates(current),
            widths,
        ))
    }

    /// The console's table of percentiles.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "Python's list is converted to a vector"
    )]
    fn percentile_table(
        &self,
        py: Python<'_>,
        percentiles: Vec<f64>,
        method_width: usize,
        name_width: usize,
    ) -> PyResult<Vec<String>> {
        let widths = Widths {
            method: method_width,
            name: name_width,
        };
        Ok(table::percentiles(
            &*self.source.snapshot(py)?,
            &percentiles,
            widths,
        ))
    }

    /// The console's table of failures.
    fn failure_table(&self, py: Python<'_>, name_width: usize) -> PyResult<Vec<String>> {
        Ok(table::failures(
            &*self.source.snapshot(py)?,
            name_width,
            false,
        ))
    }

    /// The text of `_stats.csv`.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "Python's list is converted to a vector"
    )]
    fn requests_csv(&self, py: Python<'_>, percentiles: Vec<f64>) -> PyResult<String> {
        Ok(csv::requests(&*self.source.snapshot(py)?, &percentiles))
    }

    /// The heading of `_stats_history.csv`.
    #[staticmethod]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "Python's list is converted to a vector"
    )]
    fn history_heading(percentiles: Vec<f64>) -> String {
        csv::history_heading(&percentiles)
    }

    /// What one second adds to `_stats_history.csv`.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "Python's list is converted to a vector"
    )]
    fn history_rows(
        &self,
        py: Python<'_>,
        now: f64,
        user_count: u64,
        full: bool,
        percentiles: Vec<f64>,
    ) -> PyResult<String> {
        let snapshot = self.source.snapshot(py)?;
        Ok(csv::history_rows(
            &snapshot,
            now,
            user_count,
            full,
            &percentiles,
        ))
    }

    /// The text of `_failures.csv`.
    fn failures_csv(&self, py: Python<'_>) -> PyResult<String> {
        Ok(csv::failures(&*self.source.snapshot(py)?))
    }

    /// The text of `_exceptions.csv`.
    fn exceptions_csv(&self, py: Python<'_>) -> PyResult<String> {
        Ok(csv::exceptions(&*self.source.snapshot(py)?))
    }

    /// The entries as JSON.
    fn json(&self, py: Python<'_>) -> PyResult<String> {
        Ok(json::entries(&*self.source.snapshot(py)?))
    }
}

pub(super) fn rates(current: bool) -> Rates {
    if current {
        Rates::Current
    } else {
        Rates::WholeRun
    }
}

/// A percentile (0 to 1) as a heading: `50%`, `99.9%`.
#[pyfunction]
pub fn readable_percentile(percentile: f64) -> String {
    number::percent(percentile)
}
