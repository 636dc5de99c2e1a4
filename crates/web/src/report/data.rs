//! The value that a report is made of.

use gregaria_stats::{Entry, Histogram, Key, Snapshot};
use serde::{Deserialize, Serialize};

use crate::archive::{
    ArchiveError, Bucket, Ending, GroupBucket, Library, Line, Member, Note, Setup, StoredExamples,
    StoredMarker, StoredRun, encode_times,
};
use crate::model::{Compare, Judgement, Report, Series};
use crate::picture::{coarser_crew_course, distribution};
use crate::runs::{self, Fineness, Part, all_entries, run_setup, run_summary};

use crate::base64;

/// The version of the format that is written here.
pub(super) const FORMAT: u32 = 1;

/// Percentiles of the CSV file of the entries, as Locust has them.
pub const PERCENTILES: [f64; 11] = [
    0.50, 0.66, 0.75, 0.80, 0.90, 0.95, 0.98, 0.99, 0.999, 0.9999, 1.0,
];

/// Windows of an entry, by which two runs are compared.
const WINDOWS: usize = 14;

/// Bytes of text that the windows of single entries may take in an HTML report.
const WINDOW_BYTES: usize = 60_000;

/// Entries of the comparison in an HTML report: those that have changed come first.
const COMPARED_ENTRIES: usize = 40;

/// Points of a line of the comparison in an HTML report.
const COMPARED_POINTS: usize = 150;

/// Points of the workers' course in an HTML report: a minute each in an hour. Each has the most of it.
const CREW_POINTS: usize = 60;

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
    /// How often each status came, in the order of the entries' indexes; empty in an HTML report.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statuses: Vec<Vec<(u16, u64)>>,
    /// Single requests of each entry, in the order of their indexes; empty in an HTML report.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<StoredExamples>,
    /// During which task each entry was requested, in the order of their indexes, as the run store
    /// has it; empty in an HTML report.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<Option<String>>,
    /// Windows of all requests together.
    pub windows: Vec<KeptWindow>,
    /// Windows of each entry, in the order of their indexes, the total left out; empty where that
    /// would be too much.
    #[serde(default)]
    pub entry_windows: Vec<Vec<KeptWindow>>,
    /// How often each failure happened when.
    #[serde(default)]
    pub failure_windows: Vec<GroupWindow>,
    /// How often each exception happened when.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exception_windows: Vec<GroupWindow>,
    /// When each exception was noticed first and last.
    #[serde(default)]
    pub noticed: Vec<(Option<f64>, Option<f64>)>,
    /// Workers as they were at last.
    #[serde(default)]
    pub crew: Option<Vec<Member>>,
    /// Notes: time, text, who.
    #[serde(default)]
    pub notes: Vec<(f64, String, Option<String>)>,
    /// The log, if it was asked for: time, source, level, logger, text.
    #[serde(default)]
    pub log: Vec<(f64, String, String, String, String)>,
    /// Errors of the failures as they were counted; `None` where that is what is shown.
    pub errors: Vec<Option<String>>,
    /// Workers of each failure.
    #[serde(default)]
    pub failed_on: Vec<Vec<String>>,
    /// Nodes of each exception.
    pub nodes: Vec<Vec<String>>,
    /// Markers: time, until, kind, text.
    pub markers: Vec<(f64, f64, String, String)>,
}

/// A window: begin, length, requests, failures, sum of the response times, response times.
pub type KeptWindow = (f64, f64, u64, u64, f64, String);

/// A window of a failure or an exception: its number, begin in seconds since the start, length,
/// occurrences.
pub(super) type GroupWindow = (usize, f64, f64, u64);

/// An entry: requests without a response time, sum of the response times, the shortest, sum of the
/// lengths of the answers, seconds from the start to its last request, and where they fit its
/// response times: whether they are coarse, and as the run store has them, in base64.
pub type KeptEntry = (
    u64,
    f64,
    Option<f64>,
    u64,
    Option<f64>,
    Option<(bool, String)>,
);

/// What is put into a report.
#[derive(Clone, Copy, Debug)]
pub struct Content {
    /// How much is told.
    pub extent: Extent,
    /// Whether the log is in it.
    pub has_log: bool,
    /// Whether bodies of responses are in it, where single requests are.
    pub has_bodies: bool,
    /// The run that it is compared with; `None` for the baseline of its name, if there is one.
    pub against: Option<i64>,
}

impl From<Extent> for Content {
    fn from(extent: Extent) -> Self {
        Self {
            extent,
            has_log: false,
            has_bodies: false,
            against: None,
        }
    }
}

/// Everything about a run that is kept, written at `now`.
pub fn data(
    library: &Library,
    run: &StoredRun,
    content: impl Into<Content>,
    now: f64,
) -> Result<ReportData, ArchiveError> {
    let Content {
        extent,
        has_log,
        has_bodies,
        against,
    } = content.into();
    let buckets = library.buckets(run.row.id, &Key::total())?;
    let mut setup = run_setup(run);
    for file in &mut setup.files {
        file.text = None;
    }
    let mut snapshot = runs::whole(run, &buckets, Fineness::SMALL);
    if !has_log {
        snapshot.log = None;
    }
    let mut kept = kept(run, &buckets, snapshot.series.as_ref(), extent);
    kept.entry_windows = entry_windows(library, run, extent)?;
    if !has_bodies {
        let examples = kept.examples.into_iter();
        kept.examples = examples.map(StoredExamples::without_bodies).collect();
    }
    if has_log {
        kept.log = run.log.iter().map(line).collect();
    }
    Ok(ReportData {
        report: Report {
            format: FORMAT,
            written_at: now,
            run: run_summary(&run.row),
            setup,
            snapshot,
            distribution: distribution(&run.snapshot.total.histogram),
            workers_course: match extent {
                Extent::Whole => run.crew_course.clone(),
                Extent::Small => run
                    .crew_course
                    .as_ref()
                    .map(|course| coarser_crew_course(course, CREW_POINTS)),
            },
            compare: compared(library, run, against, extent)?,
        },
        kept,
    })
}

