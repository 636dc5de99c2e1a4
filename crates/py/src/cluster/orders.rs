//! What the thread of a node wants Python to do: a queue, and a bell that wakes one greenlet.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use gregaria_http as http;
use pyo3::prelude::*;

use crate::engine::{self, Engine, SharedCore, Woken};

/// The end that the node's thread has.
#[derive(Debug)]
pub(crate) struct Orderer<A> {
    queue: Arc<Mutex<VecDeque<A>>>,
    bell: http::Bell,
}

impl<A> Orderer<A> {
    /// Puts an order into the queue. Does not wait for anybody.
    pub(crate) fn give(&self, order: A) {
        lock(&self.queue).push_back(order);
        self.bell.ring();
    }
}

/// The end that Python has.
pub(crate) struct Orders<A> {
    queue: Arc<Mutex<VecDeque<A>>>,
    core: SharedCore,
    ticket: http::Ticket,
}

impl<A> Orders<A> {
    /// Both ends. The engine's descriptor becomes readable when an order is given.
    pub(crate) fn new(engine: &Engine) -> (Orderer<A>, Self) {
        let core = engine.core().clone();
        let (ticket, bell) = core.borrow_mut().http.bell();
        let queue = Arc::<Mutex<VecDeque<A>>>::default();
        let orderer = Orderer {
            queue: queue.clone(),
            bell,
        };
        let orders = Self {
            queue,
            core,
            ticket,
        };
        (orderer, orders)
    }

    /// The oldest order.
    pub(crate) fn take(&self) -> Option<A> {
        lock(&self.queue).pop_front()
    }

    /// Wakes `greenlet` when there is an order that was not there at the last `take`. Returns what
    /// [`Engine::next`] does, since the caller is about to wait.
    pub(crate) fn wait<'py>(
        &self,
        py: Python<'py>,
        greenlet: Py<PyAny>,
    ) -> PyResult<Option<Woken<'py>>> {
        let submitted = http::Submitted {
            ticket: self.ticket,
            // An order that has come in between has rung, and is found by the next turn.
            is_finished: false,
        };
        self.core.borrow_mut().park(&submitted, greenlet, None);
        engine::next(py, &self.core)
    }
}

fn lock<T>(queue: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}
