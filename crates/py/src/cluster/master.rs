//! The master for Python.

use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gregaria_runner::bundle::Bundle;
use gregaria_runner::master::{
    EndReason, Job, Master, MasterAction, MasterEvent, MasterSettings, Rebalancing, Start,
};
use gregaria_runner::node::{self, Node};
use gregaria_runner::wire::{
    Certificate, Entrance, ExceptionReport, Invitation, JoinToken, JoinTokens, Locustfile,
    LocustfileReply, Message, StatsReport, ToMaster, ToWorker,
};
use gregaria_runner::{Level, UserClass, dialect};
use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString, PyTuple};

use super::orders::Orders;
use super::value;
use crate::engine::{Engine, Woken};
use crate::stats::{Marker, ReportSink, Stats};

/// A user class as (name, weight, fixed count).
type ClassRow = (String, f64, u32);

/// A worker as (id, state, liveness, CPU in percent, warned of it, bytes of memory, users by class).
type PeerRow = (
    String,
    &'static str,
    i32,
    f64,
    bool,
    u64,
    Vec<(String, u64)>,
);

/// A report: of which worker, what it says, and how far the clock of that worker is behind.
type Taken = (Arc<str>, Box<StatsReport>, f64);

/// Leads workers on a thread of its own. Used on the engine's thread alone.
#[pyclass(unsendable, frozen, module = "gregaria._native")]
pub(crate) struct MasterNode {
    node: RefCell<Node<Master>>,
    listening: node::Listening,
    audience: Arc<Audience>,
    reports: ReportSink,
    orders: Orders<MasterAction>,
    /// The report that was taken last.
    report: RefCell<Option<Taken>>,
    /// What workers pin, if joining is by invitation.
    fingerprint: Option<String>,
}

/// Whether anybody in Python wants to hear of what happens a thousand times a second in a large
/// cluster.
#[derive(Debug, Default)]
struct Audience {
    of_heartbeats: AtomicBool,
    of_reports: AtomicBool,
}

/// What every worker is told with each step, from its parts.
fn job(
    classes: Vec<ClassRow>,
    host: Option<String>,
    stop_timeout: Option<f64>,
    options: &Bound<'_, PyDict>,
) -> PyResult<Job> {
    let user_class = |(name, weight, fixed_count): ClassRow| UserClass {
        name: name.into(),
        weight,
        fixed_count,
    };
    Ok(Job {
        user_classes: classes.into_iter().map(user_class).collect(),
        host,
        stop_timeout,
        parsed_options: value::options_from_python(options)?,
    })
}

impl MasterNode {
    /// All workers, missing ones included, in the order in which they came.
    pub(crate) fn peers<T>(&self, read: impl Fn(&gregaria_runner::Peer) -> T) -> Vec<T> {
        self.node
            .borrow()
            .read(|master| master.peers().iter().map(read).collect())
    }
}