/// The comparison with the run that was named, or with the baseline of the same name.
fn compared(
    library: &Library,
    run: &StoredRun,
    against: Option<i64>,
    extent: Extent,
) -> Result<Option<Compare>, ArchiveError> {
    let other = match against {
        Some(other) => Some(other),
        None => library.baseline_of(&run.row.name)?,
    };
    let Some(other) = other.filter(|other| *other != run.row.id) else {
        return Ok(None);
    };
    let points = match extent {
        Extent::Whole => Fineness::SCREEN.points,
        Extent::Small => COMPARED_POINTS,
    };
    let mut compare = runs::compare(library, other, run.row.id, Part::Steady, points)?;
    if extent == Extent::Small && compare.entries.len() > COMPARED_ENTRIES {
        // Those that have changed first, then those with the most requests.
        compare.entries.sort_by_key(|entry| {
            let changes = [
                &entry.rps,
                &entry.failed_ratio,
                &entry.p50_ms,
                &entry.p95_ms,
                &entry.p99_ms,
            ];
            let is_changed = changes
                .into_iter()
                .any(|change| matches!(change.judgement, Judgement::Better | Judgement::Worse));
            let is_alone = entry.is_in_a != entry.is_in_b;
            #[expect(clippy::cast_possible_truncation, reason = "a count")]
            let requests = entry.requests.b.unwrap_or(0.0) as i64;
            (!(is_changed || is_alone), -requests)
        });
        compare.entries.truncate(COMPARED_ENTRIES);
    }
    Ok(Some(compare))
}

/// Windows of each entry; none if they do not fit.
fn entry_windows(
    library: &Library,
    run: &StoredRun,
    extent: Extent,
) -> Result<Vec<Vec<KeptWindow>>, ArchiveError> {
    let mut all = vec![Vec::new(); run.snapshot.entries.len()];
    let mut bytes = 0;
    let mut fits = true;
    library.each_course(run.row.id, |key, buckets| {
        let entries = &run.snapshot.entries;
        let Some(place) = entries.iter().position(|entry| entry.key == key) else {
            return;
        };
        if fits {
            all[place] = windows(&buckets);
            // Numbers take about fifty bytes.
            bytes += all[place].iter().map(|one| one.5.len() + 50).sum::<usize>();
            fits = extent == Extent::Whole || bytes <= WINDOW_BYTES;
        }
    })?;
    Ok(if fits { all } else { Vec::new() })
}

fn windows(buckets: &[Bucket]) -> Vec<KeptWindow> {
    let length = buckets.len().div_ceil(WINDOWS).max(1);
    buckets.chunks(length).map(joined).collect()
}

fn line(line: &Line) -> (f64, String, String, String, String) {
    let Line {
        time,
        source,
        level,
        logger,
        text,
    } = line.clone();
    (time, source, level, logger, text)
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
            times.map(|times| (entry.is_coarse, times)),
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
        entries: all_entries(snapshot).zip(encoded).map(entry).collect(),
        statuses: match extent {
            Extent::Whole => all_entries(snapshot)
                .map(|entry| entry.statuses.iter().collect())
                .collect(),
            Extent::Small => Vec::new(),
        },
        examples: match extent {
            Extent::Whole => all_entries(snapshot)
                .map(|entry| (&entry.examples).into())
                .collect(),
            Extent::Small => Vec::new(),
        },
        tasks: match extent {
            Extent::Whole => all_entries(snapshot)
                .map(|entry| entry.task.as_text().map(str::to_owned))
                .collect(),
            Extent::Small => Vec::new(),
        },
        windows: windows(buckets),
        entry_windows: Vec::new(),
        failure_windows: group_windows(run, &run.failure_buckets),
        exception_windows: group_windows(run, &run.exception_buckets),
        noticed: run
            .exceptions_seen
            .iter()
            .map(|seen| (seen.first, seen.last))
            .collect(),
        crew: run.crew.clone(),
        notes: run.notes.iter().map(note).collect(),
        log: Vec::new(),
        errors: snapshot
            .failures
            .iter()
            .map(|one| (*one.error != *one.message(false)).then(|| one.error.to_string()))
            .collect(),
        failed_on: snapshot
            .failures
            .iter()
            .map(|one| one.nodes.iter().map(ToString::to_string).collect())
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
    let exact: Vec<_> = all_entries(snapshot)
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

fn note(note: &Note) -> (f64, String, Option<String>) {
    (note.time, note.text.clone(), note.by.clone())
}

/// Stretches of each failure or exception, few enough for a file.
fn group_windows(run: &StoredRun, buckets: &[GroupBucket]) -> Vec<GroupWindow> {
    let mut all = Vec::new();
    for own in buckets.chunk_by(|one, next| one.place == next.place) {
        for group in own.chunks(own.len().div_ceil(WINDOWS).max(1)) {
            let (first, last) = (&group[0], &group[group.len() - 1]);
            all.push((
                first.place,
                round(first.time - run.row.started),
                round(last.time + last.seconds - first.time),
                group.iter().map(|one| one.occurrences).sum(),
            ));
        }
    }
    all
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
