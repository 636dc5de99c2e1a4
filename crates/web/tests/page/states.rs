//! Every state that the page can show and that the server brings about.

use gregaria_runner::State;
use gregaria_stats::{Marker, MarkerKind};
use gregaria_web::model::{EndKind, TestError, TestErrorKind};
use gregaria_web::seam::{RunStatus, Worker};
use serde_json::{Value, json};

use crate::common::{Page, START, worker};

/// The whole picture, as a page that is opened now gets it.
fn picture(page: &Page) -> Value {
    let delta = page.get("/api/v1/delta").json();
    delta["events"][1]["data"].clone()
}

fn alerts(page: &Page) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let picture = picture(page);
    let alerts = picture["alerts"].as_array().unwrap().iter();
    alerts
        .map(|alert| (text(&alert["kind"]), text(&alert["text"])))
        .collect()
}

fn start(page: &Page) -> (u16, Value) {
    let request = json!({"users": 1, "spawn_rate": 1, "host": "http://127.0.0.1:1"});
    let answer = page.post_json("/api/v1/runs", &request);
    (answer.status, answer.json())
}

fn two_workers() -> Vec<Worker> {
    vec![worker(0, "a_1"), worker(1, "b_1")]
}

#[test]
fn a_test_that_is_missing_or_broken_is_told_and_does_not_start() {
    for kind in [TestErrorKind::Missing, TestErrorKind::Broken] {
        let mut page = Page::new();
        page.told.test_error = Some(TestError {
            kind,
            path: "locustfile.py".to_owned(),
            text: "  File \"locustfile.py\", line 3\nSyntaxError: oh".to_owned(),
        });
        page.publish();
        let state = &picture(&page)["state"];
        assert_eq!(
            state["test_error"]["kind"],
            serde_json::to_value(kind).unwrap()
        );
        assert!(state["test_error"]["text"].as_str().unwrap().contains('\n'));
        let (status, problem) = start(&page);
        assert_eq!((status, &problem["code"]), (409, &json!("cannot_start")));
        assert_eq!(page.take_wanted(), []);
        page.told.test_error = None;
        page.publish();
        assert_eq!(picture(&page)["state"]["test_error"], Value::Null);
        assert_eq!(start(&page).0, 201, "it goes on when the file is mended");
    }
}

#[test]
fn a_master_waits_for_workers_and_says_how_many_are_there() {
    let mut page = Page::new();
    page.workers = Some(Vec::new());
    page.told.expected_workers = Some(2);
    page.publish();
    let state = &picture(&page)["state"];
    assert_eq!(state["phase"], "waiting_for_workers");
    assert_eq!(
        state["workers"],
        json!({"active": 0, "missing": 0, "expected": 2})
    );
    assert_eq!(start(&page).0, 409);
    page.workers = Some(vec![worker(0, "a_1")]);
    page.publish();
    let state = &picture(&page)["state"];
    assert_eq!(
        (&state["phase"], &state["cannot_start"]),
        (&json!("ready"), &Value::Null)
    );
}

#[test]
fn a_run_starts_runs_stops_and_has_ended() {
    let mut page = Page::new();
    assert_eq!(picture(&page)["state"]["phase"], "ready");
    page.workers = Some(two_workers());
    page.begin_run();
    page.state = "spawning";
    page.told.target_users = 40;
    page.second();
    let state = &picture(&page)["state"];
    assert_eq!(state["phase"], "starting");
    assert_eq!(
        (&state["users"]["running"], &state["users"]["target"]),
        (&json!(5), &json!(40))
    );
    assert_eq!(start(&page).1["code"], "already_running");
    page.state = "running";
    page.second();
    assert_eq!(picture(&page)["state"]["phase"], "running");
    page.state = "stopping";
    page.told.stopping_since = Some(page.now);
    page.second();
    page.second();
    page.second();
    let state = &picture(&page)["state"];
    assert_eq!(
        (&state["phase"], &state["stopping_seconds"]),
        (&json!("stopping"), &json!(3.0))
    );
    assert_eq!(state["still_running"], json!(["a_1", "b_1"]));
    assert_eq!(start(&page).1["code"], "already_running");
    page.state = "stopped";
    page.second();
    let state = &picture(&page)["state"];
    assert_eq!(
        (&state["phase"], &state["stopping_seconds"]),
        (&json!("ended"), &Value::Null)
    );
    assert_eq!(state["still_running"], json!([]));
    assert_eq!(
        picture(&page)["overview"]["current"],
        Value::Null,
        "lines end with the run"
    );
}

