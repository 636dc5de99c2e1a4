//! The body of a response that is read piece by piece (`FastHttpUser` with `stream=True`).
//!
//! Nothing is read from the connection until a piece is asked for, so a body of any length takes
//! the memory of one piece. Whoever drops the response before its end closes the connection.

use std::rc::Rc;

use gregaria_http as http;
use pyo3::prelude::*;

use crate::engine::{self, SharedCore, Woken};

/// What is left of a body. Lives on the engine's thread.
#[pyclass(unsendable, frozen, module = "gregaria._native")]
pub(crate) struct Stream {
    core: SharedCore,
    ticket: http::Ticket,
}

impl Stream {
    /// The body of a request whose head has been handed out; `None` if it has come with it.
    pub(crate) fn of(core: &SharedCore, ticket: http::Ticket) -> Option<Self> {
        let is_streaming = core.borrow().http.is_streaming(ticket);
        is_streaming.then(|| Self {
            core: Rc::clone(core),
            ticket,
        })
    }
}

#[pymethods]
impl Stream {
    /// Whether there may be more to read: false at the end, and after a failure.
    fn is_open(&self) -> bool {
        self.core.borrow().http.is_streaming(self.ticket)
    }

    /// Asks for the next piece, and returns what [`engine::next`] does. The greenlet is woken with
    /// bytes, with `None` at the end, or with what `native_failure` of a response gives. Only for
    /// a stream that is open: nobody would be woken otherwise.
    fn read<'py>(&self, py: Python<'py>, greenlet: Py<PyAny>) -> PyResult<Option<Woken<'py>>> {
        {
            let mut core = self.core.borrow_mut();
            let submitted = core.http.read_body(self.ticket);
            core.park(&submitted, greenlet, None);
        }
        engine::next(py, &self.core)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // Python drops objects only while the engine is not borrowed; if that were ever broken, a
        // connection would stay open, and nothing worse.
        if let Ok(mut core) = self.core.try_borrow_mut()
            && core.http.is_streaming(self.ticket)
        {
            core.http.cancel(self.ticket);
        }
    }
}
