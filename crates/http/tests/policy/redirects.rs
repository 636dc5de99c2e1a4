use std::rc::Rc;

use gregaria_http::{ErrorKind, HeaderBlock, Method, RedirectStyle, Request, Rules, Url, follow};

fn request(method: &str, url: &str, style: RedirectStyle) -> Request {
    let url = Url::parse(url).expect("a URL");
    let has_body = matches!(method, "POST" | "PUT");
    let mut headers = HeaderBlock::default();
    for (name, value) in [
        ("Content-Type", "text/plain"),
        ("X-A", "1"),
        ("authorization", "Basic dTpw"),
        ("Cookie", "c=1"),
    ] {
        headers
            .push(name.as_bytes(), value.as_bytes())
            .expect("a valid header");
    }
    Request {
        method: Method::new(method),
        origin: url.origin.into(),
        target: url.target.into(),
        headers: headers.into(),
        body: has_body.then(|| (*b"x=1").into()),
        rules: Rc::new(Rules {
            redirect_style: style,
            ..Rules::default()
        }),
    }
}

fn followed(request: &Request, status: u16, location: &str) -> Request {
    follow(request, status, Some(location.as_bytes()))
        .expect("a URL")
        .expect("a redirect")
}

fn names(request: &Request) -> Vec<String> {
    request
        .headers
        .iter()
        .map(|(name, _)| String::from_utf8_lossy(name).into_owned())
        .collect()
}

const FROM: &str = "http://shop.test/a/b?c=1";

#[test]
fn the_method_changes_as_in_the_client_that_is_stood_in_for() {
    use RedirectStyle::{Geventhttpclient, Requests};
    for (style, status, methods) in [
        (
            Requests,
            301,
            [
                ("GET", "GET"),
                ("POST", "GET"),
                ("PUT", "PUT"),
                ("DELETE", "DELETE"),
                ("HEAD", "HEAD"),
            ],
        ),
        (
            Requests,
            302,
            [
                ("GET", "GET"),
                ("POST", "GET"),
                ("PUT", "GET"),
                ("DELETE", "GET"),
                ("HEAD", "HEAD"),
            ],
        ),
        (
            Requests,
            303,
            [
                ("GET", "GET"),
                ("POST", "GET"),
                ("PUT", "GET"),
                ("DELETE", "GET"),
                ("HEAD", "HEAD"),
            ],
        ),
        (
            Requests,
            307,
            [
                ("GET", "GET"),
                ("POST", "POST"),
                ("PUT", "PUT"),
                ("DELETE", "DELETE"),
                ("HEAD", "HEAD"),
            ],
        ),
        (
            Requests,
            308,
            [
                ("GET", "GET"),
                ("POST", "POST"),
                ("PUT", "PUT"),
                ("DELETE", "DELETE"),
                ("HEAD", "HEAD"),
            ],
        ),
        (
            Geventhttpclient,
            301,
            [
                ("GET", "GET"),
                ("POST", "GET"),
                ("PUT", "GET"),
                ("DELETE", "GET"),
                ("HEAD", "HEAD"),
            ],
        ),
        (
            Geventhttpclient,
            302,
            [
                ("GET", "GET"),
                ("POST", "GET"),
                ("PUT", "GET"),
                ("DELETE", "GET"),
                ("HEAD", "HEAD"),
            ],
        ),
        (
            Geventhttpclient,
            307,
            [
                ("GET", "GET"),
                ("POST", "POST"),
                ("PUT", "PUT"),
                ("DELETE", "DELETE"),
                ("HEAD", "HEAD"),
            ],
        ),
    ] {
        for (before, after) in methods {
            let next = followed(&request(before, FROM, style), status, "/next");
            assert_eq!(next.method.as_str(), after, "{style:?} {status} {before}");
        }
    }
}

