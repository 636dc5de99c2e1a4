//! The report of a worker: what it has counted since its last one.

use rmpv::ValueRef;

use super::fields::{Extra, Fields, MapOf, Pairs, WrongField, or_nil};
use super::number::Number;

/// Counts by response time in Locust's rounded milliseconds. Whole numbers are integers, unless the
/// worker's locustfile rounds with a function of its own.
pub type RoundedTimes = Vec<(Number, u64)>;

/// Counts by second of the worker's clock, in Unix time.
pub type PerSecond = Vec<(i64, u64)>;

/// Data of `stats`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StatsReport {
    /// One for each (method, name) with a request or a failure since the last report.
    pub stats: Vec<StatsEntry>,
    /// All of them together.
    pub stats_total: StatsEntry,
    /// Failures by their key (SHA-256 of method, name and message, in hex).
    pub errors: Vec<(String, StatsFailure)>,
    /// Users of every class of the locustfile, those without users included.
    pub user_classes_count: Vec<(String, u64)>,
    /// All users of the worker.
    pub user_count: u64,
    /// What listeners and our own nodes have added.
    pub extra: Extra,
}

/// What was counted for one (method, name).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StatsEntry {
    /// Name of the request.
    pub name: String,
    /// Its method; empty in a total.
    pub method: String,
    /// Unix time of the last request, by the worker's clock.
    pub last_request_timestamp: Option<f64>,
    /// Unix time at which this stretch of counting began, by the worker's clock.
    pub start_time: f64,
    /// Finished requests, failed ones included.
    pub num_requests: u64,
    /// Requests without a response time.
    pub num_none_requests: u64,
    /// Failed requests.
    pub num_failures: u64,
    /// Sum of the response times, in milliseconds.
    pub total_response_time: Number,
    /// Longest response time, in milliseconds.
    pub max_response_time: Number,
    /// Shortest response time, in milliseconds.
    pub min_response_time: Option<Number>,
    /// Sum of the lengths of the bodies, in bytes.
    pub total_content_length: i64,
    /// Requests by rounded response time.
    pub response_times: RoundedTimes,
    /// Requests by second.
    pub num_reqs_per_sec: PerSecond,
    /// Failures by second.
    pub num_fail_per_sec: PerSecond,
    /// Fields of peers that send more than Locust.
    pub extra: Extra,
}

/// How often one failure occurred.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StatsFailure {
    /// Name of the request.
    pub name: String,
    /// Its method.
    pub method: String,
    /// The error, as Python's `repr` of it or as a text.
    pub error: String,
    /// Since the last report.
    pub occurrences: u64,
    /// Unix time of the first, by the worker's clock.
    pub first_seen: f64,
    /// Unix time of the last, by the worker's clock.
    pub last_seen: f64,
    /// Fields of peers that send more than Locust.
    pub extra: Extra,
}

impl StatsReport {
    pub(super) fn from_data(data: ValueRef<'_>) -> Result<Self, WrongField> {
        let mut fields = Fields::of(data)?;
        let entries: Vec<ValueRef<'_>> = fields.need("stats")?;
        let Pairs(errors) = fields.or_default::<Pairs<String, ValueRef<'_>>>("errors")?;
        Ok(Self {
            stats: entries
                .into_iter()
                .map(StatsEntry::from_data)
                .collect::<Result<_, _>>()?,
            stats_total: match fields.maybe("stats_total")? {
                Some(total) => StatsEntry::from_data(total)?,
                None => StatsEntry::default(),
            },
            errors: errors
                .into_iter()
                .map(|(key, failure)| Ok((key, StatsFailure::from_data(failure)?)))
                .collect::<Result<_, _>>()?,
            user_classes_count: fields.or_default::<Pairs<_, _>>("user_classes_count")?.0,
            user_count: fields.or_default("user_count")?,
            extra: fields.rest(),
        })
    }

