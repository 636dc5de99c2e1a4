//! The list of runs for a terminal.

use crate::archive::{EndKind, RunRow};
use crate::moment;

use super::text;

/// One line for each run, below headings; an empty text for no runs.
pub fn list_text(runs: &[RunRow]) -> String {
    if runs.is_empty() {
        return String::new();
    }
    let rows: Vec<Vec<String>> = runs.iter().map(row).collect();
    text::columns(
        &[
            "RUN", "STARTED", "LENGTH", "USERS", "REQ/S", "FAILED", "P95", "END", "NAME",
        ],
        &[false, true, false, false, false, false, false, true, true],
        &rows,
    )
}

fn row(run: &RunRow) -> Vec<String> {
    let mut name = run.name.clone();
    for (is_said, word) in [
        (run.is_baseline, " [baseline]"),
        (run.is_pinned, " [pinned]"),
        (run.is_imported, " [imported]"),
    ] {
        if is_said {
            name.push_str(word);
        }
    }
    if let Some(note) = &run.note {
        name.extend(["  ", note.lines().next().unwrap_or_default()]);
    }
    vec![
        run.id.to_string(),
        started(run.started),
        length(run.length_seconds()),
        text::count(run.peak_users),
        text::rate(run.rps()),
        text::percent(run.failed_ratio()),
        text::time(run.p95_ms),
        end(run).to_owned(),
        name,
    ]
}

/// The minute in which a run began, in UTC.
pub(super) fn started(time: f64) -> String {
    let utc = moment::utc(time);
    // `2026-11-22T11:29:55Z` without its seconds.
    format!(
        "{} {}Z",
        &utc[..utc.len() - 10],
        &utc[utc.len() - 9..utc.len() - 4]
    )
}

pub(super) fn length(seconds: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a length is positive"
    )]
    moment::duration(seconds.round() as u64)
}

/// How a run ended, in a word or two.
pub(super) fn end(run: &RunRow) -> &'static str {
    match run.ending.as_ref().map(|end| end.kind) {
        None => "goes on",
        Some(EndKind::Finished) => "finished",
        Some(EndKind::Stopped) => "stopped",
        Some(EndKind::WorkersLost) => "workers lost",
        Some(EndKind::Error) => "error",
        Some(EndKind::CutOff) => "cut off",
    }
}