#[test]
fn a_lost_worker_is_an_alert_that_goes_when_it_is_back() {
    let mut page = Page::new();
    page.workers = Some(two_workers());
    page.begin_run();
    page.second();
    assert_eq!(alerts(&page), []);
    let lost = |page: &mut Page, place: usize, state| {
        page.workers.as_mut().unwrap()[place].state = state;
        page.second();
    };
    lost(&mut page, 0, State::Missing);
    let told = (
        "workers_lost".to_owned(),
        "1 of 2 workers are lost".to_owned(),
    );
    assert_eq!(alerts(&page), [told]);
    let mut happens = |kind| {
        page.totals.mark(Marker::new(page.now, kind));
        page.second();
        alerts(&page)[0].1.clone()
    };
    let missing = MarkerKind::UsersMissing {
        user_count: 3,
        of: 40,
    };
    assert_eq!(
        happens(missing),
        "1 of 2 workers are lost. 3 users are missing: the load is 7.5 % low"
    );
    let moved = MarkerKind::UsersMoved {
        user_count: 3,
        seconds: 4.2,
    };
    assert_eq!(
        happens(moved),
        "1 of 2 workers are lost. 3 users moved in 4 s"
    );
    let workers = &picture(&page)["workers"];
    assert_eq!(
        (&workers["state"][0], &workers["cpu_percent"][0]),
        (&json!("missing"), &Value::Null)
    );
    lost(&mut page, 1, State::Missing);
    assert_eq!(alerts(&page)[0].0, "all_workers_lost");
    lost(&mut page, 0, State::Running);
    lost(&mut page, 1, State::Running);
    assert_eq!(alerts(&page), []);
}

#[test]
fn what_happens_in_a_run_is_told_with_its_kind() {
    let mut page = Page::new();
    page.begin_run();
    let happened = [
        (MarkerKind::RunStarted { user_count: 10 }, "start"),
        (
            MarkerKind::AllUsers {
                user_count: 10,
                seconds: 3.0,
            },
            "all_users",
        ),
        (MarkerKind::FiguresReset, "reset"),
        (
            MarkerKind::WorkersLeft {
                workers: 1,
                of: 2,
                first: "a".into(),
            },
            "worker_left",
        ),
        (
            MarkerKind::WorkersOverloaded {
                workers: 2,
                first: "a".into(),
            },
            "overloaded",
        ),
        (MarkerKind::Overloaded, "overloaded"),
    ];
    for (kind, _) in &happened {
        page.totals.mark(Marker::new(page.now, kind.clone()));
        page.second();
    }
    let marks = picture(&page)["marks"].as_array().unwrap().clone();
    assert_eq!(marks.len(), happened.len());
    for (mark, (kind, word)) in marks.iter().zip(happened) {
        assert_eq!(
            (&mark["kind"], &mark["text"]),
            (&json!(word), &json!(kind.to_string()))
        );
    }
}

#[test]
fn the_course_of_all_workers_is_that_of_the_run() {
    let mut page = Page::new();
    let mut workers = two_workers();
    workers[0].cpu_percent = 80.0;
    workers[1].cpu_percent = 20.0;
    page.workers = Some(workers);
    for _ in 0..20 {
        page.second();
    }
    page.begin_run();
    for _ in 0..12 {
        page.second();
    }
    page.workers.as_mut().unwrap()[0].state = State::Missing;
    for _ in 0..10 {
        page.second();
    }
    let run = picture(&page)["run"].clone();
    let course = page.get(&format!("/api/v1/runs/{run}/workers")).json();
    let (median, most) = (&course["cpu_median_percent"], &course["cpu_max_percent"]);
    // Nothing of before the run, and nothing of a silent worker.
    assert_eq!(median.as_array().unwrap().len(), 4);
    assert_eq!((&median[0], &most[0]), (&json!(50.0), &json!(80.0)));
    assert_eq!((&median[3], &most[3]), (&json!(20.0), &json!(20.0)));
    assert_eq!(course["lag_max_ms"][0], json!(3.0));
    assert_eq!(
        course["time"].as_array().unwrap().len(),
        median.as_array().unwrap().len()
    );
}

#[test]
fn the_loss_of_all_workers_ends_the_run_with_its_reason() {
    let mut page = Page::new();
    page.workers = Some(two_workers());
    page.begin_run();
    page.second();
    let reason = "the last worker went missing";
    page.totals.mark(Marker::new(
        page.now,
        MarkerKind::RunEnded {
            reason: reason.into(),
        },
    ));
    page.state = "stopped";
    for worker in page.workers.as_mut().unwrap() {
        worker.state = State::Missing;
    }
    page.second();
    let state = &picture(&page)["state"];
    assert_eq!(state["phase"], "ended");
    assert_eq!(
        (&state["end"]["kind"], &state["end"]["reason"]),
        (&json!("workers_lost"), &json!(reason))
    );
}

