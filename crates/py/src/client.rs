//! One client: base URL, header lines, names, and what counts as a failure.
//!
//! `send` takes the arguments of `client.get(…)` as they are. What it cannot send exactly as
//! requests would, it does not send: it answers `NotImplemented`, and Python prepares the request
//! with requests' own code first (`python/gregaria/locust/clients.py`).

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use gregaria_http as http;
use gregaria_stats::Task;
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyNotImplemented, PyString, PyType};

use crate::address::{Address, BaseId};
use crate::arguments::Arguments;
use crate::engine::{self, Core, Engine, SharedCore, Woken};
use crate::failure::Dialect;
use crate::headers;
use crate::response::Exchange;
use crate::stats::Stats;

/// What a `HttpUser` or `FastHttpUser` sends with. Lives on the engine's thread.
#[pyclass(unsendable, frozen, module = "gregaria._native")]
pub(crate) struct Client {
    core: SharedCore,
    state: RefCell<State>,
}

struct State {
    id: http::ClientId,
    dialect: Dialect,
    base: BaseId,
    headers: Arc<http::HeaderBlock>,
    rules: Rc<http::Rules>,
    class: Py<PyType>,
    recorder: Option<Py<Stats>>,
    /// Where the name of the task stands that its user carries out; `None` for a client of no user.
    task_now: Option<Py<PyList>>,
    /// Overrides the name of every entry while it is set.
    request_name: Option<Arc<str>>,
    verifies: bool,
    authorities: Option<PathBuf>,
}

impl State {
    /// The rules of one request: the client's own, unless its arguments say otherwise.
    fn rules(&self, method: &http::Method, arguments: &Arguments<'_>) -> Rc<http::Rules> {
        let is_head = *method == http::Method::Head && self.dialect == Dialect::Requests;
        let is_usual = arguments.timeout.is_none() && arguments.allows_redirects.is_none();
        if is_usual && !is_head && !arguments.is_stream {
            return self.rules.clone();
        }
        let mut rules = http::Rules::clone(&self.rules);
        rules.streams_body = arguments.is_stream;
        rules.follows_redirects = arguments.allows_redirects.unwrap_or(!is_head);
        if let Some(timeout) = arguments.timeout {
            rules.connect_timeout = timeout.connect;
            rules.read_timeout = timeout.read;
        }
        Rc::new(rules)
    }

    fn name(&self, given: Option<Arc<str>>, address: &Address) -> Arc<str> {
        match given.or_else(|| self.request_name.clone()) {
            Some(name) => name,
            None if self.dialect == Dialect::Fast => address.given.clone(),
            None => address.target.clone(),
        }
    }
}

/// How a client connects unless it is told otherwise.
fn client_config(
    core: &mut Core,
    verifies: bool,
    authorities: Option<&Path>,
) -> http::ClientConfig {
    http::ClientConfig {
        tls: core.tls(verifies, authorities),
        ..http::ClientConfig::default()
    }
}

/// See [`Client::cookies`].
type CookieRow = (String, String, String, String, Option<f64>, bool, bool);

/// What is sent, apart from where to.
struct Message {
    method: http::Method,
    headers: Arc<http::HeaderBlock>,
    body: Option<Arc<[u8]>>,
    rules: Rc<http::Rules>,
}

impl Client {
    /// Hands a request to the engine. The borrow of the engine ends before anything is dropped.
    fn submit(
        &self,
        py: Python<'_>,
        greenlet: Py<PyAny>,
        address: Address,
        message: Message,
        name: Arc<str>,
        is_judged: bool,
    ) {
        let state = self.state.borrow();
        let mut core = self.core.borrow_mut();
        let task = match &state.task_now {
            Some(place) => core.tasks.task_in(place.bind(py)),
            None => Task::NotKnown,
        };
        let exchange = Box::new(Exchange {
            class: state.class.clone_ref(py),
            recorder: state
                .recorder
                .as_ref()
                .map(|recorder| recorder.clone_ref(py)),
            dialect: state.dialect,
            is_judged,
            is_stream: message.rules.streams_body,
            name,
            method: message.method.clone(),
            headers: message.headers.clone(),
            body: message.body.clone(),
            address,
            task,
        });
        let request = http::Request {
            method: message.method,
            origin: exchange.address.origin.clone(),
            target: exchange.address.target.clone(),
            headers: message.headers,
            body: message.body,
            rules: message.rules,
        };
        let submitted = core.http.submit(state.id, request);
        core.park(&submitted, greenlet, Some(exchange));
    }

