//! Servers that break off, lie, or never come to an end; and requests that are given up.

use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::time::Duration;

use gregaria_http::h1::ProtocolError;
use gregaria_http::{ErrorKind, Method, Outcome, Rules};

use crate::driver::{Driver, get, with_rules};
use crate::servers::{Server, ok, rest};

/// The failure of a request to a server that writes `bytes` and closes.
fn failure_after(bytes: &'static str) -> ErrorKind {
    let server = Server::start(move |_, mut peer| {
        peer.read_request();
        peer.write(bytes);
    });
    Driver::new().failure(get(server.address, "/"))
}

#[test]
fn a_server_that_closes_without_a_word_is_named_so() {
    assert_eq!(failure_after(""), ErrorKind::ClosedBeforeResponse);
}

#[test]
fn a_body_shorter_than_announced_is_a_failure_that_says_how_short() {
    let failure = failure_after("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    assert_eq!(
        failure,
        ErrorKind::ClosedInResponse {
            received: 3,
            expected: 10
        }
    );
}

#[test]
fn a_chunked_body_without_its_last_chunk_is_a_failure() {
    let failure =
        failure_after("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    assert!(
        matches!(failure, ErrorKind::ClosedInResponse { .. }),
        "{failure}"
    );
}

#[test]
fn a_malformed_status_line_is_a_failure() {
    let failure = failure_after("SSH-2.0-OpenSSH_9.2\r\n\r\n");
    assert!(
        matches!(failure, ErrorKind::Protocol(ProtocolError::Head(_))),
        "{failure}"
    );
}

#[test]
fn endless_headers_end_at_the_limit() {
    let server = Server::start(|_, mut peer| {
        peer.read_request();
        peer.write("HTTP/1.1 200 OK\r\n");
        for _ in 0..10_000 {
            peer.write("X-Padding: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n");
        }
    });
    let failure = Driver::new().failure(get(server.address, "/"));
    let expected = matches!(
        failure,
        ErrorKind::Protocol(ProtocolError::HeadTooLarge { .. })
    );
    assert!(expected, "{failure}");
}

#[test]
fn a_connection_that_is_reset_in_the_middle_is_named_by_its_number() {
    let server = Server::start(|_, mut peer| {
        peer.read_request();
        peer.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
        peer.reset();
    });
    let failure = Driver::new().failure(get(server.address, "/"));
    // 104 is `ECONNRESET`.
    assert_eq!(failure, ErrorKind::Connection { errno: 104 });
}

#[test]
fn a_body_longer_than_announced_ends_at_its_length_and_the_connection_is_not_reused() {
    let server = Server::start(|_, mut peer| {
        while peer.read_request().is_some() {
            peer.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabcdef");
        }
    });
    let mut driver = Driver::new();
    for _ in 0..2 {
        assert_eq!(driver.response(get(server.address, "/")).body(), b"ab");
    }
    assert_eq!(server.accepted(), 2);
}

#[test]
fn a_response_in_single_bytes_is_put_together() {
    let server = Server::start(|_, mut peer| {
        peer.stream.set_nodelay(true).unwrap();
        peer.read_request();
        for byte in ok("drip") {
            peer.write([byte]);
        }
        peer.wait_for_close();
    });
    assert_eq!(
        Driver::new().response(get(server.address, "/")).body(),
        b"drip"
    );
}

#[test]
fn a_body_that_ends_with_the_connection_is_complete() {
    let server = Server::start(|_, mut peer| {
        peer.read_request();
        peer.write("HTTP/1.1 200 OK\r\n\r\nuntil the end");
    });
    assert_eq!(
        Driver::new().response(get(server.address, "/")).body(),
        b"until the end"
    );
}

#[test]
fn large_bodies_pass_in_both_directions() {
    let server = Server::start(|_, mut peer| {
        while let Some(request) = peer.read_request() {
            let body = request.split_once("\r\n\r\n").unwrap().1.to_owned();
            rest(Duration::from_millis(5));
            peer.write(ok(&body));
        }
    });
    let mut driver = Driver::new();
    let body: Vec<u8> = (0..8_000_000u32)
        .map(|number| b'a' + (number % 23) as u8)
        .collect();
    let mut request = get(server.address, "/");
    request.method = Method::Post;
    request.body = Some(body.clone().into());
    for _ in 0..2 {
        assert!(driver.response(request.clone()).body() == body);
    }
    assert_eq!(server.accepted(), 1);
}

