//! One run for a terminal.

use std::fmt::Write as _;

use gregaria_stats::{Entry, Snapshot};

use crate::archive::StoredRun;

use super::{list, text};

/// What was run, how it ended, its figures and what failed.
pub fn show_text(run: &StoredRun) -> String {
    let row = &run.row;
    let mut out = String::new();
    let mut line = |name: &str, value: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{name:<9} {value}");
    };
    line("run", &format!("{}  {}", row.id, row.name));
    if let Some(note) = &row.note {
        line("note", note);
    }
    line(
        "target",
        row.host.as_deref().unwrap_or("as the classes of users say"),
    );
    line(
        "started",
        &format!(
            "{}, lasted {}",
            list::started(row.started),
            list::length(row.length_seconds())
        ),
    );
    let reason = row.ending.as_ref().map(|end| end.reason.as_str());
    line(
        "end",
        &match reason {
            Some(reason) => format!("{}: {reason}", list::end(row)),
            None => list::end(row).to_owned(),
        },
    );
    let users = format!("at most {}", text::count(row.peak_users));
    let users = match (&row.shape, row.workers) {
        (Some(shape), _) => format!("{users}, by {shape}"),
        (None, Some(1)) => format!("{users}, on 1 worker"),
        (None, Some(workers)) => format!("{users}, on {workers} workers"),
        (None, None) => users,
    };
    line("users", &users);
    for file in &run.setup.files {
        let hash = file.sha256.get(..12).unwrap_or_default();
        line("file", &format!("{}  {hash}", file.name));
    }
    if let Some(commit) = &run.setup.commit {
        line("commit", commit);
    }
    let versions = &run.setup.versions;
    line(
        "versions",
        &format!("gregaria {}, Python {}", versions.gregaria, versions.python),
    );
    for marker in &run.markers {
        let after = list::length((marker.time - row.started).max(0.0));
        line("event", &format!("{after}  {}", marker.text));
    }
    out.push('\n');
    out.push_str(&entries(&run.snapshot));
    if let Some(aborted) = text::aborted(run.snapshot.aborted) {
        let _ = writeln!(out, "\n{aborted}");
    }
    out.push_str(&failures(&run.snapshot));
    for notice in &run.snapshot.notices {
        let _ = writeln!(out, "\n{notice}");
    }
    out
}

fn entries(snapshot: &Snapshot) -> String {
    let row = |entry: &Entry| {
        let has_requests = entry.requests > 0;
        vec![
            format!("{} {}", entry.key.method, entry.key.name)
                .trim()
                .to_owned(),
            text::count(entry.requests),
            text::percent(has_requests.then(|| entry.fail_ratio())),
            text::rate(has_requests.then(|| entry.total_rps(&snapshot.window))),
            text::time(entry.percentile_ms(0.5)),
            text::time(entry.percentile_ms(0.95)),
            text::time(entry.percentile_ms(0.99)),
            text::time(has_requests.then_some(entry.max_response_time_ms)),
        ]
    };
    let mut rows: Vec<_> = snapshot.entries.iter().map(|entry| row(entry)).collect();
    rows.push(row(&snapshot.total));
    text::columns(
        &[
            "NAME", "REQUESTS", "FAILED", "REQ/S", "P50", "P95", "P99", "MAX",
        ],
        &[true, false, false, false, false, false, false, false],
        &rows,
    )
}

fn failures(snapshot: &Snapshot) -> String {
    let failures = snapshot.failures.iter().map(|failure| {
        let name = format!("{} {}", failure.method, failure.name);
        vec![
            text::count(failure.occurrences),
            name,
            failure.message(false),
        ]
    });
    let exceptions = snapshot.exceptions.iter().map(|exception| {
        let message = exception.message.to_string();
        vec![text::count(exception.count), "(script)".to_owned(), message]
    });
    let rows: Vec<_> = failures.chain(exceptions).collect();
    if rows.is_empty() {
        return String::new();
    }
    let table = text::columns(&["COUNT", "NAME", "FAILURE"], &[false, true, true], &rows);
    format!("\n{table}")
}
