//! Endpoints in trouble: one in a line of the block, ten in the table of the summary.

use std::sync::Arc;

use gregaria_stats::{Entry, Snapshot, Window};

use super::block::failure_colour;
use super::line::Line;
use super::look::Colour;
use super::width::{cells, left, plain, right, shortened};
use crate::human;

/// The narrowest column of names.
const NAME: usize = 24;
/// The widest in a line of the block: its figures stay near.
const NAME_IN_A_LINE: usize = 40;

/// Entries in the order of trouble: most failures first, then the slowest.
pub(super) fn by_trouble(snapshot: &Snapshot) -> Vec<&Entry> {
    let mut entries: Vec<_> = snapshot
        .entries
        .iter()
        .map(Arc::as_ref)
        .filter(|entry| entry.requests + entry.failures > 0)
        .map(|entry| (entry, entry.percentile_ms(0.95).unwrap_or(-1.0)))
        .collect();
    entries.sort_by(|(a, a_p95), (b, b_p95)| {
        (b.failures.cmp(&a.failures)).then(b_p95.total_cmp(a_p95))
    });
    entries.into_iter().map(|(entry, _)| entry).collect()
}

/// One entry in a line.
pub(super) fn line(entry: &Entry, label: &str, room: usize) -> Line {
    let figures = Line::row(
        [
            Line::of(
                format!("p95 {}", human::time(entry.percentile_ms(0.95))),
                Colour::None,
            ),
            Line::of(
                format!("failed {}", human::percent(Some(entry.fail_ratio()))),
                failure_colour(entry.failures > 0),
            ),
        ],
        room.saturating_sub(cells(label) + NAME + 3),
    );
    let name = room.saturating_sub(cells(label) + 3 + figures.cells());
    let name = name.min(NAME_IN_A_LINE);
    let name = left(&shortened(&name_of(entry), name), name);
    Line::row(
        [
            Line::of(label, Colour::Dim).with(name, Colour::None),
            figures,
        ],
        room,
    )
}

fn name_of(entry: &Entry) -> String {
    plain(format!("{} {}", entry.key.method, entry.key.name).trim())
}

/// A column of the table. Those with the highest rank are left out first.
struct Column {
    heading: &'static str,
    rank: u8,
    value: fn(&Entry, &Window) -> String,
}

/// Average, shortest, longest and median go first, in this order.
const COLUMNS: [Column; 10] = [
    Column {
        heading: "requests",
        rank: 1,
        value: |entry, _| human::count(entry.requests),
    },
    Column {
        heading: "failed",
        rank: 0,
        value: |entry, _| human::count(entry.failures),
    },
    Column {
        heading: "failed %",
        rank: 4,
        value: |entry, _| human::percent(Some(entry.fail_ratio())),
    },
    Column {
        heading: "req/s",
        rank: 3,
        value: |entry, window| human::rate(Some(entry.total_rps(window))),
    },
    Column {
        heading: "avg",
        rank: 9,
        value: |entry, _| {
            human::time((entry.timed_requests() > 0).then(|| entry.avg_response_time_ms()))
        },
    },
    Column {
        heading: "min",
        rank: 8,
        value: |entry, _| human::time(entry.min_response_time_ms),
    },
    Column {
        heading: "max",
        rank: 7,
        value: |entry, _| {
            human::time((entry.timed_requests() > 0).then_some(entry.max_response_time_ms))
        },
    },
    Column {
        heading: "p50",
        rank: 6,
        value: |entry, _| human::time(entry.percentile_ms(0.5)),
    },
    Column {
        heading: "p95",
        rank: 2,
        value: |entry, _| human::time(entry.percentile_ms(0.95)),
    },
    Column {
        heading: "p99",
        rank: 5,
        value: |entry, _| human::time(entry.percentile_ms(0.99)),
    },
];

/// A table of these entries and of all requests together. Names give way down to a few characters;
/// then columns are left out.
pub(super) fn table(entries: &[&Entry], snapshot: &Snapshot, room: usize) -> Vec<Line> {
    let rows: Vec<&Entry> = entries.iter().copied().chain([&*snapshot.total]).collect();
    let names = entries.iter().map(|entry| name_of(entry));
    let names: Vec<_> = names.chain(["all requests".to_owned()]).collect();
    let mut columns: Vec<(&Column, Vec<String>, usize)> = COLUMNS
        .iter()
        .map(|column| {
            let values: Vec<_> = rows
                .iter()
                .map(|entry| (column.value)(entry, &snapshot.window))
                .collect();
            let widest = values.iter().map(|value| cells(value)).max().unwrap_or(0);
            (column, values, widest.max(cells(column.heading)))
        })
        .collect();
    let longest = names.iter().map(|name| cells(name)).max().unwrap_or(0);
    let needed = longest.min(NAME);
    let figures = |columns: &[(&Column, Vec<String>, usize)]| -> usize {
        columns.iter().map(|(_, _, width)| width + 2).sum()
    };
    while needed + figures(&columns) > room {
        let ranked = columns.iter().enumerate();
        let Some((place, _)) = ranked.max_by_key(|(_, (column, ..))| column.rank) else {
            break;
        };
        columns.remove(place);
    }
    let name = longest.min(room.saturating_sub(figures(&columns)));
    let mut heading = Line::of(left("", name), Colour::Dim);
    for (column, _, width) in &columns {
        heading = heading.with(right(column.heading, width + 2), Colour::Dim);
    }
    let mut lines = vec![heading];
    lines.extend(names.iter().enumerate().map(|(row, text)| {
        let mut line = Line::of(left(&shortened(text, name), name), Colour::None);
        for (column, values, width) in &columns {
            let is_red = column.heading.starts_with("failed") && rows[row].failures > 0;
            line = line.with(right(&values[row], width + 2), failure_colour(is_red));
        }
        line
    }));
    lines
}
