//! The keyword arguments of `client.get(…)`, as far as they can be sent without requests' help.
//!
//! Everything that is not certain to mean the same here as there is left to requests: sequences as
//! form data, files, header values that are no text, and whatever a later version of it may take.

use std::sync::Arc;
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyInt, PyString, PyTuple};

/// Limits of one request; `None` waits as long as it takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Timeout {
    pub(crate) connect: Option<Duration>,
    pub(crate) read: Option<Duration>,
}

/// What one request asks for beside method and URL.
#[derive(Default)]
pub(crate) struct Arguments<'py> {
    pub(crate) name: Option<Arc<str>>,
    pub(crate) is_judged: bool,
    pub(crate) headers: Option<Bound<'py, PyDict>>,
    pub(crate) body: Option<Arc<[u8]>>,
    pub(crate) timeout: Option<Timeout>,
    pub(crate) allows_redirects: Option<bool>,
    /// The body is to be read piece by piece.
    pub(crate) is_stream: bool,
}

impl<'py> Arguments<'py> {
    /// Reads them all, or gives `None` if one of them has to be prepared by requests.
    ///
    /// `verifies` is what the client does about certificates: asking for the same changes nothing.
    pub(crate) fn read(kwargs: &Bound<'py, PyDict>, verifies: bool) -> Option<Self> {
        let mut arguments = Self::default();
        for (key, value) in kwargs.iter() {
            let key = key.cast::<PyString>().ok()?;
            match key.to_str().ok()? {
                "name" | "headers" | "verify" if value.is_none() => {}
                "name" => {
                    arguments.name = Some(value.cast::<PyString>().ok()?.to_str().ok()?.into());
                }
                "catch_response" => arguments.is_judged = value.cast::<PyBool>().ok()?.is_true(),
                // Only listeners see it, and they are served in Python.
                "context" => {}
                "headers" => arguments.headers = Some(value.cast_exact::<PyDict>().ok()?.clone()),
                "data" => arguments.body = read_body(&value)?,
                "timeout" => arguments.timeout = Some(read_timeout(&value)?),
                "allow_redirects" => {
                    arguments.allows_redirects = Some(value.cast::<PyBool>().ok()?.is_true());
                }
                "verify" => {
                    if value.cast::<PyBool>().ok()?.is_true() != verifies {
                        return None;
                    }
                }
                "stream" => arguments.is_stream = value.cast::<PyBool>().ok()?.is_true(),
                _ if value.is_none() => {}
                _ => return None,
            }
        }
        Some(arguments)
    }
}

/// A body of text or bytes. An empty one is none, as in requests. The outer `None` is for others.
#[allow(
    clippy::option_option,
    reason = "the outer one leaves the function by `?`"
)]
fn read_body(value: &Bound<'_, PyAny>) -> Option<Option<Arc<[u8]>>> {
    let bytes: Arc<[u8]> = if value.is_none() {
        return Some(None);
    } else if let Ok(bytes) = value.cast_exact::<PyBytes>() {
        bytes.as_bytes().into()
    } else {
        value
            .cast_exact::<PyString>()
            .ok()?
            .to_str()
            .ok()?
            .as_bytes()
            .into()
    };
    Some(Some(bytes).filter(|bytes| !bytes.is_empty()))
}

/// One number for both limits, or a pair of them.
fn read_timeout(value: &Bound<'_, PyAny>) -> Option<Timeout> {
    if let Ok(pair) = value.cast_exact::<PyTuple>() {
        if pair.len() != 2 {
            return None;
        }
        let connect = read_seconds(&pair.get_item(0).ok()?)?;
        let read = read_seconds(&pair.get_item(1).ok()?)?;
        return Some(Timeout { connect, read });
    }
    let limit = read_seconds(value)?;
    Some(Timeout {
        connect: limit,
        read: limit,
    })
}

#[allow(
    clippy::option_option,
    reason = "the outer one leaves the caller by `?`"
)]
fn read_seconds(value: &Bound<'_, PyAny>) -> Option<Option<Duration>> {
    if value.is_none() {
        return Some(None);
    }
    if !value.is_exact_instance_of::<PyFloat>() && !value.is_exact_instance_of::<PyInt>() {
        return None;
    }
    let seconds: f64 = value.extract().ok()?;
    // Zero and less are errors with a text of their own in urllib3.
    let duration = Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|limit| !limit.is_zero())?;
    Some(Some(duration))
}
