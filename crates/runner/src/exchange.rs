//! Statistics on their way from a worker to its master: what was counted as Locust's `stats` message,
//! and back.
//!
//! Locust's message has response times rounded to two digits. Ours carries the histogram beside them,
//! in a field that a Locust master skips: so figures of a cluster of our own nodes are as fine as those
//! of one process. Exceptions of tasks are added by the worker: to a master of ours they travel in the
//! report, to Locust's in messages of their own.

use std::collections::BTreeMap;

use gregaria_stats::{
    Entry, Failure, Histogram, Key, PerSecond as Second, Precision, Report, Settings, Task,
};
use rmpv::Value;
use serde::{Deserialize, Serialize};

use crate::dialect;
use crate::examples::{self, Selection};
use crate::wire::{Extra, Number, PerSecond, StatsEntry, StatsFailure, StatsReport};

/// No count of a sane worker is larger, and sums of a million of them still fit.
const MAX_COUNT: u64 = 1 << 40;

/// What a worker has counted, as a message. `now` is when, by its own clock; its users are added by
/// whoever knows them.
pub fn to_wire(report: &Report, now: f64, settings: &Settings) -> StatsReport {
    let failures = report.failures.iter();
    let mut selection = Selection::of(report);
    let with_examples = |entry: &Entry| {
        let mut sent = entry_to_wire(entry);
        if let Some(examples) = selection.rows_of(entry) {
            sent.extra.set(dialect::EXAMPLES, examples);
        }
        sent
    };
    let mut extra = Extra::default();
    if !report.lacks_aborted {
        dialect::write_aborted(report.aborted, &mut extra);
    }
    StatsReport {
        stats: report.entries.iter().map(with_examples).collect(),
        stats_total: entry_to_wire(&report.total(now, settings)),
        errors: failures
            .map(|failure| (failure.key(), failure_to_wire(failure)))
            .collect(),
        extra,
        ..StatsReport::default()
    }
}

/// What a message of a worker says it has counted. `clock_offset` is added to its times: seconds by
/// which its clock is behind that of this process.
pub fn from_wire(report: &StatsReport, clock_offset: f64, settings: &Settings) -> Report {
    let shift = Shift(clock_offset);
    let aborted = dialect::aborted(&report.extra);
    Report {
        entries: report
            .stats
            .iter()
            .map(|entry| entry_from_wire(entry, shift, settings))
            .collect(),
        failures: report
            .errors
            .iter()
            .map(|(_, failure)| failure_from_wire(failure, shift))
            .collect(),
        exceptions: Vec::new(),
        aborted: sane(aborted.unwrap_or_default()),
        lacks_aborted: aborted.is_none(),
    }
}

/// Moves times of one clock to another.
#[derive(Clone, Copy)]
struct Shift(f64);

impl Shift {
    fn time(self, at: f64) -> f64 {
        if at.is_finite() { at + self.0 } else { 0.0 }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "saturates"
    )]
    fn second(self, second: i64) -> u64 {
        (second as f64 + self.0).round() as u64
    }
}

fn entry_to_wire(entry: &Entry) -> StatsEntry {
    let seconds = |count: fn(Second) -> u32| -> PerSecond {
        entry
            .seconds
            .iter()
            .map(|(second, counts)| (second.cast_signed(), u64::from(count(counts))))
            .filter(|(_, count)| *count > 0)
            .collect()
    };
    let mut sent = StatsEntry {
        name: entry.key.name.to_string(),
        method: entry.key.method.to_string(),
        last_request_timestamp: entry.last_request,
        start_time: entry.start_time,
        num_requests: entry.requests,
        num_none_requests: entry.none_requests,
        num_failures: entry.failures,
        total_response_time: Number::Float(entry.total_response_time_ms),
        max_response_time: Number::Float(entry.max_response_time_ms),
        min_response_time: entry.min_response_time_ms.map(Number::Float),
        total_content_length: i64::try_from(entry.total_content_length).unwrap_or(i64::MAX),
        response_times: entry
            .rounded
            .iter()
            .map(|(time, count)| (whole_if_it_is(time), count))
            .collect(),
        num_reqs_per_sec: seconds(|counts| counts.requests),
        num_fail_per_sec: seconds(|counts| counts.failures),
        extra: Extra::default(),
    };
    if !entry.histogram.is_empty() && !entry.is_coarse {
        dialect::mark(&mut sent.extra, histogram_to_wire(&entry.histogram));
    }
    if let Some(task) = entry.task.as_text() {
        sent.extra.set(dialect::TASK, task);
    }
    if !entry.statuses.is_empty() {
        let pair = |(status, count): (u16, u64)| (status.into(), count.into());
        let counts = entry.statuses.iter().map(pair).collect();
        sent.extra.set(dialect::STATUSES, Value::Map(counts));
    }
    sent
}

/// As Locust has it: its own rounding gives integers.
fn whole_if_it_is(time: f64) -> Number {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if time.fract() == 0.0 && time.abs() < EXACT {
        #[expect(clippy::cast_possible_truncation, reason = "checked above")]
        let whole = time as i64;
        Number::Int(whole)
    } else {
        Number::Float(time)
    }
}

