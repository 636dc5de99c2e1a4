//! The native module of the Python package `gregaria`.

use pyo3::prelude::*;

/// What Python can see, listed once.
#[pymodule]
mod _native {
    #[pymodule_export]
    const VERSION: &str = env!("CARGO_PKG_VERSION");
}
