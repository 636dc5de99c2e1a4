//! What comes before a worker joins: its token and its locustfile.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use gregaria_runner::bundle::Bundle;
use gregaria_runner::node;
use gregaria_runner::wire::{Certificate, JoinToken, Locustfile};
use pyo3::exceptions::{PyConnectionError, PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// A new join token; it expires after so many seconds, if they are given.
#[pyfunction]
#[pyo3(signature = (seconds=None))]
pub(crate) fn make_join_token(seconds: Option<f64>) -> PyResult<String> {
    let lifetime = seconds
        .map(Duration::try_from_secs_f64)
        .transpose()
        .map_err(|error| PyValueError::new_err(error.to_string()))?;
    let expires_at = lifetime.and_then(|lifetime| SystemTime::now().checked_add(lifetime));
    Ok(JoinToken::generate(expires_at).reveal().to_owned())
}

/// What workers pin: SHA-256 of the certificate in a file, which is made if it is not there. Raises
/// `OSError` if the file cannot be used.
#[pyfunction]
#[expect(
    clippy::needless_pass_by_value,
    reason = "pyo3 converts to an owned path"
)]
pub(crate) fn certificate_fingerprint(path: PathBuf) -> PyResult<String> {
    let certificate = Certificate::load_or_create(&path)
        .map_err(|error| PyOSError::new_err(error.to_string()))?;
    Ok(certificate.fingerprint().to_string())
}

/// A part of the test as (name, text), or (URL, `None`).
type FileRow = (String, Option<String>);

/// A bundle as (hash, names of its locustfiles, bytes).
type BundleRow<'py> = (String, Vec<String>, Bound<'py, PyBytes>);

/// Names and texts of the files that a master sends to a worker without a locustfile; the text of a
/// URL is `None`. A master of ours sends a bundle too. Blocks this thread. Raises `ConnectionError` if the master has none or does not
/// answer within the limit.
#[pyfunction]
pub(crate) fn fetch_locustfile<'py>(
    py: Python<'py>,
    host: String,
    port: u16,
    invitation: Option<&str>,
    id: &str,
    limit_seconds: f64,
) -> PyResult<(Vec<FileRow>, Option<BundleRow<'py>>)> {
    let master = super::worker::master(host, port, invitation)?;
    let limit = Duration::try_from_secs_f64(limit_seconds).unwrap_or(Duration::MAX);
    let fetched = py.detach(|| node::fetch_locustfile(&master, id, limit));
    let reply = fetched.map_err(|error| PyConnectionError::new_err(error.to_string()))?;
    let bundle = Bundle::of(&reply).map(|bundle| {
        let packed = PyBytes::new(py, &bundle.packed);
        (bundle.sha256, bundle.locustfiles, packed)
    });
    let files = reply.outcome.unwrap_or_default();
    Ok((files.into_iter().map(row).collect(), bundle))
}

/// A part of the test as (name, text), or (URL, `None`).
pub(super) fn row(file: Locustfile) -> FileRow {
    match file {
        Locustfile::File { filename, contents } => (filename, Some(contents)),
        Locustfile::Url(url) => (url, None),
    }
}
