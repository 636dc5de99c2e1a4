//! How many requests took how long, as bars.

use std::collections::BTreeMap;

use gregaria_stats::Histogram;

use crate::model::Distribution;

/// Bars for each power of ten.
const BARS_PER_DECADE: f64 = 10.0;

/// Bars of equal width on a logarithmic axis. A bucket of the histogram counts where its middle lies.
pub fn distribution(times: &Histogram) -> Distribution {
    let mut bars: BTreeMap<i32, u64> = BTreeMap::new();
    for (low, high, count) in times.ranges_ms() {
        #[expect(clippy::cast_possible_truncation, reason = "between −30 and 70")]
        let bar = (low.midpoint(high).max(0.001).log10() * BARS_PER_DECADE).floor() as i32;
        *bars.entry(bar).or_default() += count;
    }
    let mut distribution = Distribution::default();
    let (Some((first, _)), Some((last, _))) = (bars.first_key_value(), bars.last_key_value())
    else {
        return distribution;
    };
    // Four digits are more than an axis shows.
    let edge = |bar: i32| {
        let power = 10_f64.powi(bar.div_euclid(10) - 3);
        (10_f64.powf(f64::from(bar) / BARS_PER_DECADE) / power).round() * power
    };
    for bar in *first..=*last {
        distribution.low_ms.push(edge(bar));
        distribution.high_ms.push(edge(bar + 1));
        let count = bars.get(&bar).copied().unwrap_or(0);
        distribution.counts.push(count);
    }
    distribution
}
