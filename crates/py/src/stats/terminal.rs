//! The block of figures for a terminal.

use std::time::Duration;

use gregaria_web::terminal::{Look, Run, block};
use pyo3::prelude::*;

use super::run::Stats;

/// The lines of the block. `elapsed` and `run_time` are seconds.
#[pyfunction]
#[pyo3(signature = (figures, state, user_count, elapsed, run_time, columns, coloured))]
#[expect(
    clippy::too_many_arguments,
    reason = "Python passes plain values, each by its name"
)]
pub fn terminal_block(
    py: Python<'_>,
    figures: &Stats,
    state: &str,
    user_count: u64,
    elapsed: f64,
    run_time: Option<f64>,
    columns: usize,
    coloured: bool,
) -> PyResult<Vec<String>> {
    let seconds = |seconds: f64| Duration::try_from_secs_f64(seconds).unwrap_or_default();
    let run = Run {
        state,
        user_count,
        elapsed: seconds(elapsed),
        run_time: run_time.map(seconds),
    };
    let look = Look {
        columns,
        is_coloured: coloured,
    };
    Ok(block(&*figures.source.snapshot(py)?, &run, look))
}
