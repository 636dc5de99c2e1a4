//! The gate: what must not be connected to, by its name or by the address that the name leads to.

use std::cell::{Cell, RefCell};
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;

use gregaria_http::{ClientConfig, ErrorKind, Gate, Outcome, Passage, Proxy, Rules, Scheme};

use crate::driver::{Driver, get, request, with_rules};
use crate::servers::{Server, ok};

/// Lets hosts through by what its two lists say, and counts how often it is asked.
#[derive(Debug, Default)]
struct Lists {
    names: &'static [&'static str],
    addresses: &'static [&'static str],
    asked: Cell<usize>,
    noted: RefCell<Vec<String>>,
}

impl Gate for Lists {
    fn by_name(&self, host: &str) -> Passage {
        self.asked.set(self.asked.get() + 1);
        if self.names.contains(&host) || self.addresses.contains(&host) {
            Passage::Open
        } else if self.addresses.is_empty() || host.parse::<IpAddr>().is_ok() {
            Passage::Closed
        } else {
            Passage::ByAddress
        }
    }

    fn admits(&self, host: &str, address: IpAddr) -> bool {
        self.names.contains(&host) || self.addresses.contains(&&*address.to_string())
    }

    fn note(&self, blocked: &str) {
        self.noted.borrow_mut().push(blocked.to_owned());
    }
}

fn guarded(names: &'static [&'static str], addresses: &'static [&'static str]) -> Driver {
    let mut driver = Driver::new();
    driver.engine.set_gate(Some(Rc::new(Lists {
        names,
        addresses,
        ..Lists::default()
    })));
    driver
}

/// Answers every request with its own text.
fn echo() -> Server {
    Server::start(|_, mut peer| {
        while let Some(request) = peer.read_request() {
            peer.write(ok(&request));
        }
    })
}

fn blocked(what: &str) -> ErrorKind {
    ErrorKind::NotAllowed { what: what.into() }
}

#[test]
fn a_host_that_is_closed_is_not_connected_to() {
    let server = echo();
    let mut driver = guarded(&["shop.example"], &[]);
    let failure = driver.failure(get(server.address, "/"));
    assert_eq!(failure, blocked("127.0.0.1"));
    let said = "blocked: host not allowed: 127.0.0.1";
    assert_eq!(failure.to_string(), said);
    let counters = driver.engine.counters();
    assert_eq!((counters.opened, counters.blocked), (0, 1));
    assert_eq!(counters.network_errors, 0, "the network had no part in it");
    assert_eq!(server.accepted(), 0);
}

#[test]
fn a_name_that_is_closed_is_not_even_looked_up() {
    let mut driver = guarded(&["shop.example"], &[]);
    let failure = driver.failure(request(Scheme::Https, "nowhere.invalid", 443, "/"));
    assert_eq!(failure, blocked("nowhere.invalid"));
    assert_eq!(driver.engine.counters().resolves, 0);
}

#[test]
fn a_name_is_connected_to_at_the_addresses_that_are_admitted_and_no_others() {
    let server = echo();
    let ask = || request(Scheme::Http, "localhost", server.address.port(), "/");
    let mut driver = guarded(&[], &["127.0.0.1"]);
    assert_eq!(driver.response(ask()).status, 200);

    let mut driver = guarded(&[], &["192.0.2.1"]);
    let ErrorKind::NotAllowed { what } = driver.failure(ask()) else {
        panic!("it is not blocked")
    };
    assert!(
        ["localhost leads to 127.0.0.1", "localhost leads to ::1"].contains(&&*what),
        "{what}"
    );
    assert_eq!(server.accepted(), 1);
}

#[test]
fn a_redirect_to_a_host_that_is_closed_ends_the_request() {
    let elsewhere = echo();
    let location = format!("http://localhost:{}/", elsewhere.address.port());
    let server = Server::start(move |_, mut peer| {
        while peer.read_request().is_some() {
            peer.write(format!(
                "HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"
            ));
        }
    });
    let mut driver = guarded(&["127.0.0.1"], &[]);
    assert_eq!(
        driver.failure(get(server.address, "/")),
        blocked("localhost")
    );
    assert_eq!(elsewhere.accepted(), 0);
}

#[test]
fn a_blocked_request_is_not_tried_again() {
    let rules = Rules {
        max_retries: 5,
        ..Rules::default()
    };
    let mut driver = guarded(&[], &["192.0.2.1"]);
    let ask = with_rules(request(Scheme::Http, "localhost", 1, "/"), rules);
    assert!(matches!(driver.failure(ask), ErrorKind::NotAllowed { .. }));
    let counters = driver.engine.counters();
    assert_eq!((counters.blocked, counters.retries), (1, 0));
}

#[test]
fn the_gate_is_asked_for_a_connection_and_told_of_what_it_has_stopped() {
    let server = echo();
    let lists = Rc::new(Lists {
        names: &["127.0.0.1"],
        ..Lists::default()
    });
    let mut driver = Driver::new();
    driver.engine.set_gate(Some(lists.clone()));
    for _ in 0..5 {
        assert_eq!(driver.response(get(server.address, "/")).status, 200);
    }
    assert_eq!((lists.asked.get(), server.accepted()), (1, 1));
    assert_eq!(lists.noted.take(), [""; 0]);
    driver.failure(request(Scheme::Http, "shop.example", 80, "/"));
    assert_eq!(lists.noted.take(), ["shop.example"]);
}

#[test]
fn another_gate_closes_what_was_opened_under_the_one_before() {
    let server = echo();
    let mut driver = Driver::new();
    assert_eq!(driver.response(get(server.address, "/")).status, 200);
    // One that is idle, and one that is in use while the gate closes.
    let under_way = driver.submit(get(server.address, "/"));
    let lists = Lists {
        names: &["shop.example"],
        ..Lists::default()
    };
    driver.engine.set_gate(Some(Rc::new(lists)));
    assert!(matches!(driver.outcome(under_way), Outcome::Response(_)));
    for _ in 0..2 {
        let failure = driver.failure(get(server.address, "/"));
        assert_eq!(failure, blocked("127.0.0.1"));
    }
    driver.engine.set_gate(None);
    assert_eq!(driver.response(get(server.address, "/")).status, 200);
}

#[test]
fn a_proxy_has_to_be_admitted_and_the_host_behind_it_by_its_name() {
    let proxy = echo();
    let through = |names, addresses| {
        let mut driver = guarded(names, addresses);
        let proxy = Proxy {
            host: "127.0.0.1".into(),
            port: proxy.address.port(),
            authorization: None,
        };
        let config = ClientConfig {
            proxy: Some(Arc::new(proxy)),
            ..ClientConfig::default()
        };
        driver.engine.configure_client(driver.client, config);
        driver
    };
    let ask = || request(Scheme::Http, "shop.example", 80, "/");
    let response = through(&["shop.example"], &["127.0.0.1"]).response(ask());
    assert_eq!(response.status, 200);
    let failure = through(&["shop.example"], &[]).failure(ask());
    assert_eq!(failure, blocked("127.0.0.1"));
    // Where the proxy goes cannot be seen, so the addresses of others say nothing.
    let failure = through(&[], &["127.0.0.1"]).failure(ask());
    assert_eq!(failure, blocked("shop.example"));
    assert_eq!(proxy.accepted(), 1);
}
