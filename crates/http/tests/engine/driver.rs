//! A loop of ten lines that stands in for gevent, and requests made from a few words.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gregaria_http::{
    ClientConfig, ClientId, Engine, ErrorKind, HeaderBlock, Method, Origin, Outcome, Request,
    Response, Rules, Scheme, Ticket,
};

/// Longer than anything here takes, even on a busy machine.
const LIMIT: Duration = Duration::from_secs(20);

/// An engine and a loop around it.
pub(crate) struct Driver {
    pub(crate) engine: Engine,
    pub(crate) client: ClientId,
    early: HashMap<Ticket, Outcome>,
}

impl Driver {
    pub(crate) fn new() -> Self {
        Self::with(ClientConfig::default())
    }

    pub(crate) fn with(config: ClientConfig) -> Self {
        let mut engine = Engine::new().unwrap();
        let client = engine.add_client(config);
        Self {
            engine,
            client,
            early: HashMap::new(),
        }
    }

    /// Turns until something is finished.
    pub(crate) fn next(&mut self) -> (Ticket, Outcome) {
        let start = Instant::now();
        loop {
            if let Some(finished) = self.engine.next() {
                return (finished.ticket, finished.outcome);
            }
            assert!(start.elapsed() < LIMIT, "nothing finishes");
            self.engine.wait(LIMIT).unwrap();
            self.engine.turn().unwrap();
        }
    }

    /// Turns until `ticket` is finished.
    pub(crate) fn outcome(&mut self, ticket: Ticket) -> Outcome {
        if let Some(outcome) = self.early.remove(&ticket) {
            return outcome;
        }
        loop {
            let (other, outcome) = self.next();
            if other == ticket {
                return outcome;
            }
            self.early.insert(other, outcome);
        }
    }

    /// Turns until `is_over`, and takes nothing out.
    pub(crate) fn turn_until(&mut self, mut is_over: impl FnMut(&Engine) -> bool) {
        let start = Instant::now();
        while !is_over(&self.engine) {
            assert!(start.elapsed() < LIMIT, "it does not happen");
            self.engine.wait(Duration::from_millis(10)).unwrap();
            self.engine.turn().unwrap();
        }
    }

    pub(crate) fn submit(&mut self, request: Request) -> Ticket {
        self.engine.submit(self.client, request).ticket
    }

    pub(crate) fn response(&mut self, request: Request) -> Response {
        let ticket = self.submit(request);
        match self.outcome(ticket) {
            Outcome::Response(response) => *response,
            other => panic!("no response: {other:?}"),
        }
    }

    pub(crate) fn failure(&mut self, request: Request) -> ErrorKind {
        let ticket = self.submit(request);
        match self.outcome(ticket) {
            Outcome::Failed(error) => error.kind,
            other => panic!("no failure: {other:?}"),
        }
    }
}

/// A request for `target` of the server at `address`.
pub(crate) fn get(address: SocketAddr, target: &str) -> Request {
    request(
        Scheme::Http,
        &address.ip().to_string(),
        address.port(),
        target,
    )
}

pub(crate) fn request(scheme: Scheme, host: &str, port: u16, target: &str) -> Request {
    Request {
        method: Method::Get,
        origin: Arc::new(Origin {
            scheme,
            host: host.into(),
            port,
        }),
        target: target.into(),
        headers: Arc::new(HeaderBlock::default()),
        body: None,
        rules: Rc::default(),
    }
}

pub(crate) fn with_rules(mut request: Request, rules: Rules) -> Request {
    request.rules = Rc::new(rules);
    request
}
