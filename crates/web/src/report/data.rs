//! The value that a report is made of.

use gregaria_stats::{Entry, Histogram, Key, Snapshot};
use serde::{Deserialize, Serialize};

use crate::archive::{
    ArchiveError, Bucket, Ending, Library, Setup, StoredMarker, StoredRun, encode_times,
};
use crate::model::{EntryColumns, EntryName, Report, Series};
use crate::runs::{distribution, run_setup, run_summary};

use super::{base64, picture};

/// The version of the format that is written here.
pub(super) const FORMAT: u32 = 1;

/// Percentiles of the CSV file of the entries, as Locust has them.
pub const PERCENTILES: [f64; 11] = [
    0.50, 0.66, 0.75, 0.80, 0.90, 0.95, 0.98, 0.99, 0.999, 0.9999, 1.0,
];

/// Windows of all requests together, by which two runs are compared.
const WINDOWS: usize = 16;

/// Bytes of text that the entries' response times may take in an HTML report, so that it stays
/// below 300 KB with 500 entries.
const TIMES_BYTES: usize = 20_000;

/// Neighbouring buckets that are joined where that is not enough: a time is known to 3 in 100.
const JOINED_BUCKETS: usize = 4;

/// How much is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// All of it, for programs.
    Whole,
    /// What fits into a file that is sent by mail: response times of single entries are kept less
    /// exactly if there are many entries, or not at all.
    Small,
}

/// Everything about one run: what the page shows, and what is needed to take it in again. Secrets,
/// and the texts of the test's files, are not in it.
#[derive(Clone, Debug, Serialize)]
pub struct ReportData {
    /// What the page reads.
    #[serde(flatten)]
    pub report: Report,
    /// What the run store needs besides.
    pub kept: Kept,
}

/// What the page does not show, or not as exactly.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Kept {
    /// What was run.
    pub setup: Setup,
    /// When it began.
    pub started: f64,
    /// Since when it has counted.
    pub counted_from: f64,
    /// How it ended; `None` if it went on still.
    pub ending: Option<Ending>,
    /// Requests since the start at each point of the series; `None` in a gap.
    pub requests: Vec<Option<u64>>,
    /// Failures since the start.
    pub failed: Vec<Option<u64>>,
    /// The entries, in the order of their indexes.
    pub entries: Vec<KeptEntry>,
    /// Windows of all requests together: begin, length, requests, failures, sum of the response
    /// times, response times.
    pub windows: Vec<(f64, f64, u64, u64, f64, String)>,
    /// Failures: error, as it was counted.
    pub errors: Vec<String>,
    /// Nodes of each exception.
    pub nodes: Vec<Vec<String>>,
    /// Markers: time, until, kind, text.
    pub markers: Vec<(f64, f64, String, String)>,
}

/// An entry: requests without a response time, sum of the response times, the shortest, sum of the
/// lengths of the answers, seconds from the start to its last request, whether its times are
/// coarse, and its response times as the run store has them, in base64.
pub type KeptEntry = (
    u64,
    f64,
    Option<f64>,
    u64,
    Option<f64>,
    bool,
    Option<String>,
);

/// Everything about a run that is kept, written at `now`.
pub fn data(
    library: &Library,
    run: &StoredRun,
    extent: Extent,
    now: f64,
) -> Result<ReportData, ArchiveError> {
    let buckets = library.buckets(run.row.id, &Key::total())?;
    let mut setup = run_setup(run);
    for file in &mut setup.files {
        file.text = None;
    }
    let snapshot = picture::picture(run, &buckets);
    let kept = kept(run, &buckets, snapshot.series.as_ref(), extent);
    Ok(ReportData {
        report: Report {
            format: FORMAT,
            written_at: now,
            run: run_summary(&run.row),
            setup,
            snapshot,
            distribution: distribution(&run.snapshot.total.histogram),
            compare: None,
        },
        kept,
    })
}

fn all(snapshot: &Snapshot) -> impl Iterator<Item = &Entry> {
    let entries = snapshot.entries.iter().map(AsRef::as_ref);
    std::iter::once(&*snapshot.total).chain(entries)
}

pub(super) fn table(snapshot: &Snapshot) -> (Vec<EntryName>, EntryColumns) {
    let mut names = Vec::new();
    let mut columns = EntryColumns::default();
    let window = &snapshot.window;
    for (entry, index) in all(snapshot).zip(0..) {
        let has_requests = entry.requests > 0;
        let is_timed = entry.timed_requests() > 0;
        let per_second = |rate: f64| has_requests.then(|| round(rate));
        let percentile = |quantile| entry.percentile_ms(quantile).map(round);
        names.push(EntryName {
            index,
            method: entry.key.method.to_string(),
            name: entry.key.name.to_string(),
        });
        columns.index.push(index);
        columns.requests.push(entry.requests);
        columns.failures.push(entry.failures);
        columns.rps.push(per_second(entry.total_rps(window)));
        columns
            .failures_per_second
            .push(per_second(entry.total_failures_per_second(window)));
        columns.p50_ms.push(percentile(0.5));
        columns.p95_ms.push(percentile(0.95));
        columns.p99_ms.push(percentile(0.99));
        columns
            .max_ms
            .push(is_timed.then(|| round(entry.max_response_time_ms)));
        columns
            .avg_ms
            .push(is_timed.then(|| round(entry.avg_response_time_ms())));
        columns
            .avg_bytes
            .push(has_requests.then(|| entry.avg_content_length().round()));
    }
    (names, columns)
}

