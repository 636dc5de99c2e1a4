//! The worker for Python.

use std::cell::RefCell;
use std::time::Duration;

use gregaria_runner::node::{self, Node};
use gregaria_runner::wire::{Invitation, Master, Message, StatsReport, ToMaster, WrongField};
use gregaria_runner::worker::{Worker, WorkerAction, WorkerEvent, WorkerSettings};
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::joining::row;
use super::master::{invalid, level_name};
use super::orders::Orders;
use super::value;
use crate::engine::{Engine, Woken};
use crate::stats::Stats;

/// Follows a master on a thread of its own. Used on the engine's thread alone.
#[pyclass(unsendable, frozen, module = "gregaria._native")]
pub(crate) struct WorkerNode {
    node: RefCell<Node<Worker>>,
    orders: Orders<WorkerAction>,
    /// The report that is being made.
    report: RefCell<Option<StatsReport>>,
}

#[pymethods]
impl WorkerNode {
    /// Begins to connect: to `host` and `port`, or by an invitation, if one is given.
    ///
    /// Raises `ValueError` for an invitation that is none.
    #[new]
    #[pyo3(signature = (engine, id, life, host, port, invitation, wait_after_stop, log_interval, bundle, zone))]
    #[expect(
        clippy::too_many_arguments,
        reason = "the settings of a worker, in the types that pyo3 converts to"
    )]
    fn new(
        engine: &Bound<'_, Engine>,
        id: String,
        life: String,
        host: String,
        port: u16,
        invitation: Option<&str>,
        wait_after_stop: f64,
        log_interval: Option<f64>,
        bundle: Option<String>,
        zone: Option<String>,
    ) -> PyResult<Self> {
        let master = master(host, port, invitation)?;
        let settings = WorkerSettings {
            id,
            life,
            wait_after_stop: Duration::try_from_secs_f64(wait_after_stop).unwrap_or_default(),
            log_interval: log_interval
                .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
            bundle,
            zone: zone.filter(|zone| !zone.is_empty()),
        };
        let (orderer, orders) = Orders::new(&engine.borrow());
        let node = node::follow(settings, master, move |action| orderer.give(action))
            .map_err(|error| PyOSError::new_err(error.to_string()))?;
        Ok(Self {
            node: RefCell::new(node),
            orders,
            report: RefCell::default(),
        })
    }

    /// The next thing to do, as a tuple of its name and its arguments; `None` if there is none.
    fn take<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyTuple>>> {
        let Some(action) = self.orders.take() else {
            return Ok(None);
        };
        order(py, action).map(Some)
    }

    /// Wakes `greenlet` when there is something to do.
    fn wait<'py>(&self, py: Python<'py>, greenlet: Py<PyAny>) -> PyResult<Option<Woken<'py>>> {
        self.orders.wait(py, greenlet)
    }

    /// The answer to `spawn`: users of every class that run now.
    fn spawned(&self, job: u64, user_classes_count: Vec<(String, u64)>) {
        self.node
            .borrow()
            .tell(|worker, _| worker.spawned(job, user_classes_count));
    }

    /// The answer to `stop_users`.
    fn stopped(&self) {
        self.node.borrow().tell(|worker, _| worker.stopped());
    }

    /// Takes what `stats` have counted since the last report, as the one that `send_report` sends.
    fn make_report(
        &self,
        py: Python<'_>,
        stats: &Stats,
        user_classes_count: Vec<(String, u64)>,
    ) -> PyResult<()> {
        let mut report = stats.take_report(py)?;
        report.user_count = user_classes_count.iter().map(|(_, count)| count).sum();
        report.user_classes_count = user_classes_count;
        *self.report.borrow_mut() = Some(report);
        Ok(())
    }

    /// The report that is being made as the dict that listeners of `report_to_master` get.
    fn report_data<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let report = self.report.borrow();
        let Some(report) = &*report else {
            return Ok(None);
        };
        let message = ToMaster::Stats(Box::new(report.clone()));
        let data = message.to_data().to_owned();
        value::to_python(py, &data).map(Some)
    }

    /// The answer to `report`. `data` is what listeners have made of it. Raises `ValueError` if that
    /// is no report any more; then the one of before goes out.
    #[pyo3(signature = (data=None))]
    fn send_report(&self, data: Option<&Bound<'_, PyDict>>) -> PyResult<()> {
        let Some(report) = self.report.borrow_mut().take() else {
            return Ok(());
        };
        let changed = data.map(changed_report).transpose();
        let (report, result) = match changed {
            Ok(changed) => (changed.unwrap_or(report), Ok(())),
            Err(error) => (report, Err(error)),
        };
        self.node
            .borrow()
            .tell(|worker, now| worker.reported(now, report));
        result
    }

    /// The answer to `read_log`: how many lines are new, and all that are kept.
    fn log_lines(&self, new_lines: usize, lines: Vec<String>) {
        self.node
            .borrow()
            .tell(|worker, _| worker.log_lines(new_lines, lines));
    }

    /// A task has ended in an exception.
    fn exception(&self, error_type: String, message: String, traceback: String) {
        self.node
            .borrow()
            .tell(move |worker, _| worker.exception(&error_type, message, traceback));
    }

    /// Sends a custom message to the master.
    fn send_message(&self, kind: String, data: &Bound<'_, PyAny>) -> PyResult<()> {
        let data = value::from_python(data)?;
        self.node
            .borrow()
            .tell(|worker, _| worker.send_custom(kind, data));
        Ok(())
    }

    /// Sends the last report and takes leave; `left` follows.
    fn leave(&self) {
        self.node.borrow().tell(|worker, _| worker.leave());
    }

    /// Python has turned: without this, no heartbeat is sent.
    fn turned(&self) {
        self.node.borrow().tell(Worker::turned);
    }

    /// Users were woken so many milliseconds late; the next heartbeat tells the most.
    fn set_lag(&self, lag_ms: f64) {
        self.node.borrow().tell(|worker, _| worker.set_lag(lag_ms));
    }

    /// So many requests of this run had no whole answer; the next report tells.
    fn set_network_errors(&self, network_errors: u64) {
        self.node
            .borrow()
            .tell(move |worker, _| worker.set_network_errors(network_errors));
    }

    /// CPU time of this process in percent of one core, and its memory in bytes.
    fn set_usage(&self, cpu_percent: f64, memory_bytes: u64) {
        self.node
            .borrow()
            .tell(|worker, _| worker.set_usage(cpu_percent, memory_bytes));
    }

    /// Whether its master has accepted it and it has nothing to do.
    fn is_idle(&self) -> bool {
        self.node
            .borrow()
            .read(gregaria_runner::worker::Worker::is_idle)
    }

    /// Its state, as its heartbeats say it.
    fn state(&self) -> &'static str {
        self.node.borrow().read(|worker| worker.state().as_str())
    }

    /// Sends what waits to be sent and closes the connection.
    fn close(&self, py: Python<'_>) {
        let node: &mut Node<Worker> = &mut self.node.borrow_mut();
        py.detach(|| node.close());
    }
}

