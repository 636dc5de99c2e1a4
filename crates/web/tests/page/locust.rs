//! Locust's paths: the recorded answers of a real master, and ours.

use std::path::Path;

use serde_json::Value;

use crate::common::{Answer, Page, worker};

fn capture(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captures");
    std::fs::read_to_string(folder.join(name)).unwrap()
}

/// Status line and headers of a recorded answer, without what depends on time, size and origin.
fn assert_head(answer: &Answer, name: &str) {
    let recorded = capture(&format!("{name}.hdr"));
    let mut lines = recorded.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap();
    assert_eq!(answer.status.to_string(), status, "{name}");
    for line in lines {
        let Some((header, value)) = line.split_once(": ") else {
            continue;
        };
        let differs = ["access-control-allow-origin", "date", "content-length"];
        if !differs.contains(&header.to_ascii_lowercase().as_str()) {
            assert_eq!(answer.header(header), value, "{name}: {header}");
        }
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

/// Same keys in the same order, same types all the way down; of lists, the first item.
fn assert_alike(ours: &Value, theirs: &Value, at: &str) {
    assert_eq!(kind(ours), kind(theirs), "at {at}");
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            let (names, wanted): (Vec<_>, Vec<_>) =
                (ours.keys().collect(), theirs.keys().collect());
            assert_eq!(names, wanted, "at {at}");
            for (name, value) in theirs {
                assert_alike(&ours[name], value, &format!("{at}.{name}"));
            }
        }
        (Value::Array(ours), Value::Array(theirs)) => {
            for (ours, theirs) in ours.iter().zip(theirs) {
                assert_alike(ours, theirs, &format!("{at}[]"));
            }
        }
        _ => {}
    }
}

/// A master with two workers, as the recorded one.
fn master() -> Page {
    let mut page = Page::new();
    page.workers = Some(vec![
        worker(0, "lo_01f625db707546a49c21a7483b05ebef"),
        worker(1, "lo_bcecf82a375045b299225d231eae3ea8"),
    ]);
    page.second();
    page
}

#[test]
fn before_a_run_the_statistics_are_those_of_locust_to_the_byte() {
    let page = master();
    let answer = page.get("/stats/requests");
    assert_head(&answer, "requests_ready");
    let (ours, theirs) = (answer.body, capture("requests_ready.body"));
    // Workers differ, and the test counts users before it begins.
    let until = |text: &str| text.split("  \"user_count\"").next().unwrap().to_owned();
    let ours = until(&ours).replace(
        ": 0,\n    \"response_time_percentile_0.95\": 0\n",
        ": null,\n    \"response_time_percentile_0.95\": null\n",
    );
    assert_eq!(ours, until(&theirs));
}

#[test]
fn in_a_run_the_statistics_have_the_keys_and_types_of_locust() {
    let mut page = master();
    page.begin_run();
    for _ in 0..15 {
        for name in ["/", "/fail", "/slow"] {
            page.request(
                name,
                12.5,
                (name == "/fail").then_some("LocustBadStatusCode(code=404)"),
            );
        }
        page.second();
    }
    let answer = page.get("/stats/requests");
    assert_head(&answer, "requests_run");
    let theirs: Value = serde_json::from_str(&capture("requests_run.body")).unwrap();
    let ours = answer.json();
    assert_alike(&ours, &theirs, "");
    let rows = ours["stats"].as_array().unwrap();
    let names: Vec<_> = rows
        .iter()
        .map(|row| row["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["/", "/fail", "/slow", "Aggregated"]);
    assert_eq!(rows[3]["num_requests"], 45);
    assert_eq!(ours["fail_ratio"], 1.0 / 3.0);
    assert_eq!(ours["errors"][0]["occurrences"], 15);
    assert_eq!(ours["worker_count"], 2);
}

#[test]
fn a_swarm_and_a_stop_are_answered_as_by_locust() {
    let page = master();
    let form = "user_count=7&spawn_rate=2&host=http%3A%2F%2F127.0.0.1%3A18080&run_time=1m";
    let answer = page.post_form("/swarm", form);
    assert_head(&answer, "swarm_ok");
    assert_eq!(answer.body, capture("swarm_ok.body"));
    let answer = page.post_form("/stop", "");
    assert_head(&answer, "stop");
    assert_eq!(answer.body, capture("stop.body"));
    assert_eq!(
        page.post_form("/stats/reset", "").body,
        capture("reset.body")
    );
    let wanted = page.take_wanted();
    let names: Vec<_> = wanted.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["swarm", "stop_and_wait", "reset", "audit"]);
    assert_eq!(
        wanted[0].1["fields"][0],
        serde_json::json!(["user_count", "7"])
    );
}

#[test]
fn what_is_asked_wrongly_is_answered_as_by_locust() {
    let page = master();
    for (name, answer) in [
        ("swarm_get", page.get("/swarm")),
        ("notfound", page.get("/nowhere")),
        ("fullhist", page.get("/stats/requests_full_history/csv")),
        ("login", page.get("/login")),
        ("user_post", page.post_form("/user", "user_class_name=A")),
        ("workercount", page.get("/worker-count")),
    ] {
        assert_head(&answer, name);
        assert_eq!(
            answer.body.trim_end(),
            capture(&format!("{name}.body")).trim_end(),
            "{name}"
        );
    }
}

#[test]
fn exceptions_and_logs_have_the_shape_of_locust() {
    let mut page = master();
    assert_eq!(
        page.get("/exceptions").body,
        capture("exceptions_ready.body")
    );
    let node = "lo_01f625db707546a49c21a7483b05ebef";
    let exception = gregaria_stats::Exception::new(node, "boom", "  File \"lf.py\", line 1\n");
    page.totals.add_exception(&exception);
    page.second();
    let theirs: Value = serde_json::from_str(&capture("exceptions_run.body")).unwrap();
    assert_alike(&page.get("/exceptions").json(), &theirs, "");
    page.seam
        .log()
        .report("lo_1", vec!["[x] lo/INFO/a: b".to_owned()], 1.0);
    let logs = page.get("/logs").json();
    assert_eq!(logs["workers"]["lo_1"][0], "[x] lo/INFO/a: b");
    assert_eq!(logs["master"], serde_json::json!([]));
}

#[test]
fn csv_files_are_downloads_under_the_names_of_locust() {
    let mut page = master();
    page.begin_run();
    page.request("=cmd()", 5.0, Some("@x"));
    page.second();
    let answer = page.get("/stats/requests/csv");
    assert_eq!(answer.header("content-type"), "text/csv");
    assert_eq!(
        answer.header("content-disposition"),
        "attachment;filename=Locust_2026-11-22-11h28_lf.py_http://127.0.0.1:18080_requests.csv"
    );
    assert!(answer.body.starts_with("Type,Name,Request Count"));
    assert!(
        page.get("/stats/failures/csv")
            .body
            .starts_with("Method,Name,Error")
    );
    assert!(
        page.get("/exceptions/csv")
            .body
            .starts_with("Count,Message,Traceback,Nodes")
    );
}
