//! The demo's server for Python. It serves from a thread of its own that never takes the GIL.

use std::{
    io,
    net::SocketAddr,
    sync::{Mutex, MutexGuard, PoisonError},
};

use gregaria_web::demo::Target;
use pyo3::prelude::*;

/// A small shop on 127.0.0.1 with known latencies and failures, for the demo, the examples and tests.
#[pyclass(module = "gregaria._native", frozen)]
pub(crate) struct DemoTarget {
    target: Mutex<Target>,
    address: SocketAddr,
}

#[pymethods]
impl DemoTarget {
    /// Starts the server. Port 0 takes a free one.
    #[new]
    #[pyo3(signature = (port = 0))]
    fn new(port: u16) -> io::Result<Self> {
        let target = Target::start(port)?;
        let address = target.address();
        Ok(Self {
            target: target.into(),
            address,
        })
    }

    /// The base URL, as it is given to `--host`.
    #[getter]
    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Requests answered so far.
    #[getter]
    fn served(&self) -> u64 {
        self.lock().served()
    }

    /// Closes all connections and the port. Does nothing the second time.
    fn stop(&self, py: Python<'_>) -> io::Result<()> {
        py.detach(|| self.lock().stop())
    }
}

impl DemoTarget {
    fn lock(&self) -> MutexGuard<'_, Target> {
        self.target.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
