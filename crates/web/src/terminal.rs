//! The block of figures at the bottom of a terminal, redrawn in place once a second.
//!
//! Only lines of text: where and when they are drawn is for whoever owns the terminal. Each line
//! fits the width it is given, so that erasing it takes away exactly one row.

use std::time::Duration;

use gregaria_stats::Snapshot;

use crate::moment;

/// Below this width the block keeps only its first figures.
const NARROW: usize = 60;

/// What the block says of a run beside its statistics.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// The runner's state: `spawning`, `running`, …
    pub state: &'a str,
    /// Users that are running.
    pub user_count: u64,
    /// Time since the start.
    pub elapsed: Duration,
    /// How long the run may take, if it has a limit.
    pub run_time: Option<Duration>,
}

/// How the terminal wants the block.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Characters in a line.
    pub columns: usize,
    /// Whether colours are wanted. They never say anything that the text does not.
    pub is_coloured: bool,
}

/// The lines of the block.
pub fn block(snapshot: &Snapshot, run: &Run<'_>, look: Look) -> Vec<String> {
    let total = &snapshot.total;
    let window = snapshot.window;
    let percentile = |quantile| match total.percentile_ms(quantile) {
        Some(time_ms) => milliseconds(time_ms),
        None => "–".to_owned(),
    };
    let users = if run.user_count == 1 { "user" } else { "users" };
    let head = format!("{}  {} {users}", run.state, thousands(run.user_count));
    let clock = match run.run_time {
        Some(limit) => format!(
            "{} / {}",
            moment::duration(run.elapsed.as_secs()),
            moment::duration(limit.as_secs())
        ),
        None => moment::duration(run.elapsed.as_secs()),
    };
    let requests = figure(
        "requests",
        total.requests,
        "",
        total.current_rps(&window),
        look.columns,
    );
    let ratio = format!("  {:.2} %", total.fail_ratio() * 100.0);
    let failures = figure(
        "failures",
        total.failures,
        &ratio,
        total.current_failures_per_second(&window),
        look.columns,
    );
    let times = if look.columns < NARROW {
        format!("p50 {}  p95 {}", percentile(0.5), percentile(0.95))
    } else {
        format!(
            "response time   p50 {}   p95 {}   p99 {}",
            percentile(0.5),
            percentile(0.95),
            percentile(0.99)
        )
    };

    // One column stays free: some terminals wrap a line that fills the last one.
    let room = look.columns.saturating_sub(1);
    let rule = "─".repeat(room.min(NARROW + 16));
    let paint = |line: String, colour: Colour| colour.paint(&fitted(&line, room), look.is_coloured);
    let failure_colour = if total.failures > 0 {
        Colour::Red
    } else {
        Colour::None
    };
    vec![
        paint(rule, Colour::Dim),
        paint(between(&head, &clock, room.min(NARROW + 16)), Colour::Bold),
        paint(requests, Colour::None),
        paint(failures, failure_colour),
        paint(times, Colour::None),
    ]
}

#[derive(Clone, Copy)]
enum Colour {
    None,
    Bold,
    Dim,
    Red,
}

impl Colour {
    fn paint(self, text: &str, is_coloured: bool) -> String {
        let code = match self {
            _ if !is_coloured => return text.to_owned(),
            Self::None => return text.to_owned(),
            Self::Bold => 1,
            Self::Dim => 2,
            Self::Red => 31,
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

fn figure(label: &str, count: u64, note: &str, rate: f64, columns: usize) -> String {
    if columns < NARROW {
        return format!("{label} {}{note}", thousands(count));
    }
    format!(
        "{label:<10} {:>15}   {rate:>10.1} /s{note}",
        thousands(count)
    )
}

/// Two texts at both ends of a line; the second gives way if there is no room.
fn between(left: &str, right: &str, room: usize) -> String {
    let used = left.chars().count() + right.chars().count();
    if used + 1 > room {
        return left.to_owned();
    }
    format!("{left}{}{right}", " ".repeat(room - used))
}

fn fitted(line: &str, room: usize) -> String {
    line.chars().take(room).collect()
}

/// A count with thin groups of three digits: `1,234,567`.
fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A response time with as many digits as mean something.
fn milliseconds(time_ms: f64) -> String {
    if time_ms < 10.0 {
        format!("{time_ms:.1} ms")
    } else if time_ms < 10_000.0 {
        format!("{time_ms:.0} ms")
    } else {
        format!("{:.1} s", time_ms / 1000.0)
    }
}
