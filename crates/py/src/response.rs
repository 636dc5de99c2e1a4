//! A response whose fields are made when read.
//!
//! [`ResponseCore`] holds what the engine handed out. Python's response classes inherit from it
//! (`requests.Response` stands beside it in their bases), so a response that nobody looks at costs
//! one Python object and nothing more.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::UNIX_EPOCH;

use gregaria_http as http;
use gregaria_stats::{Sample, Task};
use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyString, PyType};

use crate::address::Address;
use crate::body::{decoded, decoded_length};
use crate::charset::{self, Charset, latin1, latin1_pairs};
use crate::excerpt::Excerpt;
use crate::failure::{self, Dialect};
use crate::json;
use crate::stats::Stats;

/// What is remembered of a request while it is under way.
pub(crate) struct Exchange {
    /// The Python class of the response.
    pub(crate) class: Py<PyType>,
    /// Where it is counted; `None` for a client without a run.
    pub(crate) recorder: Option<Py<Stats>>,
    pub(crate) dialect: Dialect,
    /// Whether a `with` block judges it: it is then counted when the block ends.
    pub(crate) is_judged: bool,
    /// Whether its body is read piece by piece.
    pub(crate) is_stream: bool,
    /// Name of its entry.
    pub(crate) name: Arc<str>,
    pub(crate) method: http::Method,
    pub(crate) address: Address,
    pub(crate) headers: Arc<http::HeaderBlock>,
    pub(crate) body: Option<Arc<[u8]>>,
    /// During which task of its user it was sent.
    pub(crate) task: Task,
}

/// What was asked and what came of it. Never changes.
struct Inner {
    exchange: Box<Exchange>,
    outcome: failure::Outcome,
}

/// The native part of a response. User code may hand it to another thread, so what changes is
/// atomic and nothing is borrowed while Python objects are made.
#[pyclass(subclass, frozen, module = "gregaria._native")]
pub(crate) struct ResponseCore {
    /// Set once; empty in a response that user code has made.
    inner: OnceLock<Inner>,
    status: AtomicU16,
    is_counted: AtomicBool,
    /// Whether a `with` block is being run that judges it.
    is_inside: AtomicBool,
    /// Whether user code has replaced what the fields below are made of.
    is_changed: AtomicBool,
    /// Tells the listeners of `events.request`, if there were any when a judged request was sent.
    tell: OnceLock<Py<PyAny>>,
}

impl ResponseCore {
    /// Counts a finished request, unless a block judges it, and makes its Python object.
    pub(crate) fn finish(
        py: Python<'_>,
        exchange: Box<Exchange>,
        outcome: failure::Outcome,
    ) -> PyResult<Bound<'_, PyAny>> {
        let inner = Inner { exchange, outcome };
        let is_judged = inner.exchange.is_judged;
        if !is_judged {
            inner.count(inner.failure_text().as_deref());
        }
        let object = inner.exchange.class.bind(py).call0()?;
        let core = object.cast::<Self>()?.get();
        core.status.store(inner.status(), Ordering::Relaxed);
        core.is_counted.store(!is_judged, Ordering::Relaxed);
        core.inner.get_or_init(|| inner);
        Ok(object)
    }

    fn response(&self) -> Option<&http::Response> {
        self.inner.get()?.outcome.as_deref().ok()
    }

    fn is_changed(&self) -> bool {
        self.is_changed.load(Ordering::Relaxed)
    }

    /// The body as JSON; `None` if the standard library has to decide.
    fn decoded_json<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        if self.is_changed() {
            return None;
        }
        let response = self.response()?;
        let body = decoded(response).ok()?;
        match charset::of(response.header("content-type")) {
            Charset::Utf8 | Charset::Untold => json::decode(py, &body),
            Charset::Latin1 if body.is_ascii() => json::decode(py, &body),
            Charset::Latin1 | Charset::Other => None,
        }
    }

    /// Whether it is up to the caller to count it: true once.
    fn claim_count(&self) -> bool {
        !self.is_counted.swap(true, Ordering::Relaxed)
    }
}

impl Inner {
    fn status(&self) -> u16 {
        self.outcome.as_ref().map_or(0, |response| response.status)
    }

