//! Percentiles against an exact sort, against another implementation, and under merging.

use gregaria_stats::{Histogram, Precision, Rounded};
use hdrhistogram::Histogram as Oracle;
use proptest::prelude::*;

/// Response times as they occur: from microseconds to an hour, most of them in the middle.
fn times_ms() -> impl Strategy<Value = Vec<f64>> {
    let time = (-3.0_f64..6.55).prop_map(|exponent| 10.0_f64.powf(exponent));
    proptest::collection::vec(time, 1..400)
}

fn quantile() -> impl Strategy<Value = f64> {
    prop_oneof![
        0.0_f64..=1.0,
        Just(0.5),
        Just(0.95),
        Just(0.99),
        Just(0.999),
        Just(1.0)
    ]
}

fn precision() -> impl Strategy<Value = Precision> {
    prop_oneof![Just(Precision::Two), Just(Precision::Three)]
}

fn histogram_of(precision: Precision, times: &[f64]) -> Histogram {
    let mut histogram = Histogram::new(precision);
    for time in times {
        histogram.record(*time);
    }
    histogram
}

fn rounded_of(times: &[f64]) -> Rounded {
    let mut rounded = Rounded::default();
    for time in times {
        rounded.record(*time);
    }
    rounded
}

/// The value of which `quantile` of the sample is not larger, by sorting.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rank"
)]
fn exact(times: &[f64], quantile: f64) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (quantile * sorted.len() as f64).ceil() as usize;
    sorted[rank.clamp(1, sorted.len()) - 1]
}

proptest! {
    #[test]
    fn a_percentile_is_as_near_to_the_exact_one_as_documented(
        times in times_ms(), quantile in quantile(), precision in precision(),
    ) {
        let found = histogram_of(precision, &times).percentile_ms(quantile).unwrap();
        let exact = exact(&times, quantile);
        // Times are kept as whole microseconds: half of one, and the same once more for the edge
        // of a bucket that the rounded time has just left.
        let allowed = exact * precision.relative_error() + 0.0005 + 1e-9;
        prop_assert!((found - exact).abs() <= allowed, "{found} instead of {exact}");
    }

    #[test]
    fn no_percentile_is_above_the_largest_time(times in times_ms(), quantile in quantile()) {
        let histogram = histogram_of(Precision::Two, &times);
        prop_assert!(histogram.percentile_ms(quantile).unwrap() <= histogram.max_ms());
        let largest = times.iter().copied().fold(0.0, f64::max);
        prop_assert!((histogram.max_ms() - largest).abs() <= 0.0005 + 1e-9);
    }

    #[test]
    fn percentiles_rise_with_the_quantile(times in times_ms(), a in quantile(), b in quantile()) {
        let histogram = histogram_of(Precision::Two, &times);
        let (low, high) = (a.min(b), a.max(b));
        prop_assert!(histogram.percentile_ms(low) <= histogram.percentile_ms(high));
    }

    #[test]
    fn the_layout_and_the_percentiles_are_those_of_hdrhistogram(
        times in times_ms(), quantile in quantile(), precision in precision(),
    ) {
        let digits = if precision == Precision::Two { 2 } else { 3 };
        let mut oracle = Oracle::<u64>::new_with_bounds(1, 3_600_000_000, digits).unwrap();
        for time in &times {
            oracle.record(whole_us(*time)).unwrap();
        }
        let histogram = histogram_of(precision, &times);
        let ours: Vec<_> = histogram.ranges_ms().map(|(low, _, count)| (whole_us(low), count)).collect();
        let theirs: Vec<_> = oracle
            .iter_recorded()
            .map(|step| {
                let value = step.value_iterated_to();
                (oracle.lowest_equivalent(value), step.count_since_last_iteration())
            })
            .collect();
        prop_assert_eq!(ours, theirs);
        // The oracle moves a quantile down by a rounding error's worth before it takes the rank.
        let found = histogram.percentile_ms(quantile).unwrap();
        let theirs = oracle.value_at_quantile(quantile).min(oracle.max());
        let lower = oracle.value_at_quantile(quantile - 1e-12).min(whole_us(found));
        let near = whole_us(found) == theirs.min(whole_us(histogram.max_ms())) || whole_us(found) == lower;
        prop_assert!(near, "{found} instead of {theirs}");
    }

    #[test]
    fn merging_any_split_equals_the_whole(
        times in times_ms(), cut in 0.0_f64..=1.0, precision in precision(),
    ) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place")]
        let (left, right) = times.split_at((cut * times.len() as f64) as usize);
        let whole = histogram_of(precision, &times);
        let mut merged = histogram_of(precision, left);
        merged.merge(&histogram_of(precision, right));
        prop_assert_eq!(
            merged.buckets().collect::<Vec<_>>(), whole.buckets().collect::<Vec<_>>()
        );
        prop_assert_eq!(merged.len(), whole.len());
        prop_assert!((merged.max_ms() - whole.max_ms()).abs() < f64::EPSILON);

        let whole = rounded_of(&times);
        let mut merged = rounded_of(left);
        merged.merge(&rounded_of(right));
        prop_assert_eq!(merged.iter().collect::<Vec<_>>(), whole.iter().collect::<Vec<_>>());
    }

    #[test]
    fn buckets_carry_a_histogram_to_another_process(times in times_ms()) {
        let histogram = histogram_of(Precision::Two, &times);
        let mut copy = Histogram::new(Precision::Two);
        histogram.buckets().for_each(|(index, count)| copy.add_bucket(index, count));
        prop_assert_eq!(
            copy.buckets().collect::<Vec<_>>(), histogram.buckets().collect::<Vec<_>>()
        );
    }

    #[test]
    fn merging_a_finer_histogram_stays_within_the_coarser_error(
        times in times_ms(), quantile in quantile(),
    ) {
        let mut merged = Histogram::new(Precision::Two);
        merged.merge(&histogram_of(Precision::Three, &times));
        let exact = exact(&times, quantile);
        let allowed = exact * (Precision::Two.relative_error() + Precision::Three.relative_error());
        let found = merged.percentile_ms(quantile).unwrap();
        prop_assert!((found - exact).abs() <= allowed + 0.0015, "{found} instead of {exact}");
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "at most an hour"
)]
fn whole_us(time_ms: f64) -> u64 {
    (time_ms * 1000.0).round() as u64
}
