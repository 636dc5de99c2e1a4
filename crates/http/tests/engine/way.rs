//! The way to a server: names, several addresses, IPv6, and proxies.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::thread;

use gregaria_http::{ClientConfig, ErrorKind, Outcome, Proxy, Scheme, TlsSettings, Trust};

use crate::driver::{Driver, get, request};
use crate::servers::tls::Authority;
use crate::servers::{Server, ok};

#[test]
fn a_name_without_an_address_fails_with_the_number_and_words_of_the_resolver() {
    let mut driver = Driver::new();
    let failure = driver.failure(request(Scheme::Http, "nowhere.invalid", 80, "/"));
    let ErrorKind::Resolve { host, code, text } = failure else {
        panic!("{failure}")
    };
    assert_eq!(&*host, "nowhere.invalid");
    // `EAI_NONAME`, or `EAI_AGAIN` on a machine without any name server.
    match code {
        -2 => assert_eq!(&*text, "Name or service not known"),
        -3 => assert_eq!(&*text, "Temporary failure in name resolution"),
        other => panic!("{other}: {text}"),
    }
    assert_eq!(driver.engine.counters().network_errors, 1);
}

#[test]
fn requests_for_one_name_share_a_question_until_names_are_forgotten() {
    let server = Server::answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    let mut driver = Driver::new();
    let ask = || request(Scheme::Http, "localhost", server.address.port(), "/");
    let tickets: Vec<_> = (0..20).map(|_| driver.submit(ask())).collect();
    for ticket in tickets {
        let outcome = driver.outcome(ticket);
        assert!(matches!(outcome, Outcome::Response(_)), "{outcome:?}");
    }
    assert_eq!(driver.engine.counters().resolves, 1);
    driver.engine.forget_names();
    // More than are kept, so that some have to ask again.
    let tickets: Vec<_> = (0..20).map(|_| driver.submit(ask())).collect();
    for ticket in tickets {
        assert!(matches!(driver.outcome(ticket), Outcome::Response(_)));
    }
    assert_eq!(driver.engine.counters().resolves, 2);
}

#[test]
fn an_address_of_ipv6_is_connected_to() {
    // Not every machine has one.
    let Some(server) = Server::on("[::1]:0", |_, mut peer| {
        let request = peer.read_request().unwrap();
        peer.write(ok(request.lines().nth(1).unwrap()));
    }) else {
        return;
    };
    let response = Driver::new().response(get(server.address, "/"));
    let host = format!("Host: [::1]:{}", server.address.port());
    assert_eq!(response.body(), host.as_bytes());
}

fn through(proxy: &Server) -> Driver {
    let proxy = Proxy {
        host: "127.0.0.1".into(),
        port: proxy.address.port(),
        authorization: Some("Basic dTpw".into()),
    };
    let tls = Arc::new(TlsSettings {
        trust: Trust::Anything,
        identity: None,
    });
    Driver::with(ClientConfig {
        proxy: Some(Arc::new(proxy)),
        tls,
        ..ClientConfig::default()
    })
}

#[test]
fn in_the_clear_a_proxy_is_given_the_whole_url() {
    let proxy = Server::start(|_, mut peer| {
        while let Some(request) = peer.read_request() {
            peer.write(ok(&request));
        }
    });
    let mut driver = through(&proxy);
    for _ in 0..2 {
        let response = driver.response(request(Scheme::Http, "shop.test", 8080, "/cart?x=1"));
        let seen = String::from_utf8(response.body().to_vec()).unwrap();
        assert!(
            seen.starts_with("GET http://shop.test:8080/cart?x=1 HTTP/1.1\r\n"),
            "{seen}"
        );
        assert!(seen.contains("\r\nHost: shop.test:8080\r\n"), "{seen}");
        assert!(
            seen.contains("\r\nProxy-Authorization: Basic dTpw\r\n"),
            "{seen}"
        );
        assert_eq!(&*response.target, "/cart?x=1");
    }
    assert_eq!(proxy.accepted(), 1);
}

#[test]
fn for_tls_a_proxy_is_asked_for_a_tunnel() {
    let authority = Authority::new();
    let (server, _seen) = authority.serve("shop.test", false);
    let target = server.address;
    let proxy = Server::start(move |_, mut peer| {
        let request = peer.read_request().unwrap();
        assert!(
            request.starts_with("CONNECT shop.test:8443 HTTP/1.1\r\n"),
            "{request}"
        );
        assert!(
            request.contains("Proxy-Authorization: Basic dTpw"),
            "{request}"
        );
        peer.write("HTTP/1.1 200 Connection established\r\n\r\n");
        let onward = TcpStream::connect(target).unwrap();
        let back = (
            onward.try_clone().unwrap(),
            peer.stream.try_clone().unwrap(),
        );
        thread::spawn(move || copy(back.0, back.1));
        copy(peer.stream, onward);
    });
    let mut driver = through(&proxy);
    for _ in 0..2 {
        let response = driver.response(request(Scheme::Https, "shop.test", 8443, "/"));
        assert_eq!(response.body(), b"secret");
    }
    assert_eq!((proxy.accepted(), server.accepted()), (1, 1));
}

#[test]
fn a_proxy_that_refuses_a_tunnel_is_a_failure_with_its_status() {
    let proxy = Server::answering(
        b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 2\r\n\r\nno",
    );
    let failure = through(&proxy).failure(request(Scheme::Https, "shop.test", 443, "/"));
    assert_eq!(failure, ErrorKind::Proxy { status: 407 });
}

fn copy(mut from: TcpStream, mut to: TcpStream) {
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if to.write_all(&buffer[..count]).is_err() {
            return;
        }
    }
}
