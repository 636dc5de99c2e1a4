//! All figures of two runs, and which of them have changed.
//!
//! A difference is judged by Student's t. Its standard error joins that of A on the side of B with
//! that of B on the side of A (Zou and Donner, Statistics in Medicine 27, 1693, 2008), its degrees
//! of freedom are Welch's. A table has many figures, so that some differ by chance alone: which level
//! a figure has to reach follows from all of them (Benjamini and Hochberg, JRSS B 57, 289, 1995). If
//! nothing has changed, the whole table says so with probability 1 − [`TABLE_LEVEL`]; the more has
//! changed, the less each figure needs.

use std::collections::{HashMap, HashSet};

use gregaria_stats::{Entry, Key};

use super::course::{Course, Window};
use super::figure::{Figure, Metric, Spread};
use super::student;

/// The smallest change that counts, as a part of A.
pub const SMALLEST_CHANGE: f64 = 0.05;

/// Probability that the table of two runs under identical conditions shows any change.
pub const TABLE_LEVEL: f64 = 0.05;

/// How much whole runs under identical conditions differ from each other besides, as a part of each
/// figure: where things lie in memory, what a cache holds, what changes more slowly than a run is
/// long. None of it can be seen within a run (Kalibera and Jones, ISMM 2013), so it is presumed.
pub const RUN_TO_RUN: f64 = 0.012;

/// What a change means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Not more than what varies by itself, or too small to count.
    Same,
    /// B is better.
    Better,
    /// B is worse.
    Worse,
    /// It cannot be said: there is no figure, or no knowing how much it varies.
    Unknown,
}

/// One figure in both runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judged {
    /// Which.
    pub metric: Metric,
    /// In A.
    pub a: Option<f64>,
    /// In B.
    pub b: Option<f64>,
    /// How far apart the two may lie by themselves, in the unit of the figure.
    pub noise: Option<f64>,
    /// What it means.
    pub verdict: Verdict,
}

impl Judged {
    /// `(b − a) / a`; `None` if one of them is missing or A is 0.
    pub fn ratio(&self) -> Option<f64> {
        let (a, b) = (self.a?, self.b?);
        (a != 0.0).then(|| (b - a) / a)
    }

    /// The noise as a part of A.
    pub fn noise_ratio(&self) -> Option<f64> {
        let a = self.a.filter(|a| *a != 0.0)?;
        self.noise.map(|noise| noise / a)
    }
}

/// One entry in both runs.
#[derive(Clone, Debug)]
pub struct Row {
    /// Which.
    pub key: Key,
    /// Whether A has it.
    pub is_in_a: bool,
    /// Whether B has it.
    pub is_in_b: bool,
    /// Requests in A.
    pub requests_a: u64,
    /// Requests in B.
    pub requests_b: u64,
    /// Its figures, in the order of [`Metric::ALL`].
    pub figures: Vec<Judged>,
}

/// Two runs.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// Entries in the order of A; those that only B has follow.
    pub rows: Vec<Row>,
}

/// Degrees of freedom from which on Student's distribution is the normal one.
const MOST_DEGREES: f64 = 1e6;

/// A difference before the level is known that it has to reach.
#[derive(Clone, Copy)]
struct Difference {
    error: f64,
    degrees: f64,
    probability: f64,
}

/// What is compared of one entry of one run.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Requests.
    pub requests: u64,
    /// Its figures, in the order of [`Metric::ALL`].
    pub figures: [Figure; Metric::ALL.len()],
}

impl Measured {
    /// The figures of a course.
    pub fn of(course: &Course) -> Self {
        let sum = course.sum();
        Self {
            requests: sum.requests,
            figures: Metric::ALL.map(|metric| metric.of(&course.windows, &sum)),
        }
    }

    /// The figures of an entry whose course is not known. Nothing is known of how much they vary.
    pub fn of_sum(entry: &Entry) -> Self {
        let sum = Window {
            seconds: entry
                .last_request
                .map_or(0.0, |last| last - entry.start_time),
            requests: entry.requests,
            failures: entry.failures,
            times: entry.histogram.clone(),
        };
        Self {
            requests: entry.requests,
            figures: Metric::ALL.map(|metric| metric.of(&[], &sum)),
        }
    }
}

/// Compares B with A, entry by entry.
pub fn compare(a: &[(Key, Course)], b: &[(Key, Course)]) -> Comparison {
    let measured = |all: &[(Key, Course)]| -> Vec<_> {
        all.iter()
            .map(|(key, course)| (key.clone(), Measured::of(course)))
            .collect()
    };
    compare_measured(&measured(a), &measured(b))
}

