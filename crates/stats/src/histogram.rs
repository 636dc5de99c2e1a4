//! Response times counted in buckets of a fixed number of significant digits.
//!
//! The layout is that of HDR histograms: times are whole microseconds; the first `2 * half` of them
//! have a bucket of their own, and each further doubling of the time is cut into `half` buckets of
//! equal width. So a bucket is never wider than `1 / half` of the times in it, whatever their size,
//! and two histograms are merged exactly by adding their counts. Only the stretch of buckets between
//! the smallest and the largest time seen is stored.

use crate::counts::Counts;

/// The longest time that has a bucket: one hour. Longer ones are counted in the last bucket.
const MAX_US: u64 = 3_600_000_000;

/// Significant digits that a histogram keeps of each time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// Error at most 1/128 (0.8 %); at most 13 KiB.
    #[default]
    Two,
    /// Error at most 1/1024 (0.1 %); at most 92 KiB.
    Three,
}

impl Precision {
    /// Base-2 logarithm of the number of buckets in each doubling of the time.
    const fn half_bits(self) -> u32 {
        match self {
            Self::Two => 7,
            Self::Three => 10,
        }
    }

    /// Largest possible difference between a percentile and the exact one, as a part of the exact
    /// one. Below `1 / relative_error` microseconds the difference is half a microsecond instead,
    /// since times are kept as whole microseconds.
    pub const fn relative_error(self) -> f64 {
        1.0 / (1_u64 << self.half_bits()) as f64
    }
}

/// Counts of response times, mergeable without loss.
///
/// Memory: 4 bytes for each bucket between the smallest and the largest time seen, in steps of one
/// doubling (512 bytes at [`Precision::Two`]); a bucket that has counted 2³² times widens all to 8.
#[derive(Clone, Debug, Default)]
pub struct Histogram {
    precision: Precision,
    /// Index of the bucket that `counts` begins with: a multiple of `half`.
    first: usize,
    counts: Counts,
    total: u64,
    /// The largest time recorded, in microseconds: no percentile is above it.
    max_us: u64,
}

impl Histogram {
    /// An empty histogram, which owns no memory yet.
    pub fn new(precision: Precision) -> Self {
        Self {
            precision,
            ..Self::default()
        }
    }

    /// Digits that are kept.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// Number of times recorded.
    pub fn len(&self) -> u64 {
        self.total
    }

    /// Whether nothing has been recorded.
    pub fn is_empty(&self) -> bool {
        self.total == 0
    }

    /// Counts one response time. A negative one counts as zero, one above an hour as "an hour or
    /// more".
    #[inline]
    pub fn record(&mut self, time_ms: f64) {
        self.record_us(microseconds(time_ms), 1);
    }

    /// Counts `count` requests that took `time_ms` each.
    pub fn record_many(&mut self, time_ms: f64, count: u64) {
        if count > 0 {
            self.record_us(microseconds(time_ms), count);
        }
    }

    #[inline]
    fn record_us(&mut self, us: u64, count: u64) {
        let index = index_of(self.precision, us.min(MAX_US));
        let slot = index.wrapping_sub(self.first);
        // One comparison for both ends: an index before `first` wraps to a huge slot.
        if slot < self.counts.len() {
            self.counts.add(slot, count);
        } else {
            self.cover(index, index);
            self.counts.add(index - self.first, count);
        }
        self.total += count;
        self.max_us = self.max_us.max(us);
    }

    /// Makes room for the buckets from `low` to `high`.
    #[cold]
    fn cover(&mut self, low: usize, high: usize) {
        let half = 1_usize << self.precision.half_bits();
        let low = low & !(half - 1);
        if self.counts.len() == 0 {
            self.first = low;
        } else if low < self.first {
            self.counts.grow_front(self.first - low);
            self.first = low;
        }
        self.counts
            .grow((high - self.first + 1).next_multiple_of(half));
    }

    /// Adds everything `other` has counted. Exact, unless the precisions differ: then each bucket
    /// of `other` is counted at its middle.
    pub fn merge(&mut self, other: &Self) {
        if other.total == 0 {
            return;
        }
        let max_us = self.max_us.max(other.max_us);
        if other.precision == self.precision {
            self.cover(other.first, other.first + other.counts.len() - 1);
            let offset = other.first - self.first;
            self.counts.add_all(offset, &other.counts);
            self.total += other.total;
        } else {
            for (low, high, count) in other.ranges_us() {
                self.record_us(low.midpoint(high), count);
            }
        }
        self.max_us = max_us;
    }

