//! Lines of single entries, a point for each stretch.

use crate::model::{EntryTrend, Series};

use super::share::{Cell, Share};

/// Points of an entry's short line.
pub(crate) const TREND_POINTS: usize = 60;

/// The lines of one entry, stretch by stretch; those of kinds of failures are for the caller to add.
/// Users are read from the lines of the whole run.
pub(crate) fn entry_series(step_seconds: f64, cells: &[Cell<'_>], whole: &Series) -> Series {
    let mut series = Series {
        step_seconds,
        ..Series::default()
    };
    for &Cell { from, to, share } in cells {
        let seconds = to - from;
        let rate = |count: fn(&Share) -> u64| share.map_or(0.0, |s| count(s) as f64 / seconds);
        let times = share.map(Share::histogram).unwrap_or_default();
        let place = whole.time.partition_point(|time| *time <= to);
        let at = |column: &[Option<u64>]| place.checked_sub(1).and_then(|at| column[at]);
        series.time.push(to);
        series.users.push(at(&whole.users));
        series.target_users.push(at(&whole.target_users));
        series.rps.push(Some(rate(|share| share.requests)));
        series
            .failures_per_second
            .push(Some(rate(|share| share.failures)));
        series.p50_ms.push(times.percentile_ms(0.5));
        series.p95_ms.push(times.percentile_ms(0.95));
        series.p99_ms.push(times.percentile_ms(0.99));
    }
    series
}

/// The short line of one entry.
pub(crate) fn trend<'a>(index: u32, shares: impl Iterator<Item = Option<&'a Share>>) -> EntryTrend {
    let p95 = |share: Option<&Share>| share?.histogram().percentile_ms(0.95);
    EntryTrend {
        index,
        p95_ms: shares.map(p95).collect(),
    }
}