#[pymethods]
impl MasterNode {
    /// Opens the port. What workers have counted is added to `stats`. With `tokens`, workers have to show one of them, over TLS; the certificate is
    /// that of a file, which is made if it is not there, or one for this process only.
    ///
    /// Raises `ValueError` for a token that is none, `OSError` if the port or the file cannot be used.
    #[new]
    #[pyo3(signature = (engine, stats, host, port, life, is_headless, always_rebalances, report_wait, tokens, certificate))]
    #[expect(
        clippy::too_many_arguments,
        clippy::needless_pass_by_value,
        reason = "the settings of a master, in the types that pyo3 converts to"
    )]
    fn new(
        engine: &Bound<'_, Engine>,
        stats: &Stats,
        host: String,
        port: u16,
        life: String,
        is_headless: bool,
        always_rebalances: bool,
        report_wait: f64,
        tokens: Vec<String>,
        certificate: Option<PathBuf>,
    ) -> PyResult<Self> {
        let (entrance, fingerprint) = entrance(&tokens, certificate)?;
        let (orderer, orders) = Orders::new(&engine.borrow());
        let settings = MasterSettings {
            life,
            is_headless,
            rebalancing: if always_rebalances {
                Rebalancing::Always
            } else {
                Rebalancing::OurWorkers
            },
            report_wait: Duration::try_from_secs_f64(report_wait).unwrap_or_default(),
        };
        let port = node::Port {
            entrance,
            host,
            port,
        };
        let audience = Arc::<Audience>::default();
        let reports = stats.sink();
        let (heard_by, sink) = (Arc::clone(&audience), reports.clone());
        let carry_out = move |action| match action {
            MasterAction::Fire(MasterEvent::HeartbeatSent { .. })
                if !heard_by.of_heartbeats.load(Ordering::Relaxed) => {}
            MasterAction::Report {
                from,
                report,
                is_stale,
                clock_offset,
            } if !heard_by.of_reports.load(Ordering::Relaxed) => {
                if !is_stale {
                    sink.merge(&from, &report, clock_offset);
                }
            }
            other => orderer.give(other),
        };
        let (node, listening) = node::lead(settings, port, carry_out)
            .map_err(|error| PyOSError::new_err(error.to_string()))?;
        Ok(Self {
            node: RefCell::new(node),
            listening,
            audience,
            reports,
            orders,
            report: RefCell::default(),
            fingerprint,
        })
    }

    /// The port it listens on.
    fn port(&self) -> u16 {
        self.listening.address.port()
    }

    /// The line with which a worker joins at `host`; `None` if whoever reaches the port may.
    fn invitation(&self, host: String, token: &str) -> PyResult<Option<String>> {
        let Some(fingerprint) = &self.fingerprint else {
            return Ok(None);
        };
        let invitation = Invitation {
            host,
            port: self.port(),
            fingerprint: fingerprint.parse().map_err(invalid)?,
            token: token.parse().map_err(invalid)?,
        };
        Ok(Some(invitation.reveal()))
    }

    /// Replaces the tokens by which workers join; those that have joined by another have to leave.
    /// Raises `ValueError` for a text that is no token, and changes nothing then.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "Python's list is converted to a vector"
    )]
    fn set_tokens(&self, tokens: Vec<String>) -> PyResult<()> {
        self.listening.set_tokens(parsed(&tokens)?);
        Ok(())
    }

    /// Says which orders somebody listens to. `heartbeat_sent` is given to no one else, and reports
    /// that nobody wants to see are merged without Python. At first nobody listens.
    fn set_audience(&self, of_heartbeats: bool, of_reports: bool) {
        let audience = &self.audience;
        audience
            .of_heartbeats
            .store(of_heartbeats, Ordering::Relaxed);
        audience.of_reports.store(of_reports, Ordering::Relaxed);
    }

    /// The next thing to do, as a tuple of its name and its arguments; `None` if there is none.
    fn take<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyTuple>>> {
        let Some(action) = self.orders.take() else {
            return Ok(None);
        };
        self.order(py, action).map(Some)
    }

    /// Wakes `greenlet` when there is something to do.
    fn wait<'py>(&self, py: Python<'py>, greenlet: Py<PyAny>) -> PyResult<Option<Woken<'py>>> {
        self.orders.wait(py, greenlet)
    }

    /// Starts a run or changes its users; `user_classes` are those of new users, if not all.
    #[expect(
        clippy::too_many_arguments,
        reason = "what a run is, in the types that pyo3 converts to"
    )]
    fn start(
        &self,
        user_count: usize,
        spawn_rate: f64,
        user_classes: Option<Vec<String>>,
        classes: Vec<ClassRow>,
        host: Option<String>,
        stop_timeout: Option<f64>,
        options: &Bound<'_, PyDict>,
    ) -> PyResult<()> {
        let job = job(classes, host, stop_timeout, options)?;
        let start = Start {
            user_count,
            spawn_rate,
            user_classes,
        };
        self.node
            .borrow()
            .tell(|master, now| master.start(now, start, job));
        Ok(())
    }

    /// The answer to `begin`.
    fn begun(
        &self,
        classes: Vec<ClassRow>,
        host: Option<String>,
        stop_timeout: Option<f64>,
        options: &Bound<'_, PyDict>,
    ) -> PyResult<()> {
        let job = job(classes, host, stop_timeout, options)?;
        self.node
            .borrow()
            .tell(|master, now| master.begun(now, job));
        Ok(())
    }

    /// Stops the users of all workers, for a reason in a few words; `stop_done` follows.
    fn stop(&self, reason: String) {
        self.node
            .borrow()
            .tell(move |master, now| master.stop(now, &reason));
    }

    /// The same without the time that users have to finish their tasks.
    fn stop_now(&self, reason: String) {
        self.node
            .borrow()
            .tell(move |master, now| master.stop_now(now, &reason));
    }

    /// Forgets a missing worker, and tells any other to leave.
    fn dismiss_worker(&self, id: String) {
        self.node
            .borrow()
            .tell(move |master, now| master.dismiss_worker(now, &id));
    }

    /// Lets all workers go, for a reason in a few words; `end` follows.
    fn quit(&self, reason: String) {
        self.node
            .borrow()
            .tell(move |master, now| master.quit(now, &reason));
    }

    /// Sends a custom message to a worker, or to all of them.
    #[pyo3(signature = (kind, data, to=None))]
    fn send_message(&self, kind: &str, data: &Bound<'_, PyAny>, to: Option<&str>) -> PyResult<()> {
        let data = value::from_python(data)?;
        // Two kinds of message have a place of their own on the wire.
        let message = ToWorker::from_data(kind, data.as_ref()).map_err(invalid)?;
        self.node
            .borrow()
            .tell(|master, _| master.send_custom(&message, to));
        Ok(())
    }

    /// The answer to `send_locustfile`: names and texts of files, or why there are none; and for a
    /// worker of ours the bundle, as its hash, the names of the locustfiles in it, and its bytes.
    #[pyo3(signature = (to, files, error=None, bundle=None))]
    fn send_locustfile(
        &self,
        to: &str,
        files: Vec<(String, String)>,
        error: Option<String>,
        bundle: Option<(String, Vec<String>, Bound<'_, PyBytes>)>,
    ) {
        let file = |(filename, contents)| Locustfile::File { filename, contents };
        let mut reply = LocustfileReply {
            outcome: match error {
                Some(error) => Err(error),
                None => Ok(files.into_iter().map(file).collect()),
            },
            extra: gregaria_runner::wire::Extra::default(),
        };
        if let Some((sha256, locustfiles, packed)) = bundle {
            let bundle = Bundle {
                sha256,
                locustfiles,
                packed: packed.as_bytes().to_vec(),
            };
            bundle.write(&mut reply);
        }
        let to = Arc::from(to);
        self.node
            .borrow()
            .tell(|master, _| master.reply(&to, ToWorker::Locustfile(reply)));
    }

    /// Tells a worker which bundle there is.
    fn offer_bundle(&self, to: &str, sha256: &str) {
        self.node
            .borrow()
            .tell(|master, _| master.offer_bundle(to, sha256));
    }

    /// The report of the last `report` as the dict that listeners of `worker_report` get.
    fn report_data<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let report = self.report.borrow();
        let Some((_, report, _)) = &*report else {
            return Ok(None);
        };
        let message = ToMaster::Stats(report.clone());
        let data = message.to_data().to_owned();
        value::to_python(py, &data).map(Some)
    }

    /// Adds the report of the last `report` to the statistics.
    fn merge_report(&self) {
        if let Some((from, report, clock_offset)) = self.report.borrow_mut().take() {
            self.reports.merge(&from, &report, clock_offset);
        }
    }

    /// All workers, missing ones included, in the order in which they came.
    fn clients(&self) -> Vec<PeerRow> {
        self.node.borrow().read(|master| {
            let row = |peer: &gregaria_runner::Peer| {
                (
                    peer.id.to_string(),
                    peer.state.as_str(),
                    peer.liveness,
                    peer.cpu_usage,
                    peer.cpu_warning_emitted,
                    peer.memory_usage,
                    peer.user_classes_count.clone(),
                )
            };
            master.peers().iter().map(row).collect()
        })
    }

    /// How many workers can be given users.
    fn worker_count(&self) -> usize {
        self.node
            .borrow()
            .read(|master| master.peers().active_count())
    }

    /// Users of all workers.
    fn user_count(&self) -> u64 {
        self.node
            .borrow()
            .read(|master| master.peers().user_count())
    }

    /// Users of all workers by class.
    fn user_classes_count(&self) -> Vec<(String, u64)> {
        self.node.borrow().read(|master| {
            let counts = master.peers().user_classes_count();
            counts
                .into_iter()
                .map(|(class, count)| (class.to_owned(), count))
                .collect()
        })
    }

    /// Number of a worker, from 0.
    fn worker_index(&self, id: &str) -> Option<u64> {
        self.node.borrow().read(|master| master.peers().index(id))
    }

    /// Whether a worker is one of gregaria's.
    fn is_ours(&self, id: &str) -> bool {
        self.node
            .borrow()
            .read(|master| master.peers().was_ours(id))
    }

    /// State of the run.
    fn state(&self) -> &'static str {
        self.node.borrow().read(|master| master.state().as_str())
    }

    /// What was turned away: connections by reason, and frames that were no messages.
    fn refused(&self) -> std::collections::BTreeMap<&'static str, u64> {
        let refusals = self.listening.refusals();
        std::collections::BTreeMap::from([
            ("protocol", refusals.protocol),
            ("broken", refusals.broken),
            ("slow", refusals.slow),
            ("token", refusals.token),
            ("expired", refusals.expired),
            ("duplicate", refusals.duplicate),
            ("crowded", refusals.crowded),
            ("unaccepted", refusals.unaccepted),
            ("frames", self.node.borrow().read(Master::corrupt_frames)),
        ])
    }

    /// Sends what waits to be sent and closes the port.
    fn close(&self, py: Python<'_>) {
        // The thread needs no lock of Python's to end, but others may want to run meanwhile.
        let node: &mut Node<Master> = &mut self.node.borrow_mut();
        py.detach(|| node.close());
    }
}

