//! The block of figures at the bottom of a terminal, drawn again in place twice a second.

use gregaria_stats::Snapshot;

use super::bars;
use super::endpoints;
use super::errors::Kind;
use super::line::Line;
use super::look::{Colour, Look};
use super::run::{Course, Run, Workers};
use super::width::{cells, plain, shortened};
use crate::{human, moment};

/// Widest rule above the block.
const RULE: usize = 76;
/// Cells of the bar that shows how much of the run is over.
const BAR: usize = 17;
/// Cells of a host below which it is not worth showing.
const HOST: usize = 8;
/// Seconds that the curve of response times goes back.
const CURVE_SECONDS: f64 = 60.0;
/// Most cells of that curve.
const CURVE: usize = 30;

/// The lines of the block; fewer on a low terminal, where the least important are left out.
pub fn block(snapshot: &Snapshot, run: &Run, look: Look) -> Vec<String> {
    let room = look.room();
    let course = Course::of(snapshot);
    let mut lines = vec![
        (9, Line::of("─".repeat(room.min(RULE)), Colour::Dim)),
        (0, head(snapshot, run, &course, room)),
        (1, figures(snapshot, run, course.started.is_some(), room)),
    ];
    if course.started.is_some() {
        lines.push((2, times(snapshot, room)));
        lines.push((4, totals(snapshot, room)));
        // Room to spare is for what is in trouble.
        let more = match look.rows {
            0..30 => 1,
            30..40 => 3,
            _ => 5,
        };
        let worst = endpoints::by_trouble(snapshot).into_iter().take(more);
        lines.extend(worst.enumerate().map(|(place, entry)| {
            let label = if place == 0 { "worst  " } else { "       " };
            (5, endpoints::line(entry, label, room))
        }));
        for (label, kinds) in [
            ("failed ", Kind::failures(snapshot)),
            ("errors ", Kind::errors(snapshot)),
        ] {
            lines.extend(
                kinds
                    .iter()
                    .take(more)
                    .map(|kind| (6, kind.line(label, room))),
            );
        }
    }
    if !run.keys.is_empty() || run.page.is_some() {
        lines.push((3, foot(run, room)));
    }
    while lines.len() > look.height() {
        let least = lines.iter().map(|(importance, _)| *importance).max();
        let Some(place) = lines
            .iter()
            .rposition(|(importance, _)| Some(*importance) == least)
        else {
            break;
        };
        lines.remove(place);
    }
    lines.iter().map(|(_, line)| line.text(look)).collect()
}

/// What runs, for how long, and against what.
fn head(snapshot: &Snapshot, run: &Run, course: &Course, room: usize) -> Line {
    let name = shortened(&plain(&run.name), (room / 3).max(8));
    let length = course.length(snapshot.time);
    let lasts = length.map(|length| moment::duration(length.as_secs()));
    let limit = (run.run_time).map(|limit| format!("/ {}", moment::duration(limit.as_secs())));
    let words = [Some(plain(&run.state).to_uppercase()), lasts, limit];
    let words: Vec<_> = words.into_iter().flatten().collect();
    let title = format!("{name}  {}", words.join(" "));
    let title = title.trim_start().to_owned();
    let mut items = vec![Line::of(title, Colour::Bold)];
    if let (Some(length), Some(limit)) = (length, run.run_time) {
        let done = length.as_secs_f64() / limit.as_secs_f64().max(0.001);
        items.push(Line::of(bars::progress(done, BAR), Colour::None));
    }
    let row = Line::row(items, room);
    let left = room.saturating_sub(row.cells() + 3);
    match &run.host {
        Some(host) if left >= HOST => Line::row(
            [row, Line::of(shortened(&plain(host), left), Colour::None)],
            room,
        ),
        _ => row,
    }
}

/// Users, requests and failures of the last seconds, and the workers.
fn figures(snapshot: &Snapshot, run: &Run, has_begun: bool, room: usize) -> Line {
    let target = run
        .target_users
        .map(|target| format!("/{}", human::count(target)));
    let users = format!(
        "users {}{}",
        human::count(run.user_count),
        target.unwrap_or_default()
    );
    let mut items = vec![Line::of(users, Colour::None)];
    if has_begun {
        let has_rate = snapshot.window.seconds() > 0;
        let latest = snapshot.history.latest().filter(|_| has_rate);
        let failed = latest
            .filter(|point| point.rps > 0.0)
            .map(|point| point.failures_per_second / point.rps);
        let colour = failure_colour(failed.is_some_and(|failed| failed > 0.0));
        items.push(Line::of(
            format!("{} req/s", human::rate(latest.map(|point| point.rps))),
            Colour::None,
        ));
        items.push(Line::of(
            format!("failed {}", human::percent(failed)),
            colour,
        ));
    }
    items.extend(run.workers.map(workers));
    Line::row(items, room)
}

/// `workers 197/200 ▲3 lost`.
pub(super) fn workers(workers: Workers) -> Line {
    let all = workers.expected.max(workers.present + workers.lost);
    let line = Line::of(
        format!(
            "workers {}/{}",
            human::count(workers.present),
            human::count(all)
        ),
        Colour::None,
    );
    if workers.lost == 0 {
        return line;
    }
    line.with(
        format!(" ▲{} lost", human::count(workers.lost)),
        Colour::Red,
    )
}

/// Response times of the last seconds, and their course.
fn times(snapshot: &Snapshot, room: usize) -> Line {
    let latest = snapshot.history.latest().map(|point| point.percentiles_ms);
    let [p50, p95, p99] = latest.unwrap_or_default();
    let items = [("p50", p50), ("p95", p95), ("p99", p99)]
        .map(|(name, value)| Line::of(format!("{name} {}", human::time(value)), Colour::None));
    let row = Line::row(
        items.into_iter().chain([Line::of("in 10 s", Colour::Dim)]),
        room,
    );
    let label = "p95 in 60 s ";
    let left = room
        .saturating_sub(row.cells() + 3 + cells(label))
        .min(CURVE);
    let points = snapshot.history.points().iter();
    let values: Vec<_> = points
        .filter(|point| point.time > snapshot.time - CURVE_SECONDS)
        .map(|point| point.percentiles_ms[1])
        .collect();
    if left < HOST || values.is_empty() {
        return row;
    }
    let curve = Line::of(label, Colour::Dim).with(bars::curve(&values, left), Colour::None);
    Line::row([row, curve], room)
}

/// What has been counted since the start.
fn totals(snapshot: &Snapshot, room: usize) -> Line {
    let total = &snapshot.total;
    let ratio = (total.requests > 0).then(|| total.fail_ratio());
    Line::row(
        [
            Line::of("in all ", Colour::Dim).with(
                format!("{} requests", human::count(total.requests)),
                Colour::None,
            ),
            Line::of(
                format!("{} failed", human::count(total.failures)),
                failure_colour(total.failures > 0),
            ),
            Line::of(human::percent(ratio), Colour::None),
        ],
        room,
    )
}

/// What the keys do, and where the page is.
fn foot(run: &Run, room: usize) -> Line {
    let page = run.page.as_ref();
    let page = page.map_or_else(String::new, |page| format!("UI: {}", plain(page)));
    if run.keys.is_empty() {
        return Line::of(page, Colour::Dim);
    }
    Line::of(run.keys.clone(), Colour::Dim).and_right(&page, Colour::Dim, room.min(RULE))
}

pub(super) fn failure_colour(has_failed: bool) -> Colour {
    if has_failed {
        Colour::Red
    } else {
        Colour::None
    }
}