fn kept(run: &StoredRun, buckets: &[Bucket], series: Option<&Series>, extent: Extent) -> Kept {
    let snapshot = &run.snapshot;
    let mut setup = run.setup.clone();
    for file in &mut setup.files {
        file.text = None;
    }
    let started = run.row.started;
    let encoded = all_times(snapshot, extent);
    let entry = |(entry, times): (&Entry, Option<String>)| {
        let last = entry.last_request.map(|last| round(last - started));
        let min = entry.min_response_time_ms.map(round);
        let sum = round(entry.total_response_time_ms);
        let length = entry.total_content_length;
        (
            entry.none_requests,
            sum,
            min,
            length,
            last,
            entry.is_coarse,
            times,
        )
    };
    let times = series.map_or(&[][..], |series| &series.time);
    let at = |time: &f64| {
        let place = run
            .seconds
            .partition_point(|point| point.time < time - 0.06);
        run.seconds
            .get(place)
            .filter(|point| (point.time - time).abs() < 0.06)
    };
    Kept {
        setup,
        started,
        counted_from: snapshot.total.start_time,
        ending: run.row.ending.clone(),
        requests: times
            .iter()
            .map(|time| at(time).map(|one| one.requests))
            .collect(),
        failed: times
            .iter()
            .map(|time| at(time).map(|one| one.failures))
            .collect(),
        entries: all(snapshot).zip(encoded).map(entry).collect(),
        windows: buckets
            .chunks(buckets.len().div_ceil(WINDOWS).max(1))
            .map(joined)
            .collect(),
        errors: snapshot
            .failures
            .iter()
            .map(|one| one.error.to_string())
            .collect(),
        nodes: snapshot
            .exceptions
            .iter()
            .map(|one| one.nodes.iter().map(ToString::to_string).collect())
            .collect(),
        markers: run.markers.iter().map(marker).collect(),
    }
}

/// Response times of each entry as text, as exactly as the extent allows. Those of all requests
/// together are always exact.
fn all_times(snapshot: &Snapshot, extent: Extent) -> Vec<Option<String>> {
    let size = |texts: &[Option<String>]| -> usize {
        texts.iter().skip(1).flatten().map(String::len).sum()
    };
    let exact: Vec<_> = all(snapshot)
        .map(|one| Some(text(&one.histogram)))
        .collect();
    if extent == Extent::Whole || size(&exact) <= TIMES_BYTES {
        return exact;
    }
    let total = exact.into_iter().take(1);
    let entries = snapshot.entries.iter();
    let coarse = entries.map(|one| Some(text(&coarser(&one.histogram))));
    let coarse: Vec<_> = total.clone().chain(coarse).collect();
    if size(&coarse) <= TIMES_BYTES {
        return coarse;
    }
    total.chain(snapshot.entries.iter().map(|_| None)).collect()
}

fn marker(marker: &StoredMarker) -> (f64, f64, String, String) {
    (
        marker.time,
        marker.until,
        marker.kind.clone(),
        marker.text.clone(),
    )
}

fn joined(buckets: &[Bucket]) -> (f64, f64, u64, u64, f64, String) {
    let begin = buckets.first().map_or(0.0, |first| first.time);
    let end = buckets.last().map_or(0.0, |last| last.time + last.seconds);
    let mut times = Histogram::default();
    for bucket in buckets {
        times.merge(&bucket.times);
    }
    let sum = |read: fn(&Bucket) -> u64| buckets.iter().map(read).sum::<u64>();
    (
        round(begin),
        round(end - begin),
        sum(|bucket| bucket.requests),
        sum(|bucket| bucket.failures),
        round(buckets.iter().map(|bucket| bucket.total_ms).sum()),
        text(&times),
    )
}

/// Neighbouring buckets as one, in the middle of them.
fn coarser(times: &Histogram) -> Histogram {
    let mut coarser = Histogram::new(times.precision());
    for (index, count) in times.buckets() {
        coarser.add_bucket(
            index / JOINED_BUCKETS * JOINED_BUCKETS + JOINED_BUCKETS / 2,
            count,
        );
    }
    coarser.raise_max(times.max_ms());
    coarser
}

fn text(times: &Histogram) -> String {
    base64::encode(&encode_times(times))
}

/// To the thousandth.
fn round(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