    fn timing(&self) -> &http::Timing {
        match &self.outcome {
            Ok(response) => &response.timing,
            Err(error) => &error.timing,
        }
    }

    fn response_time_ms(&self) -> f64 {
        self.timing().total.as_secs_f64() * 1e3
    }

    /// The URL that was asked for first.
    fn url(&self) -> String {
        format!(
            "{}{}",
            self.exchange.address.origin, self.exchange.address.target
        )
    }

    fn has_failed(&self) -> bool {
        let dialect = self.exchange.dialect;
        !matches!(&self.outcome, Ok(response) if dialect.is_success(response.status))
    }

    fn failure_text(&self) -> Option<String> {
        let exchange = &self.exchange;
        failure::text(
            exchange.dialect,
            &self.outcome,
            &exchange.name,
            &|| self.url(),
            exchange.address.origin.scheme,
        )
    }

    /// Bytes of the decoded body, as Locust counts them, without decoding it where possible.
    ///
    /// Of a body that is still to be read, only what the server says is known.
    fn length(&self) -> u64 {
        let Ok(response) = &self.outcome else {
            return 0;
        };
        if !self.exchange.is_stream {
            return decoded_length(response);
        }
        response
            .header("content-length")
            .and_then(|value| std::str::from_utf8(value).ok()?.trim().parse().ok())
            .unwrap_or(0)
    }

    fn count(&self, failure: Option<&str>) {
        let Some(recorder) = &self.exchange.recorder else {
            return;
        };
        let recorder = recorder.get();
        let Address { origin, target, .. } = &self.exchange.address;
        let url = format_args!("{origin}{target}");
        let sample = Sample {
            method: self.exchange.method.as_str(),
            name: &self.exchange.name,
            response_time_ms: Some(self.response_time_ms()),
            length: self.length(),
            failure,
            status: self.outcome.as_ref().ok().map(|response| response.status),
            url: Some(url),
            task: Some(&self.exchange.task),
            ..Sample::default()
        };
        match &self.outcome {
            // Of a body that is still to be read, nothing is here.
            Ok(response) if recorder.keeps_bodies() && !response.body().is_empty() => {
                let length = sample.length;
                let excerpt = Excerpt { response, length };
                let body = Some(format_args!("{excerpt}"));
                recorder.record(Sample { body, ..sample });
            }
            _ => recorder.record(sample),
        }
    }
}

/// `(method, URL, header lines, body)` of a request.
type Asked<'py> = (
    String,
    String,
    Vec<(String, String)>,
    Option<Bound<'py, PyBytes>>,
);

#[pymethods]
impl ResponseCore {
    #[new]
    fn new() -> Self {
        Self {
            inner: OnceLock::new(),
            status: 0.into(),
            is_counted: false.into(),
            is_inside: false.into(),
            is_changed: false.into(),
            tell: OnceLock::new(),
        }
    }

    /// Does nothing, in place of what `requests.Response` does: fields are made when read.
    #[allow(clippy::unused_self, reason = "Python calls it on the object")]
    fn __init__(&self) {}

    /// The status code; 0 if there was no response.
    #[getter]
    fn status_code(&self) -> u16 {
        self.status.load(Ordering::Relaxed)
    }

    #[setter]
    fn set_status_code(&self, status: Option<u16>) {
        self.status.store(status.unwrap_or(0), Ordering::Relaxed);
    }

