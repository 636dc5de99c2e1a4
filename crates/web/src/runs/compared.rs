//! Two runs side by side, as the page gets them and for a terminal.

use std::fmt::Write as _;

use gregaria_stats::Key;

use crate::archive::{ArchiveError, EndKind, Library, StoredRun};
use crate::compare::{self, Course, Judged, Measured, Row, Stretch, Verdict};
use crate::model::{Change, Compare, CompareEntry, Compared, Judgement, Warning, WarningKind};
use crate::picture::distribution;

use super::course::series;
use super::{list, run_summary, text};

/// Differences in users or length below this part are none.
const ALIKE: f64 = 0.02;

/// Which part of the runs is compared.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Part {
    /// Of each the part in which the number of users does not change.
    #[default]
    Steady,
    /// All of them, with the ramps.
    Whole,
    /// From and to so many seconds after the start of each.
    Between(f64, f64),
}

/// Compares run `b` with run `a`; lines have at most so many points.
pub fn compare(
    library: &Library,
    a: i64,
    b: i64,
    part: Part,
    points: usize,
) -> Result<Compare, ArchiveError> {
    let (run_a, run_b) = (library.run(a)?, library.run(b)?);
    let (in_a, in_b) = (
        measured(library, &run_a, part)?,
        measured(library, &run_b, part)?,
    );
    let comparison = compare::compare_measured(&in_a, &in_b);
    let mut entries: Vec<CompareEntry> = comparison.rows.iter().map(entry).collect();
    let is_total = |entry: &CompareEntry| {
        let key = Key::total();
        (&*entry.method, &*entry.name) == (&*key.method, &*key.name)
    };
    let total = match entries.iter().position(is_total) {
        Some(place) => entries.remove(place),
        None => nothing(),
    };
    entries.sort_by(|a, b| (&a.name, &a.method).cmp(&(&b.name, &b.method)));
    Ok(Compare {
        warnings: warnings(&run_a, &run_b, &total),
        a: compared(&run_a, points),
        b: compared(&run_b, points),
        total,
        entries,
    })
}

/// The figures of every entry in a part of a run. One course after the other: those of a long run do
/// not fit into memory at once.
fn measured(
    library: &Library,
    run: &StoredRun,
    part: Part,
) -> Result<Vec<(Key, Measured)>, ArchiveError> {
    let whole = Stretch {
        from: f64::MIN,
        to: f64::MAX,
    };
    let stretch = match part {
        Part::Steady => Stretch::steady(&run.seconds).unwrap_or(whole),
        Part::Whole => whole,
        Part::Between(from, to) => Stretch {
            from: run.row.started + from,
            to: run.row.started + to,
        },
    };
    let grid = library.buckets(run.row.id, &Key::total())?;
    let mut all = Vec::new();
    library.each_course(run.row.id, |key, own| {
        // An entry whose course is not kept is there all the same: a report has no room for all.
        let course = Course::of(&own, &grid, stretch);
        let is_told = !own.is_empty() || all.is_empty();
        let measured = match run.snapshot.entry(&key.method, &key.name) {
            Some(entry) if !is_told => Measured::of_sum(entry),
            _ => Measured::of(&course),
        };
        all.push((key, measured));
    })?;
    Ok(all)
}

fn compared(run: &StoredRun, points: usize) -> Compared {
    Compared {
        run: run_summary(&run.row),
        series: series(run, f64::MIN, f64::MAX, points, run.row.started),
        distribution: distribution(&run.snapshot.total.histogram),
    }
}

fn entry(row: &Row) -> CompareEntry {
    let [rps, failed_ratio, p50_ms, p95_ms, p99_ms] =
        [0, 1, 2, 3, 4].map(|at| change(&row.figures[at]));
    let count = |requests: u64, is_there: bool| is_there.then_some(requests as f64);
    let (a, b) = (
        count(row.requests_a, row.is_in_a),
        count(row.requests_b, row.is_in_b),
    );
    CompareEntry {
        method: row.key.method.to_string(),
        name: row.key.name.to_string(),
        is_in_a: row.is_in_a,
        is_in_b: row.is_in_b,
        requests: Change {
            a,
            b,
            ratio: a.zip(b).filter(|(a, _)| *a > 0.0).map(|(a, b)| (b - a) / a),
            noise_ratio: None,
            judgement: Judgement::Unknown,
        },
        rps,
        failed_ratio,
        p50_ms,
        p95_ms,
        p99_ms,
    }
}

fn change(figure: &Judged) -> Change {
    Change {
        a: figure.a,
        b: figure.b,
        ratio: figure.ratio(),
        noise_ratio: figure.noise_ratio(),
        judgement: match figure.verdict {
            Verdict::Same => Judgement::Same,
            Verdict::Better => Judgement::Better,
            Verdict::Worse => Judgement::Worse,
            Verdict::Unknown => Judgement::Unknown,
        },
    }
}

/// The total of runs without a single bucket.
fn nothing() -> CompareEntry {
    let change = || Change {
        a: None,
        b: None,
        ratio: None,
        noise_ratio: None,
        judgement: Judgement::Unknown,
    };
    let key = Key::total();
    CompareEntry {
        method: key.method.to_string(),
        name: key.name.to_string(),
        is_in_a: false,
        is_in_b: false,
        requests: change(),
        rps: change(),
        failed_ratio: change(),
        p50_ms: change(),
        p95_ms: change(),
        p99_ms: change(),
    }
}

