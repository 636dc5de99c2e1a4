//! The tables of the console, as Locust prints them: tools parse them.
//!
//! A width of the name column is Locust's `STATS_NAME_WIDTH`. The table of statistics uses four
//! columns less for the name; where that is negative, Python's format takes it as its absolute
//! value, and so do we.

use std::fmt::Write as _;

use gregaria_stats::{Entry, Snapshot, Window};

use crate::number;

/// Widths of the two columns of text, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Widths {
    /// The method.
    pub method: usize,
    /// The name of the entry.
    pub name: usize,
}

/// Which rates a table shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rates {
    /// Mean of the last ten seconds, for tables while a run lasts.
    Current,
    /// Mean of the whole run, for the table at its end.
    WholeRun,
}

/// The table of statistics: entries by name and method, and their total.
pub fn statistics(snapshot: &Snapshot, rates: Rates, widths: Widths) -> Vec<String> {
    let name = widths.name.abs_diff(4);
    let separator = dashes(&[
        widths.method,
        widths.name.saturating_sub(4),
        7,
        13,
        7,
        7,
        7,
        7,
        8,
        11,
    ]);
    let heading = format!(
        "{:<method$} {:<name$} {:>7} {:>12} |{:>7} {:>7} {:>7}{:>7} | {:>7} {:>11}",
        "Type",
        "Name",
        "# reqs",
        "# fails",
        "Avg",
        "Min",
        "Max",
        "Med",
        "req/s",
        "failures/s",
        method = widths.method,
    );
    let mut lines = vec![heading, separator.clone()];
    let window = snapshot.window;
    lines.extend(
        snapshot
            .entries
            .iter()
            .map(|entry| statistics_line(entry, &window, rates, widths)),
    );
    lines.push(separator);
    lines.push(statistics_line(&snapshot.total, &window, rates, widths));
    lines
}

/// One entry in the table of statistics. Times are cut off, not rounded.
pub fn statistics_line(entry: &Entry, window: &Window, rates: Rates, widths: Widths) -> String {
    let (requests_rate, failures_rate) = match rates {
        Rates::Current => (
            entry.current_rps(window),
            entry.current_failures_per_second(window),
        ),
        Rates::WholeRun => (
            entry.total_rps(window),
            entry.total_failures_per_second(window),
        ),
    };
    let failures = format!("{}({:.2}%)", entry.failures, entry.fail_ratio() * 100.0);
    format!(
        "{:<method$} {:<name$} {:>7} {:>12} |{:>7} {:>7} {:>7}{:>7} | {:>7.2} {:>11.2}",
        entry.key.method,
        entry.key.name,
        entry.requests,
        failures,
        entry.avg_response_time_ms().trunc(),
        entry.min_response_time_ms.unwrap_or(0.0).trunc(),
        entry.max_response_time_ms.trunc(),
        entry.median_response_time_ms().trunc(),
        requests_rate,
        failures_rate,
        method = widths.method,
        name = widths.name.abs_diff(4),
    )
}

/// The table of percentiles (each 0 to 1): entries that have response times, and their total.
pub fn percentiles(snapshot: &Snapshot, percentiles: &[f64], widths: Widths) -> Vec<String> {
    let mut heading = format!(
        "{:<method$} {:<name$}",
        "Type",
        "Name",
        method = widths.method,
        name = widths.name
    );
    let headings = percentiles
        .iter()
        .map(|&percentile| number::percent(percentile));
    push_columns(&mut heading, headings.chain(["# reqs".to_owned()]));

    let mut columns = vec![widths.method, widths.name, 8];
    columns.extend(percentiles.iter().map(|_| 6));
    let separator = dashes(&columns);

    let line = |entry: &Entry| percentile_line(entry, percentiles, widths);
    let mut lines = vec![
        "Response time percentiles (approximated)".to_owned(),
        heading,
        separator.clone(),
    ];
    lines.extend(
        snapshot
            .entries
            .iter()
            .filter(|entry| !entry.rounded.is_empty())
            .map(|entry| line(entry)),
    );
    lines.push(separator);
    if !snapshot.total.rounded.is_empty() {
        lines.push(line(&snapshot.total));
    }
    lines
}

/// One entry in the table of percentiles.
pub fn percentile_line(entry: &Entry, percentiles: &[f64], widths: Widths) -> String {
    let mut line = format!(
        "{:<method$} {:<name$}",
        entry.key.method,
        entry.key.name,
        method = widths.method,
        name = widths.name,
    );
    let values = percentiles
        .iter()
        .map(|&percentile| format!("{}", entry.rounded_percentile(percentile).trunc()));
    push_columns(&mut line, values.chain([entry.requests.to_string()]));
    line
}

/// The table of failures, with an empty line at its end. On a master the texts of failures keep the
/// quotes of their `repr`.
pub fn failures(snapshot: &Snapshot, name_width: usize, keeps_quotes: bool) -> Vec<String> {
    let separator = dashes(&[18, (80 + name_width).saturating_sub(19)]);
    let mut lines = vec![
        "Error report".to_owned(),
        format!("{:<18} {:<100}", "# occurrences", "Error"),
        separator.clone(),
    ];
    lines.extend(snapshot.failures.iter().map(|failure| {
        let message = failure.message(keeps_quotes);
        let text = format!("{} {}: {message}", failure.method, failure.name);
        format!("{:<18} {text:<100}", failure.occurrences)
    }));
    lines.push(separator);
    lines.push(String::new());
    lines
}

fn push_columns(line: &mut String, columns: impl Iterator<Item = String>) {
    for (place, column) in columns.enumerate() {
        let width = if place == 0 { 8 } else { 6 };
        write!(line, " {column:>width$}").expect("writing to a String does not fail");
    }
}

fn dashes(columns: &[usize]) -> String {
    let columns: Vec<String> = columns.iter().map(|&width| "-".repeat(width)).collect();
    columns.join("|")
}
