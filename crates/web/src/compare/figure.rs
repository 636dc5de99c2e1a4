//! A figure of one entry in one run, and how much it varies by itself.

use super::course::Window;
use super::noise::{self, Noise};

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// Requests a second.
    Rps,
    /// Failures as a part of the requests.
    FailedRatio,
    /// Median response time, in milliseconds.
    P50,
    /// 95th percentile.
    P95,
    /// 99th percentile.
    P99,
}

/// Requests that must have taken longer than a percentile for it to be compared.
const FEWEST_ABOVE: f64 = 10.0;

/// Standard errors on either side of a percentile at which the histogram is read: what lies between
/// is taken for straight.
const READ_AT: f64 = 3.0;

/// A figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    /// Its value; `None` if nothing was measured.
    pub value: Option<f64>,
    /// How much it varies; `None` if that is not known.
    pub(super) spread: Option<Spread>,
}

/// Standard errors of a figure, downward and upward, in its own unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spread {
    pub(super) below: f64,
    pub(super) above: f64,
    pub(super) degrees: f64,
}

impl Metric {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 5] = [
        Self::Rps,
        Self::FailedRatio,
        Self::P50,
        Self::P95,
        Self::P99,
    ];

    /// Which quantile it is, if it is one.
    fn quantile(self) -> Option<f64> {
        match self {
            Self::P50 => Some(0.5),
            Self::P95 => Some(0.95),
            Self::P99 => Some(0.99),
            Self::Rps | Self::FailedRatio => None,
        }
    }

    /// Whether more of it is better.
    pub(super) fn is_better_when_larger(self) -> bool {
        self == Self::Rps
    }

    /// The figure of the windows of an entry; `sum` are all of them together.
    pub(super) fn of(self, windows: &[Window], sum: &Window) -> Figure {
        match self.quantile() {
            Some(quantile) => percentile(windows, sum, quantile),
            None if self == Self::Rps => rate(windows, sum),
            None => failed_ratio(windows, sum),
        }
    }
}

fn rate(windows: &[Window], sum: &Window) -> Figure {
    let value = (sum.seconds > 0.0).then(|| sum.requests as f64 / sum.seconds);
    let noise = noise::of_ratio(windows, |one| one.requests as f64, |one| one.seconds);
    Figure {
        value,
        spread: noise.map(even),
    }
}

fn failed_ratio(windows: &[Window], sum: &Window) -> Figure {
    let requests = sum.requests as f64;
    let value = (sum.requests > 0).then(|| sum.failures as f64 / requests);
    let noise = noise::of_ratio(
        windows,
        |one| one.failures as f64,
        |one| one.requests as f64,
    );
    // Failures vary at least as the heads of as many coins do. One is added to each side, since no
    // failure in a few requests does not mean that there is none in many.
    let part = (sum.failures as f64 + 1.0) / (requests + 2.0);
    let noise = noise.map(|noise| at_least(noise, part, requests));
    Figure {
        value,
        spread: noise.map(even),
    }
}

fn percentile(windows: &[Window], sum: &Window, quantile: f64) -> Figure {
    let Some(value) = sum.times.percentile_ms(quantile) else {
        return Figure {
            value: None,
            spread: None,
        };
    };
    let timed = sum.times.len() as f64;
    let spread = || {
        if timed * (1.0 - quantile) < FEWEST_ABOVE {
            return None;
        }
        let above = |window: &Window| above(window, value);
        let noise = noise::of_ratio(windows, above, |one| one.times.len() as f64)?;
        let noise = at_least(noise, 1.0 - quantile, timed);
        let read = |quantile: f64| sum.times.percentile_ms(quantile);
        let (low, high) = (
            read((quantile - READ_AT * noise.error).max(0.0))?,
            read((quantile + READ_AT * noise.error).min(1.0))?,
        );
        // A percentile is known to the width of its bucket.
        let bucket = value * sum.times.precision().relative_error();
        Some(Spread {
            below: (value - low).max(bucket) / READ_AT,
            above: (high - value).max(bucket) / READ_AT,
            degrees: noise.degrees,
        })
    };
    Figure {
        value: Some(value),
        spread: spread(),
    }
}

/// Requests of a window that took longer than `limit_ms`. A percentile is the upper edge of a bucket,
/// so none lies on both sides.
fn above(window: &Window, limit_ms: f64) -> f64 {
    let slower = window
        .times
        .ranges_ms()
        .filter(|(low, _, _)| *low > limit_ms);
    slower.map(|(_, _, count)| count).sum::<u64>() as f64
}

/// Raises a standard error of a part to that of independent requests.
fn at_least(noise: Noise, part: f64, requests: f64) -> Noise {
    let least = (part * (1.0 - part) / requests.max(1.0)).sqrt();
    Noise {
        error: noise.error.max(least),
        ..noise
    }
}

fn even(noise: Noise) -> Spread {
    Spread {
        below: noise.error,
        above: noise.error,
        degrees: noise.degrees,
    }
}