    /// What has been counted after `earlier`, an older state of this histogram. Where `earlier` has
    /// counted more, nothing is left.
    ///
    /// The longest of these times is known to the width of its bucket only.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let mut before = earlier.buckets().peekable();
        let mut newer = Self::new(self.precision);
        let mut longest = 0;
        for (index, count) in self.buckets() {
            while before.next_if(|(old, _)| *old < index).is_some() {}
            let old = before.next_if(|(old, _)| *old == index);
            let count = count.saturating_sub(old.map_or(0, |(_, count)| count));
            if count > 0 {
                newer.add_bucket(index, count);
                longest = range_of(self.precision, index).1;
            }
        }
        newer.max_us = if self.max_us > earlier.max_us {
            self.max_us
        } else {
            longest.min(self.max_us)
        };
        newer
    }

    /// Adds `count` to the bucket with this index, as it stands in a report.
    ///
    /// An index past the last bucket counts as the last one.
    pub fn add_bucket(&mut self, index: usize, count: u64) {
        let index = index.min(index_of(self.precision, MAX_US));
        let (low, _) = range_of(self.precision, index);
        if count > 0 {
            self.record_us(low, count);
        }
    }

    /// Notes that the longest time was at least this: buckets from a report do not tell it.
    pub fn raise_max(&mut self, time_ms: f64) {
        if self.total > 0 {
            self.max_us = self.max_us.max(microseconds(time_ms));
        }
    }

    /// Buckets that are not empty, as (index, count), in the order of their times.
    pub fn buckets(&self) -> impl Iterator<Item = (usize, u64)> + '_ {
        self.counts
            .iter()
            .map(|(slot, count)| (self.first + slot, count))
    }

    /// Buckets that are not empty, as (lowest time, highest time, count), in milliseconds.
    pub fn ranges_ms(&self) -> impl Iterator<Item = (f64, f64, u64)> + '_ {
        self.ranges_us()
            .map(|(low, high, count)| (milliseconds(low), milliseconds(high), count))
    }

    fn ranges_us(&self) -> impl Iterator<Item = (u64, u64, u64)> + '_ {
        self.buckets().map(|(index, count)| {
            let (low, high) = range_of(self.precision, index);
            (low, high, count)
        })
    }

    /// The largest time recorded, to the microsecond; 0 if there is none.
    pub fn max_ms(&self) -> f64 {
        milliseconds(self.max_us)
    }

    /// The time within which `quantile` (0 to 1) of the requests ended: the upper edge of the bucket
    /// in which the request of that rank lies, but never more than the largest time. `None` if
    /// nothing has been recorded.
    ///
    /// See [`Precision::relative_error`] for how far this is from an exact sort. A rank among the
    /// times above one hour gives the largest time.
    pub fn percentile_ms(&self, quantile: f64) -> Option<f64> {
        if self.total == 0 {
            return None;
        }
        let rank = rank_of(quantile, self.total);
        let mut seen = 0;
        for (_, high, count) in self.ranges_us() {
            seen += count;
            if seen >= rank {
                let in_last_bucket = high >= MAX_US;
                let us = if in_last_bucket {
                    self.max_us
                } else {
                    high.min(self.max_us)
                };
                return Some(milliseconds(us));
            }
        }
        Some(milliseconds(self.max_us))
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        self.counts.heap_bytes()
    }
}

/// One-based rank, in a sorted list of `total` values, of the value at `quantile`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 0 and total"
)]
pub(crate) fn rank_of(quantile: f64, total: u64) -> u64 {
    let rank = (quantile.clamp(0.0, 1.0) * total as f64).ceil() as u64;
    rank.clamp(1, total)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates, as wanted"
)]
#[inline]
fn microseconds(time_ms: f64) -> u64 {
    // Adding a half and cutting off rounds without a call into the maths library.
    (time_ms * 1000.0 + 0.5) as u64
}

fn milliseconds(us: u64) -> f64 {
    us as f64 / 1000.0
}

/// Index of the bucket that counts a time of `us`.
#[expect(
    clippy::cast_possible_truncation,
    reason = "what is left is below 2 * half"
)]
#[inline]
fn index_of(precision: Precision, us: u64) -> usize {
    let half_bits = precision.half_bits();
    // Times below `2 * half` share doubling 0, where a bucket is one microsecond wide.
    let doubling = (us | (1 << half_bits)).ilog2() - half_bits;
    ((doubling as usize) << half_bits) + (us >> doubling) as usize
}

/// Lowest and highest time of the bucket at `index`.
fn range_of(precision: Precision, index: usize) -> (u64, u64) {
    let half_bits = precision.half_bits();
    let doubling = (index >> half_bits).saturating_sub(1);
    let low = ((index - (doubling << half_bits)) as u64) << doubling;
    (low, low + (1 << doubling) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_time_lies_in_the_range_of_its_bucket() {
        for precision in [Precision::Two, Precision::Three] {
            let mut expected_low = 0;
            for index in 0..=index_of(precision, MAX_US) {
                let (low, high) = range_of(precision, index);
                assert_eq!(low, expected_low);
                assert_eq!(index_of(precision, low), index);
                assert_eq!(index_of(precision, high), index);
                assert!((high - low) as f64 <= low as f64 * precision.relative_error());
                expected_low = high + 1;
            }
        }
    }

    #[test]
    fn the_whole_range_takes_thirteen_kibibytes() {
        let mut histogram = Histogram::new(Precision::Two);
        histogram.record(0.001);
        assert_eq!(histogram.heap_bytes(), 512);
        histogram.record(f64::from(u32::MAX));
        assert_eq!(histogram.heap_bytes(), 13 * 1024);
    }

    #[test]
    fn what_came_after_a_state_and_the_state_make_the_whole() {
        let mut whole = Histogram::default();
        for step in 1..400 {
            whole.record(f64::from(step) * 0.7);
        }
        let earlier = whole.clone();
        assert!(whole.since(&earlier).is_empty());
        for step in 1..300 {
            whole.record(f64::from(step * step) * 0.013);
        }
        let newer = whole.since(&earlier);
        assert_eq!(newer.len(), 299);
        let mut sum = earlier;
        sum.merge(&newer);
        assert!(sum.buckets().eq(whole.buckets()));
        assert_eq!(sum.percentile_ms(1.0), whole.percentile_ms(1.0));
    }

    #[test]
    fn a_time_above_an_hour_is_counted_and_its_percentile_is_the_largest_time() {
        let mut histogram = Histogram::new(Precision::Two);
        histogram.record(10.0);
        histogram.record(7_200_000.0);
        assert_eq!(histogram.percentile_ms(1.0), Some(7_200_000.0));
        assert_eq!(histogram.percentile_ms(0.5), Some(10.047));
    }
}
