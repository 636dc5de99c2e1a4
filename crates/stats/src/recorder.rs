//! The write side: counts requests as they end, and hands out what it has counted.
//!
//! One thread writes and one reads. What has been counted lies in a *part*, which belongs to one
//! second; the reader takes the parts away and leaves an empty one, so the lock between the two is
//! held for an exchange of pointers. The names stay with the writer: a request finds its entry by
//! one look-up and creates it anew only once in each part.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::examples::MAX_BODY_BYTES_A_SECOND;
use crate::rate::second_of;
use crate::slowest::Slowest;
use crate::table::{Keyed, Table};
use crate::{
    Entry, Example, Exception, Failure, Key, LOCAL_NODE, OTHER_FAILURES, OTHER_NAMES, Report,
    Settings, Task, parse_error,
};

/// Full parts that wait for a reader. If none comes, the oldest are joined.
const MAX_PARTS: usize = 16;

/// One finished request.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sample<'a> {
    /// HTTP method, or the request type of another protocol.
    pub method: &'a str,
    /// Name of the entry.
    pub name: &'a str,
    /// When it ended, in seconds since 1970.
    pub at: f64,
    /// How long it took; `None` if whoever reports it does not know. What is not finite counts as
    /// `None`.
    pub response_time_ms: Option<f64>,
    /// Length of the response, in bytes.
    pub length: u64,
    /// Why it failed, as the text of the failure.
    pub failure: Option<&'a str>,
    /// Status of the answer; `None` if there was none, or the protocol has none.
    pub status: Option<u16>,
    /// Where it went. Written out only if the request is kept by itself; it then takes the place of
    /// the name.
    pub url: Option<fmt::Arguments<'a>>,
    /// What was answered. Written out only if the request is kept by itself, only up to a few KB, and
    /// only while the requests of its second have not had 512 KiB of bodies.
    pub body: Option<fmt::Arguments<'a>>,
    /// During which task it was sent; `None` is the same as [`Task::NotKnown`].
    pub task: Option<&'a Task>,
    /// The rounded response time, if a rule of the user's own has rounded it; `None` for Locust's.
    pub bucket: Option<f64>,
}

/// Counts requests of one process.
#[derive(Debug)]
pub struct Recorder {
    settings: Settings,
    write: Mutex<Write>,
}

/// What the writer owns.
#[derive(Debug)]
struct Write {
    names: Table<Name>,
    /// Number of the current part: tells which names have an entry in it.
    number: u64,
    part: Part,
    full: VecDeque<Part>,
}

/// A (method, name) that has been seen, and where its entry is.
#[derive(Debug)]
struct Name {
    key: Key,
    /// Number of the part in which `place` is valid.
    number: u64,
    place: u32,
    /// Which of its requests are slow.
    slowest: Slowest,
    /// During which task it has been requested, in all parts.
    task: Task,
}

impl Keyed for Name {
    fn parts(&self) -> impl Iterator<Item = &str> {
        self.key.parts()
    }
}

/// What was counted within one second.
#[derive(Debug, Default)]
struct Part {
    /// The second it belongs to. `None` for joined parts, whose entries know their seconds.
    second: Option<u64>,
    entries: Vec<Entry>,
    failures: Table<Failure>,
    exceptions: Table<Exception>,
    aborted: u64,
    /// Bytes of bodies that were looked at.
    body_bytes: usize,
}

impl Recorder {
    /// A recorder that has counted nothing.
    pub fn new(settings: &Settings) -> Self {
        // Recent times are kept where reports are added up.
        let settings = Settings {
            keeps_recent: false,
            ..settings.clone()
        };
        Self {
            settings,
            write: Mutex::new(Write::new()),
        }
    }

    /// Counts one request, and its failure if it has one.
    pub fn record(&self, sample: &Sample<'_>) {
        let write = &mut *self.lock();
        let (known, place) = write.place(sample.method, sample.name, sample.at, &self.settings);
        let entry = &mut write.part.entries[place];
        entry.count(
            sample.at,
            sample.response_time_ms,
            sample.bucket,
            sample.length,
            sample.status,
        );
        let name = &write.names.as_slice()[known];
        let is_slow = name.slowest.is_beaten_by(sample.response_time_ms);
        let is_new_task = sample.task.is_some_and(|task| !name.task.has(task));
        let is_failed = sample.failure.is_some() && entry.examples.wants_failed();
        if is_slow || is_failed {
            write.keep(known, place, sample, (is_slow, is_failed));
        }
        if is_new_task {
            write.learn_task(known, place, sample.task);
        }
        if let Some(error) = sample.failure {
            write.part.fail(place, error, sample.at, &self.settings);
        }
    }

