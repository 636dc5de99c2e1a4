//! What stays on the terminal when a run is over.

use gregaria_stats::{MarkerKind, Snapshot};

use super::block::{failure_colour, workers};
use super::endpoints;
use super::errors::Kind;
use super::line::Line;
use super::look::{Colour, Look};
use super::run::{Course, Run};
use super::times;
use super::width::{cells, plain, shortened};
use crate::{human, moment};

/// Endpoints, kinds of failures and kinds of errors that are listed.
const LISTED: usize = 10;
/// Events of the run that are listed.
const EVENTS: usize = 8;

/// How the run ended, what was measured over all of it, and what went wrong.
pub fn summary(snapshot: &Snapshot, run: &Run, look: Look) -> Vec<String> {
    let room = look.room();
    let mut lines = vec![Line::of("─".repeat(room.min(76)), Colour::Dim)];
    lines.extend(ending(snapshot, run, room));
    lines.push(Line::default());
    lines.extend(totals(snapshot, run, room));
    let total = &snapshot.total;
    if !total.histogram.is_empty() {
        section(&mut lines, "response times".to_owned());
        lines.extend(times::bars(&total.histogram, room));
    }
    let entries = endpoints::by_trouble(snapshot);
    if !entries.is_empty() {
        let all = entries.len();
        let title = if all > LISTED {
            format!("worst {LISTED} of {} endpoints", human::count(all as u64))
        } else {
            "endpoints".to_owned()
        };
        section(&mut lines, title);
        let listed = &entries[..all.min(LISTED)];
        lines.extend(endpoints::table(listed, snapshot, room));
    }
    for (title, kinds) in [
        ("failed requests", Kind::failures(snapshot)),
        ("errors in the test script", Kind::errors(snapshot)),
    ] {
        list_kinds(&mut lines, title, &kinds, room);
    }
    lines.extend(notes(snapshot, room));
    lines.iter().map(|line| line.text(look)).collect()
}

fn section(lines: &mut Vec<Line>, title: String) {
    lines.push(Line::default());
    lines.push(Line::of(title, Colour::Bold));
}

/// What was tested, for how long, and why it ended.
fn ending(snapshot: &Snapshot, run: &Run, room: usize) -> Vec<Line> {
    let course = Course::of(snapshot);
    let name = shortened(&plain(&run.name), (room / 3).max(8));
    let title = match course.length(snapshot.time) {
        None => format!("{name}  has not begun"),
        Some(length) => format!("{name}  ran {}", moment::duration(length.as_secs())),
    };
    let mut items = vec![Line::of(title.trim_start().to_owned(), Colour::Bold)];
    if let Some(host) = &run.host {
        let left = room.saturating_sub(items[0].cells() + 3);
        items.push(Line::of(shortened(&plain(host), left), Colour::None));
    }
    let mut lines = vec![Line::row(items, room)];
    if let Some((_, reason)) = &course.ended {
        lines.push(Line::of(
            shortened(&format!("ended: {}", plain(reason)), room),
            Colour::None,
        ));
    }
    lines
}

fn totals(snapshot: &Snapshot, run: &Run, room: usize) -> Vec<Line> {
    let total = &snapshot.total;
    let aborted =
        human::aborted(snapshot.aborted).map(|text| Line::of(shortened(&text, room), Colour::None));
    if total.requests + total.failures == 0 {
        let nothing = Line::of("no request has ended", Colour::None);
        return std::iter::once(nothing).chain(aborted).collect();
    }
    let rps = (total.requests > 0).then(|| total.total_rps(&snapshot.window));
    let mut lines = vec![Line::row(
        [
            Line::of(
                format!("{} requests", human::count(total.requests)),
                Colour::None,
            ),
            Line::of(format!("{} req/s", human::rate(rps)), Colour::None),
            Line::of(
                format!(
                    "failed {}, {}",
                    human::count(total.failures),
                    human::percent(Some(total.fail_ratio()))
                ),
                failure_colour(total.failures > 0),
            ),
        ]
        .into_iter()
        .chain(run.workers.map(workers)),
        room,
    )];
    lines.extend(aborted);
    if total.timed_requests() == 0 {
        return lines;
    }
    let percentile =
        |name: &str, value| Line::of(format!("{name} {}", human::time(value)), Colour::None);
    lines.push(Line::row(
        [
            percentile("p50", total.percentile_ms(0.5)),
            percentile("p95", total.percentile_ms(0.95)),
            percentile("p99", total.percentile_ms(0.99)),
            percentile("p99.9", total.percentile_ms(0.999)),
            percentile("max", Some(total.max_response_time_ms)),
        ],
        room,
    ));
    lines
}

fn list_kinds(lines: &mut Vec<Line>, title: &str, kinds: &[Kind], room: usize) {
    if kinds.is_empty() {
        return;
    }
    section(lines, title.to_owned());
    lines.extend(kinds.iter().take(LISTED).map(|kind| kind.line("  ", room)));
    if kinds.len() > LISTED {
        let more = human::count((kinds.len() - LISTED) as u64);
        lines.push(Line::of(format!("  … and {more} more kinds"), Colour::Dim));
    }
}

/// What happened besides, and what has to be known about the figures.
fn notes(snapshot: &Snapshot, room: usize) -> Vec<Line> {
    let started = Course::of(snapshot).started.unwrap_or(snapshot.time);
    let markers = snapshot.markers.as_slice().iter();
    let events: Vec<_> = markers
        .filter(|marker| {
            !matches!(
                marker.kind,
                MarkerKind::RunStarted { .. } | MarkerKind::RunEnded { .. }
            )
        })
        .map(|marker| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "seconds of a run, cut off at zero"
            )]
            let after = (marker.time - started).max(0.0) as u64;
            (moment::duration(after), plain(&marker.kind.to_string()))
        })
        .collect();
    let mut lines = Vec::new();
    if !events.is_empty() {
        section(&mut lines, "events".to_owned());
        lines.extend(events.iter().take(EVENTS).map(|(after, text)| {
            let head = format!("  {after}  ");
            let text = shortened(text, room.saturating_sub(cells(&head)));
            Line::of(head, Colour::Dim).with(text, Colour::None)
        }));
        if events.len() > EVENTS {
            let more = human::count((events.len() - EVENTS) as u64);
            lines.push(Line::of(format!("  … and {more} more"), Colour::Dim));
        }
    }
    for notice in &snapshot.notices {
        lines.push(Line::default());
        lines.extend(wrapped(&plain(notice), room));
    }
    lines
}

/// Whole words, as many in a line as fit.
fn wrapped(text: &str, room: usize) -> Vec<Line> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.last_mut().expect("there is a first line");
        if last.is_empty() {
            last.push_str(word);
        } else if cells(last) + 1 + cells(word) <= room {
            last.push(' ');
            last.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
        .into_iter()
        .map(|line| Line::of(line, Colour::None))
        .collect()
}
