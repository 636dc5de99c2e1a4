//! The engine as Python sees it: tickets on one side, greenlets on the other.
//!
//! Nothing here switches a greenlet. `send`, `turn` and `next` return, and Python switches
//! (`python/gregaria/_hub.py`). While the engine is borrowed no Python code runs: objects are made
//! after the borrow has ended, and references to greenlets are dropped after it, because either
//! may run a finalizer that comes back here.

use std::cell::RefCell;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use gregaria_http as http;
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::address::AddressBook;
use crate::failure;
use crate::gate::HostGate;
use crate::response::{Exchange, ResponseCore};
use crate::stream::Stream;
use crate::task::TaskBook;

/// Who waits for a ticket.
struct Waiter {
    ticket: http::Ticket,
    greenlet: Py<PyAny>,
    /// What is needed to make a response of the outcome; `None` for a sleep or a piece of a body.
    exchange: Option<Box<Exchange>>,
}

/// The greenlet to switch to, and what it is woken with.
pub(crate) type Woken<'py> = (Py<PyAny>, Bound<'py, PyAny>);

/// What lives on the engine's thread and is borrowed for the length of one call.
pub(crate) struct Core {
    pub(crate) http: http::Engine,
    /// By the slot of the ticket, which is small and used again.
    waiters: Vec<Option<Waiter>>,
    pub(crate) addresses: AddressBook,
    pub(crate) tasks: TaskBook,
    /// How many finished requests may still be handed out in this drain.
    budget: usize,
    /// Header lines and rules that clients have in common: a thousand users of a class send the
    /// same ones.
    headers: Vec<Arc<http::HeaderBlock>>,
    rules: Vec<Rc<http::Rules>>,
    /// First those of clients that do not verify certificates, then those that trust the system,
    /// then one for each file or folder of certificates.
    tls: Vec<Arc<http::TlsSettings>>,
}

/// Different header blocks and rules remembered; beyond them, clients have their own.
const MAX_SHARED: usize = 64;

impl Core {
    fn new() -> std::io::Result<Self> {
        let anything = http::TlsSettings {
            trust: http::Trust::Anything,
            identity: None,
        };
        Ok(Self {
            http: http::Engine::new()?,
            waiters: Vec::new(),
            addresses: AddressBook::default(),
            tasks: TaskBook::default(),
            budget: 0,
            headers: Vec::new(),
            rules: Vec::new(),
            tls: vec![Arc::new(anything), Arc::default()],
        })
    }

    pub(crate) fn shared_headers(&mut self, block: http::HeaderBlock) -> Arc<http::HeaderBlock> {
        if let Some(known) = self.headers.iter().find(|known| ***known == block) {
            return known.clone();
        }
        let block = Arc::new(block);
        if self.headers.len() < MAX_SHARED {
            self.headers.push(block.clone());
        }
        block
    }

    pub(crate) fn shared_rules(&mut self, rules: http::Rules) -> Rc<http::Rules> {
        if let Some(known) = self.rules.iter().find(|known| ***known == rules) {
            return known.clone();
        }
        let rules = Rc::new(rules);
        if self.rules.len() < MAX_SHARED {
            self.rules.push(rules.clone());
        }
        rules
    }

    /// Settings for a client that verifies or not; `authorities` is a file or a folder with the
    /// certificates to trust in place of the system's.
    pub(crate) fn tls(
        &mut self,
        verifies: bool,
        authorities: Option<&Path>,
    ) -> Arc<http::TlsSettings> {
        let Some(authorities) = authorities.filter(|_| verifies) else {
            return self.tls[usize::from(verifies)].clone();
        };
        let trust = http::Trust::File(authorities.to_owned());
        if let Some(known) = self.tls.iter().find(|known| known.trust == trust) {
            return known.clone();
        }
        let identity = None;
        self.tls
            .push(Arc::new(http::TlsSettings { trust, identity }));
        self.tls[self.tls.len() - 1].clone()
    }

    /// Remembers who waits for what has just been submitted.
    pub(crate) fn park(
        &mut self,
        submitted: &http::Submitted,
        greenlet: Py<PyAny>,
        exchange: Option<Box<Exchange>>,
    ) {
        let ticket = submitted.ticket;
        let slot = slot_of(ticket);
        if slot >= self.waiters.len() {
            self.waiters.resize_with(slot + 1, || None);
        }
        self.waiters[slot] = Some(Waiter {
            ticket,
            greenlet,
            exchange,
        });
        if submitted.is_finished {
            // No event will come for it.
            self.http.ring();
        }
    }

    fn unpark(&mut self, ticket: http::Ticket) -> Option<Waiter> {
        self.waiters.get_mut(slot_of(ticket))?.take()
    }

    /// Takes the oldest finished work and who waits for it, if the drain may hand out more.
    fn take(&mut self) -> Option<(Waiter, http::Outcome)> {
        loop {
            let left = self.budget.checked_sub(1)?;
            let finished = self.http.next()?;
            self.budget = left;
            if let Some(waiter) = self.unpark(finished.ticket) {
                return Some((waiter, finished.outcome));
            }
        }
    }
}

