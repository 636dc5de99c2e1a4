//! The heat map: how many requests took how long, column by column.

use gregaria_stats::Histogram;

use crate::model::{HeatColumn, HeatMap};

use super::share::Cell;

/// Rows: four for each power of ten, from a tenth of a millisecond to a hundred seconds.
const ROWS: usize = 24;

/// Lower edges of the rows. What is below the first or above the last counts there.
fn edges_ms() -> Vec<f64> {
    (0..ROWS)
        .map(|row| 10_f64.powf(row as f64 / 4.0 - 1.0))
        .collect()
}

/// The column of these times. A bucket of the histogram counts where its middle lies.
pub(crate) fn column(time: f64, times: &Histogram, failures: u64) -> HeatColumn {
    let edges = edges_ms();
    let mut counts = vec![0; ROWS];
    for (low, high, count) in times.ranges_ms() {
        let middle = low.midpoint(high);
        let row = edges.partition_point(|edge| *edge <= middle);
        counts[row.saturating_sub(1)] += count;
    }
    HeatColumn {
        time,
        counts,
        failures,
    }
}

/// The map of stretches of `step_seconds`, oldest first: of all requests, or of one entry. Where there
/// are more than `most`, neighbours are joined.
pub(crate) fn heat_map(step_seconds: f64, cells: &[Cell<'_>], most: usize) -> HeatMap {
    let joined = cells.len().div_ceil(most).max(1);
    let column = |group: &[Cell<'_>]| {
        let end = group.last().map_or(0.0, |last| last.to);
        let mut times = Histogram::default();
        let mut failures = 0;
        for share in group.iter().filter_map(|cell| cell.share) {
            times.merge(&share.histogram());
            failures += share.failures;
        }
        self::column(end, &times, failures)
    };
    HeatMap {
        step_seconds: step_seconds * joined as f64,
        edges_ms: edges_ms(),
        columns: cells.chunks(joined).map(column).collect(),
    }
}
