//! What our own nodes say to each other beyond Locust's protocol.
//!
//! All of it lies where a Locust node does not look: in the part of a version behind its number, in
//! further fields of known messages, and in messages that only go to nodes that have shown by these
//! that they are ours.

use rmpv::Value;

use crate::wire::{ExceptionReport, Extra, Heartbeat, PeerVersion, StatsReport, ToWorker};

/// The version of Locust whose protocol is spoken.
pub const LOCUST_VERSION: &str = "2.47.0";

/// Field of our own in messages of Locust.
const FIELD: &str = "gregaria";

/// Field of our own in `stats`: exceptions of tasks since the last report.
const EXCEPTIONS: &str = "gregaria_exceptions";

/// Field of our own in an entry: how often each status came.
pub(crate) const STATUSES: &str = "gregaria_statuses";

/// Field of our own in an entry: requests that are kept by themselves.
pub(crate) const EXAMPLES: &str = "gregaria_examples";

/// Field of our own in an entry: during which task it was requested, as a text.
pub(crate) const TASK: &str = "gregaria_task";

/// Field of our own in `stats`: requests that were cut off unanswered since the last report.
const ABORTED: &str = "gregaria_aborted";

/// Field of a report: requests of the worker in this run that had no whole answer.
const NETWORK_ERRORS: &str = "gregaria_network_errors";

/// Message to a worker: how far its reports have been merged.
const MERGED: &str = "gregaria_merged";

/// Message to a worker: this master does not know it, it shall join again.
const REJOIN: &str = "gregaria_rejoin";

/// Message to a worker: its users shall not finish what they do.
const CUT: &str = "gregaria_cut";

/// The version a node of ours claims. A Locust master compares its beginning only.
pub fn version() -> String {
    format!("{LOCUST_VERSION}+{FIELD}.{}", env!("CARGO_PKG_VERSION"))
}

/// A version in the words of those who read it: `gregaria 0.1.0`, `Locust 2.47.0`. `None` if a node
/// does not say.
pub(crate) fn spoken(version: &PeerVersion) -> Option<String> {
    let PeerVersion::Named(name) = version else {
        return None;
    };
    let ours = name
        .split_once('+')
        .and_then(|(_, own)| own.strip_prefix(FIELD)?.strip_prefix('.'));
    Some(match ours {
        Some(number) => format!("{FIELD} {number}"),
        None => format!("Locust {name}"),
    })
}

/// Whether a worker that claims this version is one of ours.
pub fn is_ours(version: &PeerVersion) -> bool {
    matches!(version, PeerVersion::Named(name) if name.contains(FIELD))
}

/// Puts a text into a message: the master's life into `ack`.
pub(crate) fn mark(extra: &mut Extra, value: impl Into<Value>) {
    extra.set(FIELD, value);
}

/// The value of [`mark`]: the histogram of an entry.
pub(crate) fn value_mark(extra: &Extra) -> Option<&Value> {
    extra.get(FIELD)
}

/// Takes the bytes of [`mark`] out: the histogram of an entry.
pub(crate) fn take_bytes(extra: &mut Extra) -> Option<Vec<u8>> {
    match extra.get(FIELD) {
        Some(Value::Binary(_)) => match extra.remove(FIELD) {
            Some(Value::Binary(bytes)) => Some(bytes),
            _ => None,
        },
        _ => None,
    }
}

/// The text of [`mark`].
pub(crate) fn text_mark(extra: &Extra) -> Option<&str> {
    extra.get(FIELD)?.as_str()
}

/// The number of [`mark`]: the run of a `spawn`.
pub(crate) fn number_mark(extra: &Extra) -> Option<u64> {
    extra.get(FIELD)?.as_u64()
}

/// What a heartbeat of ours says besides Locust's fields.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pulse {
    /// The worker's wall clock, in seconds since 1970.
    pub(crate) clock: f64,
    /// Timestamp of the last `spawn` that has reached it.
    pub(crate) last_spawn: Option<f64>,
    /// How late its users were woken since the last one, at most, in milliseconds.
    pub(crate) lag_ms: Option<f64>,
    /// Where its machine stands.
    pub(crate) zone: Option<String>,
}

/// Characters of a zone's name that are kept.
const MAX_ZONE: usize = 64;

impl Pulse {
    pub(crate) fn write(self, heartbeat: &mut Heartbeat) {
        let number = |number: Option<f64>| number.map_or(Value::Nil, Value::F64);
        let parts = vec![
            Value::F64(self.clock),
            number(self.last_spawn),
            number(self.lag_ms),
            self.zone.map_or(Value::Nil, Value::from),
        ];
        mark(&mut heartbeat.extra, Value::Array(parts));
    }

    /// `None` if a worker of another kind has sent it.
    pub(crate) fn of(heartbeat: &Heartbeat) -> Option<Self> {
        let parts = value_mark(&heartbeat.extra)?.as_array()?.as_slice();
        let [clock, last_spawn, lag_ms, zone] = parts else {
            return None;
        };
        Some(Self {
            clock: clock.as_f64().filter(|clock| clock.is_finite())?,
            last_spawn: last_spawn.as_f64(),
            lag_ms: lag_ms.as_f64().filter(|lag| lag.is_finite()),
            zone: zone
                .as_str()
                .map(|zone| zone.chars().take(MAX_ZONE).collect()),
        })
    }
}