/// See [`Engine::next`].
pub(crate) fn next<'py>(py: Python<'py>, core: &SharedCore) -> PyResult<Option<Woken<'py>>> {
    let taken = core.borrow_mut().take();
    let Some((waiter, outcome)) = taken else {
        return Ok(None);
    };
    let result = match (outcome, waiter.exchange) {
        (http::Outcome::Response(response), Some(exchange)) => {
            let object = ResponseCore::finish(py, exchange, Ok(response))?;
            if let Some(stream) = Stream::of(core, waiter.ticket) {
                object.setattr(intern!(py, "_stream"), stream)?;
            }
            object
        }
        (http::Outcome::Failed(error), Some(exchange)) => {
            ResponseCore::finish(py, exchange, Err(Box::new(error)))?
        }
        (http::Outcome::Body(Some(piece)), _) => PyBytes::new(py, &piece).into_any(),
        (http::Outcome::Failed(error), None) => {
            failure::parts(&error.kind, http::Scheme::Http).into_bound_py_any(py)?
        }
        _ => py.None().into_bound(py),
    };
    Ok(Some((waiter.greenlet, result)))
}

/// The low half of a ticket is its slot, counted from one.
fn slot_of(ticket: http::Ticket) -> usize {
    usize::try_from(ticket.to_raw() & u64::from(u32::MAX)).unwrap_or(1) - 1
}

/// All connections, timers and unfinished requests of this process. Made by `_hub.py`, once for
/// each pid, and used on the thread that made it alone.
#[pyclass(unsendable, frozen, module = "gregaria._native")]
pub(crate) struct Engine {
    core: SharedCore,
}

/// The clients have it too.
pub(crate) type SharedCore = Rc<RefCell<Core>>;

impl Engine {
    pub(crate) fn core(&self) -> &SharedCore {
        &self.core
    }
}

#[pymethods]
impl Engine {
    #[new]
    fn new() -> PyResult<Self> {
        Ok(Self {
            core: Rc::new(RefCell::new(Core::new()?)),
        })
    }

    /// The descriptor that is readable whenever `turn` has something to do.
    fn fileno(&self) -> i32 {
        self.core.borrow().http.descriptor().as_raw_fd()
    }

    /// The process this engine belongs to.
    fn pid(&self) -> u32 {
        self.core.borrow().http.pid()
    }

    /// Begins a drain: reads what has arrived and fires due timers, once. What is finished now can
    /// be taken by `next`, up to `limit`; what finishes later has to wait for another drain.
    fn turn(&self, limit: usize) -> PyResult<()> {
        let mut core = self.core.borrow_mut();
        core.http.turn()?;
        core.budget = core.http.finished_count().min(limit);
        Ok(())
    }

    /// Whether something is finished that no drain has handed out.
    fn has_more(&self) -> bool {
        self.core.borrow().http.finished_count() > 0
    }

    /// The oldest finished request or sleep as `(greenlet, result)`, or `None` when there is none
    /// or the drain has handed out enough. The result is a response, or `None` for a sleep. A
    /// request is recorded here, unless a block has to judge it.
    fn next<'py>(&self, py: Python<'py>) -> PyResult<Option<Woken<'py>>> {
        next(py, &self.core)
    }

    /// Wakes `greenlet` after `seconds`, never earlier. Returns what `next` does, for whoever is
    /// about to wait.
    fn sleep<'py>(
        &self,
        py: Python<'py>,
        greenlet: Py<PyAny>,
        seconds: f64,
    ) -> PyResult<Option<Woken<'py>>> {
        let duration = Duration::try_from_secs_f64(seconds.max(0.0))
            .map_err(|_| PyValueError::new_err(format!("cannot sleep for `{seconds}` seconds")))?;
        {
            let mut core = self.core.borrow_mut();
            let submitted = core.http.sleep(duration);
            core.park(&submitted, greenlet, None);
        }
        next(py, &self.core)
    }

    /// Forgets what `greenlet` waits for, finished or not: it has been woken by somebody else.
    fn withdraw(&self, greenlet: &Bound<'_, PyAny>) {
        let mut core = self.core.borrow_mut();
        let of_greenlet = |waiter: &Waiter| waiter.greenlet.is(greenlet);
        let Some(ticket) = (core.waiters.iter().flatten())
            .find(|waiter| of_greenlet(waiter))
            .map(|waiter| waiter.ticket)
        else {
            return;
        };
        core.http.cancel(ticket);
        let waiter = core.unpark(ticket);
        drop(core);
        let exchange = waiter.as_ref().and_then(|waiter| waiter.exchange.as_ref());
        if let Some(recorder) = exchange.and_then(|exchange| exchange.recorder.as_ref()) {
            recorder.get().record_aborted();
        }
        drop(waiter);
    }

    /// Lets requests go from here on to the hosts that `gate` allows; `None` allows all.
    #[pyo3(signature = (gate))]
    fn set_gate(&self, gate: Option<&Bound<'_, HostGate>>) {
        let gate = gate.map(|gate| Rc::new(gate.get().share()) as Rc<dyn http::Gate>);
        self.core.borrow_mut().http.set_gate(gate);
    }

    /// Asks every name again: for a new run, whose hosts may have moved.
    fn forget_names(&self) {
        self.core.borrow_mut().http.forget_names();
    }

    /// What the engine has counted: connections opened, reused and dropped, retries, look-ups,
    /// requests that the gate was closed to, and those that had no whole answer.
    fn counters(&self) -> std::collections::BTreeMap<&'static str, u64> {
        let core = self.core.borrow();
        let counters = core.http.counters();
        std::collections::BTreeMap::from([
            ("connections_opened", counters.opened),
            ("connections_reused", counters.reused),
            ("connections_dropped", counters.dropped_stale),
            ("retries", counters.retries),
            ("names_resolved", counters.resolves),
            ("requests_blocked", counters.blocked),
            ("network_errors", counters.network_errors),
        ])
    }
}
