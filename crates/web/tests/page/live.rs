//! The live stream, and what stands in for it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use flate2::read::GzDecoder;
use gregaria_stats::Task;
use serde_json::Value;

use crate::common::Page;

/// A viewer: the name and the data of each event as it comes.
struct Viewer {
    lines: Box<dyn BufRead>,
}

impl Viewer {
    fn new(page: &Page, query: &str, is_packed: bool) -> Self {
        let mut stream = page.connect();
        let accept = if is_packed {
            "Accept-Encoding: gzip\r\n"
        } else {
            ""
        };
        write!(
            stream,
            "GET /api/v1/stream{query} HTTP/1.1\r\nHost: {}\r\n{accept}\r\n",
            page.address()
        )
        .unwrap();
        let mut reader = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            reader.read_line(&mut head).unwrap();
        }
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        assert!(head.contains("content-type: text/event-stream"), "{head}");
        let body = Chunks { reader, left: 0 };
        let lines: Box<dyn BufRead> = if is_packed {
            Box::new(BufReader::with_capacity(1, GzDecoder::new(body)))
        } else {
            Box::new(BufReader::with_capacity(1, body))
        };
        Self { lines }
    }

    /// The next event of this name.
    fn next(&mut self, wanted: &str) -> Value {
        let mut name = String::new();
        loop {
            let mut line = String::new();
            assert_ne!(
                self.lines.read_line(&mut line).unwrap(),
                0,
                "the stream has ended"
            );
            if let Some(found) = line.strip_prefix("event: ") {
                found.trim_end().clone_into(&mut name);
            } else if let Some(data) = line.strip_prefix("data: ")
                && name == wanted
            {
                return serde_json::from_str(data).unwrap();
            }
        }
    }
}

/// The body of an answer in chunks.
struct Chunks {
    reader: BufReader<TcpStream>,
    left: usize,
}

impl Read for Chunks {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.left == 0 {
            let mut line = String::new();
            self.reader.read_line(&mut line)?;
            if line.trim().is_empty() {
                line.clear();
                self.reader.read_line(&mut line)?;
            }
            self.left = usize::from_str_radix(line.trim(), 16).unwrap_or(0);
            if self.left == 0 {
                return Ok(0);
            }
        }
        let most = buffer.len().min(self.left);
        let read = self.reader.read(&mut buffer[..most])?;
        self.left -= read;
        Ok(read)
    }
}

#[test]
fn a_viewer_sees_the_whole_picture_and_then_each_second() {
    for is_packed in [false, true] {
        let mut page = Page::new();
        page.begin_run();
        page.request("/", 10.0, None);
        page.second();
        let mut viewer = Viewer::new(&page, "", is_packed);
        assert_eq!(viewer.next("hello")["state"]["phase"], "running");
        let snapshot = viewer.next("snapshot");
        assert_eq!(snapshot["run"], 1);
        assert_eq!(snapshot["names"][1]["name"], "/");
        assert_eq!(snapshot["entries"]["requests"], serde_json::json!([1, 1]));
        page.request("/new", 20.0, Some("LocustBadStatusCode(code=500)"));
        page.recorder.record_aborted();
        page.second();
        let tick = viewer.next("tick");
        assert_eq!(
            tick["seq"].as_u64().unwrap(),
            snapshot["seq"].as_u64().unwrap() + 1
        );
        assert_eq!(tick["names"][0]["name"], "/new");
        assert_eq!(tick["failures"][0]["kind"], "server_error");
        // The entry without requests in this second is not sent, apart from its rate.
        assert!(
            tick["entries"]["index"]
                .as_array()
                .unwrap()
                .contains(&2.into())
        );
        assert_eq!(tick["overview"]["whole_run"]["failures"], 1);
        assert_eq!(tick["overview"]["aborted"], 1);
    }
}

#[test]
fn who_comes_back_gets_what_was_missed_and_nothing_else() {
    let mut page = Page::new();
    page.begin_run();
    page.second();
    let mut viewer = Viewer::new(&page, "", false);
    let seen = viewer.next("snapshot")["seq"].as_u64().unwrap();
    drop(viewer);
    for _ in 0..10 {
        page.request("/", 10.0, None);
        page.second();
    }
    let mut back = Viewer::new(&page, &format!("?since={seen}"), true);
    for second in 1..=10 {
        let tick = back.next("tick");
        assert_eq!(tick["seq"].as_u64().unwrap(), seen + second);
        assert_eq!(tick["overview"]["whole_run"]["requests"], second);
    }
}