    /// Reads the arguments of [`Client::send`] and submits the request; `None`, having done
    /// nothing, if it has to be prepared.
    fn submit_as_given(
        &self,
        greenlet: Py<PyAny>,
        method: &str,
        url: &Bound<'_, PyAny>,
        kwargs: &Bound<'_, PyDict>,
        content_type: Option<&str>,
    ) -> PyResult<Option<()>> {
        // Bytes are for requests to decode.
        let Some(url) = url
            .cast::<PyString>()
            .ok()
            .and_then(|url| url.to_str().ok())
        else {
            return Ok(None);
        };
        let state = self.state.borrow();
        let arguments = if kwargs.is_empty() {
            Arguments::default()
        } else {
            let Some(arguments) = Arguments::read(kwargs, state.verifies) else {
                return Ok(None);
            };
            if arguments.is_stream && state.dialect == Dialect::Requests {
                return Ok(None);
            }
            arguments
        };
        let mut block = match &arguments.headers {
            None => state.headers.clone(),
            Some(added) => match headers::merged(&state.headers, added) {
                Some(block) => block,
                None => return Ok(None),
            },
        };
        if let Some(content_type) = content_type
            && !block
                .iter()
                .any(|(name, _)| name.eq_ignore_ascii_case(b"content-type"))
        {
            Arc::make_mut(&mut block)
                .push(b"Content-Type", content_type.as_bytes())
                .map_err(|error| PyValueError::new_err(error.to_string()))?;
        }
        let Ok(address) = self.core.borrow_mut().addresses.find(state.base, url) else {
            return Ok(None);
        };
        let method = http::Method::new(method);
        let body = arguments
            .body
            .clone()
            .or_else(|| state.dialect.empty_body(&method));
        let rules = state.rules(&method, &arguments);
        let is_judged = arguments.is_judged;
        let name = state.name(arguments.name, &address);
        drop(state);
        let message = Message {
            method,
            headers: block,
            body,
            rules,
        };
        self.submit(kwargs.py(), greenlet, address, message, name, is_judged);
        Ok(Some(()))
    }
}

#[pymethods]
impl Client {
    /// `is_fast` chooses the rules of `FastHttpUser` in place of those of `HttpUser`;
    /// `response_class` is what responses are made of, a subclass of `ResponseCore`; `task_now` is a
    /// list whose first place names the task that its user carries out, or is `None`.
    #[new]
    #[pyo3(signature = (engine, base_url, is_fast, verifies, response_class, recorder, task_now=None))]
    fn new(
        engine: &Bound<'_, Engine>,
        base_url: &str,
        is_fast: bool,
        verifies: bool,
        response_class: Py<PyType>,
        recorder: Option<Py<Stats>>,
        task_now: Option<Py<PyList>>,
    ) -> Self {
        let dialect = if is_fast {
            Dialect::Fast
        } else {
            Dialect::Requests
        };
        let core = engine.borrow().core().clone();
        let (id, base) = {
            let mut core = core.borrow_mut();
            let config = client_config(&mut core, verifies, None);
            (core.http.add_client(config), core.addresses.base(base_url))
        };
        let state = State {
            id,
            dialect,
            base,
            headers: Arc::default(),
            rules: Rc::default(),
            class: response_class,
            recorder,
            task_now,
            request_name: None,
            verifies,
            authorities: None,
        };
        Self {
            core,
            state: RefCell::new(state),
        }
    }

