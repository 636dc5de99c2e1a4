//! Input that is wrong, hostile or slow: a clear answer, and everybody else goes on.

use std::io::{Read, Write};
use std::net::TcpStream;
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
fn what_is_no_number_in_an_address_is_told_as_json() {
    let mut page = Page::new();
    page.begin_run();
    page.second();
    for (path, code) in [
        ("/api/v1/stream?since=x", "bad_query"),
        ("/api/v1/delta?since=-1", "bad_query"),
        ("/api/v1/log?limit=many", "bad_query"),
        ("/api/v1/runs/1/series?from=[]", "bad_query"),
        ("/api/v1/runs/1/series?from=5&to=3", "invalid"),
        ("/api/v1/runs/1/entries/x", "bad_path"),
        ("/api/v1/runs/1/workers/99999999999999999999999", "bad_path"),
        ("/api/v1/delta?topics=everything", "invalid"),
    ] {
        let answer = page.get(path);
        assert_eq!(
            (answer.status, &answer.json()["code"]),
            (400, &json!(code)),
            "{path}"
        );
    }
}

#[test]
fn a_body_that_does_not_come_is_not_waited_for() {
    let page = Page::with(gregaria_web::server::Settings {
        body_patience: Some(Duration::from_millis(200)),
        ..gregaria_web::server::Settings::default()
    });
    for path in ["/api/v1/runs", "/swarm", "/user"] {
        let mut stream = page.connect();
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n\
             Content-Length: 100\r\n\r\n{{",
            page.address()
        )
        .unwrap();
        let mut text = String::new();
        // It is answered or closed before the limit of this test's own socket.
        stream.read_to_string(&mut text).unwrap();
        assert!(text.is_empty() || text.starts_with("HTTP/1.1 4"), "{text}");
    }
    assert_eq!(page.take_wanted(), []);
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
    let mut run = Page::new();
    run.told.host = Some("http://a\r\nX-Evil: 1\"".to_owned());
    run.begin_run();
    run.second();
    for path in [
        "/stats/requests/csv",
        "/stats/failures/csv",
        "/exceptions/csv",
    ] {
        let answer = run.get(path);
        assert_eq!(
            (answer.status, answer.header("x-evil")),
            (200, ""),
            "{path}"
        );
    }
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

/// Viewers that ask for the stream and never read it.
fn stalled_viewers(page: &Page, count: usize) -> Vec<TcpStream> {
    let stalled = (0..count).map(|_| {
        let mut stream = page.connect();
        let host = page.address();
        write!(
            stream,
            "GET /api/v1/stream HTTP/1.1\r\nHost: {host}\r\n\r\n"
        )
        .unwrap();
        stream
    });
    stalled.collect()
}

#[test]
fn a_viewer_that_does_not_read_holds_up_nobody() {
    let mut page = Page::new();
    page.begin_run();
    let mut stalled = stalled_viewers(&page, 20);
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

/// Memory of this process.
fn resident_bytes() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = text.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

#[test]
fn a_viewer_that_does_not_read_costs_no_memory() {
    let mut page = Page::new();
    page.begin_run();
    let _stalled = stalled_viewers(&page, 50);
    let mut pass = |seconds: u32| {
        for _ in 0..seconds {
            for name in 0..100 {
                page.request(&format!("/{name}/{}", "x".repeat(100)), 5.0, None);
            }
            page.second();
        }
    };
    pass(150);
    let before = resident_bytes();
    pass(300);
    // What 50 viewers have not read is far above this.
    let grown = resident_bytes().saturating_sub(before);
    assert!(grown < 40_000_000, "{grown}");
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
