//! What a person at a terminal sees of a run.

use std::time::Duration;

use gregaria_web::terminal::{Look, Run, Workers, block, summary};
use pyo3::prelude::*;

use super::run::Stats;

/// A run beside its statistics, by the names of Python's dict. Times are seconds.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct TerminalRun {
    name: String,
    state: String,
    host: Option<String>,
    user_count: u64,
    target_users: Option<u64>,
    run_time: Option<f64>,
    /// Present, missing and expected ones.
    workers: Option<(u64, u64, u64)>,
    keys: String,
    page: Option<String>,
}

impl From<TerminalRun> for Run {
    fn from(run: TerminalRun) -> Self {
        Self {
            name: run.name,
            state: run.state,
            host: run.host,
            user_count: run.user_count,
            target_users: run.target_users,
            run_time: run
                .run_time
                .map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or_default()),
            workers: run.workers.map(|(present, lost, expected)| Workers {
                present,
                lost,
                expected,
            }),
            keys: run.keys,
            page: run.page,
        }
    }
}

/// The lines of the block that is shown while a run lasts.
#[pyfunction]
#[pyo3(signature = (figures, run, columns, rows, coloured))]
pub fn terminal_block(
    py: Python<'_>,
    figures: &Stats,
    run: TerminalRun,
    columns: usize,
    rows: usize,
    coloured: bool,
) -> PyResult<Vec<String>> {
    let look = Look {
        columns,
        rows,
        is_coloured: coloured,
    };
    Ok(block(&*figures.source.snapshot(py)?, &run.into(), look))
}

/// The lines that stay when a run is over.
#[pyfunction]
#[pyo3(signature = (figures, run, columns, coloured))]
pub fn terminal_summary(
    py: Python<'_>,
    figures: &Stats,
    run: TerminalRun,
    columns: usize,
    coloured: bool,
) -> PyResult<Vec<String>> {
    let look = Look {
        columns,
        rows: usize::MAX,
        is_coloured: coloured,
    };
    Ok(summary(&*figures.source.snapshot(py)?, &run.into(), look))
}