    /// Sends what `method` and `url` say, with the arguments of requests in `kwargs`. `content_type`
    /// goes with a body that Python has encoded, unless the user has set one.
    ///
    /// Returns what [`Engine::next`] does, since the caller is about to wait; or `NotImplemented`,
    /// having done nothing, if the request has to be prepared.
    #[pyo3(signature = (greenlet, method, url, kwargs, content_type=None))]
    fn send<'py>(
        &self,
        py: Python<'py>,
        greenlet: Py<PyAny>,
        method: &str,
        url: &Bound<'py, PyAny>,
        kwargs: &Bound<'py, PyDict>,
        content_type: Option<&str>,
    ) -> PyResult<Bound<'py, PyAny>> {
        match self.submit_as_given(greenlet, method, url, kwargs, content_type)? {
            None => Ok(PyNotImplemented::get(py).to_owned().into_any()),
            Some(()) => engine::next(py, &self.core)?.into_bound_py_any(py),
        }
    }

    /// Sends a request that requests has prepared: `url` is absolute and encoded, `headers` are
    /// all lines but `Host` and `Content-Length`. `name` is the entry's, if the user gave one.
    /// Returns what `send` does when it has sent something.
    #[pyo3(signature = (greenlet, method, url, headers, body, name, is_judged, kwargs))]
    #[allow(
        clippy::too_many_arguments,
        clippy::needless_pass_by_value,
        reason = "the fields of a prepared request, in the types that pyo3 converts to"
    )]
    fn send_prepared<'py>(
        &self,
        py: Python<'py>,
        greenlet: Py<PyAny>,
        method: &str,
        url: &str,
        headers: Vec<(Bound<'_, PyAny>, Bound<'_, PyAny>)>,
        body: Option<&Bound<'_, PyBytes>>,
        name: Option<&str>,
        is_judged: bool,
        kwargs: &Bound<'_, PyDict>,
    ) -> PyResult<Option<Woken<'py>>> {
        let state = self.state.borrow();
        let Some(arguments) = Arguments::read(kwargs, state.verifies) else {
            return Err(PyValueError::new_err(
                "a prepared request takes its limits alone",
            ));
        };
        let Some(block) = headers::block(&headers) else {
            return Err(PyValueError::new_err(
                "invalid header in a prepared request",
            ));
        };
        let address = self
            .core
            .borrow_mut()
            .addresses
            .find(state.base, url)
            .map_err(|error| PyValueError::new_err(error.to_string()))?;
        let method = http::Method::new(method);
        let rules = state.rules(&method, &arguments);
        let name = state.name(name.map(Arc::from), &address);
        drop(state);
        let body = body.map(|body| Arc::from(body.as_bytes()));
        let message = Message {
            method,
            headers: Arc::new(block),
            body,
            rules,
        };
        self.submit(py, greenlet, address, message, name, is_judged);
        engine::next(py, &self.core)
    }

    /// Sets the header lines sent with every request. Raises `ValueError` for one that cannot be.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "pyo3 converts a list of pairs to an owned one"
    )]
    fn set_headers(&self, pairs: Vec<(Bound<'_, PyAny>, Bound<'_, PyAny>)>) -> PyResult<()> {
        let block = headers::block(&pairs).ok_or_else(|| {
            PyValueError::new_err("header names and values must be text or bytes")
        })?;
        self.state.borrow_mut().headers = self.core.borrow_mut().shared_headers(block);
        Ok(())
    }

    /// Sets how requests go on, for those that do not say. Limits are seconds; `None` waits.
    fn set_rules(
        &self,
        max_redirects: u32,
        max_retries: u32,
        connect_timeout: Option<f64>,
        read_timeout: Option<f64>,
    ) -> PyResult<()> {
        let seconds = |limit: Option<f64>| {
            limit
                .map(Duration::try_from_secs_f64)
                .transpose()
                .map_err(|error| PyValueError::new_err(error.to_string()))
        };
        let is_fast = self.state.borrow().dialect == Dialect::Fast;
        let rules = http::Rules {
            max_redirects,
            max_retries,
            redirect_style: if is_fast {
                http::RedirectStyle::Geventhttpclient
            } else {
                http::RedirectStyle::Requests
            },
            retries_stale: is_fast,
            connect_timeout: seconds(connect_timeout)?,
            read_timeout: seconds(read_timeout)?,
            ..http::Rules::default()
        };
        self.state.borrow_mut().rules = self.core.borrow_mut().shared_rules(rules);
        Ok(())
    }

    /// Sets the base URL that paths are put behind.
    fn set_base_url(&self, base_url: &str) {
        self.state.borrow_mut().base = self.core.borrow_mut().addresses.base(base_url);
    }

    /// Sets the name under which every request is counted; `None` goes back to the path.
    fn set_request_name(&self, name: Option<&str>) {
        self.state.borrow_mut().request_name = name.map(Arc::from);
    }

    /// Sets whether certificates are verified, and with those of which file or folder in place of
    /// the system's. Connections opened otherwise are closed.
    #[pyo3(signature = (verifies, authorities=None))]
    fn set_verify(&self, verifies: bool, authorities: Option<PathBuf>) {
        let mut state = self.state.borrow_mut();
        if state.verifies == verifies && state.authorities == authorities {
            return;
        }
        let mut core = self.core.borrow_mut();
        let config = client_config(&mut core, verifies, authorities.as_deref());
        core.http.configure_client(state.id, config);
        state.verifies = verifies;
        state.authorities = authorities;
    }

    /// Sets how many connections may be open to a host at the same time, and a proxy for all.
    fn set_connections(&self, limit: usize, proxy_host: Option<&str>, proxy_port: Option<u16>) {
        let state = self.state.borrow();
        let mut core = self.core.borrow_mut();
        let proxy = proxy_host.map(|host| {
            Arc::new(http::Proxy {
                host: host.into(),
                port: proxy_port.unwrap_or(80),
                authorization: None,
            })
        });
        let limits = http::Limits {
            open_per_origin: Some(limit),
            ..http::Limits::default()
        };
        let config = http::ClientConfig {
            proxy,
            limits,
            ..client_config(&mut core, state.verifies, state.authorities.as_deref())
        };
        core.http.configure_client(state.id, config);
    }

    /// All cookies as `(name, value, domain, path, expiry in epoch seconds, secure, http only)`. A
    /// domain begins with a dot if hosts below it get the cookie too; an empty one means any host.
    fn cookies(&self) -> Vec<CookieRow> {
        let id = self.state.borrow().id;
        let mut core = self.core.borrow_mut();
        let Some(jar) = core.http.client_cookies(id) else {
            return Vec::new();
        };
        jar.iter()
            .map(|cookie| {
                let is_wide = !cookie.is_host_only && !cookie.domain.is_empty();
                let domain = format!("{}{}", if is_wide { "." } else { "" }, cookie.domain);
                #[allow(clippy::cast_precision_loss, reason = "seconds since 1970")]
                let expires = cookie.expires.map(|expires| expires as f64);
                let (secure, http_only) = (cookie.is_secure, cookie.is_http_only);
                (
                    cookie.name,
                    cookie.value,
                    domain,
                    cookie.path,
                    expires,
                    secure,
                    http_only,
                )
            })
            .collect()
    }

    /// Sets one cookie. Raises `ValueError` for one that cannot be sent.
    fn set_cookie(
        &self,
        name: &str,
        value: &str,
        domain: &str,
        path: &str,
        expires: Option<i64>,
        secure: bool,
    ) -> PyResult<()> {
        let cookie = http::Cookie {
            name: name.to_owned(),
            value: value.to_owned(),
            domain: domain.trim_start_matches('.').to_owned(),
            path: path.to_owned(),
            expires,
            is_secure: secure,
            is_http_only: false,
            is_host_only: !domain.starts_with('.'),
        };
        let id = self.state.borrow().id;
        let mut core = self.core.borrow_mut();
        let is_set = core
            .http
            .client_cookies(id)
            .is_some_and(|jar| jar.set(cookie));
        drop(core);
        if is_set {
            return Ok(());
        }
        Err(PyValueError::new_err(format!(
            "cannot set cookie `{name}` for `{domain}{path}`"
        )))
    }

    /// Removes one cookie, or all without a name.
    fn clear_cookies(&self, domain: &str, path: &str, name: Option<&str>) {
        let id = self.state.borrow().id;
        let mut core = self.core.borrow_mut();
        let Some(jar) = core.http.client_cookies(id) else {
            return;
        };
        match name {
            Some(name) => {
                jar.remove(name, domain, path);
            }
            None => jar.clear(),
        }
    }

    /// Closes all connections. The client can go on: the next request opens a new one.
    fn close(&self) {
        let id = self.state.borrow().id;
        self.core.borrow_mut().http.close_idle(id);
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // Nothing can be borrowed here unless the engine itself is going away.
        if let Ok(mut core) = self.core.try_borrow_mut() {
            core.http.remove_client(self.state.get_mut().id);
        }
    }
}
