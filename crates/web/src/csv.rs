//! The CSV files of a run, in Locust's columns and in the spelling of Python's `csv` module: lines
//! end with CR LF, and a field is quoted only where it has to be. A text that a spreadsheet would take
//! for a formula gets an apostrophe before it.

use gregaria_stats::{Entry, HistoryPoint, Snapshot, Window};

use crate::{moment, number};

const REQUESTS: [&str; 11] = [
    "Type",
    "Name",
    "Request Count",
    "Failure Count",
    "Median Response Time",
    "Average Response Time",
    "Min Response Time",
    "Max Response Time",
    "Average Content Size",
    "Requests/s",
    "Failures/s",
];
const HISTORY_BEFORE: [&str; 6] = [
    "Timestamp",
    "User Count",
    "Type",
    "Name",
    "Requests/s",
    "Failures/s",
];
const HISTORY_AFTER: [&str; 7] = [
    "Total Request Count",
    "Total Failure Count",
    "Total Median Response Time",
    "Total Average Response Time",
    "Total Min Response Time",
    "Total Max Response Time",
    "Total Average Content Size",
];
const SECONDS: [&str; 9] = [
    "Timestamp",
    "User Count",
    "Requests/s",
    "Failures/s",
    "50%",
    "95%",
    "99%",
    "Total Request Count",
    "Total Failure Count",
];
const FAILURES: [&str; 6] = [
    "Method",
    "Name",
    "Error",
    "Occurrences",
    "First Seen",
    "Last Seen",
];
const EXCEPTIONS: [&str; 4] = ["Count", "Message", "Traceback", "Nodes"];

/// `_stats.csv`: entries by name and method, and their total last. Percentiles are 0 to 1.
pub fn requests(snapshot: &Snapshot, percentiles: &[f64]) -> String {
    let mut text = String::new();
    let headings = percentiles
        .iter()
        .map(|&percentile| number::percent(percentile));
    push_row(
        &mut text,
        REQUESTS.iter().map(ToString::to_string).chain(headings),
    );
    let window = snapshot.window;
    for entry in rows(snapshot) {
        let [median, average, min, max, size] = times_and_size(entry);
        let fields = [
            entry.key.method.to_string(),
            entry.key.name.to_string(),
            entry.requests.to_string(),
            entry.failures.to_string(),
            median,
            average,
            min,
            max,
            size,
            number::float(entry.total_rps(&window)),
            number::float(entry.total_failures_per_second(&window)),
        ];
        let times = percentiles.iter().map(|&percentile| {
            bucket_of(entry, |entry| Some(entry.rounded_percentile(percentile)))
        });
        push_row(&mut text, fields.into_iter().chain(times));
    }
    text
}

/// The heading of `_stats_history.csv`.
pub fn history_heading(percentiles: &[f64]) -> String {
    let mut text = String::new();
    let before = HISTORY_BEFORE.iter().map(ToString::to_string);
    let headings = percentiles
        .iter()
        .map(|&percentile| number::percent(percentile));
    let after = HISTORY_AFTER.iter().map(ToString::to_string);
    push_row(&mut text, before.chain(headings).chain(after));
    text
}

/// What each second adds to `_stats_history.csv`: the total, with percentiles of the whole run. In
/// a full history every entry stands before it, and percentiles are those of the last seconds.
pub fn history_rows(
    snapshot: &Snapshot,
    now: f64,
    user_count: u64,
    is_full: bool,
    percentiles: &[f64],
) -> String {
    let mut text = String::new();
    let window = snapshot.window;
    if is_full {
        for entry in &snapshot.entries {
            push_history(
                &mut text,
                entry,
                &window,
                now,
                user_count,
                is_full,
                percentiles,
            );
        }
    }
    push_history(
        &mut text,
        &snapshot.total,
        &window,
        now,
        user_count,
        is_full,
        percentiles,
    );
    text
}

fn push_history(
    text: &mut String,
    entry: &Entry,
    window: &Window,
    now: f64,
    user_count: u64,
    is_current: bool,
    percentiles: &[f64],
) {
    let [median, average, min, max, size] = times_and_size(entry);
    let before = [
        format!("{:.0}", now.floor()),
        user_count.to_string(),
        entry.key.method.to_string(),
        entry.key.name.to_string(),
        format!("{:.6}", entry.current_rps(window)),
        format!("{:.6}", entry.current_failures_per_second(window)),
    ];
    let times = percentiles.iter().map(|&percentile| {
        bucket_of(entry, |entry| {
            if is_current {
                entry.current_rounded_percentile(now, percentile)
            } else {
                Some(entry.rounded_percentile(percentile))
            }
        })
    });
    let after = [
        entry.requests.to_string(),
        entry.failures.to_string(),
        median,
        average,
        min,
        max,
        size,
    ];
    push_row(text, before.into_iter().chain(times).chain(after));
}