#[test]
fn a_refused_connection_fails_at_once_and_says_so() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let failure = Driver::new().failure(get(address, "/"));
    let (host, port) = ("127.0.0.1".into(), address.port());
    assert_eq!(
        failure,
        ErrorKind::Connect {
            host,
            port,
            errno: 111
        }
    );
}

#[test]
fn retries_are_made_as_often_as_the_rules_say_and_counted() {
    let server = Server::start(|number, mut peer| {
        peer.read_request();
        if number == 2 {
            peer.write(ok("third time"));
        }
    });
    let mut driver = Driver::new();
    let rules = Rules {
        max_retries: 2,
        ..Rules::default()
    };
    let response = driver.response(with_rules(get(server.address, "/"), rules));
    assert_eq!((response.retries, response.body()), (2, &b"third time"[..]));
}

#[test]
fn a_cancelled_request_closes_its_connection_and_never_comes_out() {
    let (closed, is_closed) = channel();
    let closed = Mutex::new(closed);
    let server = Server::start(move |_, mut peer| {
        peer.read_request();
        peer.wait_for_close();
        let _ = closed.lock().unwrap().send(());
    });
    let mut driver = Driver::new();
    let ticket = driver.submit(get(server.address, "/"));
    // Until the request has been sent there is nothing to be closed.
    driver.turn_until(|engine| engine.counters().opened == 1);
    let sleep = driver.engine.sleep(Duration::from_millis(20)).ticket;
    assert_eq!(driver.next().0, sleep);
    driver.engine.cancel(ticket);
    is_closed.recv_timeout(Duration::from_secs(10)).unwrap();
    let sleep = driver.engine.sleep(Duration::from_millis(1)).ticket;
    assert_eq!(driver.next().0, sleep);
}

#[test]
fn an_answer_that_is_queued_vanishes_when_its_request_is_cancelled() {
    let server = Server::start(|_, mut peer| {
        while peer.read_request().is_some() {
            peer.write(ok("late"));
        }
    });
    let mut driver = Driver::new();
    driver.response(get(server.address, "/"));
    let ticket = driver.submit(get(server.address, "/"));
    driver.engine.wait(Duration::from_secs(10)).unwrap();
    driver.engine.turn().unwrap();
    driver.engine.cancel(ticket);
    assert!(driver.engine.next().is_none());
    // The exchange was over: its connection is as good as before.
    driver.response(get(server.address, "/"));
    assert_eq!(server.accepted(), 1);
}

#[test]
fn removing_a_client_ends_its_requests_and_not_those_of_others() {
    let server = Server::start(|_, mut peer| {
        if peer.read_request().unwrap().starts_with("GET /never") {
            peer.wait_for_close();
        }
        peer.write(ok("other"));
    });
    let mut driver = Driver::new();
    let other = driver
        .engine
        .add_client(gregaria_http::ClientConfig::default());
    driver.engine.submit(other, get(server.address, "/never"));
    let ticket = driver.submit(get(server.address, "/"));
    driver.engine.remove_client(other);
    assert!(matches!(driver.outcome(ticket), Outcome::Response(_)));
}

#[test]
fn a_streamed_body_comes_in_pieces_when_they_are_asked_for() {
    let server = Server::start(|_, mut peer| {
        while peer.read_request().is_some() {
            peer.write("HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n");
            peer.write(vec![b'x'; 200_000]);
        }
    });
    let mut driver = Driver::new();
    let rules = Rules {
        streams_body: true,
        ..Rules::default()
    };
    for _ in 0..2 {
        let ticket = driver.submit(with_rules(get(server.address, "/"), rules.clone()));
        let Outcome::Response(head) = driver.outcome(ticket) else {
            panic!("no head")
        };
        assert_eq!((head.status, head.body().len()), (200, 0));
        let mut length = 0;
        loop {
            assert_eq!(driver.engine.read_body(ticket).ticket, ticket);
            match driver.outcome(ticket) {
                Outcome::Body(Some(piece)) => length += piece.len(),
                Outcome::Body(None) => break,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(length, 200_000);
    }
    assert_eq!(server.accepted(), 1);
}
