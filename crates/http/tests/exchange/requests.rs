//! What is sent.

use std::sync::Arc;

use gregaria_http::h1::State;
use gregaria_http::{Origin, Request, Scheme};

use super::given::{headers, request};

fn encoded(request: &Request, cookie: Option<&str>) -> String {
    let mut out = Vec::new();
    State::default().start(request, cookie, &mut out);
    String::from_utf8(out).expect("ASCII")
}

#[test]
fn the_host_comes_first_then_the_headers_in_their_order_and_case() {
    let mut request = request("GET");
    request.headers = headers(&[("x-Second", "2"), ("Accept", "*/*")]).into();
    assert_eq!(
        encoded(&request, None),
        "GET /cart?id=1 HTTP/1.1\r\nHost: shop.test\r\nx-Second: 2\r\nAccept: */*\r\n\r\n"
    );
}

#[test]
fn a_body_is_announced_by_its_length() {
    let mut request = request("POST");
    request.body = Some((*b"0123456789ab").into());
    assert_eq!(
        encoded(&request, None),
        "POST /cart?id=1 HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 12\r\n\r\n0123456789ab"
    );
}

#[test]
fn an_empty_body_is_announced_too() {
    let mut request = request("POST");
    request.body = Some([].into());
    assert!(encoded(&request, None).ends_with("\r\nContent-Length: 0\r\n\r\n"));
}

#[test]
fn a_length_of_the_users_own_is_not_repeated() {
    let mut request = request("POST");
    request.headers = headers(&[("content-length", "3")]).into();
    request.body = Some((*b"abc").into());
    assert!(encoded(&request, None).ends_with("test\r\ncontent-length: 3\r\n\r\nabc"));
}

#[test]
fn a_body_under_a_transfer_encoding_of_the_users_is_one_chunk() {
    let mut request = request("POST");
    request.headers = headers(&[("Transfer-Encoding", "chunked")]).into();
    request.body = Some([b'x'; 27].into());
    let body = format!("\r\n\r\n1b\r\n{}\r\n0\r\n\r\n", "x".repeat(27));
    assert!(encoded(&request, None).ends_with(&body));
    request.body = None;
    assert!(encoded(&request, None).ends_with("chunked\r\n\r\n0\r\n\r\n"));
}

#[test]
fn cookies_of_the_jar_follow_the_headers_unless_the_user_has_set_some() {
    let mut request = request("GET");
    request.headers = headers(&[("Accept", "*/*")]).into();
    assert!(encoded(&request, Some("a=1; b=2")).ends_with("*/*\r\nCookie: a=1; b=2\r\n\r\n"));
    request.headers = headers(&[("COOKIE", "mine=1")]).into();
    assert!(encoded(&request, Some("a=1")).ends_with("shop.test\r\nCOOKIE: mine=1\r\n\r\n"));
}

#[test]
fn a_host_of_the_users_own_stays_in_its_place() {
    let mut request = request("GET");
    request.headers = headers(&[("Accept", "*/*"), ("host", "other")]).into();
    assert!(encoded(&request, None).ends_with("HTTP/1.1\r\nAccept: */*\r\nhost: other\r\n\r\n"));
}

#[test]
fn the_host_line_is_the_authority_of_the_origin() {
    for (scheme, host, port) in [
        (Scheme::Http, "shop.test", 80),
        (Scheme::Http, "shop.test", 443),
        (Scheme::Https, "shop.test", 443),
        (Scheme::Https, "10.0.0.1", 8443),
        (Scheme::Http, "::1", 80),
        (Scheme::Http, "fe80::1", 65535),
    ] {
        let mut request = request("GET");
        let origin = Origin {
            scheme,
            host: host.into(),
            port,
        };
        let line = format!("\r\nHost: {}\r\n", origin.authority());
        request.origin = Arc::new(origin);
        let sent = encoded(&request, None);
        assert!(sent.contains(&line), "{sent}");
    }
}

#[test]
fn a_request_is_appended_to_what_is_there() {
    let mut out = b"before".to_vec();
    State::default().start(&request("DELETE"), None, &mut out);
    assert!(out.starts_with(b"beforeDELETE /cart?id=1 HTTP/1.1\r\n"));
}
