//! Connections that are kept: reuse, limits, and the ones the server closes.

use std::sync::Mutex;
use std::sync::mpsc::channel;

use gregaria_http::{ClientConfig, ErrorKind, Limits, Outcome, Rules};

use crate::driver::{Driver, get, with_rules};
use crate::servers::{Server, ok};

#[test]
fn a_second_request_goes_out_on_the_same_connection() {
    let server = Server::answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    let mut driver = Driver::new();
    for _ in 0..3 {
        let response = driver.response(get(server.address, "/"));
        assert_eq!((response.status, response.body()), (200, &b"hi"[..]));
    }
    assert_eq!(server.accepted(), 1);
    assert_eq!(driver.engine.counters().reused, 2);
}

#[test]
fn requests_of_one_client_at_the_same_time_have_connections_of_their_own() {
    let server = Server::start(|_, mut peer| {
        while let Some(request) = peer.read_request() {
            peer.write(ok(request.split(' ').nth(1).unwrap()));
        }
    });
    let mut driver = Driver::new();
    let tickets: Vec<_> = (0..5)
        .map(|number| driver.submit(get(server.address, &format!("/{number}"))))
        .collect();
    for (number, ticket) in tickets.into_iter().enumerate() {
        let Outcome::Response(response) = driver.outcome(ticket) else {
            panic!("no response")
        };
        assert_eq!(response.body(), format!("/{number}").as_bytes());
    }
    assert_eq!(server.accepted(), 5);
}

#[test]
fn a_connection_that_the_server_closes_after_its_answer_is_not_used_again() {
    let server = Server::start(|_, mut peer| {
        peer.read_request();
        peer.write("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    });
    let mut driver = Driver::new();
    for _ in 0..3 {
        assert_eq!(driver.response(get(server.address, "/")).status, 200);
    }
    assert_eq!(server.accepted(), 3);
    assert_eq!(driver.engine.counters().dropped_stale, 0);
}

#[test]
fn a_kept_connection_that_the_server_closes_is_dropped_before_it_is_used() {
    let server = Server::start(|_, mut peer| {
        peer.read_request();
        peer.write(ok("once"));
    });
    let mut driver = Driver::new();
    driver.response(get(server.address, "/"));
    driver.turn_until(|engine| engine.counters().dropped_stale == 1);
    assert_eq!(driver.response(get(server.address, "/")).retries, 0);
    assert_eq!(server.accepted(), 2);
}

#[test]
fn a_connection_closed_while_idle_is_found_even_if_the_loop_did_not_turn() {
    let (closed, is_closed) = channel();
    let closed = Mutex::new(closed);
    let server = Server::start(move |_, mut peer| {
        peer.read_request();
        peer.write(ok("once"));
        drop(peer);
        let _ = closed.lock().unwrap().send(());
    });
    let mut driver = Driver::new();
    driver.response(get(server.address, "/"));
    is_closed.recv().unwrap();
    // Longer than a connection counts as fresh; nobody turns the engine meanwhile.
    let (_keep, silence) = channel::<()>();
    let _ = silence.recv_timeout(std::time::Duration::from_millis(20));
    assert_eq!(driver.response(get(server.address, "/")).retries, 0);
}

/// Answers the first request of a connection and closes when the second has come.
fn closing_on_the_second_request() -> Server {
    Server::start(|_, mut peer| {
        peer.read_request();
        peer.write(ok("first"));
        peer.read_request();
    })
}

#[test]
fn a_request_whose_kept_connection_closes_under_it_fails() {
    let server = closing_on_the_second_request();
    let mut driver = Driver::new();
    driver.response(get(server.address, "/"));
    let failure = driver.failure(get(server.address, "/"));
    assert_eq!(failure, ErrorKind::ClosedBeforeResponse);
}

#[test]
fn rules_can_grant_one_retry_after_a_stale_connection_and_it_is_counted() {
    let server = closing_on_the_second_request();
    let mut driver = Driver::new();
    let rules = Rules {
        retries_stale: true,
        ..Rules::default()
    };
    driver.response(get(server.address, "/"));
    let response = driver.response(with_rules(get(server.address, "/"), rules));
    assert_eq!(response.retries, 1);
    assert_eq!(driver.engine.counters().retries, 1);
}

#[test]
fn at_the_limit_of_open_connections_requests_wait_and_those_cancelled_are_passed_over() {
    let server = Server::answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    let limits = Limits {
        open_per_origin: Some(1),
        ..Limits::default()
    };
    let mut driver = Driver::with(ClientConfig {
        limits,
        ..ClientConfig::default()
    });
    let tickets: Vec<_> = (0..4)
        .map(|_| driver.submit(get(server.address, "/")))
        .collect();
    driver.engine.cancel(tickets[1]);
    for index in [0, 2, 3] {
        assert!(matches!(
            driver.outcome(tickets[index]),
            Outcome::Response(_)
        ));
    }
    assert_eq!(server.accepted(), 1);
}

#[test]
fn connections_beyond_the_limit_of_kept_ones_are_closed() {
    let server = Server::answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    let limits = Limits {
        kept_per_origin: 1,
        ..Limits::default()
    };
    let mut driver = Driver::with(ClientConfig {
        limits,
        ..ClientConfig::default()
    });
    let tickets: Vec<_> = (0..3)
        .map(|_| driver.submit(get(server.address, "/")))
        .collect();
    for ticket in tickets {
        assert!(matches!(driver.outcome(ticket), Outcome::Response(_)));
    }
    driver.response(get(server.address, "/"));
    assert_eq!(server.accepted(), 3);
    assert_eq!(driver.engine.counters().reused, 1);
}

#[test]
fn cancelling_the_request_that_holds_the_only_connection_lets_the_next_one_begin() {
    let server = Server::start(|number, mut peer| {
        peer.read_request();
        if number == 0 {
            peer.wait_for_close();
        } else {
            peer.write(ok("second"));
        }
    });
    let limits = Limits {
        open_per_origin: Some(1),
        ..Limits::default()
    };
    let mut driver = Driver::with(ClientConfig {
        limits,
        ..ClientConfig::default()
    });
    let first = driver.submit(get(server.address, "/"));
    let second = driver.submit(get(server.address, "/"));
    driver.engine.cancel(first);
    assert!(matches!(driver.outcome(second), Outcome::Response(_)));
}
