//! The value that a report is made of.

use gregaria_stats::{Entry, Histogram, Key, Snapshot};
use serde::{Deserialize, Serialize};

use crate::archive::{
    ArchiveError, Bucket, Ending, Library, Setup, StoredMarker, StoredRun, encode_times,
};
use crate::model::{Distribution, EntryColumns, EntryName, RunSetup, RunSummary, Series};
use crate::runs::{distribution, run_setup, run_summary, series};

use super::base64;

/// What `format` says.
pub(super) const FORMAT: &str = "gregaria report";

/// The version of the format that is written here.
pub(super) const VERSION: u32 = 1;

/// Percentiles of the CSV file of the entries, as Locust has them.
pub const PERCENTILES: [f64; 11] = [
    0.50, 0.66, 0.75, 0.80, 0.90, 0.95, 0.98, 0.99, 0.999, 0.9999, 1.0,
];

/// Points of a line: more than a screen has pixels.
const POINTS: usize = 1000;

/// Windows of all requests together, by which two runs are compared.
const WINDOWS: usize = 60;

/// Bytes of the entries' response times, as text, above which neighbouring buckets are joined: with
/// 500 entries, the whole report stays below 300 KB.
const FINE_BYTES: usize = 60_000;

/// Neighbouring buckets that are then joined: a time is known to 3 in 100.
const JOINED_BUCKETS: usize = 4;

/// Everything about one run. The page reads what is above `kept`; the rest is for taking it in again.
/// Secrets, and the texts of the test's files, are not in it.
#[derive(Clone, Debug, Serialize)]
pub struct ReportData {
    /// Always `gregaria report`.
    pub format: &'static str,
    /// Changes when an older reader would misunderstand.
    pub version: u32,
    /// Its row of the list.
    pub run: RunSummary,
    /// What was run.
    pub setup: RunSetup,
    /// Sentences about the figures.
    pub notices: Vec<String>,
    /// The lines of the run; `time` is in seconds since 1970.
    pub series: Series,
    /// Names of the entries by their index; 0 is all requests together.
    pub names: Vec<EntryName>,
    /// The table of entries, the total first; rates are those of the whole run.
    pub entries: EntryColumns,
    /// Response times of all requests.
    pub distribution: Distribution,
    /// What the run store needs to take it in.
    pub kept: Kept,
}

/// What the page does not show by itself, or not as exactly.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Kept {
    /// What was run.
    pub setup: Setup,
    /// When it began.
    pub started: f64,
    /// How it ended; `None` if it went on still.
    pub ending: Option<Ending>,
    /// What somebody wrote about it.
    pub note: Option<String>,
    /// Sentences about the figures.
    pub notices: Vec<String>,
    /// Most users at once.
    pub peak_users: u64,
    /// The points of the lines.
    pub seconds: KeptSeconds,
    /// The entries, in the order of their indexes.
    pub entries: Vec<KeptEntry>,
    /// Windows of all requests together.
    pub windows: Vec<KeptWindow>,
    /// Failures: method, name, error, occurrences, first and last seen.
    pub failures: Vec<(String, String, String, u64, f64, f64)>,
    /// Exceptions: count, message, traceback, nodes.
    pub exceptions: Vec<(u64, String, String, Vec<String>)>,
    /// Markers: time, until, kind, text.
    pub markers: Vec<(f64, f64, String, String)>,
}

/// What [`Series`] does not tell of its points, as columns.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct KeptSeconds {
    /// When.
    pub time: Vec<f64>,
    /// Users.
    pub users: Vec<u64>,
    /// Requests since the start.
    pub requests: Vec<u64>,
    /// Failures since the start.
    pub failures: Vec<u64>,
}

/// An entry.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct KeptEntry {
    /// Requests without a response time.
    pub none_requests: u64,
    /// Sum of the response times.
    pub total_ms: f64,
    /// The shortest.
    pub min_ms: Option<f64>,
    /// The longest.
    pub max_ms: f64,
    /// Sum of the lengths of the answers.
    pub content_length: u64,
    /// Since when it has counted.
    pub counted_from: f64,
    /// When its last request ended.
    pub last_request: Option<f64>,
    /// Whether its times are no finer than Locust's rounded ones.
    pub is_coarse: bool,
    /// Its response times: the bytes of the run store in base64.
    pub times: String,
}

