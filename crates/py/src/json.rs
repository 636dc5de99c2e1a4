//! `response.json()` by a Rust decoder, which must agree with `json.loads` on every value.
//!
//! Where the two might differ this one gives up and the standard library decides, so a locustfile
//! never sees another value, or another exception, than it would see under Locust.

use jiter::{FloatMode, PartialMode, PythonParse, StringCacheMode};
use pyo3::prelude::*;

/// The value; `None` if the standard library has to decide.
pub(crate) fn decode<'py>(py: Python<'py>, body: &[u8]) -> Option<Bound<'py, PyAny>> {
    let parse = PythonParse {
        allow_inf_nan: true,
        cache_mode: StringCacheMode::Keys,
        partial_mode: PartialMode::Off,
        catch_duplicate_keys: false,
        float_mode: FloatMode::Float,
    };
    parse.python_parse(py, body).ok()
}