impl MasterNode {
    fn order<'py>(&self, py: Python<'py>, action: MasterAction) -> PyResult<Bound<'py, PyTuple>> {
        let id = |id: &str| PyString::new(py, id);
        match action {
            MasterAction::Fire(MasterEvent::WorkerConnect { client_id }) => {
                ("worker_connect", id(&client_id)).into_pyobject(py)
            }
            MasterAction::Fire(MasterEvent::HeartbeatSent {
                client_id,
                timestamp,
            }) => ("heartbeat_sent", id(&client_id), timestamp).into_pyobject(py),
            MasterAction::Fire(MasterEvent::SpawningComplete { user_count }) => {
                ("spawning_complete", user_count).into_pyobject(py)
            }
            MasterAction::Fire(MasterEvent::TestStopping { user_classes_count }) => {
                ("test_stopping", user_classes_count).into_pyobject(py)
            }
            MasterAction::Fire(MasterEvent::TestStop) => ("test_stop",).into_pyobject(py),
            MasterAction::Begin => ("begin",).into_pyobject(py),
            MasterAction::Report {
                from,
                report,
                is_stale,
                clock_offset,
            } => {
                let from_id = id(&from);
                *self.report.borrow_mut() = Some((from, report, clock_offset));
                ("report", from_id, is_stale).into_pyobject(py)
            }
            MasterAction::Exception {
                from,
                exception,
                count,
            } => {
                let error_type = dialect::error_type(&exception).map(str::to_owned);
                let ExceptionReport { msg, traceback, .. } = exception;
                ("exception", id(&from), msg, traceback, count, error_type).into_pyobject(py)
            }
            MasterAction::WorkerLog { worker, lines } => {
                ("worker_log", worker, lines).into_pyobject(py)
            }
            MasterAction::Custom { from, kind, data } => {
                ("custom", id(&from), kind, value::to_python(py, &data)?).into_pyobject(py)
            }
            MasterAction::SendLocustfile { to, request } => {
                let is_ours = dialect::is_ours(&request.version);
                ("send_locustfile", id(&to), is_ours).into_pyobject(py)
            }
            MasterAction::BundleHeld { from, sha256 } => {
                ("bundle_held", id(&from), sha256).into_pyobject(py)
            }
            MasterAction::StartDone => ("start_done",).into_pyobject(py),
            MasterAction::EndShape => ("end_shape",).into_pyobject(py),
            MasterAction::StopDone => ("stop_done",).into_pyobject(py),
            MasterAction::Log(level, text) => ("log", level_name(level), text).into_pyobject(py),
            MasterAction::Mark(marker) => ("mark", Marker::from(marker)).into_pyobject(py),
            MasterAction::End(reason) => {
                let is_lost = reason == EndReason::LastWorkerMissing;
                ("end", reason.to_string(), is_lost).into_pyobject(py)
            }
            MasterAction::Send { .. } | MasterAction::Spawn(_) => {
                unreachable!("carried out by the node")
            }
        }
    }
}