/// A stretch of the run.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct KeptWindow {
    /// When it begins.
    pub time: f64,
    /// Its length.
    pub seconds: f64,
    /// Requests.
    pub requests: u64,
    /// Failures.
    pub failures: u64,
    /// Sum of the response times.
    pub total_ms: f64,
    /// Response times.
    pub times: String,
}

/// Everything about a run that is kept.
pub fn data(library: &Library, run: &StoredRun) -> Result<ReportData, ArchiveError> {
    let windows = library.buckets(run.row.id, &Key::total())?;
    let mut setup = run_setup(run);
    for file in &mut setup.files {
        file.text = None;
    }
    let (names, entries) = table(&run.snapshot);
    Ok(ReportData {
        format: FORMAT,
        version: VERSION,
        run: run_summary(&run.row),
        setup,
        notices: run.snapshot.notices.clone(),
        series: series(&run.seconds, POINTS, 0.0),
        names,
        entries,
        distribution: distribution(&run.snapshot.total.histogram),
        kept: kept(run, &windows),
    })
}

fn all(snapshot: &Snapshot) -> impl Iterator<Item = &Entry> {
    let entries = snapshot.entries.iter().map(AsRef::as_ref);
    std::iter::once(&*snapshot.total).chain(entries)
}

fn table(snapshot: &Snapshot) -> (Vec<EntryName>, EntryColumns) {
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

fn kept(run: &StoredRun, windows: &[Bucket]) -> Kept {
    let snapshot = &run.snapshot;
    let mut setup = run.setup.clone();
    for file in &mut setup.files {
        file.text = None;
    }
    let step = run.seconds.len().div_ceil(POINTS).max(1);
    let ends = || run.seconds.chunks(step).filter_map(|points| points.last());
    let fine: usize = all(snapshot)
        .map(|entry| encode_times(&entry.histogram).len())
        .sum();
    let entry = |entry: &Entry| KeptEntry {
        none_requests: entry.none_requests,
        total_ms: round(entry.total_response_time_ms),
        min_ms: entry.min_response_time_ms.map(round),
        max_ms: round(entry.max_response_time_ms),
        content_length: entry.total_content_length,
        counted_from: entry.start_time.round(),
        last_request: entry.last_request.map(f64::round),
        is_coarse: entry.is_coarse,
        times: if fine * 4 / 3 > FINE_BYTES {
            text(&coarser(&entry.histogram))
        } else {
            text(&entry.histogram)
        },
    };
    Kept {
        setup,
        started: run.row.started,
        ending: run.row.ending.clone(),
        note: run.row.note.clone(),
        notices: snapshot.notices.clone(),
        peak_users: run.row.peak_users,
        seconds: KeptSeconds {
            time: ends().map(|point| point.time).collect(),
            users: ends().map(|point| point.user_count).collect(),
            requests: ends().map(|point| point.requests).collect(),
            failures: ends().map(|point| point.failures).collect(),
        },
        entries: all(snapshot).map(entry).collect(),
        windows: windows
            .chunks(windows.len().div_ceil(WINDOWS).max(1))
            .map(joined)
            .collect(),
        failures: snapshot
            .failures
            .iter()
            .map(|one| {
                let text = [&one.method, &one.name, &one.error].map(ToString::to_string);
                let [method, name, error] = text;
                (
                    method,
                    name,
                    error,
                    one.occurrences,
                    one.first_seen,
                    one.last_seen,
                )
            })
            .collect(),
        exceptions: snapshot
            .exceptions
            .iter()
            .map(|one| {
                let nodes = one.nodes.iter().map(ToString::to_string).collect();
                (
                    one.count,
                    one.message.to_string(),
                    one.traceback.to_string(),
                    nodes,
                )
            })
            .collect(),
        markers: run.markers.iter().map(marker).collect(),
    }
}

fn marker(marker: &StoredMarker) -> (f64, f64, String, String) {
    (
        marker.time,
        marker.until,
        marker.kind.clone(),
        marker.text.clone(),
    )
}

fn joined(buckets: &[Bucket]) -> KeptWindow {
    let mut window = KeptWindow::default();
    let mut times = Histogram::default();
    for (place, bucket) in buckets.iter().enumerate() {
        if place == 0 {
            window.time = bucket.time;
        }
        window.seconds = bucket.time + bucket.seconds - window.time;
        window.requests += bucket.requests;
        window.failures += bucket.failures;
        window.total_ms += bucket.total_ms;
        times.merge(&bucket.times);
    }
    window.times = text(&times);
    window
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