    /// Counts a failure that belongs to no request of its own, as `log_error` of Locust does.
    pub fn record_failure(&self, method: &str, name: &str, at: f64, error: &str) {
        let write = &mut *self.lock();
        let (_, place) = write.place(method, name, at, &self.settings);
        write.part.fail(place, error, at, &self.settings);
    }

    /// Counts an error that left a task; its type is the name of its class.
    pub fn record_exception(&self, error_type: Option<&str>, message: &str, traceback: &str) {
        let exceptions = &mut self.lock().part.exceptions;
        if let Some(place) = exceptions.find(&[traceback]) {
            exceptions.get_mut(place).count += 1;
        } else if exceptions.len() < self.settings.max_exceptions {
            let exception = Exception::new(LOCAL_NODE, message, traceback);
            exceptions.push(exception.of_type(error_type));
        }
    }

    /// Counts a request that was cut off unanswered.
    pub fn record_aborted(&self) {
        self.lock().part.aborted += 1;
    }

    /// Takes away what was counted: one report for each second or part of one, oldest first.
    pub fn drain(&self) -> Vec<Report> {
        let parts = {
            let write = &mut *self.lock();
            write.close();
            std::mem::take(&mut write.full)
        };
        parts.into_iter().map(Part::into_report).collect()
    }

    /// Takes away what was counted, as one report.
    pub fn drain_merged(&self) -> Report {
        let mut reports = self.drain().into_iter();
        let mut merged = reports.next().unwrap_or_default();
        reports.for_each(|report| merged.merge(report));
        merged
    }

    /// Drops what was counted, and the names.
    pub fn clear(&self) {
        let old = std::mem::replace(&mut *self.lock(), Write::new());
        // After the lock: freeing takes longer than exchanging.
        drop(old);
    }

