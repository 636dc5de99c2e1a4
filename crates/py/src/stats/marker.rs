//! What happened in a run besides requests, as Python hands it on.

use pyo3::prelude::*;

/// One thing that happened: for [`Stats::mark`](super::Stats), which keeps it.
#[pyclass(frozen, module = "gregaria._native")]
#[derive(Debug)]
pub struct Marker {
    pub(super) marker: gregaria_stats::Marker,
}

impl From<gregaria_stats::Marker> for Marker {
    fn from(marker: gregaria_stats::Marker) -> Self {
        Self { marker }
    }
}

#[pymethods]
impl Marker {
    /// When, in seconds since 1970.
    #[getter]
    fn time(&self) -> f64 {
        self.marker.time
    }

    /// What happened, as a sentence.
    fn __str__(&self) -> String {
        self.marker.kind.to_string()
    }
}
