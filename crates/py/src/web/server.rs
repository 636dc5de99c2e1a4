//! The server of the page for Python.

use std::cell::RefCell;
use std::sync::Arc;

use gregaria_web::model::Level;
use gregaria_web::seam::{LogBook, Order, Record, Reply, Seam, View, Worker};
use gregaria_web::server::{Server, Settings};
use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;

use super::settings::Wish;
use super::take::Taken;
use crate::cluster::{MasterNode, Orders};
use crate::engine::{Engine, Woken};
use crate::stats::Stats;

/// Serves the page from threads of its own, which never take the GIL. Used on the engine's thread alone.
#[pyclass(unsendable, frozen, module = "gregaria._native")]
pub(crate) struct WebServer {
    server: RefCell<Option<Server>>,
    address: std::net::SocketAddr,
    seam: Arc<Seam>,
    orders: Orders<Order>,
    taken: Taken,
}

#[pymethods]
impl WebServer {
    /// Begins to serve. Raises `OSError` if the address cannot be had, `ValueError` for settings that
    /// are none.
    #[new]
    fn new(engine: &Bound<'_, Engine>, settings: Wish) -> PyResult<Self> {
        let settings = Settings::try_from(settings)?;
        let (orderer, orders) = Orders::new(&engine.borrow());
        let seam = Arc::new(Seam::new(move |order| orderer.give(order)));
        let server = Server::start(settings, &seam)
            .map_err(|error| PyOSError::new_err(error.to_string()))?;
        Ok(Self {
            address: server.address(),
            server: RefCell::new(Some(server)),
            seam,
            orders,
            taken: Taken::default(),
        })
    }

    /// The address it listens on.
    fn host(&self) -> String {
        self.address.ip().to_string()
    }

    /// The port it listens on.
    fn port(&self) -> u16 {
        self.address.port()
    }

    /// Shows how it is now: figures, what the run is doing as JSON, and the workers of a master.
    #[pyo3(signature = (stats, doing, master=None))]
    fn publish(
        &self,
        py: Python<'_>,
        stats: &Stats,
        doing: &str,
        master: Option<&MasterNode>,
    ) -> PyResult<()> {
        self.seam.publish(View {
            status: serde_json::from_str(doing).map_err(invalid)?,
            figures: stats.picture(py)?,
            workers: master.map(|master| master.peers(|peer| Worker::from(peer))),
        });
        Ok(())
    }

    /// Shows what can be started, as JSON.
    fn publish_form(&self, form: &str) -> PyResult<()> {
        self.seam
            .publish_form(serde_json::from_str(form).map_err(invalid)?);
        Ok(())
    }

    /// Keeps a record of the log of this process; `line` is the record as the log shows it.
    fn log(&self, source: &str, time: f64, level: &str, logger: &str, text: &str, line: &str) {
        let level = match level {
            "DEBUG" => Level::Debug,
            "WARNING" => Level::Warning,
            "ERROR" => Level::Error,
            "CRITICAL" => Level::Critical,
            _ => Level::Info,
        };
        let record = Record {
            time,
            level,
            logger,
            text,
        };
        let book: &mut LogBook = &mut self.seam.log();
        book.add(source, record, line);
    }

    /// Keeps what a worker has not reported before.
    fn worker_log(&self, worker: &str, lines: Vec<String>, now: f64) {
        self.seam.log().report(worker, lines, now);
    }

    /// The next thing that a viewer wants: its number, its name and its arguments as JSON; `None` if
    /// there is none.
    fn take(&self) -> Option<(u64, &'static str, String)> {
        let order = self.orders.take()?;
        let (name, arguments) = (order.name, order.arguments.to_string());
        Some((self.taken.keep(order), name, arguments))
    }

    /// Wakes `greenlet` when there is something to do.
    fn wait<'py>(&self, py: Python<'py>, greenlet: Py<PyAny>) -> PyResult<Option<Woken<'py>>> {
        self.orders.wait(py, greenlet)
    }

    /// Says what became of what a viewer wanted: a status of HTTP, and a body as JSON.
    fn answer(&self, number: u64, status: u16, body: &str) -> PyResult<()> {
        let body = serde_json::from_str(body).map_err(invalid)?;
        self.taken.answer(number, Reply { status, body });
        Ok(())
    }

    /// Tells viewers goodbye and closes the port. Does nothing the second time.
    fn stop(&self, py: Python<'_>) {
        let server = self.server.borrow_mut().take();
        py.detach(|| drop(server));
    }
}

#[expect(clippy::needless_pass_by_value, reason = "what `map_err` gives")]
fn invalid(error: serde_json::Error) -> PyErr {
    PyValueError::new_err(error.to_string())
}