/// Compares B with A, entry by entry, by what was measured of each.
pub fn compare_measured(a: &[(Key, Measured)], b: &[(Key, Measured)]) -> Comparison {
    let in_b: HashMap<&Key, &Measured> = b.iter().map(|(key, found)| (key, found)).collect();
    let in_a: HashSet<&Key> = a.iter().map(|(key, _)| key).collect();
    let mut rows = Vec::new();
    let mut differences = Vec::new();
    for (key, measured) in a {
        let (row, found) = row(key, Some(measured), in_b.get(key).copied());
        rows.push(row);
        differences.extend(found);
    }
    for (key, measured) in b {
        if !in_a.contains(key) {
            let (row, found) = row(key, None, Some(measured));
            rows.push(row);
            differences.extend(found);
        }
    }
    let level = level(&differences);
    let figures = rows.iter_mut().flat_map(|row| &mut row.figures);
    for (figure, difference) in figures.zip(&differences) {
        if let Some(difference) = difference {
            judge(figure, *difference, level);
        }
    }
    Comparison { rows }
}

fn row(key: &Key, a: Option<&Measured>, b: Option<&Measured>) -> (Row, Vec<Option<Difference>>) {
    const NOTHING: Figure = Figure {
        value: None,
        spread: None,
    };
    let mut figures = Vec::new();
    let mut differences = Vec::new();
    for (place, metric) in Metric::ALL.into_iter().enumerate() {
        let figure = |run: Option<&Measured>| run.map_or(NOTHING, |run| run.figures[place]);
        let (in_a, in_b) = (figure(a), figure(b));
        differences.push(difference(in_a, in_b));
        figures.push(Judged {
            metric,
            a: in_a.value,
            b: in_b.value,
            noise: None,
            verdict: Verdict::Unknown,
        });
    }
    let requests = |run: Option<&Measured>| run.map_or(0, |run| run.requests);
    let row = Row {
        key: key.clone(),
        is_in_a: a.is_some(),
        is_in_b: b.is_some(),
        requests_a: requests(a),
        requests_b: requests(b),
        figures,
    };
    (row, differences)
}

fn difference(a: Figure, b: Figure) -> Option<Difference> {
    let (value_a, value_b) = (a.value?, b.value?);
    let (spread_a, spread_b) = (a.spread?, b.spread?);
    let toward = |spread: Spread, is_larger: bool| {
        if is_larger {
            spread.below
        } else {
            spread.above
        }
    };
    let squares = [
        (
            toward(spread_a, value_a > value_b).powi(2),
            spread_a.degrees,
        ),
        (
            toward(spread_b, value_b > value_a).powi(2),
            spread_b.degrees,
        ),
    ];
    let sum: f64 = squares.iter().map(|(square, _)| square).sum();
    let parts: f64 = squares.iter().map(|(square, n)| square * square / n).sum();
    let degrees = if parts > 0.0 {
        sum * sum / parts
    } else {
        spread_a.degrees.min(spread_b.degrees)
    };
    let presumed = RUN_TO_RUN.powi(2) * (value_a.powi(2) + value_b.powi(2));
    // What is presumed is no measurement and has no scatter of its own: Welch's degrees grow by it.
    let error = (sum + presumed).sqrt();
    let growth = (sum + presumed) / sum.max(f64::MIN_POSITIVE);
    let degrees = (degrees * growth * growth).min(MOST_DEGREES);
    let distance = (value_b - value_a).abs();
    let probability = if distance > 0.0 {
        student::two_sided(distance / error, degrees)
    } else {
        1.0
    };
    Some(Difference {
        error,
        degrees,
        probability,
    })
}

/// The probability that a difference must not exceed.
fn level(differences: &[Option<Difference>]) -> f64 {
    let mut found: Vec<f64> = differences
        .iter()
        .flatten()
        .map(|one| one.probability)
        .collect();
    found.sort_unstable_by(f64::total_cmp);
    let step = TABLE_LEVEL / found.len().max(1) as f64;
    let ranks = (1..).zip(&found);
    let passing = ranks.filter(|(rank, found)| **found <= f64::from(*rank) * step);
    f64::from(passing.last().map_or(1, |(rank, _)| rank)) * step
}

fn judge(figure: &mut Judged, difference: Difference, level: f64) {
    let (Some(a), Some(b)) = (figure.a, figure.b) else {
        return;
    };
    figure.noise = Some(difference.error * student::quantile(level, difference.degrees));
    // Where A is 0, as of failures, B is what the change is a part of.
    let smallest = SMALLEST_CHANGE * if a == 0.0 { b } else { a };
    let counts = (b - a).abs() > smallest && difference.probability <= level;
    let is_better = (b > a) == figure.metric.is_better_when_larger();
    figure.verdict = match (counts, is_better) {
        (false, _) => Verdict::Same,
        (true, true) => Verdict::Better,
        (true, false) => Verdict::Worse,
    };
}