    fn lock(&self) -> MutexGuard<'_, Write> {
        // Counters are valid at every moment: a panic elsewhere must not stop the counting.
        self.write.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write {
    fn new() -> Self {
        Self {
            names: Table::default(),
            number: 1,
            part: Part::default(),
            full: VecDeque::new(),
        }
    }

    /// Place of the name, and of the entry in the current part, which is that of the second of `at`.
    #[inline]
    fn place(&mut self, method: &str, name: &str, at: f64, settings: &Settings) -> (usize, usize) {
        let second = second_of(at);
        if self.part.second != Some(second) {
            self.close();
            self.part.second = Some(second);
        }
        let known = match self.names.find(&[method, name]) {
            Some(known) => known,
            None => self.learn(method, name, settings),
        };
        let name = self.names.get_mut(known);
        if name.number != self.number {
            name.number = self.number;
            name.slowest.forget(second);
            name.place = u32::try_from(self.part.entries.len()).expect("names are limited");
            let mut entry = Entry::new(name.key.clone(), at, settings);
            entry.task = name.task.clone();
            self.part.entries.push(entry);
        }
        (known, name.place as usize)
    }

    /// Keeps a request by itself, among the slow ones, the failed ones or both.
    #[cold]
    fn keep(
        &mut self,
        known: usize,
        place: usize,
        sample: &Sample<'_>,
        (is_slow, is_failed): (bool, bool),
    ) {
        let name = format_args!("{}", sample.name);
        let error = sample.failure.map(parse_error);
        let url = sample.url.unwrap_or(name);
        let mut example = Example {
            status: sample.status,
            response_time_ms: sample.response_time_ms.filter(|time| time.is_finite()),
            ..Example::new(sample.method, url, error.as_deref(), sample.at)
        };
        if let Some(body) = sample.body {
            let mut left = MAX_BODY_BYTES_A_SECOND.saturating_sub(self.part.body_bytes);
            example = example.with_body_within(body, &mut left);
            self.part.body_bytes = MAX_BODY_BYTES_A_SECOND - left;
        }
        let example = Arc::new(example);
        let examples = &mut self.part.entries[place].examples;
        if let (true, Some(time_ms)) = (is_slow, sample.response_time_ms) {
            let slowest = &mut self.names.get_mut(known).slowest;
            let displaced = slowest.take(time_ms, second_of(sample.at), self.number);
            examples.push_slow(Arc::clone(&example), displaced == self.number);
        }
        if is_failed {
            examples.push_failed(example);
        }
    }

    /// Notes a task that a name has not been requested by so far, or not by this very piece of text.
    #[cold]
    fn learn_task(&mut self, known: usize, place: usize, task: Option<&Task>) {
        let name = self.names.get_mut(known);
        name.task.merge(task.unwrap_or(&Task::NotKnown));
        self.part.entries[place].task = name.task.clone();
    }

    /// Adds a name, or finds the row for names past the limit.
    #[cold]
    fn learn(&mut self, method: &str, name: &str, settings: &Settings) -> usize {
        let key = if self.names.len() < settings.max_names {
            Key::new(method, name)
        } else if let Some(other) = self.names.find(&["", OTHER_NAMES]) {
            return other;
        } else {
            Key::new("", OTHER_NAMES)
        };
        self.names.push(Name {
            key,
            number: 0,
            place: 0,
            slowest: Slowest::default(),
            task: Task::NotKnown,
        })
    }

    /// Puts the current part aside and begins an empty one.
    fn close(&mut self) {
        if self.part.is_empty() {
            return;
        }
        self.number += 1;
        self.full.push_back(std::mem::take(&mut self.part));
        if self.full.len() > MAX_PARTS {
            self.join_oldest();
        }
    }

    /// Joins the two oldest parts. Which second a count belongs to is kept in the entries.
    #[cold]
    fn join_oldest(&mut self) {
        let (Some(first), Some(second)) = (self.full.pop_front(), self.full.pop_front()) else {
            return;
        };
        let body_bytes = first.body_bytes + second.body_bytes;
        let mut report = first.into_report();
        // Parts that nobody takes away have no more bodies than one.
        let has_too_many = body_bytes > MAX_BODY_BYTES_A_SECOND;
        if has_too_many {
            for entry in &mut report.entries {
                entry.examples = entry.examples.without_bodies();
            }
        }
        let left = if has_too_many {
            second.body_bytes
        } else {
            body_bytes
        };
        report.merge(second.into_report());
        let mut joined = Part {
            entries: report.entries,
            aborted: report.aborted,
            body_bytes: left,
            ..Part::default()
        };
        for failure in report.failures {
            joined.failures.push(failure);
        }
        for exception in report.exceptions {
            joined.exceptions.push(exception);
        }
        self.full.push_front(joined);
    }
}

impl Part {
    fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.exceptions.len() == 0 && self.aborted == 0
    }

    fn fail(&mut self, place: usize, error: &str, at: f64, settings: &Settings) {
        let entry = &mut self.entries[place];
        entry.failures += 1;
        let (method, name) = (&*entry.key.method, &*entry.key.name);
        let error = parse_error(error);
        if let Some(known) = self.failures.find(&[method, name, &error]) {
            let failure = self.failures.get_mut(known);
            failure.occurrences += 1;
            failure.last_seen = at;
        } else if self.failures.len() < settings.max_failures {
            self.failures.push(Failure::new(method, name, &error, at));
        } else if let Some(known) = self.failures.find(&["", OTHER_NAMES, OTHER_FAILURES]) {
            let failure = self.failures.get_mut(known);
            failure.occurrences += 1;
            failure.last_seen = at;
        } else {
            self.failures
                .push(Failure::new("", OTHER_NAMES, OTHER_FAILURES, at));
        }
    }

    fn into_report(mut self) -> Report {
        if let Some(second) = self.second {
            for entry in &mut self.entries {
                entry.close(second);
            }
        }
        Report {
            entries: self.entries,
            failures: self.failures.into_items(),
            exceptions: self.exceptions.into_items(),
            aborted: self.aborted,
            lacks_aborted: false,
        }
    }
}