    pub(super) fn to_data(&self) -> ValueRef<'_> {
        let entries = self.stats.iter().map(StatsEntry::to_data);
        let errors = self
            .errors
            .iter()
            .map(|(key, failure)| (key.as_str().into(), failure.to_data()));
        MapOf::new()
            .with("stats", ValueRef::Array(entries.collect()))
            .with("stats_total", self.stats_total.to_data())
            .with("errors", ValueRef::Map(errors.collect()))
            .with("user_classes_count", counts(&self.user_classes_count))
            .with("user_count", self.user_count)
            .with_extra(&self.extra)
    }
}

impl StatsEntry {
    fn from_data(data: ValueRef<'_>) -> Result<Self, WrongField> {
        let mut fields = Fields::of(data)?;
        Ok(Self {
            name: fields.need("name")?,
            method: fields.or_default("method")?,
            last_request_timestamp: fields.maybe("last_request_timestamp")?,
            start_time: fields.or_default("start_time")?,
            num_requests: fields.need("num_requests")?,
            num_none_requests: fields.or_default("num_none_requests")?,
            num_failures: fields.or_default("num_failures")?,
            total_response_time: fields.or_default("total_response_time")?,
            max_response_time: fields.or_default("max_response_time")?,
            min_response_time: fields.maybe("min_response_time")?,
            total_content_length: fields.or_default("total_content_length")?,
            response_times: fields.or_default::<Pairs<_, _>>("response_times")?.0,
            num_reqs_per_sec: fields.or_default::<Pairs<_, _>>("num_reqs_per_sec")?.0,
            num_fail_per_sec: fields.or_default::<Pairs<_, _>>("num_fail_per_sec")?.0,
            extra: fields.rest(),
        })
    }

    fn to_data(&self) -> ValueRef<'_> {
        let times = self.response_times.iter();
        MapOf::new()
            .with("name", self.name.as_str())
            .with("method", self.method.as_str())
            .with(
                "last_request_timestamp",
                or_nil(self.last_request_timestamp),
            )
            .with("start_time", self.start_time)
            .with("num_requests", self.num_requests)
            .with("num_none_requests", self.num_none_requests)
            .with("num_failures", self.num_failures)
            .with("total_response_time", self.total_response_time.to_value())
            .with("max_response_time", self.max_response_time.to_value())
            .with(
                "min_response_time",
                or_nil(self.min_response_time.map(Number::to_value)),
            )
            .with("total_content_length", self.total_content_length)
            .with(
                "response_times",
                ValueRef::Map(
                    times
                        .map(|&(time, count)| (time.to_value(), count.into()))
                        .collect(),
                ),
            )
            .with("num_reqs_per_sec", seconds(&self.num_reqs_per_sec))
            .with("num_fail_per_sec", seconds(&self.num_fail_per_sec))
            .with_extra(&self.extra)
    }
}

impl StatsFailure {
    fn from_data(data: ValueRef<'_>) -> Result<Self, WrongField> {
        let mut fields = Fields::of(data)?;
        Ok(Self {
            name: fields.need("name")?,
            method: fields.or_default("method")?,
            error: fields.need("error")?,
            occurrences: fields.need("occurrences")?,
            first_seen: fields.or_default("first_seen")?,
            last_seen: fields.or_default("last_seen")?,
            extra: fields.rest(),
        })
    }

    fn to_data(&self) -> ValueRef<'_> {
        MapOf::new()
            .with("name", self.name.as_str())
            .with("method", self.method.as_str())
            .with("error", self.error.as_str())
            .with("occurrences", self.occurrences)
            .with("first_seen", self.first_seen)
            .with("last_seen", self.last_seen)
            .with_extra(&self.extra)
    }
}

/// Users by class.
pub(super) fn counts(counts: &[(String, u64)]) -> ValueRef<'_> {
    let pairs = counts.iter();
    ValueRef::Map(
        pairs
            .map(|(class, count)| (class.as_str().into(), (*count).into()))
            .collect(),
    )
}

fn seconds(counts: &[(i64, u64)]) -> ValueRef<'_> {
    let pairs = counts.iter();
    ValueRef::Map(
        pairs
            .map(|&(second, count)| (second.into(), count.into()))
            .collect(),
    )
}
