//! TLS: who is trusted, what is shown, and what is said when it fails.

use std::sync::Arc;

use gregaria_http::{ClientConfig, ErrorKind, Identity, Request, Scheme, TlsSettings, Trust};

use crate::driver::{Driver, request};
use crate::servers::tls::{Authority, Seen};
use crate::servers::{Server, ok};

fn driver(trust: Trust, identity: Option<Identity>) -> Driver {
    let tls = Arc::new(TlsSettings { trust, identity });
    Driver::with(ClientConfig {
        tls,
        ..ClientConfig::default()
    })
}

fn secure(host: &str, server: &Server) -> Request {
    request(Scheme::Https, host, server.address.port(), "/")
}

#[test]
fn a_certificate_of_a_trusted_authority_is_accepted_and_the_connection_kept() {
    let authority = Authority::new();
    let (server, seen) = authority.serve("localhost", false);
    let mut driver = driver(Trust::File(authority.file.clone()), None);
    for _ in 0..3 {
        assert_eq!(
            driver.response(secure("localhost", &server)).body(),
            b"secret"
        );
    }
    assert_eq!(server.accepted(), 1);
    let expected = Seen {
        name: Some("localhost".into()),
        has_certificate: false,
    };
    assert_eq!(seen.recv().unwrap(), expected);
}

#[test]
fn the_handshake_is_a_phase_of_the_first_request_only() {
    let authority = Authority::new();
    let (server, _seen) = authority.serve("localhost", false);
    let mut driver = driver(Trust::Anything, None);
    let first = driver.response(secure("127.0.0.1", &server)).timing;
    let second = driver.response(secure("127.0.0.1", &server)).timing;
    assert!(!first.tls.is_zero() && !first.connect.is_zero());
    assert!(second.tls.is_zero() && second.connect.is_zero());
    assert!(first.tls + first.connect + first.wait <= first.total);
}

#[test]
fn a_certificate_nobody_has_vouched_for_is_refused_with_a_hint() {
    let authority = Authority::new();
    let (server, _seen) = authority.serve("localhost", false);
    let failure = driver(Trust::System, None).failure(secure("localhost", &server));
    let ErrorKind::Tls { text, .. } = &failure else {
        panic!("{failure}")
    };
    assert!(
        text.contains("UnknownIssuer") && text.contains("hint: "),
        "{text}"
    );
}

#[test]
fn a_certificate_for_another_name_is_refused() {
    let authority = Authority::new();
    let (server, _seen) = authority.serve("example.test", false);
    let trust = Trust::File(authority.file.clone());
    let failure = driver(trust, None).failure(secure("localhost", &server));
    assert!(matches!(failure, ErrorKind::Tls { .. }), "{failure}");
}

#[test]
fn without_verification_any_certificate_is_accepted() {
    let authority = Authority::new();
    let (server, _seen) = authority.serve("example.test", false);
    let mut driver = driver(Trust::Anything, None);
    assert_eq!(driver.response(secure("localhost", &server)).status, 200);
}

#[test]
fn a_client_certificate_is_shown_to_a_server_that_asks_for_one() {
    let authority = Authority::new();
    let (server, seen) = authority.serve("localhost", true);
    let file = authority.sign_into_file("client.test");
    let identity = Identity {
        certificate: file.clone(),
        key: file.clone(),
    };
    let mut driver = driver(Trust::File(authority.file.clone()), Some(identity));
    assert_eq!(driver.response(secure("localhost", &server)).status, 200);
    assert!(seen.recv().unwrap().has_certificate);
    std::fs::remove_file(file).unwrap();
}

#[test]
fn a_file_of_certificates_that_cannot_be_read_is_named() {
    let server = Server::start(|_, mut peer| peer.wait_for_close());
    let trust = Trust::File("/nowhere/authority.pem".into());
    let failure = driver(trust, None).failure(secure("localhost", &server));
    assert!(
        failure.to_string().contains("/nowhere/authority.pem"),
        "{failure}"
    );
}

#[test]
fn a_server_that_does_not_speak_tls_is_a_failure_of_tls() {
    let server = Server::start(|_, mut peer| {
        peer.write(ok("in the clear"));
        peer.wait_for_close();
    });
    let failure = driver(Trust::Anything, None).failure(secure("localhost", &server));
    assert!(matches!(failure, ErrorKind::Tls { .. }), "{failure}");
}
