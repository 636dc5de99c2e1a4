//! The heat map: how many requests took how long, column by column.

use gregaria_stats::Histogram;

use crate::model::{HeatColumn, HeatMap};

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

/// Columns as a map, joined where there are too many.
pub(crate) fn map(columns: Vec<HeatColumn>, step_seconds: f64) -> HeatMap {
    HeatMap {
        step_seconds,
        edges_ms: edges_ms(),
        columns,
    }
}
