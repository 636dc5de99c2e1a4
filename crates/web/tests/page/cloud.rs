//! The cloud line: facts that a keeper writes, and the end that it is asked for.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use gregaria_web::cloud::CloudFiles;
use gregaria_web::guard::Credential;
use gregaria_web::model::Role;
use gregaria_web::server::Settings;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::common::{Page, START};

/// Time for what comes without being asked for.
const LIMIT: Duration = Duration::from_secs(30);

/// A page of a master in a cloud, which can be asked for its end.
struct Cloud {
    page: Page,
    folder: TempDir,
}

impl Cloud {
    fn new(credentials: Vec<Credential>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let files = CloudFiles {
            facts: folder.path().join("cloud.json"),
            end: Some(folder.path().join("end")),
        };
        std::fs::write(&files.facts, facts(END).to_string()).unwrap();
        let page = Page::with(Settings {
            credentials,
            cloud: Some(files),
            ..Settings::default()
        });
        Self { page, folder }
    }

    fn end(&self) -> PathBuf {
        self.folder.path().join("end")
    }

    /// What a viewer who has just come is told.
    fn hello(&self) -> Value {
        let delta = self.page.get("/api/v1/delta").json();
        delta["events"][0]["data"]["cloud"].clone()
    }

    /// Seconds pass until it is so.
    fn seconds_until(&mut self, is_so: impl Fn(&Self) -> bool) {
        let until = Instant::now() + LIMIT;
        while !is_so(self) {
            assert!(Instant::now() < until, "it does not come");
            self.page.second();
            std::thread::yield_now();
        }
    }
}

/// Four hours after the tests begin.
const END: f64 = START + 14_400.0;

fn facts(end: f64) -> Value {
    json!({
        "provider": "AWS", "region": "eu-north-1", "worker_count": 2,
        "worker_types": ["c7a.medium"], "usd_per_hour": 0.139, "max_usd_in_all": 0.56,
        "started_at": START, "ends_at": end,
    })
}

#[test]
fn a_master_that_knows_of_no_cloud_has_no_line() {
    let page = Page::new();
    assert_eq!(page.get("/api/v1/cloud").status, 404);
    let answer = page.post_json("/api/v1/cloud/teardown", &json!({}));
    assert_eq!(
        (answer.status, &answer.json()["code"]),
        (404, &json!("no_cloud"))
    );
    let delta = page.get("/api/v1/delta").json();
    assert_eq!(delta["events"][0]["data"]["cloud"], Value::Null);
}

#[test]
fn who_comes_is_told_and_who_is_there_hears_of_changes() {
    let mut cloud = Cloud::new(Vec::new());
    cloud.page.second();
    let told = cloud.hello();
    assert_eq!(
        (&told["condition"], &told["ends_at"], &told["workers"]),
        (&json!("normal"), &json!(END), &json!(2))
    );
    let seq = cloud.page.get("/api/v1/delta").json()["seq"].clone();
    std::fs::write(
        cloud.folder.path().join("cloud.json"),
        "{\"ends_at\": 18000",
    )
    .unwrap();
    let until = Instant::now() + LIMIT;
    while cloud.page.get("/api/v1/cloud").json()["condition"] != "unreadable" {
        assert!(Instant::now() < until, "the facts are not looked at");
    }
    cloud.page.second();
    cloud.page.second();
    let delta = cloud.page.get(&format!("/api/v1/delta?since={seq}")).json();
    let events = delta["events"].as_array().unwrap().iter();
    let heard: Vec<_> = events.filter(|event| event["event"] == "cloud").collect();
    assert_eq!(heard.len(), 1, "only what has changed is told: {heard:?}");
    assert_eq!(heard[0]["data"]["ends_at"], END);
    let shown = cloud.page.get("/api/v1/cloud").json();
    assert!(
        shown["problem"].as_str().unwrap().contains("EOF"),
        "{shown}"
    );
}

#[test]
fn without_a_test_the_end_is_asked_for_at_once() {
    let mut cloud = Cloud::new(Vec::new());
    cloud.page.second();
    let answer = cloud.page.post_json("/api/v1/cloud/teardown", &json!({}));
    assert_eq!(answer.status, 202, "{answer:?}");
    let told = std::fs::read_to_string(cloud.end()).unwrap();
    assert_eq!(told, "127.0.0.1\n");
    let (name, arguments) = cloud.page.take_wanted().remove(0);
    assert_eq!(name, "audit");
    assert_eq!(arguments["text"], "127.0.0.1 ends all machines");
    cloud.page.second();
    assert_eq!(cloud.hello()["condition"], "tearing_down");
    let start = json!({"users": 5, "spawn_rate": 1});
    let answer = cloud.page.post_json("/api/v1/runs", &start);
    assert_eq!(
        (answer.status, &answer.json()["code"]),
        (409, &json!("cannot_start"))
    );
}

#[test]
fn a_test_that_runs_is_stopped_and_kept_before_the_end_is_asked_for() {
    let mut cloud = Cloud::new(Vec::new());
    cloud.page.begin_run();
    cloud.page.second();
    let refused = cloud.page.post_json("/api/v1/cloud/teardown", &json!({}));
    assert_eq!(
        (refused.status, &refused.json()["code"]),
        (409, &json!("run_lasts"))
    );
    let answer = cloud
        .page
        .post_json("/api/v1/cloud/teardown", &json!({"run": 1}));
    assert_eq!(answer.status, 202, "{answer:?}");
    let wanted = cloud.page.take_wanted();
    let names: Vec<_> = wanted.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["audit", "stop"]);
    cloud.page.second();
    assert!(!cloud.end().exists(), "the test still runs");
    assert_eq!(cloud.hello()["condition"], "tearing_down");
    cloud.page.state = "stopped";
    cloud.seconds_until(|cloud| cloud.end().exists());
}

#[test]
fn who_may_only_look_ends_nothing() {
    let looker = Credential::new("ben", Role::ReadOnly, "only-looks").unwrap();
    let cloud = Cloud::new(vec![looker]);
    let headers = [
        ("Content-Type", "application/json"),
        ("Authorization", "Bearer only-looks"),
    ];
    let ask = |line: &str| cloud.page.ask(line, &headers, "{}");
    assert_eq!(ask("GET /api/v1/cloud HTTP/1.1").status, 200);
    assert_eq!(ask("POST /api/v1/cloud/teardown HTTP/1.1").status, 403);
    let stranger = cloud.page.post_json("/api/v1/cloud/teardown", &json!({}));
    assert_eq!(stranger.status, 401);
    assert!(!cloud.end().exists());
}