#[test]
fn a_body_goes_along_only_with_307_and_308() {
    let put = request("PUT", FROM, RedirectStyle::Requests);
    for status in [307, 308] {
        let next = followed(&put, status, "/next");
        assert_eq!(next.body.as_deref(), Some(&b"x=1"[..]));
        assert_eq!(names(&next), ["Content-Type", "X-A", "authorization"]);
    }
    let next = followed(&put, 302, "/next");
    assert_eq!(next.body, None);
    assert_eq!(names(&next), ["X-A", "authorization"]);
    // PUT stays PUT, and says that its body is empty.
    assert_eq!(followed(&put, 301, "/next").body.as_deref(), Some(&b""[..]));
}

#[test]
fn other_answers_are_not_followed() {
    let get = request("GET", FROM, RedirectStyle::Requests);
    for status in [200, 201, 300, 304, 305, 306, 404] {
        assert!(
            follow(&get, status, Some(b"/next")).unwrap().is_none(),
            "{status}"
        );
    }
    assert!(follow(&get, 302, None).unwrap().is_none());
    assert!(follow(&get, 302, Some(b"")).unwrap().is_none());
}

#[test]
fn credentials_stay_with_their_origin() {
    for (from, to, is_kept) in [
        ("http://a/", "http://a/x", true),
        ("http://a/", "http://a:80/x", true),
        ("http://a/", "https://a/x", true),
        ("http://a/", "http://b/x", false),
        ("http://a/", "http://a:81/x", false),
        ("https://a/", "http://a/x", false),
        ("http://a:8080/", "https://a:8443/x", false),
        ("http://a/", "http://u:p@a/x", true),
    ] {
        let next = followed(&request("GET", from, RedirectStyle::Requests), 302, to);
        assert_eq!(
            names(&next).contains(&"authorization".to_owned()),
            is_kept,
            "{from} {to}"
        );
    }
}

#[test]
fn a_location_is_taken_as_requests_takes_it() {
    for (location, expected) in [
        ("next", "http://shop.test/a/next"),
        ("./next?x=1", "http://shop.test/a/next?x=1"),
        ("?q=1", "http://shop.test/a/b?q=1"),
        ("../up", "http://shop.test/up"),
        ("//other.test/n", "http://other.test/n"),
        ("https://OTHER.test", "https://other.test/"),
        ("http://shop.test:81/a b", "http://shop.test:81/a%20b"),
        ("/a%20b?x=%zz", "http://shop.test/a%2520b?x=%25zz"),
        ("/a%20b?x=%7a", "http://shop.test/a%20b?x=z"),
        ("/ä", "http://shop.test/%C3%A4"),
        ("#only", "http://shop.test/a/b?c=1"),
        ("/a/../b", "http://shop.test/b"),
        ("http:///x", "http://shop.test/x"),
        ("http:next", "http://shop.test/a/next"),
        ("/x?y=a b\"<>", "http://shop.test/x?y=a%20b%22%3C%3E"),
    ] {
        let next = followed(
            &request("GET", FROM, RedirectStyle::Requests),
            302,
            location,
        );
        assert_eq!(
            format!("{}{}", next.origin, next.target),
            expected,
            "{location}"
        );
    }
}

#[test]
fn a_location_in_latin_1_is_understood() {
    let get = request("GET", FROM, RedirectStyle::Requests);
    let next = follow(&get, 302, Some(b"/\xe4")).unwrap().unwrap();
    assert_eq!(&*next.target, "/%C3%A4");
}

#[test]
fn a_location_that_is_no_http_url_is_an_error() {
    let get = request("GET", FROM, RedirectStyle::Requests);
    for location in [
        "ftp://shop.test/x",
        "mailto:x",
        "javascript:x",
        "http://shop.test:bad/",
    ] {
        let error = follow(&get, 302, Some(location.as_bytes())).unwrap_err();
        assert_eq!(
            error,
            ErrorKind::InvalidRedirect {
                location: location.into()
            }
        );
    }
}

#[test]
fn a_fragment_is_kept_by_a_location_without_one() {
    let url = Url::parse("http://shop.test/a#old").unwrap();
    assert_eq!(url.join("/b").unwrap().fragment.as_deref(), Some("old"));
    assert_eq!(url.join("/b#new").unwrap().fragment.as_deref(), Some("new"));
}
