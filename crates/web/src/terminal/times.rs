//! Response times as bars: how many requests took how long.

use gregaria_stats::Histogram;

use super::bars;
use super::line::Line;
use super::look::Colour;
use super::width::right;
use crate::human;

/// Bars at most. With more steps between the fastest and the slowest, they become coarser.
const MOST_BARS: usize = 12;
/// Widest bar.
const BAR: usize = 40;
/// Cells of the figures beside a bar.
const FIGURES: usize = 42;

/// One line for each step of time, from the first that any request took to the last.
pub(super) fn bars(times: &Histogram, room: usize) -> Vec<Line> {
    let fine = counted(times, &[1.0, 2.0, 5.0]);
    let steps = if fine.len() > MOST_BARS {
        counted(times, &[1.0])
    } else {
        fine
    };
    let all = times.len() as f64;
    let largest = steps.iter().map(|step| step.count).max().unwrap_or(0) as f64;
    let width = room.saturating_sub(FIGURES).min(BAR);
    let line = |step: &Step| {
        let range = format!(
            "{} – {}",
            right(&edge(step.from), 7),
            right(&edge(step.to), 7)
        );
        let part = step.count as f64 / all;
        let bar = bars::bar(step.count as f64 / largest, width);
        Line::of(range, Colour::Dim)
            .with(right(&human::count(step.count), 13), Colour::None)
            .with(right(&human::percent(Some(part)), 9), Colour::None)
            .with(format!("  {bar}"), Colour::None)
    };
    steps.iter().map(line).collect()
}

/// Requests that took `from` to `to` milliseconds.
#[derive(Debug, PartialEq)]
struct Step {
    from: f64,
    to: f64,
    count: u64,
}

/// Steps between these factors of powers of ten. Steps within that nobody took are there, too.
fn counted(times: &Histogram, factors: &[f64]) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut edges = edges(factors);
    let mut from = 0.0;
    let mut to = edges.next().unwrap_or(f64::INFINITY);
    for (low, high, count) in times.ranges_ms() {
        let middle = low.midpoint(high);
        while middle >= to {
            from = to;
            to = edges.next().unwrap_or(f64::INFINITY);
            if !steps.is_empty() {
                steps.push(Step { from, to, count: 0 });
            }
        }
        match steps.last_mut() {
            Some(last) => last.count += count,
            None => steps.push(Step { from, to, count }),
        }
    }
    steps
}

/// 0.01 ms to 10,000 s; what took longer is in the last step.
fn edges(factors: &[f64]) -> impl Iterator<Item = f64> {
    (-2..7).flat_map(move |power| {
        factors
            .iter()
            .map(move |factor| factor * 10_f64.powi(power))
    })
}

fn edge(ms: f64) -> String {
    match ms {
        f64::INFINITY => "∞".to_owned(),
        1000.0.. => format!("{} s", ms / 1000.0),
        1.0.. => format!("{ms:.0} ms"),
        0.0 => "0 ms".to_owned(),
        _ => format!("{} ms", (ms * 100.0).round() / 100.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(of: &[(f64, u64)]) -> Histogram {
        let mut times = Histogram::default();
        for (ms, count) in of {
            times.record_many(*ms, *count);
        }
        times
    }

    #[test]
    fn each_request_is_in_one_step_and_steps_between_are_there() {
        let times = times(&[(0.7, 3), (1.5, 10), (30.0, 1)]);
        let steps = counted(&times, &[1.0, 2.0, 5.0]);
        let told: Vec<_> = steps
            .iter()
            .map(|step| (edge(step.from), edge(step.to), step.count))
            .collect();
        let expected = [
            ("0.5 ms", "1 ms", 3),
            ("1 ms", "2 ms", 10),
            ("2 ms", "5 ms", 0),
            ("5 ms", "10 ms", 0),
            ("10 ms", "20 ms", 0),
            ("20 ms", "50 ms", 1),
        ];
        assert_eq!(
            told,
            expected.map(|(from, to, count)| (from.to_owned(), to.to_owned(), count))
        );
    }

    #[test]
    fn a_wide_range_has_coarser_steps() {
        let times = times(&[(0.0, 1), (0.02, 1), (3_000_000.0, 5)]);
        let bars = bars(&times, 79);
        assert!(bars.len() <= MOST_BARS, "{bars:?}");
        assert!(bars.iter().all(|line| line.cells() <= 79));
        assert!(super::bars(&Histogram::default(), 79).is_empty());
    }
}