    /// The decoded body; `None` without a response. Raises `ValueError` when it cannot be decoded.
    fn native_content<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let Some(response) = self.response() else {
            return Ok(None);
        };
        let body = decoded(response).map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok(Some(PyBytes::new(py, &body)))
    }

    /// Notes that user code has replaced the body or its encoding: Python answers from now on.
    fn native_mark_changed(&self) {
        self.is_changed.store(true, Ordering::Relaxed);
    }

    /// The body as text; `None` if requests has to find out how it is encoded.
    fn native_text<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyString>> {
        let response = self.response().filter(|_| !self.is_changed())?;
        let body = decoded(response).ok()?;
        match charset::of(response.header("content-type")) {
            Charset::Utf8 | Charset::Untold => std::str::from_utf8(&body)
                .ok()
                .map(|text| PyString::new(py, text)),
            Charset::Latin1 => Some(PyString::new(py, &latin1(&body))),
            Charset::Other => None,
        }
    }

    /// The body as JSON. What the native decoder cannot do as the standard library would, and all
    /// with keyword arguments, is left to `_json_in_python` of the subclass.
    #[pyo3(signature = (**kwargs))]
    fn json<'py>(
        slf: &Bound<'py, Self>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        if kwargs.is_none()
            && let Some(value) = slf.get().decoded_json(py)
        {
            return Ok(value);
        }
        slf.call_method(intern!(py, "_json_in_python"), (), kwargs)
    }

    /// Begins a block that judges it; without `catch_response=True`, `_refuse_to_enter` of the
    /// subclass says what is wrong.
    fn __enter__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let core = slf.get();
        if !core.native_is_judged() {
            return slf.call_method0(intern!(slf.py(), "_refuse_to_enter"));
        }
        core.is_inside.store(true, Ordering::Relaxed);
        Ok(slf.clone().into_any())
    }

    /// Ends the block. A request that nobody has judged, and nobody is told of, is counted by its
    /// status; `_leave` of the subclass sees to all others.
    fn __exit__<'py>(
        slf: &Bound<'py, Self>,
        exc: &Bound<'py, PyAny>,
        value: &Bound<'py, PyAny>,
        traceback: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (py, core) = (slf.py(), slf.get());
        let is_plain = exc.is_none()
            && core.tell.get().is_none()
            && slf.getattr(intern!(py, "_manual_result"))?.is_none();
        if is_plain {
            core.is_inside.store(false, Ordering::Relaxed);
            core.count_by_status();
            return Ok(PyBool::new(py, true).to_owned().into_any());
        }
        slf.call_method1(intern!(py, "_leave"), (exc, value, traceback))
    }

    /// Whether a block is being run that judges it.
    #[getter(_is_inside)]
    fn is_inside(&self) -> bool {
        self.is_inside.load(Ordering::Relaxed)
    }

    #[setter(_is_inside)]
    fn set_is_inside(&self, is_inside: bool) {
        self.is_inside.store(is_inside, Ordering::Relaxed);
    }

    /// What tells listeners of a judged request, or `None`. Set once.
    #[getter(_tell)]
    fn tell(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.tell.get().map(|tell| tell.clone_ref(py))
    }

    #[setter(_tell)]
    fn set_tell(&self, tell: Py<PyAny>) {
        self.tell.get_or_init(|| tell);
    }

    /// Name and value of each header line in the order received.
    fn native_headers(&self) -> Vec<(String, String)> {
        self.response()
            .map(|response| latin1_pairs(response.headers()))
            .unwrap_or_default()
    }

    /// The value of the first header of this name, in any case.
    fn native_header(&self, name: &str) -> Option<String> {
        self.response()?.header(name).map(latin1)
    }

    /// The reason phrase; `None` without a response.
    fn native_reason(&self) -> Option<String> {
        self.response().map(|response| latin1(response.reason()))
    }

    /// The URL the response came from, after redirects.
    fn native_url(&self) -> Option<String> {
        let inner = self.inner.get()?;
        Some(match &inner.outcome {
            Ok(response) => format!("{}{}", response.origin, response.target),
            Err(_) => inner.url(),
        })
    }

    /// What was asked for first: `(method, url, header lines, body)`.
    fn native_request<'py>(&self, py: Python<'py>) -> Option<Asked<'py>> {
        let inner = self.inner.get()?;
        let exchange = &inner.exchange;
        let body = exchange.body.as_ref().map(|body| PyBytes::new(py, body));
        let lines = latin1_pairs(exchange.headers.iter());
        Some((
            exchange.method.as_str().to_owned(),
            inner.url(),
            lines,
            body,
        ))
    }

    /// The responses that redirected, oldest first, as objects of the same class.
    fn native_history<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let Some(Inner {
            exchange,
            outcome: Ok(response),
        }) = self.inner.get()
        else {
            return Ok(Vec::new());
        };
        let copy = |earlier: &http::Response| {
            let exchange = Box::new(Exchange {
                class: exchange.class.clone_ref(py),
                recorder: None,
                dialect: exchange.dialect,
                is_judged: false,
                is_stream: false,
                name: exchange.name.clone(),
                method: earlier.method.clone(),
                address: Address {
                    origin: earlier.origin.clone(),
                    target: earlier.target.clone(),
                    given: exchange.address.given.clone(),
                },
                headers: exchange.headers.clone(),
                body: None,
                task: Task::NotKnown,
            });
            Self::finish(py, exchange, Ok(Box::new(earlier.clone())))
        };
        response.history.iter().map(copy).collect()
    }

    /// The failure as a kind and its arguments, for `_failure.py`; `None` when a response came.
    fn native_failure(&self) -> Option<failure::Parts> {
        let inner = self.inner.get()?;
        let error = inner.outcome.as_ref().err()?;
        Some(failure::parts(
            &error.kind,
            inner.exchange.address.origin.scheme,
        ))
    }

    /// The message of `requests.HTTPError` for a status that is a failure; `None` for others.
    fn native_status_failure(&self) -> Option<String> {
        let inner = self.inner.get()?;
        let response = self.response()?;
        let is_failure = !inner.exchange.dialect.is_success(response.status);
        is_failure
            .then(|| failure::http_error(response.status, response.reason(), &inner.exchange.name))
    }

    /// Whether `catch_response=True` was given.
    fn native_is_judged(&self) -> bool {
        self.inner
            .get()
            .is_some_and(|inner| inner.exchange.is_judged)
    }

    /// Counts a judged request, once: as a success, or under the text of a failure.
    fn count(&self, failure: Option<&str>) {
        if let Some(inner) = self.inner.get().filter(|_| self.claim_count()) {
            inner.count(failure);
        }
    }

    /// Counts a judged request by its status and transport, once. Returns whether it succeeded.
    fn count_by_status(&self) -> bool {
        let Some(inner) = self.inner.get() else {
            return true;
        };
        let failure = inner.failure_text();
        if self.claim_count() {
            inner.count(failure.as_deref());
        }
        failure.is_none()
    }

    /// Whether it counts as failed when nobody judges it.
    fn native_has_failed(&self) -> bool {
        self.inner.get().is_some_and(Inner::has_failed)
    }

    /// The keyword arguments of `events.request`, in the order of `HttpUser`. Empty for a response
    /// that user code has made.
    fn native_facts<'py>(
        slf: &Bound<'py, Self>,
        context: &Bound<'py, PyAny>,
        exception: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let py = slf.py();
        let facts = PyDict::new(py);
        let Some(inner) = slf.get().inner.get() else {
            return Ok(facts);
        };
        let start = inner
            .timing()
            .started_at
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let method = PyString::intern(py, inner.exchange.method.as_str());
        facts.set_item(intern!(py, "request_type"), method)?;
        facts.set_item(intern!(py, "response_time"), inner.response_time_ms())?;
        facts.set_item(intern!(py, "name"), &*inner.exchange.name)?;
        facts.set_item(intern!(py, "context"), context)?;
        facts.set_item(intern!(py, "response"), slf)?;
        facts.set_item(intern!(py, "exception"), exception)?;
        facts.set_item(intern!(py, "start_time"), start.as_secs_f64())?;
        facts.set_item(intern!(py, "url"), inner.url())?;
        facts.set_item(intern!(py, "response_length"), inner.length())?;
        Ok(facts)
    }

    /// Seconds of each phase: `resolve`, `connect`, `tls`, `wait`, `receive` and `total`.
    fn native_timings(&self) -> BTreeMap<&'static str, f64> {
        let Some(inner) = self.inner.get() else {
            return BTreeMap::new();
        };
        let timing = inner.timing();
        [
            ("resolve", timing.resolve),
            ("connect", timing.connect),
            ("tls", timing.tls),
            ("wait", timing.wait),
            ("receive", timing.receive),
            ("total", timing.total),
        ]
        .map(|(phase, duration)| (phase, duration.as_secs_f64()))
        .into()
    }
}