fn entry_from_wire(sent: &StatsEntry, shift: Shift, settings: &Settings) -> Entry {
    let settings = Settings {
        keeps_recent: false,
        ..settings.clone()
    };
    let key = Key::new(&sent.method, &sent.name);
    let mut entry = Entry::new(key, shift.time(sent.start_time), &settings);
    entry.requests = sane(sent.num_requests);
    entry.none_requests = sane(sent.num_none_requests);
    entry.failures = sane(sent.num_failures);
    entry.total_response_time_ms = finite(sent.total_response_time);
    entry.min_response_time_ms = sent.min_response_time.map(finite);
    entry.max_response_time_ms = finite(sent.max_response_time);
    entry.total_content_length = sane(u64::try_from(sent.total_content_length).unwrap_or(0));
    entry.last_request = sent.last_request_timestamp.map(|at| shift.time(at));
    for (time, count) in &sent.response_times {
        entry.rounded.add(finite(*time), sane(*count));
    }
    let mut seconds = BTreeMap::<u64, (u64, u64)>::new();
    for (second, count) in &sent.num_reqs_per_sec {
        seconds.entry(shift.second(*second)).or_default().0 += sane(*count);
    }
    for (second, count) in &sent.num_fail_per_sec {
        seconds.entry(shift.second(*second)).or_default().1 += sane(*count);
    }
    for (second, (requests, failures)) in seconds {
        entry.seconds.add(second, requests, failures);
    }
    if let Some(Value::Map(counts)) = sent.extra.get(dialect::STATUSES) {
        entry.statuses = counts
            .iter()
            .filter_map(|(status, count)| {
                let status = u16::try_from(status.as_u64()?).ok()?;
                Some((status, sane(count.as_u64()?)))
            })
            .collect();
    }
    entry.task = Task::from_text(sent.extra.get(dialect::TASK).and_then(Value::as_str));
    if let Some(value) = sent.extra.get(dialect::EXAMPLES) {
        entry.examples = examples::from_wire(value, |at| shift.time(at));
    }
    match dialect::value_mark(&sent.extra).and_then(histogram_from_wire) {
        Some(mut histogram) => {
            histogram.raise_max(entry.max_response_time_ms);
            entry.histogram = histogram;
        }
        None => entry.fill_histogram_from_rounded(),
    }
    entry
}

/// The buckets that are not empty, as (index, count) in the order of their times.
#[derive(Serialize, Deserialize)]
struct Buckets {
    /// Significant digits of a time: 2 or 3.
    digits: u8,
    counts: Vec<(u32, u64)>,
}

fn histogram_to_wire(histogram: &Histogram) -> Value {
    let digits = match histogram.precision() {
        Precision::Two => 2,
        Precision::Three => 3,
    };
    #[expect(
        clippy::cast_possible_truncation,
        reason = "there are some thousand buckets"
    )]
    let counts = histogram
        .buckets()
        .map(|(index, count)| (index as u32, count))
        .collect();
    let bytes = postcard::to_allocvec(&Buckets { digits, counts });
    Value::Binary(bytes.expect("a vector takes all that is written to it"))
}

/// `None` if it is none, so that the rounded times stand in for it.
fn histogram_from_wire(value: &Value) -> Option<Histogram> {
    let Value::Binary(bytes) = value else {
        return None;
    };
    let (Buckets { digits, counts }, []) = postcard::take_from_bytes(bytes).ok()? else {
        return None;
    };
    let precision = match digits {
        2 => Precision::Two,
        3 => Precision::Three,
        _ => return None,
    };
    let mut histogram = Histogram::new(precision);
    // Both ends first: so it gets its size at once.
    let ends_first = counts
        .split_first()
        .into_iter()
        .flat_map(|(first, others)| std::iter::once(first).chain(others.iter().rev()));
    for &(index, count) in ends_first {
        histogram.add_bucket(index as usize, sane(count));
    }
    Some(histogram)
}

fn failure_to_wire(failure: &Failure) -> StatsFailure {
    StatsFailure {
        name: failure.name.to_string(),
        method: failure.method.to_string(),
        error: failure.error.to_string(),
        occurrences: failure.occurrences,
        first_seen: failure.first_seen,
        last_seen: failure.last_seen,
        extra: Extra::default(),
    }
}

fn failure_from_wire(sent: &StatsFailure, shift: Shift) -> Failure {
    let first_seen = shift.time(sent.first_seen);
    let mut failure = Failure::new(&sent.method, &sent.name, &sent.error, first_seen);
    failure.occurrences = sane(sent.occurrences);
    failure.last_seen = shift.time(sent.last_seen);
    failure
}

pub(crate) fn sane(count: u64) -> u64 {
    count.min(MAX_COUNT)
}

fn finite(number: Number) -> f64 {
    Some(number.as_f64())
        .filter(|value| value.is_finite())
        .unwrap_or(0.0)
}