/// What makes figures differ by itself.
fn warnings(a: &StoredRun, b: &StoredRun, total: &CompareEntry) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let mut warn = |kind, text: String| warnings.push(Warning { kind, text });
    let hash = |run: &StoredRun| run.row.file_sha256.clone();
    if hash(a).is_some() && hash(b).is_some() && hash(a) != hash(b) {
        warn(WarningKind::File, "the files of the test differ".to_owned());
    }
    let host = |run: &StoredRun| run.row.host.clone().unwrap_or_else(|| "none".to_owned());
    if host(a) != host(b) {
        warn(
            WarningKind::Host,
            format!("the targets differ: {} and {}", host(a), host(b)),
        );
    }
    let users = [a, b].map(|run| run.row.peak_users as f64);
    if let Some(text) = difference(users, "users", "more", "fewer") {
        warn(WarningKind::Users, text);
    }
    if a.row.workers != b.row.workers {
        let workers = |run: &StoredRun| match run.row.workers {
            Some(1) => "1 worker".to_owned(),
            Some(workers) => format!("{workers} workers"),
            None => "one process alone".to_owned(),
        };
        warn(
            WarningKind::Workers,
            format!("A ran on {}, B on {}", workers(a), workers(b)),
        );
    }
    let lengths = [a, b].map(|run| run.row.length_seconds());
    if lengths.iter().any(|length| *length > 60.0)
        && let Some(text) = difference(lengths, "time", "more", "less")
    {
        warn(WarningKind::Length, text);
    }
    for (name, run) in [("A", a), ("B", b)] {
        match run.row.ending.as_ref().map(|end| end.kind) {
            None => warn(WarningKind::Incomplete, format!("{name} goes on still")),
            Some(EndKind::CutOff) => warn(
                WarningKind::Incomplete,
                format!("{name} was cut off: it is incomplete"),
            ),
            Some(_) => {}
        }
    }
    let has_requests = total.is_in_a && total.is_in_b;
    if has_requests && total.rps.noise_ratio.is_none() {
        warn(
            WarningKind::Noise,
            "too short to know how much the figures vary by themselves: at least 40 s of an even \
             load are needed in each run"
                .to_owned(),
        );
    }
    warnings
}

/// `B used 20 % more users`, if it did.
fn difference([a, b]: [f64; 2], what: &str, more: &str, less: &str) -> Option<String> {
    let ratio = (b - a) / a;
    if !ratio.is_finite() || ratio.abs() <= ALIKE {
        return None;
    }
    let word = if ratio > 0.0 { more } else { less };
    Some(format!("B used {:.0} % {word} {what}", ratio.abs() * 100.0))
}

/// How a figure is written.
type Show = fn(Option<f64>) -> String;

/// A comparison for a terminal.
pub fn compare_text(compare: &Compare) -> String {
    let mut out = String::new();
    for (name, run) in [("A", &compare.a.run), ("B", &compare.b.run)] {
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "{name}  run {}  {}  {}, {} users, {}{}",
            run.id,
            run.name,
            list::started(run.started_at),
            text::count(run.peak_users),
            list::length(run.length_seconds),
            run.note
                .as_ref()
                .map(|note| format!("  {note}"))
                .unwrap_or_default(),
        );
    }
    for warning in &compare.warnings {
        let _ = writeln!(out, "warning: {}", warning.text);
    }
    out.push('\n');
    let entries = std::iter::once(&compare.total).chain(&compare.entries);
    let mut rows = Vec::new();
    let mut counts = [0_usize; 3];
    for entry in entries {
        let name = format!("{} {}", entry.method, entry.name).trim().to_owned();
        match (entry.is_in_a, entry.is_in_b) {
            (true, false) => rows.push(vec![name, "only in A".to_owned()]),
            (false, true) => rows.push(vec![name, "only in B".to_owned()]),
            _ => {
                let figures: [(&str, &Change, Show); 5] = [
                    ("req/s", &entry.rps, text::rate),
                    ("failed", &entry.failed_ratio, text::percent),
                    ("p50", &entry.p50_ms, text::time),
                    ("p95", &entry.p95_ms, text::time),
                    ("p99", &entry.p99_ms, text::time),
                ];
                for (place, (figure, change, show)) in figures.into_iter().enumerate() {
                    let name = if place == 0 {
                        name.clone()
                    } else {
                        String::new()
                    };
                    match change.judgement {
                        Judgement::Better => counts[0] += 1,
                        Judgement::Worse => counts[1] += 1,
                        _ => counts[2] += 1,
                    }
                    let (ratio, noise) = (change.ratio, change.noise_ratio);
                    rows.push(vec![
                        name,
                        figure.to_owned(),
                        show(change.a),
                        show(change.b),
                        ratio.map(text::change).unwrap_or_default(),
                        noise
                            .map(|noise| format!("±{:.1} %", noise * 100.0))
                            .unwrap_or_default(),
                        judgement(change).to_owned(),
                    ]);
                }
            }
        }
    }
    out.push_str(&text::columns(
        &["NAME", "", "A", "B", "CHANGE", "NOISE", ""],
        &[true, true, false, false, false, false, true],
        &rows,
    ));
    let [better, worse, rest] = counts;
    let _ = writeln!(
        out,
        "\n{worse} worse, {better} better, {rest} same or unknown"
    );
    out
}

fn judgement(change: &Change) -> &'static str {
    let is_more = change.b > change.a;
    match (change.judgement, is_more) {
        (Judgement::Same, _) => "same",
        (Judgement::Better, true) => "▲ better",
        (Judgement::Better, false) => "▼ better",
        (Judgement::Worse, true) => "▲ worse",
        (Judgement::Worse, false) => "▼ worse",
        (Judgement::Different, _) => "different",
        (Judgement::Unknown, _) => "",
    }
}
