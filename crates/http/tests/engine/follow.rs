//! Redirects and cookies: what is decided between two responses.

use std::sync::Arc;

use gregaria_http::{ClientConfig, ErrorKind, HeaderBlock, Method, Outcome, Rules};

use crate::driver::{Driver, get, with_rules};
use crate::servers::{Server, ok};

/// Redirects `/a` to `/b`, `/b` to `/c`, and tells what it saw at `/c`; `/loop` leads to itself.
fn server() -> Server {
    Server::start(|_, mut peer| {
        while let Some(request) = peer.read_request() {
            let target = request.split(' ').nth(1).unwrap();
            let location = match target {
                "/a" => "/b",
                "/b" => "c?x=1",
                "/loop" => "/loop",
                "/bad" => "ftp://elsewhere/",
                _ => {
                    peer.write(ok(&request));
                    continue;
                }
            };
            peer.write(format!(
                "HTTP/1.1 302 Found\r\nLocation: {location}\r\n\
                 Set-Cookie: from{}=1\r\nContent-Length: 4\r\n\r\nmove",
                &target[1..],
            ));
        }
    })
}

#[test]
fn redirects_are_followed_on_the_same_connection_and_kept_as_history() {
    let server = server();
    let response = Driver::new().response(get(server.address, "/a"));
    assert_eq!((response.status, &*response.target), (200, "/c?x=1"));
    let history: Vec<_> = response
        .history
        .iter()
        .map(|one| (one.status, &*one.target))
        .collect();
    assert_eq!(history, [(302, "/a"), (302, "/b")]);
    assert_eq!(response.history[0].body(), b"move");
    assert_eq!(server.accepted(), 1);
    assert!(response.timing.total >= response.history[1].timing.total);
}

#[test]
fn cookies_set_on_the_way_are_sent_on_the_way_and_afterwards() {
    let server = server();
    let mut driver = Driver::new();
    for target in ["/a", "/c"] {
        let response = driver.response(get(server.address, target));
        let seen = String::from_utf8(response.body().to_vec()).unwrap();
        assert!(seen.contains("\r\nCookie: froma=1; fromb=1\r\n"), "{seen}");
    }
    let jar = driver.engine.client_cookies(driver.client).unwrap();
    assert_eq!(jar.iter().count(), 2);
    jar.clear();
    let response = driver.response(get(server.address, "/c"));
    assert!(
        !String::from_utf8(response.body().to_vec())
            .unwrap()
            .contains("Cookie")
    );
}

#[test]
fn clients_share_no_cookies_and_one_that_keeps_none_sends_none() {
    let server = server();
    let mut driver = Driver::with(ClientConfig {
        keeps_cookies: false,
        ..ClientConfig::default()
    });
    let other = driver.engine.add_client(ClientConfig::default());
    let first = driver
        .engine
        .submit(other, get(server.address, "/a"))
        .ticket;
    assert!(matches!(driver.outcome(first), Outcome::Response(_)));
    let response = driver.response(get(server.address, "/a"));
    assert!(
        !String::from_utf8(response.body().to_vec())
            .unwrap()
            .contains("Cookie")
    );
}

#[test]
fn a_redirect_is_handed_out_if_the_rules_do_not_follow_it() {
    let server = server();
    let rules = Rules {
        follows_redirects: false,
        ..Rules::default()
    };
    let response = Driver::new().response(with_rules(get(server.address, "/a"), rules));
    assert_eq!((response.status, response.body()), (302, &b"move"[..]));
}

#[test]
fn a_loop_of_redirects_ends_at_the_limit() {
    let server = server();
    let rules = Rules {
        max_redirects: 5,
        ..Rules::default()
    };
    let failure = Driver::new().failure(with_rules(get(server.address, "/loop"), rules));
    assert_eq!(failure, ErrorKind::TooManyRedirects { limit: 5 });
}

#[test]
fn a_redirect_to_something_else_than_http_is_a_failure() {
    let server = server();
    let failure = Driver::new().failure(get(server.address, "/bad"));
    let location = "ftp://elsewhere/".into();
    assert_eq!(failure, ErrorKind::InvalidRedirect { location });
}

#[test]
fn a_post_that_is_redirected_becomes_a_get_without_its_body() {
    let server = server();
    let mut request = get(server.address, "/b");
    let mut headers = HeaderBlock::default();
    headers.push(b"Content-Type", b"text/plain").unwrap();
    headers.push(b"X-Own", b"yes").unwrap();
    request.method = Method::Post;
    request.headers = Arc::new(headers);
    request.body = Some(b"data".to_vec().into());
    let response = Driver::new().response(request);
    let seen = String::from_utf8(response.body().to_vec()).unwrap();
    assert!(
        seen.starts_with("GET /c?x=1 ") && seen.contains("X-Own: yes"),
        "{seen}"
    );
    assert!(!seen.contains("Content-"), "{seen}");
    assert_eq!(response.method, Method::Get);
}

#[test]
fn a_redirect_to_another_server_goes_there() {
    let target = Server::answering(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nthere");
    let port = target.address.port();
    let server = Server::start(move |_, mut peer| {
        peer.read_request();
        peer.write(format!(
            "HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:{port}/x\r\nContent-Length: 0\r\n\r\n"
        ));
    });
    let response = Driver::new().response(get(server.address, "/"));
    assert_eq!(
        (response.body(), response.origin.port),
        (&b"there"[..], port)
    );
}

#[test]
fn of_a_streamed_response_only_the_last_body_is_handed_out() {
    let server = server();
    let mut driver = Driver::new();
    let rules = Rules {
        streams_body: true,
        ..Rules::default()
    };
    let ticket = driver.submit(with_rules(get(server.address, "/a"), rules));
    let Outcome::Response(head) = driver.outcome(ticket) else {
        panic!("no head")
    };
    assert_eq!((head.status, head.history.len()), (200, 2));
    let mut body = Vec::new();
    loop {
        driver.engine.read_body(ticket);
        match driver.outcome(ticket) {
            Outcome::Body(Some(piece)) => body.extend_from_slice(&piece),
            Outcome::Body(None) => break,
            other => panic!("{other:?}"),
        }
    }
    assert!(body.starts_with(b"GET /c?x=1 "));
}