/// Where the master is: by an invitation, if there is one.
pub(super) fn master(host: String, port: u16, invitation: Option<&str>) -> PyResult<Master> {
    Ok(match invitation {
        Some(line) => Master::Invited(line.parse::<Invitation>().map_err(invalid)?),
        None => Master::Open { host, port },
    })
}

/// What listeners have made of a report.
fn changed_report(data: &Bound<'_, PyDict>) -> PyResult<StatsReport> {
    let data = value::from_python(data)?;
    match ToMaster::from_data("stats", data.as_ref()) {
        Ok(ToMaster::Stats(report)) => Ok(*report),
        Ok(_) => Err(invalid("a report of another kind")),
        Err(WrongField { field, expected }) => Err(invalid(format!(
            "a listener of report_to_master has left a report in which `{field}` is not {expected}"
        ))),
    }
}

fn order(py: Python<'_>, action: WorkerAction) -> PyResult<Bound<'_, PyTuple>> {
    match action {
        WorkerAction::Fire(WorkerEvent::HeartbeatReceived { timestamp }) => {
            ("heartbeat_received", timestamp).into_pyobject(py)
        }
        WorkerAction::Fire(WorkerEvent::SpawningComplete { user_count }) => {
            ("spawning_complete", user_count).into_pyobject(py)
        }
        WorkerAction::Spawn(job) => {
            let counts = PyDict::new(py);
            for (class, count) in &job.spawn.user_classes_count {
                counts.set_item(class, count)?;
            }
            let options = value::pairs_to_python(py, job.spawn.parsed_options.pairs())?;
            (
                "spawn",
                job.number,
                job.is_new_run,
                counts,
                job.spawn.host,
                job.spawn.stop_timeout.unwrap_or(0.0),
                options,
            )
                .into_pyobject(py)
        }
        WorkerAction::StopUsers => ("stop_users",).into_pyobject(py),
        WorkerAction::CutUsers => ("cut_users",).into_pyobject(py),
        WorkerAction::Report => ("report",).into_pyobject(py),
        WorkerAction::ReadLog => ("read_log",).into_pyobject(py),
        WorkerAction::UpdateUserClass(update) => {
            let settings = value::pairs_to_python(py, update.attributes.pairs())?;
            settings.set_item("user_class_name", update.user_class_name)?;
            ("update_user_class", settings).into_pyobject(py)
        }
        WorkerAction::Locustfile(reply) => match reply.outcome {
            Ok(files) => {
                let files: Vec<_> = files.into_iter().map(row).collect();
                ("locustfile", files, py.None()).into_pyobject(py)
            }
            Err(error) => ("locustfile", Vec::<String>::new(), error).into_pyobject(py),
        },
        WorkerAction::Custom { kind, data } => {
            ("custom", kind, value::to_python(py, &data)?).into_pyobject(py)
        }
        WorkerAction::BundleOffered { sha256 } => ("bundle_offered", sha256).into_pyobject(py),
        WorkerAction::Joined { index } => ("joined", index).into_pyobject(py),
        WorkerAction::Log(level, text) => ("log", level_name(level), text).into_pyobject(py),
        WorkerAction::End(reason) => ("end", reason.to_string()).into_pyobject(py),
        WorkerAction::Left => ("left",).into_pyobject(py),
        WorkerAction::Send(_) | WorkerAction::Reconnect => unreachable!("carried out by the node"),
    }
}