#[test]
fn who_was_away_for_long_gets_the_whole_picture() {
    let mut page = Page::new();
    page.begin_run();
    page.second();
    let seen = page.server.app().feed.board().seq();
    for _ in 0..150 {
        page.second();
    }
    let mut back = Viewer::new(&page, &format!("?since={seen}"), false);
    assert_eq!(back.next("snapshot")["seq"].as_u64().unwrap(), seen + 150);
    let of_another_life = Viewer::new(&page, "?since=17", false).next("snapshot");
    assert_eq!(of_another_life["seq"].as_u64().unwrap(), seen + 150);
}

#[test]
fn another_run_begins_with_a_picture_of_its_own() {
    let mut page = Page::new();
    page.begin_run();
    page.request("/old", 10.0, None);
    page.second();
    let mut viewer = Viewer::new(&page, "", false);
    viewer.next("snapshot");
    page.totals.clear_all(page.now);
    page.begin_run();
    page.request("/other", 10.0, None);
    page.second();
    let snapshot = viewer.next("snapshot");
    assert_eq!(snapshot["run"], 2);
    assert_eq!(snapshot["names"].as_array().unwrap().len(), 2);
    assert_eq!(snapshot["names"][1]["name"], "/other");
    assert_eq!(snapshot["series"]["time"].as_array().unwrap().len(), 1);
}

