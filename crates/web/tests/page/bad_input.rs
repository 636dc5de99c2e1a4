//! Input that is wrong, hostile or slow: a clear answer, and everybody else goes on.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::common::Page;

#[test]
fn json_that_is_none_is_named_and_nothing_is_done() {
    let page = Page::new();
    for body in [
        "",
        "{",
        "[]",
        "nonsense",
        "{\"users\": \"many\"}",
        "{\"users\": -1}",
        "{\"x\": 1}",
    ] {
        let kind = ("Content-Type", "application/json");
        let answer = page.ask("POST /api/v1/runs HTTP/1.1", &[kind], body);
        assert_eq!(
            (answer.status, &answer.json()["code"]),
            (400, &json!("bad_json")),
            "{body}"
        );
    }
    for (field, value) in [
        ("spawn_rate", json!(0)),
        ("users", json!(1_000_000_000_000_u64)),
        ("run_time_seconds", json!(-5)),
    ] {
        let mut request = json!({"users": 1, "spawn_rate": 1, "host": "http://127.0.0.1:1"});
        request[field] = value;
        let answer = page.post_json("/api/v1/runs", &request);
        assert_eq!(
            (answer.status, &answer.json()["field"]),
            (400, &json!(field))
        );
    }
    assert_eq!(page.take_wanted(), []);
}

#[test]
fn a_huge_body_is_refused_before_it_is_read() {
    let page = Page::new();
    let huge = "x".repeat(8 * 1024 * 1024);
    for path in ["/api/v1/runs", "/swarm", "/user"] {
        let line = format!("POST {path} HTTP/1.1");
        let answer = page.ask(&line, &[("Content-Type", "application/json")], &huge);
        assert!(
            [413, 0].contains(&answer.status),
            "{path}: {}",
            answer.status
        );
    }
    assert_eq!(page.get("/worker-count").status, 200);
    assert_eq!(page.take_wanted(), []);
}

#[test]
fn unknown_runs_and_tricks_with_paths_find_nothing() {
    let page = Page::new();
    for path in [
        "/api/v1/runs/7",
        "/api/v1/runs/-1",
        "/api/v1/runs/99999999999999999999",
        "/api/v1/runs/x/series",
        "/assets/../Cargo.toml",
        "/assets/%2e%2e/%2e%2e/Cargo.toml",
        "/assets//etc/passwd",
        "/..%2f..%2fetc/passwd",
        "/%00",
    ] {
        let answer = page.get(path);
        assert!(
            [400, 404].contains(&answer.status),
            "{path}: {}",
            answer.status
        );
        assert!(!answer.body.contains("root:"), "{path}");
    }
}

#[test]
fn what_is_typed_never_becomes_a_header() {
    let page = Page::new();
    let answer = page.get("/stats/requests/csv?x=%0d%0aSet-Cookie:%20a=b");
    assert_eq!(answer.header("set-cookie"), "");
    let answer = page.ask(
        "GET /login?next=%0d%0aX-Evil:%201 HTTP/1.1",
        &[("Accept", "text/html")],
        "",
    );
    assert_eq!(answer.header("x-evil"), "");
    let answer = page.send(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nBad Header: x\r\n\r\n");
    assert_eq!(answer.status, 400);
}

#[test]
fn names_with_markup_and_thousands_of_characters_are_texts() {
    let mut page = Page::new();
    page.begin_run();
    let evil = format!(
        "<script>alert('\u{202e}')</script>\"&\r\n{}",
        "x".repeat(5000)
    );
    page.request(&evil, 5.0, Some("=HYPERLINK(\"http://evil.example\")"));
    page.second();
    let snapshot = page.get("/api/v1/runs/1");
    assert_eq!(snapshot.header("content-type"), "application/json");
    assert_eq!(snapshot.json()["names"][1]["name"], evil.as_str());
    // A line break in a name does not end an event.
    let delta = page.get("/api/v1/delta").json();
    assert_eq!(
        delta["events"][1]["data"]["names"][1]["name"],
        evil.as_str()
    );
    assert_eq!(
        page.get("/stats/requests").json()["stats"][0]["name"],
        evil.as_str()
    );
}

#[test]
fn a_viewer_that_does_not_read_holds_up_nobody() {
    let mut page = Page::new();
    page.begin_run();
    let mut stalled = Vec::new();
    for _ in 0..20 {
        let mut stream = page.connect();
        write!(
            stream,
            "GET /api/v1/stream HTTP/1.1\r\nHost: {}\r\n\r\n",
            page.address()
        )
        .unwrap();
        stalled.push(stream);
    }
    for second in 0..200 {
        for name in 0..50 {
            page.request(
                &format!("/{name}/{}", "x".repeat(100)),
                f64::from(second),
                None,
            );
        }
        page.second();
    }
    let begun = Instant::now();
    assert_eq!(page.get("/worker-count").status, 200);
    assert!(
        begun.elapsed() < Duration::from_secs(2),
        "{:?}",
        begun.elapsed()
    );
    // Who reads again is told how it is now.
    let mut text = [0; 64];
    assert_ne!(stalled[0].read(&mut text).unwrap(), 0);
}

#[test]
fn a_thousand_connections_are_served() {
    let page = Page::new();
    let mut silent: Vec<_> = (0..1000).map(|_| page.connect()).collect();
    assert_eq!(page.get("/worker-count").status, 200);
    let last = silent.last_mut().unwrap();
    write!(
        last,
        "GET /worker-count HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
        page.address()
    )
    .unwrap();
    let mut text = String::new();
    last.read_to_string(&mut text).unwrap();
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
}
