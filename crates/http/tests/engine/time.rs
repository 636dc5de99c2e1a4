//! Sleeps and time limits.

use std::time::{Duration, Instant};

use gregaria_http::{ErrorKind, Outcome, Rules};

use crate::driver::{Driver, get, with_rules};
use crate::servers::{Server, ok, rest};

#[test]
fn sleeps_end_in_the_order_of_their_length_and_never_early() {
    let mut driver = Driver::new();
    let start = Instant::now();
    let lengths = [30, 10, 20].map(Duration::from_millis);
    let tickets = lengths.map(|length| driver.engine.sleep(length).ticket);
    for index in [1, 2, 0] {
        let (ticket, outcome) = driver.next();
        assert_eq!(ticket, tickets[index]);
        assert!(matches!(outcome, Outcome::Elapsed));
        assert!(start.elapsed() >= lengths[index]);
    }
}

#[test]
fn a_sleep_of_zero_is_finished_at_once() {
    let mut driver = Driver::new();
    let submitted = driver.engine.sleep(Duration::ZERO);
    assert!(submitted.is_finished);
    assert_eq!(driver.engine.next().unwrap().ticket, submitted.ticket);
    assert!(driver.engine.next().is_none());
}

#[test]
fn ten_thousand_sleeps_all_end() {
    let mut driver = Driver::new();
    let start = Instant::now();
    let mut wanted = std::collections::HashMap::new();
    for number in 0..10_000u64 {
        let length = Duration::from_micros(number * 7919 % 50_000 + 1);
        wanted.insert(driver.engine.sleep(length).ticket, start + length);
    }
    while !wanted.is_empty() {
        let (ticket, _) = driver.next();
        let earliest = wanted.remove(&ticket).unwrap();
        assert!(Instant::now() >= earliest);
    }
}

#[test]
fn a_cancelled_sleep_does_not_come_out_even_if_it_is_queued() {
    let mut driver = Driver::new();
    let queued = driver.engine.sleep(Duration::ZERO).ticket;
    let pending = driver.engine.sleep(Duration::from_millis(1)).ticket;
    let last = driver.engine.sleep(Duration::from_millis(5)).ticket;
    driver.engine.cancel(queued);
    driver.engine.cancel(pending);
    assert_eq!(driver.next().0, last);
}

#[test]
fn a_server_that_does_not_answer_is_given_up_when_the_limit_has_passed() {
    let server = Server::start(|_, mut peer| peer.wait_for_close());
    let mut driver = Driver::new();
    let limit = Duration::from_millis(30);
    let rules = Rules {
        read_timeout: Some(limit),
        ..Rules::default()
    };
    let start = Instant::now();
    let ticket = driver.submit(with_rules(get(server.address, "/"), rules));
    let Outcome::Failed(error) = driver.outcome(ticket) else {
        panic!("no failure")
    };
    let (host, port) = ("127.0.0.1".into(), server.address.port());
    assert_eq!(error.kind, ErrorKind::ReadTimeout { host, port, limit });
    assert!(start.elapsed() >= limit);
    assert!(error.timing.wait >= limit && error.timing.total >= limit);
}

#[test]
fn the_limit_is_for_each_wait_and_not_for_the_whole_response() {
    let drip = Duration::from_millis(15);
    let server = Server::start(move |_, mut peer| {
        peer.read_request();
        peer.write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n");
        for _ in 0..6 {
            rest(drip);
            peer.write("x");
        }
        peer.wait_for_close();
    });
    let mut driver = Driver::new();
    let rules = Rules {
        read_timeout: Some(drip * 5),
        ..Rules::default()
    };
    let response = driver.response(with_rules(get(server.address, "/"), rules));
    assert_eq!(response.body(), b"xxxxxx");
    assert!(response.timing.receive >= drip * 5, "{:?}", response.timing);
}

#[test]
fn a_limit_holds_again_for_the_next_request_on_the_connection() {
    let server = Server::start(|_, mut peer| {
        peer.read_request();
        peer.write(ok("first"));
        peer.wait_for_close();
    });
    let mut driver = Driver::new();
    let rules = Rules {
        read_timeout: Some(Duration::from_millis(40)),
        ..Rules::default()
    };
    driver.response(with_rules(get(server.address, "/"), rules.clone()));
    let failure = driver.failure(with_rules(get(server.address, "/"), rules));
    assert!(
        matches!(failure, ErrorKind::ReadTimeout { .. }),
        "{failure}"
    );
}

#[test]
fn a_handshake_that_does_not_end_is_a_connection_that_is_not_open_in_time() {
    let server = Server::start(|_, mut peer| peer.wait_for_close());
    let mut driver = Driver::new();
    let limit = Duration::from_millis(30);
    let mut request = crate::driver::request(
        gregaria_http::Scheme::Https,
        "127.0.0.1",
        server.address.port(),
        "/",
    );
    let rules = Rules {
        connect_timeout: Some(limit),
        ..Rules::default()
    };
    request.rules = std::rc::Rc::new(rules);
    let failure = driver.failure(request);
    assert!(
        matches!(failure, ErrorKind::ConnectTimeout { .. }),
        "{failure}"
    );
}

#[test]
fn a_bell_rung_by_another_thread_wakes_the_loop_and_can_be_rung_again() {
    let mut driver = Driver::new();
    let (ticket, bell) = driver.engine.bell();
    for _ in 0..2 {
        let bell = bell.clone();
        let ringer = std::thread::spawn(move || bell.ring());
        let (rung, outcome) = driver.next();
        assert_eq!(rung, ticket);
        assert!(matches!(outcome, Outcome::Rung));
        ringer.join().unwrap();
    }
    driver.engine.cancel(ticket);
    bell.ring();
    let sleep = driver.engine.sleep(Duration::from_millis(1)).ticket;
    assert_eq!(driver.next().0, sleep);
}
