//! A client: what one user sends with. It has a pool of connections and a cookie jar of its own.

use std::sync::Arc;

use crate::cookies::CookieJar;
use crate::pool::{Limits, Pool};
use crate::slots::Key;
use crate::tls::TlsSettings;

/// Names a client of an [`Engine`](crate::Engine).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientId(pub(crate) Key);

/// How a client connects. What is the same for many clients is shared.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// Certificates: whom to trust, and what to show.
    pub tls: Arc<TlsSettings>,
    /// The proxy all requests go through.
    pub proxy: Option<Arc<Proxy>>,
    /// How many connections are open and kept.
    pub limits: Limits,
    /// Whether cookies are stored and sent.
    pub keeps_cookies: bool,
}

impl Default for ClientConfig {
    /// As `requests` does it: verify certificates, no proxy, keep cookies.
    fn default() -> Self {
        Self {
            tls: Arc::default(),
            proxy: None,
            limits: Limits::default(),
            keeps_cookies: true,
        }
    }
}

/// An HTTP proxy. It is asked to CONNECT for `https`, and to forward for `http`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy {
    /// Name or address; an IPv6 address without its brackets.
    pub host: Box<str>,
    /// Its port.
    pub port: u16,
    /// Value of a `Proxy-Authorization` header, if it wants one.
    pub authorization: Option<Box<str>>,
}

/// A client and what it has open.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) config: ClientConfig,
    pub(crate) pool: Pool,
    /// Grows with each change of `config`. A connection remembers which it was opened with.
    pub(crate) epoch: u16,
    pub(crate) cookies: CookieJar,
}

impl Client {
    pub(crate) fn new(config: ClientConfig) -> Self {
        Self {
            pool: Pool::new(config.limits),
            cookies: CookieJar::default(),
            config,
            epoch: 0,
        }
    }

    /// Connections that are in use are closed after it, since they were opened otherwise.
    pub(crate) fn configure(&mut self, config: ClientConfig) {
        self.pool.limit(config.limits);
        self.config = config;
        self.outdate();
    }

    /// Connections that are open are not kept after their response.
    pub(crate) fn outdate(&mut self) {
        self.epoch = self.epoch.wrapping_add(1);
    }
}