/// The course of a run that is kept: a line for each second, with what ended in it.
pub fn seconds(points: &[HistoryPoint]) -> String {
    let mut text = String::new();
    push_row(&mut text, SECONDS.iter().map(ToString::to_string));
    for point in points {
        let percentiles = point
            .percentiles_ms
            .map(|time| time.map_or_else(|| "N/A".to_owned(), number::float));
        let before = [
            format!("{:.0}", point.time.floor()),
            point.user_count.to_string(),
            format!("{:.6}", point.rps),
            format!("{:.6}", point.failures_per_second),
        ];
        let after = [point.requests.to_string(), point.failures.to_string()];
        push_row(
            &mut text,
            before.into_iter().chain(percentiles).chain(after),
        );
    }
    text
}

/// `_failures.csv`, in the order of Locust's keys of failures.
pub fn failures(snapshot: &Snapshot) -> String {
    let mut text = String::new();
    push_row(&mut text, FAILURES.iter().map(ToString::to_string));
    for (_, failure) in snapshot.failures_by_key() {
        push_row(
            &mut text,
            [
                failure.method.to_string(),
                failure.name.to_string(),
                failure.error.to_string(),
                failure.occurrences.to_string(),
                moment::utc(failure.first_seen),
                moment::utc(failure.last_seen),
            ],
        );
    }
    text
}

/// `_exceptions.csv`, in the order in which they were first seen.
pub fn exceptions(snapshot: &Snapshot) -> String {
    let mut text = String::new();
    push_row(&mut text, EXCEPTIONS.iter().map(ToString::to_string));
    for exception in &snapshot.exceptions {
        let nodes: Vec<&str> = exception.nodes.iter().map(AsRef::as_ref).collect();
        push_row(
            &mut text,
            [
                exception.count.to_string(),
                exception.message.to_string(),
                exception.traceback.to_string(),
                nodes.join(", "),
            ],
        );
    }
    text
}

fn rows(snapshot: &Snapshot) -> impl Iterator<Item = &Entry> {
    let entries = snapshot.entries.iter().map(AsRef::as_ref);
    entries.chain([&*snapshot.total])
}

/// Median, average, shortest and longest time, and mean length of a response.
fn times_and_size(entry: &Entry) -> [String; 5] {
    let size = if entry.requests == 0 {
        "0".to_owned()
    } else {
        number::float(entry.avg_content_length())
    };
    let is_timed = entry.timed_requests() > 0;
    let middle = entry.rounded_percentile(0.5);
    let shortest = entry.min_response_time_ms.unwrap_or(middle);
    // A bucket is a whole number; the shortest or longest time in its place has all its digits.
    let median = if (shortest..=entry.max_response_time_ms).contains(&middle) {
        number::bucket(middle)
    } else {
        number::float(entry.median_response_time_ms())
    };
    [
        median,
        number::float(entry.avg_response_time_ms()),
        number::time(entry.min_response_time_ms.filter(|&min| min != 0.0)),
        number::time(is_timed.then_some(entry.max_response_time_ms)),
        size,
    ]
}

/// A percentile: `N/A` before the first request, 0 where nothing can be compared with.
fn bucket_of(entry: &Entry, percentile: impl Fn(&Entry) -> Option<f64>) -> String {
    if entry.requests == 0 {
        return "N/A".to_owned();
    }
    number::bucket(percentile(entry).unwrap_or(0.0))
}

fn push_row(text: &mut String, fields: impl IntoIterator<Item = String>) {
    for (place, field) in fields.into_iter().enumerate() {
        if place > 0 {
            text.push(',');
        }
        let field = if is_formula(&field) {
            format!("'{field}")
        } else {
            field
        };
        if field.contains([',', '"', '\r', '\n']) {
            text.push('"');
            text.push_str(&field.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(&field);
        }
    }
    text.push_str("\r\n");
}

/// Whether a spreadsheet would compute it. What a target or a locustfile has named is only text.
fn is_formula(field: &str) -> bool {
    field.starts_with(['=', '+', '-', '@', '\t', '\r']) && field.parse::<f64>().is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_no_formula_and_a_number_stays_one() {
        let mut text = String::new();
        let fields = ["=1+1", "@SUM(A1)", "-2", "-x", "a=b", "=\"a\",b"];
        push_row(&mut text, fields.map(str::to_owned));
        assert_eq!(text, "'=1+1,'@SUM(A1),-2,'-x,a=b,\"'=\"\"a\"\",b\"\r\n");
    }
}
