//! The gate of the engine: the lists of `--allowed-hosts` that hold in this process.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gregaria_http::{Gate, Passage};
use gregaria_runner::{AllowedHosts, ByName};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// Lists that all have to allow a host: that of this process and that of its master. The engine asks
/// it, and so does what sends requests beside the engine.
#[pyclass(frozen, module = "gregaria._native")]
#[derive(Debug)]
pub(crate) struct HostGate {
    lists: Arc<[AllowedHosts]>,
    /// How many requests it was closed to, and what to last.
    blocked: Arc<Mutex<(u64, String)>>,
}

#[pymethods]
impl HostGate {
    /// Of texts with commas between the hosts; an empty one allows everything. Raises `ValueError`
    /// for one that is no list.
    #[new]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "Python's list is converted to a vector"
    )]
    fn new(texts: Vec<String>) -> PyResult<Self> {
        let lists = texts.iter().map(|text| AllowedHosts::parse(text));
        let lists = lists
            .filter_map(Result::transpose)
            .collect::<Result<_, _>>()
            .map_err(|error| PyValueError::new_err(format!("--allowed-hosts: {error}")))?;
        Ok(Self {
            lists,
            blocked: Arc::default(),
        })
    }

    /// Whether `host` may be loaded, by its name alone; `None` if its addresses decide.
    fn allows_name(&self, host: &str) -> Option<bool> {
        match self.by_name(host) {
            Passage::Closed => Some(false),
            Passage::Open => Some(true),
            Passage::ByAddress => None,
        }
    }

    /// Whether `host` may be loaded at an address that it leads to.
    fn allows_address(&self, host: &str, address: &str) -> bool {
        // An address of IPv6 may come with a zone.
        let address = address.split('%').next().unwrap_or(address);
        address
            .parse()
            .is_ok_and(|address| self.admits(host, address))
    }

    /// Counts a request that it was closed to; `what` is the host, and where it leads.
    fn count(&self, what: &str) {
        self.note(what);
    }

    /// How many requests it was closed to, and what to last.
    fn blocked(&self) -> (u64, String) {
        self.lock().clone()
    }
}

impl HostGate {
    /// The same gate, for the engine.
    pub(crate) fn share(&self) -> Self {
        Self {
            lists: Arc::clone(&self.lists),
            blocked: Arc::clone(&self.blocked),
        }
    }

    fn lock(&self) -> MutexGuard<'_, (u64, String)> {
        self.blocked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gate for HostGate {
    fn by_name(&self, host: &str) -> Passage {
        let passages = self.lists.iter().map(|list| match list.by_name(host) {
            ByName::Refused => Passage::Closed,
            ByName::Allowed => Passage::Open,
            ByName::ByAddress => Passage::ByAddress,
        });
        passages.fold(Passage::Open, |before, passage| match (before, passage) {
            (Passage::Closed, _) | (_, Passage::Closed) => Passage::Closed,
            (Passage::ByAddress, _) | (_, Passage::ByAddress) => Passage::ByAddress,
            _ => Passage::Open,
        })
    }

    fn admits(&self, host: &str, address: IpAddr) -> bool {
        self.lists.iter().all(|list| list.admits(host, address))
    }

    fn note(&self, blocked: &str) {
        let mut lock = self.lock();
        let (count, last) = &mut *lock;
        *count += 1;
        blocked.clone_into(last);
    }
}