#[test]
fn who_stopped_a_run_is_told() {
    let mut page = Page::new();
    page.begin_run();
    page.second();
    page.totals.mark(Marker::new(
        page.now,
        MarkerKind::RunEnded {
            reason: "stopped by anna".into(),
        },
    ));
    page.told.run = Some(RunStatus {
        end_kind: Some(EndKind::Stopped),
        ended_by: Some("anna".to_owned()),
        ..RunStatus::default()
    });
    page.state = "stopped";
    page.second();
    let end = &picture(&page)["state"]["end"];
    assert_eq!(
        (&end["kind"], &end["by"]),
        (&json!("stopped"), &json!("anna"))
    );
}

#[test]
fn a_load_generator_at_its_limit_is_an_alert() {
    let mut page = Page::new();
    page.begin_run();
    page.told.cpu_percent = 97.0;
    page.second();
    assert_eq!(alerts(&page)[0].0, "overloaded");
    page.told.cpu_percent = 20.0;
    page.second();
    assert_eq!(alerts(&page), []);
    page.workers = Some(two_workers());
    page.workers.as_mut().unwrap()[1].cpu_percent = 99.0;
    page.second();
    assert!(
        alerts(&page)[0].1.starts_with("1 of 2 workers"),
        "{:?}",
        alerts(&page)
    );
}

#[test]
fn a_target_that_is_quiet_has_no_response_times_and_a_rate_of_zero() {
    let mut page = Page::new();
    page.begin_run();
    page.request("/", 5.0, None);
    for _ in 0..30 {
        page.second();
    }
    let now = &picture(&page)["overview"]["current"];
    assert_eq!((&now["rps"], &now["p95_ms"]), (&json!(0.0), &Value::Null));
    let whole = &picture(&page)["overview"]["whole_run"];
    assert_eq!(
        (&whole["requests"], &whole["failures"]),
        (&json!(1), &json!(0))
    );
}

#[test]
fn no_requests_is_another_thing_than_no_failures() {
    let mut page = Page::new();
    page.begin_run();
    page.second();
    let whole = &picture(&page)["overview"]["whole_run"];
    assert_eq!(
        (&whole["requests"], &whole["failed_ratio"]),
        (&json!(0), &Value::Null)
    );
    page.request("/", 5.0, None);
    page.second();
    let picture = picture(&page);
    assert_eq!(picture["overview"]["whole_run"]["failed_ratio"], 0.0);
    assert_eq!(picture["failures"], json!([]));
}

#[test]
fn another_life_of_the_server_is_known_by_its_name() {
    let hello = |page: &Page| {
        let delta = page.get("/api/v1/delta").json();
        delta["events"][0]["data"].clone()
    };
    let (one, other) = (Page::new(), Page::new());
    assert_ne!(hello(&one)["instance"], hello(&other)["instance"]);
    assert_eq!(
        hello(&one)["page"],
        hello(&other)["page"],
        "the page is the same"
    );
}

#[test]
fn what_another_viewer_does_is_a_mark_for_all() {
    let mut page = Page::new();
    page.begin_run();
    page.second();
    let since = page.get("/api/v1/delta").json()["seq"].clone();
    let note = json!({"text": "cache cleared", "time": START});
    assert_eq!(page.post_json("/api/v1/runs/1/notes", &note).status, 200);
    page.totals.mark(Marker::new(
        page.now,
        MarkerKind::UsersChanged { from: 5, to: 9 },
    ));
    page.second();
    let delta = page.get(&format!("/api/v1/delta?since={since}")).json();
    let events = delta["events"].as_array().unwrap().iter();
    let texts: Vec<&str> = events
        .filter(|event| event["event"] == "mark")
        .map(|event| event["data"]["text"].as_str().unwrap())
        .collect();
    assert!(texts.contains(&"cache cleared"), "{texts:?}");
    assert!(texts.contains(&"users 5 → 9"), "{texts:?}");
}

#[test]
fn a_reload_is_asked_of_the_test() {
    let page = Page::new();
    assert_eq!(
        page.post_json("/api/v1/form/reload", &json!({})).status,
        200
    );
    assert_eq!(page.take_wanted()[0].0, "reload");
}

#[test]
fn a_file_is_chosen_by_the_test_and_not_by_the_server() {
    let page = Page::new();
    assert_eq!(page.get("/api/v1/form/files").status, 200);
    assert_eq!(page.take_wanted()[0].0, "test_files");
    let chosen = page.post_json("/api/v1/form/choose", &json!({"file": "load/shop.py"}));
    assert_eq!(chosen.status, 200);
    let (name, arguments) = page.take_wanted().remove(0);
    assert_eq!(name, "choose_test");
    assert_eq!(
        arguments,
        json!({"file": "load/shop.py", "by": null, "address": "127.0.0.1"})
    );
    for body in [
        json!({}),
        json!({"file": 1}),
        json!({"file": "a.py", "x": 1}),
    ] {
        let refused = page.post_json("/api/v1/form/choose", &body);
        assert_eq!(refused.status, 400, "{body}");
    }
    assert_eq!(page.take_wanted(), []);
}
