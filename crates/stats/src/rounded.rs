//! Locust's own table of response times: rounded by its rule, counted by the rounded value.
//!
//! The wire, the CSV files and the web API carry this table, and its percentiles are Locust's to the
//! unit. It cannot be derived from the histogram, because a bucket may lie across a rounding edge
//! (99.5 ms, 995 ms), so each response time is counted in both.

use crate::counts::Counts;

/// Entries of the dense part: all rounded times up to 70 seconds, about 1.3 KiB.
const DENSE: usize = 341;

/// Rounds to the nearest whole number, and a half to the even one, as Python does.
#[inline]
pub fn round_half_even(value: f64) -> f64 {
    /// 2⁵²: from here on a double has no fraction. Adding it makes the processor round, in its
    /// default mode, which is half to even; no call into the maths library is needed.
    const NO_FRACTION: f64 = 4_503_599_627_370_496.0;
    if value.abs() < NO_FRACTION {
        let edge = NO_FRACTION.copysign(value);
        (value + edge) - edge
    } else {
        value
    }
}

/// Locust's rounding of a response time in milliseconds: to 1 below 100, to 10 below 1,000, to 100
/// below 10,000, to 1,000 above; halves go to the even neighbour.
#[inline]
pub fn round_response_time(time_ms: f64) -> f64 {
    // Dividing is exact enough for the edges: neighbouring doubles never meet in the quotient.
    if time_ms < 100.0 {
        round_half_even(time_ms)
    } else if time_ms < 1_000.0 {
        round_half_even(time_ms / 10.0) * 10.0
    } else if time_ms < 10_000.0 {
        round_half_even(time_ms / 100.0) * 100.0
    } else {
        round_half_even(time_ms / 1_000.0) * 1_000.0
    }
}

/// Counts by rounded response time.
#[derive(Clone, Debug, Default)]
pub struct Rounded {
    /// Counts of the values that [`round_response_time`] gives, up to 70 seconds.
    dense: Counts,
    /// Every other value, in rising order: longer times, and what a rounding rule of the user's own
    /// gives.
    other: Vec<(f64, u64)>,
}

impl Rounded {
    /// Counts a response time by Locust's rule.
    #[inline]
    pub fn record(&mut self, time_ms: f64) {
        self.add(round_response_time(time_ms), 1);
    }

    /// Adds `count` to the rounded value `bucket`, which may be any number.
    #[inline]
    pub fn add(&mut self, bucket: f64, count: u64) {
        if let Some(index) = dense_index(bucket) {
            if index >= self.dense.len() {
                self.dense.grow((index + 1).next_multiple_of(32).min(DENSE));
            }
            self.dense.add(index, count);
        } else {
            self.add_other(bucket, count);
        }
    }

    #[cold]
    fn add_other(&mut self, bucket: f64, count: u64) {
        match self
            .other
            .binary_search_by(|(other, _)| other.total_cmp(&bucket))
        {
            Ok(at) => self.other[at].1 += count,
            Err(at) => self.other.insert(at, (bucket, count)),
        }
    }

    /// Adds every count of `other`.
    pub fn merge(&mut self, other: &Self) {
        self.dense.grow(other.dense.len());
        self.dense.add_all(0, &other.dense);
        for &(bucket, count) in &other.other {
            self.add_other(bucket, count);
        }
    }

    /// Rounded times and their counts, from the shortest to the longest.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (f64, u64)> {
        let mut pairs: Vec<(f64, u64)> = self
            .dense
            .iter()
            .map(|(index, count)| (dense_bucket(index), count))
            .collect();
        if !self.other.is_empty() {
            pairs.extend_from_slice(&self.other);
            pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
        }
        pairs.into_iter()
    }

    /// Whether nothing has been counted.
    pub fn is_empty(&self) -> bool {
        self.other.is_empty() && self.dense.iter().next().is_none()
    }

    /// Locust's percentile: the rounded time within which `quantile` (0 to 1) of `requests` ended,
    /// found by walking down from the longest; 0 if there is none. No value is made up between two.
    pub fn percentile(&self, requests: u64, quantile: f64) -> f64 {
        percentile_of(self.iter().rev(), requests, quantile)
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        self.dense.heap_bytes() + self.other.capacity() * size_of::<(f64, u64)>()
    }
}

/// Locust's walk over (rounded time, count), which must come from the longest to the shortest.
pub(crate) fn percentile_of(
    falling: impl Iterator<Item = (f64, u64)>,
    requests: u64,
    quantile: f64,
) -> f64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "as Python's int"
    )]
    let wanted = (requests as f64 * quantile) as u64;
    let mut seen = 0;
    for (bucket, count) in falling {
        seen += count;
        if requests.saturating_sub(seen) <= wanted {
            return bucket;
        }
    }
    0.0
}

/// Place of a rounded time in the dense part: 0 to 100 by ones, to 1,000 by tens, and so on.
#[expect(
    clippy::float_cmp,
    reason = "only the very number that stands there may be counted there"
)]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked by its return"
)]
#[inline]
fn dense_index(bucket: f64) -> Option<usize> {
    let (base, start, step) = if bucket < 100.0 {
        (0, 0.0, 1.0)
    } else if bucket < 1_000.0 {
        (100, 100.0, 10.0)
    } else if bucket < 10_000.0 {
        (190, 1_000.0, 100.0)
    } else {
        (280, 10_000.0, 1_000.0)
    };
    let offset = (bucket - start) / step;
    let index = (offset as usize).saturating_add(base);
    // Negative numbers, fractions and times past the end fail here: they are not what stands there.
    (index < DENSE && dense_bucket(index) == bucket).then_some(index)
}

/// The rounded time at a place of the dense part.
#[inline]
fn dense_bucket(index: usize) -> f64 {
    let (base, start, step) = match index {
        0..100 => (0, 0.0, 1.0),
        100..190 => (100, 100.0, 10.0),
        190..280 => (190, 1_000.0, 100.0),
        _ => (280, 10_000.0, 1_000.0),
    };
    start + (index - base) as f64 * step
}
