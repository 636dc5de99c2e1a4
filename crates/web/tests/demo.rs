//! The demo's server over a real socket: every path does what its table says.

#![allow(
    clippy::unwrap_used,
    reason = "everything here is test code, and a panic is how a test fails"
)]

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use gregaria_web::demo::{Target, latency, misc};

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    /// The value of the first header of this name, or nothing.
    fn header(&self, name: &str) -> &str {
        self.head
            .lines()
            .find_map(|line| {
                line.split_once(": ")
                    .filter(|(n, _)| n.eq_ignore_ascii_case(name))
            })
            .map_or("", |(_, value)| value)
    }

    /// What the next request sends as `Cookie`.
    fn cookie(&self) -> String {
        self.header("set-cookie")
            .split(';')
            .next()
            .unwrap_or_default()
            .to_owned()
    }
}

fn ask(address: SocketAddr, line: &str, headers: &str, body: &str) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(5)))
        .unwrap();
    let length = body.len();
    write!(
        stream,
        "{line} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    )
    .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    Answer {
        status: head.split(' ').nth(1).unwrap().parse().unwrap(),
        head: head.to_owned(),
        body: body.to_owned(),
    }
}

fn get(target: &Target, path: &str) -> Answer {
    ask(target.address(), &format!("GET {path}"), "", "")
}

fn post(target: &Target, path: &str, kind: &str, cookie: &str, body: &str) -> Answer {
    let headers = format!("Content-Type: {kind}\r\nCookie: theme=dark; {cookie}\r\n");
    ask(target.address(), &format!("POST {path}"), &headers, body)
}

#[test]
fn pages_of_known_products_exist_and_others_do_not() {
    let target = Target::start(0).unwrap();
    assert_eq!(get(&target, "/").status, 200);
    assert_eq!(get(&target, "/products/20").status, 200);
    assert_eq!(get(&target, "/products/21").status, 404);
    assert_eq!(get(&target, "/api/products/0").status, 404);
    let product = get(&target, "/api/products/7");
    assert_eq!(product.header("content-type"), "application/json");
    assert_eq!(
        product.body,
        r#"{"id":7,"name":"Product 7","price_cents":799}"#
    );
}

#[test]
fn a_cart_belongs_to_its_cookie_and_is_emptied_by_the_checkout() {
    let target = Target::start(0).unwrap();
    let json = "application/json";
    let first = post(&target, "/cart", json, "", r#"{"product": 2}"#);
    let cookie = first.cookie();
    assert!(cookie.starts_with("session="), "{}", first.head);
    let second = post(&target, "/cart", json, &cookie, r#"{"product": 3}"#);
    assert_eq!(second.body, r#"{"items":2,"total_cents":698}"#);
    assert_eq!(second.cookie(), "", "a known session keeps its cookie");
    assert_eq!(
        get(&target, "/cart").body,
        r#"{"items":0,"total_cents":0}"#,
        "without the cookie"
    );

    let order = post(&target, "/checkout", json, &cookie, "");
    assert_eq!(
        (order.status, order.body.as_str()),
        (200, r#"{"items":2,"order":1}"#)
    );
    assert_eq!(post(&target, "/checkout", json, &cookie, "").status, 409);
}

#[test]
fn signing_in_takes_the_session_of_the_form_and_its_token_once() {
    let target = Target::start(0).unwrap();
    let form = "application/x-www-form-urlencoded";
    let page = get(&target, "/login");
    let token = page
        .body
        .split("value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    let right = format!("user=ada&password=demo&csrf={token}");

    assert_eq!(
        post(&target, "/login", form, "", &right).status,
        403,
        "without the cookie"
    );
    let signed_in = post(&target, "/login", form, &page.cookie(), &right);
    assert_eq!(
        (signed_in.status, signed_in.header("location")),
        (303, "/account")
    );
    assert_eq!(
        post(&target, "/login", form, &page.cookie(), &right).status,
        403,
        "twice"
    );

    let cookie = format!("Cookie: {}\r\n", page.cookie());
    let account = ask(target.address(), "GET /account", &cookie, "");
    assert_eq!(
        (account.status, account.body.as_str()),
        (200, "signed in as ada")
    );
    assert_eq!(get(&target, "/account").status, 401);
}

#[test]
fn the_flaky_path_fails_every_tenth_time() {
    let target = Target::start(0).unwrap();
    let failed: Vec<u64> = (1..=30)
        .filter(|_| get(&target, "/flaky").status == 503)
        .collect();
    assert_eq!(
        failed,
        [
            misc::FAILS_EVERY,
            2 * misc::FAILS_EVERY,
            3 * misc::FAILS_EVERY
        ]
    );
}

#[test]
fn the_slow_path_takes_its_time_and_the_moved_one_says_where_to() {
    let target = Target::start(0).unwrap();
    let start = Instant::now();
    assert_eq!(get(&target, "/slow").status, 200);
    assert!(start.elapsed() >= latency::SLOW);
    let moved = get(&target, "/old");
    assert_eq!((moved.status, moved.header("location")), (301, "/products"));
}

#[test]
fn requests_are_counted_and_a_stopped_target_answers_nobody() {
    let mut target = Target::start(0).unwrap();
    get(&target, "/");
    get(&target, "/nowhere");
    assert_eq!(get(&target, "/served").body, r#"{"served":2}"#);
    let mut kept = TcpStream::connect(target.address()).unwrap();
    target.stop().unwrap();
    assert_eq!(target.served(), 3);
    assert!(TcpStream::connect(target.address()).is_err());
    kept.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    assert!(
        matches!(kept.read(&mut [0; 8]), Ok(0) | Err(_)),
        "a kept connection is closed too"
    );
}