#[test]
fn polling_gives_what_the_stream_would_have_given() {
    let mut page = Page::new();
    page.begin_run();
    page.second();
    let first = page.get("/api/v1/delta?topics=overview").json();
    let kinds = |delta: &Value| -> Vec<String> {
        let events = delta["events"].as_array().unwrap().iter();
        events
            .map(|event| event["event"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(kinds(&first), ["hello", "snapshot"]);
    page.request("/", 1.0, None);
    page.second();
    page.second();
    let path = format!("/api/v1/delta?topics=overview&since={}", first["seq"]);
    let delta = page.get(&path).json();
    assert_eq!(kinds(&delta), ["tick", "tick"]);
    assert_eq!(delta["events"][0]["data"]["entries"], Value::Null);
    assert_eq!(
        delta["seq"].as_u64().unwrap(),
        first["seq"].as_u64().unwrap() + 2
    );
}

#[test]
fn lines_of_an_entry_and_the_table_of_a_stretch_come_from_the_same_counts() {
    let mut page = Page::new();
    page.begin_run();
    page.second();
    for second in 0..40 {
        page.request("/a", if second < 20 { 10.0 } else { 100.0 }, None);
        page.second();
    }
    let series = page.get("/api/v1/runs/1/series?entry=1").json();
    assert_eq!(series["time"].as_array().unwrap().len(), 4);
    let p50: Vec<f64> = series["p50_ms"]
        .as_array()
        .unwrap()
        .iter()
        .map(|value| value.as_f64().unwrap())
        .collect();
    assert!(p50[0] < 11.0 && p50[3] > 99.0, "{p50:?}");
    let from = page.now - 10.0;
    let window = page
        .get(&format!(
            "/api/v1/runs/1/window?from={from}&to={}",
            page.now
        ))
        .json();
    assert!(window["total"]["p50_ms"].as_f64().unwrap() > 99.0);
    assert_eq!(window["entries"]["index"], serde_json::json!([1]));
    let detail = page.get("/api/v1/runs/1/entries/1").json();
    assert_eq!(detail["whole_run"]["requests"], 40);
    assert_eq!(
        detail["statuses"],
        serde_json::json!([{"status": 200, "count": 40}])
    );
    assert_eq!(page.get("/api/v1/runs/1/entries/7").status, 404);
    assert_eq!(page.get("/api/v1/runs/2/series").status, 404);
    let heat = &page.get("/api/v1/runs/1").json()["heat"];
    let sum: u64 = heat["columns"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|column| column["counts"].as_array().unwrap())
        .map(|count| count.as_u64().unwrap())
        .sum();
    // The last request lies in a stretch that is not complete.
    assert_eq!(sum, 39);
}

#[test]
fn a_folder_has_the_percentiles_of_all_its_requests_together() {
    let mut page = Page::new();
    page.begin_run();
    page.second();
    for second in 0..30 {
        for _ in 0..9 {
            page.request("/item/a", 10.0, None);
        }
        page.request("/item/b", 1000.0, Some("LocustBadStatusCode(code=500)"));
        page.request("/cart", if second < 15 { 20.0 } else { 40.0 }, None);
        page.second();
    }
    let folders = page.get("/api/v1/runs/1/folders").json();
    assert_eq!(folders["from"], Value::Null);
    let item = &folders["folders"][1];
    assert_eq!(item["name"], "/item");
    assert_eq!(item["entries"].as_array().unwrap().len(), 2);
    let figures = &item["figures"];
    assert_eq!(
        (&figures["requests"], &figures["failures"]),
        (&300.into(), &30.into())
    );
    // The mean of the two medians would be about 500.
    assert!(figures["p50_ms"].as_f64().unwrap() < 11.0, "{figures}");
    assert!(figures["p95_ms"].as_f64().unwrap() > 990.0, "{figures}");
    let end = page.now;
    let path = format!("/api/v1/runs/1/folders?by=path&from={}&to={end}", end - 9.0);
    let late = page.get(&path).json();
    assert_eq!(late["folders"][0]["name"], "/cart");
    assert!(
        late["folders"][0]["figures"]["p50_ms"].as_f64().unwrap() > 39.0,
        "{late}"
    );
    let methods = page.get("/api/v1/runs/1/folders?by=method").json();
    assert_eq!(methods["folders"][0]["figures"]["requests"], 330);
    assert_eq!(page.get("/api/v1/runs/1/folders?by=colour").status, 400);
    // What one task has asked for so far, another asks for, too; and nobody says who asks for /cart.
    let tasks = |page: &Page, part: &str| {
        let path = format!("/api/v1/runs/1/folders?by=task{part}");
        let folders = page.get(&path).json()["folders"].clone();
        let folder = |one: &Value| {
            (
                one["name"].clone(),
                one["entries"].as_array().unwrap().len(),
            )
        };
        folders
            .as_array()
            .unwrap()
            .iter()
            .map(folder)
            .collect::<Vec<_>>()
    };
    assert_eq!(tasks(&page, ""), [("task not known".into(), 3)]);
    for (task, name) in [
        ("", "/item/a"),
        ("Shopper.buy", "/item/b"),
        ("Shopper.look", "/item/b"),
    ] {
        page.task = Some(Task::from_text(Some(task)));
        page.request(name, 10.0, None);
    }
    page.task = Some(Task::from_text(Some("Shopper.look")));
    page.request("/look", 10.0, None);
    for _ in 0..10 {
        page.second();
    }
    let expected = [
        ("Shopper.look".into(), 1),
        ("outside tasks".into(), 1),
        ("several tasks".into(), 1),
        ("task not known".into(), 1),
    ];
    assert_eq!(tasks(&page, ""), expected);
    let last = format!("&from={}&to={}", page.now - 10.0, page.now);
    assert_eq!(tasks(&page, &last)[..3], expected[..3]);
    assert_eq!(page.get("/api/v1/runs/2/folders").status, 404);
}

#[test]
fn failures_and_errors_have_short_lines_and_errors_their_type() {
    let mut page = Page::new();
    page.begin_run();
    page.second();
    page.recorder
        .record_exception(Some("KeyError"), "'total'", "  File \"lf.py\", line 1\n");
    for _ in 0..20 {
        page.request("/", 10.0, Some("LocustBadStatusCode(code=500)"));
        page.second();
    }
    let picture = page.get("/api/v1/runs/1").json();
    assert_eq!(picture["exceptions"][0]["error_type"], "KeyError");
    assert_eq!(
        picture["failures"][0]["worker_count"],
        Value::Null,
        "there are no workers"
    );
    let courses = page
        .get("/api/v1/runs/1/failures?failures=0,9&exceptions=0")
        .json();
    let failures = courses["failures"].as_array().unwrap();
    assert_eq!((failures.len(), &failures[0]["id"]), (1, &0.into()));
    let rates = failures[0]["per_second"].as_array().unwrap();
    assert_eq!(rates.len(), courses["time"].as_array().unwrap().len());
    assert!(
        rates.iter().all(|rate| rate.as_f64().unwrap() > 0.5),
        "{rates:?}"
    );
    assert_eq!(courses["exceptions"][0]["workers"], serde_json::json!([]));
    assert_eq!(page.get("/api/v1/runs/1/failures?failures=x").status, 400);
}