/// The level as Python's `logging` names it.
pub(super) fn level_name(level: Level) -> &'static str {
    match level {
        Level::Debug => "DEBUG",
        Level::Info => "INFO",
        Level::Warning => "WARNING",
        Level::Error => "ERROR",
    }
}

fn parsed(tokens: &[String]) -> PyResult<Vec<JoinToken>> {
    let parsed = tokens.iter().map(|token| token.parse::<JoinToken>());
    parsed.collect::<Result<_, _>>().map_err(invalid)
}

/// Who may join, and the fingerprint that they know the master by.
fn entrance(
    tokens: &[String],
    certificate: Option<PathBuf>,
) -> PyResult<(Entrance, Option<String>)> {
    if tokens.is_empty() {
        return Ok((Entrance::Open, None));
    }
    let tokens = parsed(tokens)?;
    let certificate = match certificate {
        Some(path) => Certificate::load_or_create(&path),
        None => Certificate::generate(),
    }
    .map_err(|error| PyOSError::new_err(error.to_string()))?;
    let fingerprint = certificate.fingerprint().to_string();
    let entrance = Entrance::Invited {
        certificate,
        tokens: Arc::new(JoinTokens::new(tokens)),
    };
    Ok((entrance, Some(fingerprint)))
}

pub(super) fn invalid(error: impl std::fmt::Display) -> PyErr {
    PyValueError::new_err(error.to_string())
}