/// Which report a `stats` message is, so that each is merged exactly once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportNumber {
    /// A life of the worker under one life of its master. Numbers begin at 1 in each.
    pub incarnation: String,
    /// The run it was counted in; 0 before the first.
    pub run: u64,
    /// One more than that of the report before.
    pub number: u64,
}

impl ReportNumber {
    pub(crate) fn write(&self, report: &mut StatsReport) {
        let parts = vec![
            Value::from(self.incarnation.as_str()),
            self.run.into(),
            self.number.into(),
        ];
        report.extra.set(FIELD, Value::Array(parts));
    }

    /// Takes the number out of a report. `None` if a worker of another kind has sent it.
    pub(crate) fn take(report: &mut StatsReport) -> Option<Self> {
        let parts = report.extra.get(FIELD)?.as_array()?;
        let [incarnation, run, number] = parts.as_slice() else {
            return None;
        };
        let found = Self {
            incarnation: incarnation.as_str()?.to_owned(),
            run: run.as_u64()?,
            number: number.as_u64()?,
        };
        report.extra.remove(FIELD);
        Some(found)
    }
}

/// An exception of tasks, and how often it has occurred since the last report.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CountedException {
    pub(crate) exception: ExceptionReport,
    pub(crate) count: u64,
}

/// Name of the class of an error that left a task, as a worker of ours tells it.
pub fn error_type(exception: &ExceptionReport) -> Option<&str> {
    text_mark(&exception.extra)
}

/// Puts exceptions into a report. They share its number, and so count once with it.
pub(crate) fn write_exceptions(
    exceptions: impl Iterator<Item = CountedException>,
    report: &mut StatsReport,
) {
    let rows = exceptions.map(|CountedException { exception, count }| {
        let error_type = error_type(&exception).map_or(Value::Nil, Value::from);
        Value::Array(vec![
            exception.msg.into(),
            exception.traceback.into(),
            count.into(),
            error_type,
        ])
    });
    report.extra.set(EXCEPTIONS, Value::Array(rows.collect()));
}

/// Takes the exceptions out of a report. What is none is skipped.
pub(crate) fn take_exceptions(report: &mut StatsReport) -> Vec<CountedException> {
    let Some(Value::Array(rows)) = report.extra.remove(EXCEPTIONS) else {
        return Vec::new();
    };
    let read = |row: &Value| {
        let [msg, traceback, count, error_type] = row.as_array()?.as_slice() else {
            return None;
        };
        let mut exception = ExceptionReport {
            msg: msg.as_str()?.to_owned(),
            traceback: traceback.as_str()?.to_owned(),
            ..ExceptionReport::default()
        };
        if let Some(error_type) = error_type.as_str() {
            mark(&mut exception.extra, error_type);
        }
        Some(CountedException {
            exception,
            count: count.as_u64()?,
        })
    };
    rows.iter().filter_map(read).collect()
}

/// Puts the requests that were cut off into a report, also if there were none: who says nothing does
/// not know.
pub(crate) fn write_aborted(aborted: u64, extra: &mut Extra) {
    extra.set(ABORTED, aborted);
}

/// Puts into a report how many requests of the run had no whole answer, all reports before counted
/// in.
pub(crate) fn write_network_errors(network_errors: u64, extra: &mut Extra) {
    extra.set(NETWORK_ERRORS, network_errors);
}

/// The number of [`write_network_errors`]; `None` from whoever does not count them.
pub(crate) fn network_errors(extra: &Extra) -> Option<u64> {
    extra.get(NETWORK_ERRORS)?.as_u64()
}

/// The number of [`write_aborted`]; `None` from whoever does not count them.
pub(crate) fn aborted(extra: &Extra) -> Option<u64> {
    extra.get(ABORTED).and_then(Value::as_u64)
}

/// How far a master has merged the reports of a worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// That of the reports.
    pub incarnation: String,
    /// The last number; all before it have been merged too.
    pub through: u64,
    /// A later one has come in its place: all behind it have to be sent again.
    pub is_gap: bool,
}

impl Merged {
    pub(crate) fn to_message(&self) -> ToWorker {
        let parts = vec![
            Value::from(self.incarnation.as_str()),
            self.through.into(),
            self.is_gap.into(),
        ];
        ToWorker::Custom {
            kind: MERGED.to_owned(),
            data: Value::Array(parts),
        }
    }

    /// Reads a message; `None` if it is another one.
    pub(crate) fn of(kind: &str, data: &Value) -> Option<Self> {
        if kind != MERGED {
            return None;
        }
        let [incarnation, through, is_gap] = data.as_array()?.as_slice() else {
            return None;
        };
        Some(Self {
            incarnation: incarnation.as_str()?.to_owned(),
            through: through.as_u64()?,
            is_gap: is_gap.as_bool()?,
        })
    }
}

/// Asks a worker of ours to join again.
pub(crate) fn rejoin() -> ToWorker {
    ToWorker::Custom {
        kind: REJOIN.to_owned(),
        data: Value::Nil,
    }
}

/// Whether a message is [`rejoin`].
pub(crate) fn is_rejoin(kind: &str) -> bool {
    kind == REJOIN
}

/// Tells a worker of ours that its users end at once.
pub(crate) fn cut() -> ToWorker {
    ToWorker::Custom {
        kind: CUT.to_owned(),
        data: Value::Nil,
    }
}

/// Whether a message is [`cut`].
pub(crate) fn is_cut(kind: &str) -> bool {
    kind == CUT
}
