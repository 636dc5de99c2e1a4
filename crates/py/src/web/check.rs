//! How a host stands, for a run without a page.

use std::net::IpAddr;

use gregaria_web::server::Settings;
use gregaria_web::target::Targets;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// Name of the host in a base URL, how it stands (`private`, `allowed`, `asks`, `refused`, …), the
/// addresses that the name leads to, and why. Raises `ValueError` for a list of allowed hosts that is none.
#[pyfunction]
#[expect(
    clippy::needless_pass_by_value,
    reason = "Python's list is converted to a vector"
)]
pub(crate) fn check_target(
    py: Python<'_>,
    url: &str,
    allowed_hosts: Vec<String>,
    public_addresses: Vec<String>,
) -> PyResult<(String, String, Vec<String>, String)> {
    let addresses = public_addresses.iter().map(|text| {
        let address: Result<IpAddr, _> = text.parse();
        address.map_err(|error| PyValueError::new_err(format!("`{text}`: {error}")))
    });
    let settings = Settings {
        allowed_hosts,
        public_addresses: addresses.collect::<PyResult<_>>()?,
        ..Settings::default()
    };
    let targets = Targets::new(&settings).map_err(PyValueError::new_err)?;
    let check = py.detach(|| targets.check_blocking(url));
    let standing = serde_json::to_value(check.standing).ok();
    let standing = standing.and_then(|word| word.as_str().map(str::to_owned));
    Ok((
        check.host,
        standing.unwrap_or_default(),
        check.addresses,
        check.message,
    ))
}
