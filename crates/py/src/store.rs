//! The run store for Python. The Python thread hands pictures over and never waits for the disk.

use std::path::PathBuf;

use gregaria_web::archive::{Archive, EndKind, Ending, Limits, Setup};
use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;

use crate::stats::Stats;

/// Keeps the runs of this process in a file. Raises `OSError` if the file cannot be used.
#[pyclass(module = "gregaria._native", frozen)]
pub(crate) struct RunStore {
    archive: Archive,
}

#[pymethods]
impl RunStore {
    #[new]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "PyO3 makes the arguments for this function"
    )]
    fn new(py: Python<'_>, path: PathBuf, keep_runs: u64, keep_bytes: u64) -> PyResult<Self> {
        let limits = Limits {
            runs: keep_runs,
            bytes: keep_bytes,
        };
        let opened = py.detach(|| Archive::open(&path, limits));
        let archive = opened.map_err(|error| PyOSError::new_err(error.to_string()))?;
        Ok(Self { archive })
    }

    /// A run begins: `setup` is what is run, as JSON, and `stats` are kept from here on.
    fn begin(&self, stats: &Stats, setup: &str) -> PyResult<()> {
        let setup: Setup = serde_json::from_str(setup)
            .map_err(|error| PyValueError::new_err(format!("not what a run is: {error}")))?;
        self.archive.begin(stats.now(), setup);
        stats.keep_in(Some(self.archive.clone()));
        Ok(())
    }

    /// The run has ended: `kind` is `finished`, `stopped`, `workers_lost` or `error`.
    #[pyo3(signature = (stats, kind, reason, exit_code=None))]
    fn end(
        &self,
        py: Python<'_>,
        stats: &Stats,
        kind: &str,
        reason: String,
        exit_code: Option<i64>,
    ) -> PyResult<()> {
        stats.keep_in(None);
        let ending = Ending {
            kind: EndKind::parse(kind),
            reason,
            by: None,
            time: stats.now(),
            exit_code,
        };
        self.archive.end(stats.picture(py)?, ending);
        Ok(())
    }

    /// Number of the run that lasts, or of the last one; `None` until it is known.
    #[getter]
    fn run(&self) -> Option<i64> {
        self.archive.run()
    }

    /// The file.
    #[getter]
    fn path(&self) -> PathBuf {
        self.archive.path().to_owned()
    }

    /// The next sentence for the log, if there is one.
    fn take_notice(&self) -> Option<String> {
        self.archive.take_notice()
    }

    /// Writes what is left and closes the file.
    fn close(&self, py: Python<'_>) {
        py.detach(|| self.archive.close());
    }
}
