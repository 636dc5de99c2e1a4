//! Runs of the store over the API: what was kept is shown, changed and taken away as the present one.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gregaria_stats::{
    Marker, MarkerKind, Recorder, Sample, Settings as StatsSettings, Task, Totals,
};
use gregaria_web::archive::{
    Archive, EndKind, Ending, Library, Limits, Line, Member, Note, Setup, UserClass, Worker,
};
use gregaria_web::model::WorkersCourse;
use gregaria_web::seam::FormData;
use gregaria_web::server::{Settings, Store};
use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::common::{Page, START};

/// Seconds of each run.
const LENGTH: u32 = 60;
const WORKER: &str = "gen-7_0123456789abcdef0123456789abcdef";

/// A folder with a store of two runs on one worker; the second is slower.
struct Shelf {
    folder: TempDir,
    archive: Archive,
}

impl Shelf {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let archive = Archive::open(&folder.path().join("runs.sqlite"), Limits::default()).unwrap();
        for slower in [1.0, 1.5] {
            keep(&archive, slower);
        }
        Self { folder, archive }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("runs.sqlite")
    }

    fn settings(&self) -> Settings {
        Settings {
            store: Some(Store {
                path: self.path(),
                archive: Some(self.archive.clone()),
                problem: None,
                is_temporary: false,
            }),
            ..Settings::default()
        }
    }

    fn page(&self) -> Page {
        Page::with(self.settings())
    }
}

fn user_class(name: &str) -> gregaria_web::model::UserClass {
    gregaria_web::model::UserClass {
        name: name.to_owned(),
        weight: 1.0,
        fixed_count: 0,
        host: None,
        tasks: Vec::new(),
    }
}

/// What is marked in each of them.
fn mark(totals: &mut Totals, now: f64) {
    let kinds = [
        MarkerKind::RunStarted { user_count: 10 },
        MarkerKind::AllUsers {
            user_count: 10,
            seconds: 3.0,
        },
        MarkerKind::FiguresReset,
        MarkerKind::WorkersLeft {
            workers: 1,
            of: 2,
            first: WORKER.into(),
        },
        MarkerKind::Overloaded,
    ];
    for kind in kinds {
        totals.mark(Marker::new(now, kind));
    }
}

/// The only worker of a run.
fn worker() -> Member {
    Member {
        id: WORKER.to_owned(),
        state: "running".to_owned(),
        cpu_peak_percent: Some(41.0),
        memory_bytes: Some(1 << 26),
        lag_peak_ms: Some(7.0),
        network_errors: Some(12),
        zone: Some("eu-north-1b".to_owned()),
        is_gregaria: true,
        version: Some("gregaria 0.1.0".to_owned()),
    }
}

/// One of the requests of a second.
fn record(recorder: &Recorder, request: u32, now: f64, slower: f64) {
    let (name, task) = if request.is_multiple_of(4) {
        ("/cart", "Shopper.buy")
    } else {
        ("/", "Shopper.browse")
    };
    let failure = (request == 4)
        .then_some("HTTPError('500 Server Error: x for url: http://shop.example:8000/cart')");
    recorder.record(&Sample {
        method: "GET",
        name,
        at: now - 0.5,
        response_time_ms: Some(slower * f64::from(10 + request)),
        length: 100,
        failure,
        status: Some(if request == 4 { 500 } else { 200 }),
        url: Some(format_args!("http://shop.example:8000{name}?session=7f")),
        body: Some(format_args!("<b>shop.example{name}</b> session=7f")),
        task: Some(&Task::One(task.into())),
        bucket: None,
    });
}

fn keep(archive: &Archive, slower: f64) {
    let settings = StatsSettings::default();
    let recorder = Recorder::new(&settings);
    let mut totals = Totals::new(settings, START);
    archive.begin(
        START,
        Setup {
            name: "shop.py".to_owned(),
            host: Some("http://shop.example:8000".to_owned()),
            users: Some(5),
            workers: Some(vec![Worker {
                id: WORKER.to_owned(),
                version: None,
            }]),
            machine: "den".to_owned(),
            user_classes: vec![UserClass {
                name: "B".to_owned(),
                ..UserClass::default()
            }],
            options: vec!["--headless".to_owned()],
            ..Setup::default()
        },
    );
    archive.log(Line {
        time: START + 1.0,
        source: "master".to_owned(),
        level: "WARNING".to_owned(),
        logger: "x".to_owned(),
        text: "the answer of http://shop.example:8000/ was late".to_owned(),
    });
    archive.note(Note {
        time: START + 30.0,
        text: "deployed".to_owned(),
        by: Some("anna".to_owned()),
    });
    archive.crew(vec![worker()]);
    archive.crew_course(WorkersCourse {
        step_seconds: 5.0,
        time: vec![START + 5.0],
        cpu_median_percent: vec![Some(31.0)],
        cpu_max_percent: vec![Some(41.0)],
        lag_max_ms: vec![None],
    });
    for second in 1..=LENGTH {
        let now = START + f64::from(second);
        for request in 0..20_u32 {
            record(&recorder, request, now, slower);
        }
        if second == 1 {
            mark(&mut totals, now);
        }
        if second == 20 {
            recorder.record_exception(Some("KeyError"), "no such field", "  File \"x\", line 1\n");
            recorder.record_aborted();
        }
        for report in recorder.drain() {
            totals.fold(&report);
        }
        let snapshot = totals.tick(now, 5);
        archive.keep(Arc::clone(&snapshot));
        while Arc::strong_count(&snapshot) > 1 {
            std::thread::yield_now();
        }
    }
    let end = START + f64::from(LENGTH);
    let ending = Ending {
        kind: EndKind::Finished,
        reason: "the run time is over".to_owned(),
        by: None,
        time: end,
        exit_code: None,
    };
    archive.end(totals.snapshot(end, 5), ending);
    let before = archive.run();
    // Another letter behind it: what was posted before is in the file then.
    archive.set_exit_code(1);
    while exit_code(archive.path(), before.unwrap()).is_none() {
        std::thread::yield_now();
    }
}

fn exit_code(path: &Path, run: i64) -> Option<i64> {
    let library = Library::open(path).unwrap();
    library.row(run).unwrap().ending?.exit_code
}

#[test]
fn earlier_runs_are_listed_with_where_they_are_kept() {
    let shelf = Shelf::new();
    let page = shelf.page();
    let list = page.get("/api/v1/runs").json();
    assert_eq!(list["total"], 2);
    let ids: Vec<_> = list["runs"].as_array().unwrap().iter().collect();
    assert_eq!((&ids[0]["id"], &ids[1]["id"]), (&json!(2), &json!(1)));
    assert_eq!(ids[0]["end"]["kind"], "finished");
    assert_eq!(ids[0]["requests"], 20 * LENGTH);
    assert_eq!(list["storage"]["path"], shelf.path().to_str().unwrap());
    assert_eq!(list["storage"]["problem"], Value::Null);
    assert!(list["storage"]["bytes"].as_u64().unwrap() > 10_000);
    assert_eq!(page.get("/api/v1/runs?limit=1").json()["runs"][0]["id"], 2);
}

#[test]
fn what_the_workers_of_an_earlier_run_were_and_how_busy_is_kept() {
    let shelf = Shelf::new();
    let page = shelf.page();
    let run = page.get("/api/v1/runs/1").json();
    let name = &run["worker_names"][0];
    assert_eq!(
        (&name["host"], &name["zone"]),
        (&json!("gen-7"), &json!("eu-north-1b"))
    );
    assert_eq!(run["workers"]["cpu_peak_percent"], json!([41.0]));
    assert_eq!(run["workers"]["lag_ms"], json!([7.0]));
    assert_eq!(run["workers"]["network_errors"], json!([12]));
    assert_eq!(run["workers"]["cpu_percent"], json!([null]));
    let course = page.get("/api/v1/runs/1/workers").json();
    assert_eq!(course["cpu_median_percent"], json!([31.0]));
    assert_eq!(course["cpu_max_percent"], json!([41.0]));
    assert_eq!(course["lag_max_ms"], json!([null]));
}

#[test]
fn an_earlier_run_is_shown_with_all_its_tabs() {
    let shelf = Shelf::new();
    let page = shelf.page();
    let run = page.get("/api/v1/runs/1").json();
    assert_eq!(
        (&run["run"], &run["state"]["phase"]),
        (&json!(1), &json!("ended"))
    );
    assert_eq!(run["overview"]["whole_run"]["requests"], 20 * LENGTH);
    assert_eq!(run["overview"]["aborted"], 1);
    assert_eq!(run["names"][2]["name"], "/cart");
    assert_eq!(run["entries"]["requests"], json!([1200, 900, 300]));
    // A line of what ended in each second, and of each kind of failure.
    let lines = &run["series"];
    let rps = lines["rps"].as_array().unwrap();
    assert!(rps.iter().all(|rate| rate == 20.0), "{rps:?}");
    assert!((58..=60).contains(&rps.len()), "{}", rps.len());
    let kind = &lines["failures_by_kind"][0];
    assert_eq!(kind["kind"], "server_error");
    assert_eq!(kind["per_second"][30], 1.0);
    assert!(run["heat"]["columns"].as_array().unwrap().len() > 10);
    assert_eq!(run["failures"][0]["occurrences"], LENGTH);
    // Noticed in the twentieth second, and not before or after.
    let exception = &run["exceptions"][0];
    assert_eq!(exception["first_seen"], START + 20.0);
    assert_eq!(exception["last_seen"], START + 20.0);
    assert_eq!(exception["error_type"], "KeyError");
    let kinds: Vec<&Value> = (run["marks"].as_array().unwrap().iter())
        .map(|mark| &mark["kind"])
        .collect();
    assert_eq!(
        kinds,
        [
            "start",
            "all_users",
            "reset",
            "worker_left",
            "overloaded",
            "note"
        ]
    );
    let note = run["marks"].as_array().unwrap().iter();
    let note = note
        .into_iter()
        .find(|mark| mark["kind"] == "note")
        .unwrap();
    assert_eq!(
        (&note["text"], &note["by"]),
        (&json!("deployed"), &json!("anna"))
    );
    assert_eq!(run["log"][0]["level"], "warning");
    let setup = page.get("/api/v1/runs/1/setup").json();
    assert_eq!(setup["options"], json!(["--headless"]));
    let entry = page.get("/api/v1/runs/1/entries/2").json();
    assert_eq!(entry["whole_run"]["requests"], 300);
    assert_eq!(entry["failures"][0]["occurrences"], LENGTH);
    assert_eq!(
        entry["statuses"],
        json!([{"status": 200, "count": 240}, {"status": 500, "count": LENGTH}])
    );
    assert_eq!(entry["slow"].as_array().unwrap().len(), 5);
    assert_eq!(entry["slow"][4]["time_ms"], 26.0);
    assert_eq!(entry["failed"].as_array().unwrap().len(), 5);
    assert_eq!(
        entry["failed"][0],
        json!({
            "method": "GET",
            "url": "http://shop.example:8000/cart?session=***",
            "status": 500,
            "time_ms": 14.0,
            "at": START + f64::from(LENGTH) - 0.5,
            "error": "HTTPError('500 Server Error: x for url: http://shop.example:8000/cart')",
            "body": "<b>shop.example/cart</b> session=***",
        })
    );
    assert_eq!(entry["series"]["rps"][3], 5.0);
    let lines = page.get("/api/v1/runs/1/series?entry=2&points=10").json();
    assert_eq!(lines["failures_per_second"][1], 1.0);
    let few = page.get("/api/v1/runs/1/series?points=10").json();
    assert!(few["time"].as_array().unwrap().len() <= 10);
    let trends = page.get("/api/v1/runs/1/trends?entries=0,2,77").json();
    assert_eq!(trends["trends"].as_array().unwrap().len(), 2);
    let (from, to) = (START + 10.0, START + 20.0);
    let courses = page
        .get("/api/v1/runs/1/failures?failures=0,9&exceptions=0")
        .json();
    assert_eq!(courses["failures"].as_array().unwrap().len(), 1);
    assert_eq!(courses["failures"][0]["per_second"][3], 1.0);
    let folders = page.get("/api/v1/runs/1/folders").json();
    assert_eq!(folders["folders"][1]["figures"]["requests"], 300);
    let folders = page.get(&format!("/api/v1/runs/1/folders?from={from}&to={to}"));
    assert_eq!(folders.json()["folders"].as_array().unwrap().len(), 2);
    let window = page.get(&format!("/api/v1/runs/1/window?from={from}&to={to}"));
    let window = window.json();
    let seconds = window["to"].as_f64().unwrap() - window["from"].as_f64().unwrap();
    assert_eq!(window["total"]["requests"], seconds * 20.0);
    assert_eq!(window["entries"]["index"], json!([1, 2]));
    let worker = page.get("/api/v1/runs/1/workers/0").json();
    assert_eq!(worker["name"]["id"], WORKER);
}

#[test]
fn entries_are_in_the_folders_of_their_tasks() {
    let shelf = Shelf::new();
    let page = shelf.page();
    let stretch = format!("&from={}&to={}", START + 10.0, START + 20.0);
    for part in ["", &stretch] {
        let path = format!("/api/v1/runs/1/folders?by=task{part}");
        let tasks = page.get(&path).json()["folders"].clone();
        assert_eq!(tasks[0]["name"], "Shopper.browse", "{part}");
        assert_eq!(tasks[1]["name"], "Shopper.buy", "{part}");
        assert_eq!(tasks[1]["entries"], json!([2]), "{part}");
    }
}

#[test]
fn two_runs_are_compared_over_the_stretch_that_is_asked_for() {
    let shelf = Shelf::new();
    let page = shelf.page();
    let compare = page.get("/api/v1/compare?a=1&b=2").json();
    assert_eq!(compare["total"]["p50_ms"]["judgement"], "worse");
    assert_eq!(compare["total"]["rps"]["judgement"], "same");
    assert_eq!(compare["a"]["series"]["time"][0], 1.0);
    let part = page.get("/api/v1/compare?a=1&b=2&from=10&to=30").json();
    assert_eq!(part["total"]["requests"]["a"], 400.0);
    for bad in ["a=1", "a=1&b=x", "a=1&b=2&from=9&to=9"] {
        let answer = page.get(&format!("/api/v1/compare?{bad}"));
        assert_eq!(answer.status, 400, "{bad}");
    }
    for unknown in ["a=1&b=77", "a=77&b=1", "a=-1&b=1"] {
        let answer = page.get(&format!("/api/v1/compare?{unknown}"));
        assert_eq!(answer.status, 404, "{unknown}");
    }
}

#[test]
fn runs_are_marked_deleted_and_taken_in() {
    let shelf = Shelf::new();
    let page = shelf.page();
    let yes = json!({"is_baseline": true});
    assert_eq!(page.post_json("/api/v1/runs/1/baseline", &yes).status, 200);
    let yes = json!({"is_pinned": true});
    assert_eq!(page.post_json("/api/v1/runs/1/pin", &yes).status, 200);
    let list = page.get("/api/v1/runs").json();
    assert_eq!(list["runs"][1]["is_baseline"], true);
    assert_eq!(list["runs"][1]["is_pinned"], true);

    let report = page.get("/api/v1/runs/2/report.html").body;
    let json = [("Content-Type", "application/json")];
    let answer = page.ask("DELETE /api/v1/runs/2 HTTP/1.1", &json, "");
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(page.get("/api/v1/runs/2").status, 404);
    let answer = page.ask("DELETE /api/v1/runs/2 HTTP/1.1", &json, "");
    assert_eq!(
        (answer.status, &answer.json()["code"]),
        (404, &json!("unknown_run"))
    );

    let taken = page.post_json("/api/v1/runs/import", &json!({"report": report}));
    assert_eq!((taken.status, &taken.json()["run"]), (201, &json!(3)));
    let run = page.get("/api/v1/runs/3").json();
    assert_eq!(run["overview"]["whole_run"]["requests"], 20 * LENGTH);
    assert_eq!(run["overview"]["aborted"], 1);
    assert_eq!(run["exceptions"][0]["first_seen"], START + 20.0);
    assert_eq!(run["workers"]["cpu_peak_percent"], json!([41.0]));
    // What is known of the noise of single entries came with it.
    let compare = page.get("/api/v1/compare?a=1&b=3").json();
    assert_eq!(compare["entries"][1]["p50_ms"]["judgement"], "worse");
    let nothing = page.post_json("/api/v1/runs/import", &json!({"report": "<p>"}));
    assert_eq!(
        (nothing.status, &nothing.json()["code"]),
        (422, &json!("not_a_report"))
    );
}

#[test]
fn a_run_that_lasts_is_not_deleted() {
    let shelf = Shelf::new();
    let mut page = shelf.page();
    shelf.archive.begin(START, Setup::default());
    let run = shelf
        .archive
        .wait_for_run(std::time::Duration::from_mins(1));
    assert_eq!(run, Some(3));
    page.run = Some(2);
    page.begin_run();
    page.second();
    let json = [("Content-Type", "application/json")];
    let answer = page.ask("DELETE /api/v1/runs/3 HTTP/1.1", &json, "");
    assert_eq!(
        (answer.status, &answer.json()["code"]),
        (409, &json!("lasts"))
    );
    // It is the present one: figures come from the page, and the record from the store.
    assert_eq!(
        page.get("/api/v1/runs/3").json()["state"]["phase"],
        "running"
    );
    assert_eq!(page.get("/api/v1/runs/3/setup").status, 200);
    assert_eq!(page.get("/api/v1/runs/1").json()["state"]["phase"], "ended");
    shelf.archive.close(None);
}

#[test]
fn the_form_begins_with_what_an_earlier_run_was_started_with() {
    let shelf = Shelf::new();
    let page = shelf.page();
    let plain = page.get("/api/v1/form").json();
    assert_eq!(
        (&plain["load"]["users"], &plain["last_run"]),
        (&Value::Null, &Value::Null)
    );
    page.seam.publish_form(FormData {
        user_classes: ["A", "B"].map(user_class).into(),
        ..FormData::default()
    });
    let copy = page.get("/api/v1/form?from=1").json();
    assert_eq!(
        (&copy["load"]["users"], &copy["name"]),
        (&json!(5), &json!("shop.py"))
    );
    assert_eq!(copy["host"], "http://shop.example:8000");
    // Of the classes of then, those that are there.
    assert_eq!(
        (&plain["picked_classes"], &copy["picked_classes"]),
        (&Value::Null, &json!(["B"]))
    );
    assert_eq!(page.get("/api/v1/form?from=77").status, 404);
}

#[test]
fn every_file_of_a_run_can_be_taken_away() {
    let shelf = Shelf::new();
    let page = shelf.page();
    let get = |file: &str| {
        let answer = page.get(&format!("/api/v1/runs/1/{file}"));
        assert_eq!(answer.status, 200, "{file}: {}", answer.body);
        answer
    };
    let log = get("log.txt");
    assert!(log.header("content-type").starts_with("text/plain"));
    assert_eq!(
        log.body,
        "[2027-01-15T08:00:01Z] master/WARNING/x: the answer of http://shop.example:8000/ was late\n"
    );
    let html = get("report.html");
    assert!(html.header("content-type").starts_with("text/html"));
    let name = html.header("content-disposition");
    assert!(name.starts_with("attachment; filename=\"shop_1_"), "{name}");
    assert!(name.ends_with("Z_finished.html\""), "{name}");
    assert!(
        html.body
            .contains("<script type=\"application/json\" id=\"report\">{")
    );
    let report = get("report.json").json();
    assert_eq!(
        (&report["format"], &report["snapshot"]["log"]),
        (&json!(1), &Value::Null)
    );
    assert_eq!(report["kept"]["entry_windows"].as_array().unwrap().len(), 2);
    let with_log = get("report.json?with_log=1").json();
    assert!(
        with_log["snapshot"]["log"][0]["text"]
            .as_str()
            .unwrap()
            .contains("was late")
    );
    let failed = |report: &Value| report["kept"]["examples"][2]["failed"][0].clone();
    assert_eq!(failed(&report).as_array().unwrap().len(), 6);
    let with_bodies = get("report.json?with_bodies=1");
    let body = "<b>shop.example/cart</b> session=***";
    assert_eq!(failed(&with_bodies.json())[6], body);
    for file in ["report.html?with_bodies=1", "report.json", "requests.csv"] {
        assert!(!get(file).body.contains("shop.example/cart"), "{file}");
    }
    let taken = page.post_json("/api/v1/runs/import", &json!({"report": with_bodies.body}));
    let run = taken.json()["run"].clone();
    let again = page.get(&format!("/api/v1/runs/{run}/entries/2")).json();
    assert_eq!(again["failed"][0]["body"], body);
    let tasks = page.get(&format!("/api/v1/runs/{run}/folders?by=task"));
    assert_eq!(tasks.json()["folders"][1]["name"], "Shopper.buy");
    assert!(get("requests.csv").body.contains("\r\nGET,/cart,300,60,"));
    let series = get("series.csv").body;
    assert!(series.lines().count() >= 58);
    assert!(
        series
            .lines()
            .nth(20)
            .unwrap()
            .contains(",20.000000,1.000000,")
    );
    assert!(get("failures.csv").body.contains("GET,/cart,"));
    let other = page.get("/api/v1/runs/1/secrets.txt");
    assert_eq!(
        (other.status, &other.json()["code"]),
        (404, &json!("unknown_path"))
    );
}

#[test]
fn all_runs_can_be_taken_away_as_one_file() {
    let shelf = Shelf::new();
    let page = shelf.page();
    let answer = page.get("/api/v1/runs.sqlite");
    assert_eq!(answer.status, 200, "{}", answer.head);
    assert_eq!(
        answer.header("content-disposition"),
        "attachment; filename=\"gregaria-runs.sqlite\""
    );
    assert_eq!(
        answer.header("content-length"),
        answer.bytes.len().to_string()
    );
    let copy = shelf.folder.path().join("elsewhere.sqlite");
    fs::write(&copy, &answer.bytes).unwrap();
    let (theirs, ours) = (
        Library::open(&copy).unwrap(),
        Library::open(&shelf.path()).unwrap(),
    );
    assert_eq!(theirs.list().unwrap(), ours.list().unwrap());
    assert_eq!(
        theirs.run(2).unwrap().snapshot.total.requests,
        u64::from(20 * LENGTH)
    );
}

#[test]
fn a_store_that_cannot_be_used_is_an_alert_of_the_run() {
    let shelf = Shelf::new();
    let mut settings = shelf.settings();
    let store = settings.store.as_mut().unwrap();
    store.problem = Some("cannot open run store `x`".to_owned());
    let mut page = Page::with(settings);
    page.begin_run();
    page.second();
    let run = page.get("/api/v1/runs/1").json();
    assert_eq!(run["alerts"][0]["kind"], "storage");
    assert_eq!(run["alerts"][0]["text"], "cannot open run store `x`");
}

#[test]
fn hosts_and_workers_can_be_left_out_of_every_file() {
    let shelf = Shelf::new();
    let page = shelf.page();
    let options = "without_host=1&without_workers=1&with_log=1&with_bodies=1";
    for file in ["report.html", "report.json", "requests.csv", "failures.csv"] {
        let all = page
            .get(&format!("/api/v1/runs/1/{file}?with_log=1&with_bodies=1"))
            .body;
        let less = page.get(&format!("/api/v1/runs/1/{file}?{options}")).body;
        for secret in ["shop.example", WORKER, "gen-7", "\"den\""] {
            assert!(!less.contains(secret), "{file}: {secret}");
        }
        assert_eq!(
            all.contains("shop.example"),
            file != "requests.csv",
            "{file}"
        );
    }
    // It is still a report.
    let report = page
        .get(&format!("/api/v1/runs/1/report.html?{options}"))
        .body;
    let taken = page.post_json("/api/v1/runs/import", &json!({"report": report}));
    assert_eq!(taken.status, 201, "{taken:?}");
}

#[test]
fn the_report_of_a_run_that_has_a_baseline_is_compared_with_it() {
    let shelf = Shelf::new();
    let page = shelf.page();
    assert_eq!(
        page.get("/api/v1/runs/2/report.json").json()["compare"],
        Value::Null
    );
    let named = page.get("/api/v1/runs/2/report.json?against=1").json();
    assert_eq!(named["compare"]["a"]["run"]["id"], 1);
    let unknown = page.get("/api/v1/runs/2/report.json?against=77");
    assert_eq!(unknown.status, 404, "{unknown:?}");
    let yes = json!({"is_baseline": true});
    assert_eq!(page.post_json("/api/v1/runs/1/baseline", &yes).status, 200);
    let compare = &page.get("/api/v1/runs/2/report.json").json()["compare"];
    assert_eq!(
        (&compare["a"]["run"]["id"], &compare["b"]["run"]["id"]),
        (&json!(1), &json!(2))
    );
    assert_eq!(
        page.get("/api/v1/runs/1/report.json").json()["compare"],
        Value::Null
    );
}

#[test]
fn names_of_runs_that_are_none_find_nothing() {
    let shelf = Shelf::new();
    let page = shelf.page();
    for run in [
        "0",
        "3",
        "-1",
        "+1x",
        "1e0",
        "latest",
        "99999999999999999999",
        "9223372036854775807",
        "..%2f1",
        "%2e%2e",
        "1%00",
        "1'%20OR%201=1",
        "1;DELETE",
    ] {
        for rest in [
            "",
            "/setup",
            "/series",
            "/entries/0",
            "/report.html",
            "/requests.csv",
        ] {
            let path = format!("/api/v1/runs/{run}{rest}");
            let answer = page.get(&path);
            assert!(
                [400, 404].contains(&answer.status),
                "{path}: {}",
                answer.status
            );
        }
    }
    assert_eq!(page.get("/api/v1/runs").json()["total"], 2);
    for rest in [
        "entries/9",
        "entries/x",
        "workers/9",
        "series?entry=9",
        "window?from=1&to=2",
    ] {
        let answer = page.get(&format!("/api/v1/runs/1/{rest}"));
        assert!(
            [400, 404].contains(&answer.status),
            "{rest}: {}",
            answer.status
        );
    }
}

#[test]
fn without_a_store_it_is_said_that_nothing_is_kept() {
    let mut page = Page::new();
    page.begin_run();
    page.second();
    let answer = page.get("/api/v1/runs");
    assert_eq!(
        (answer.status, &answer.json()["code"]),
        (404, &json!("no_store"))
    );
    assert!(
        answer.json()["message"]
            .as_str()
            .unwrap()
            .contains("--no-store")
    );
    assert_eq!(
        page.get("/api/v1/runs/1/report.html").json()["code"],
        "no_store"
    );
    assert_eq!(page.get("/api/v1/runs/2").json()["code"], "unknown_run");
    assert_eq!(page.get("/api/v1/runs/1").status, 200);
}

#[test]
fn a_store_that_is_read_only_is_shown_and_says_why_it_is_not_changed() {
    let shelf = Shelf::new();
    let mut settings = shelf.settings();
    shelf.archive.close(None);
    let store = settings.store.as_mut().unwrap();
    store.archive = None;
    store.problem = Some("cannot write run store: it is read-only".to_owned());
    for file in fs::read_dir(shelf.folder.path()).unwrap() {
        let path = file.unwrap().path();
        fs::set_permissions(path, fs::Permissions::from_mode(0o400)).unwrap();
    }
    fs::set_permissions(shelf.folder.path(), fs::Permissions::from_mode(0o500)).unwrap();
    let page = Page::with(settings);
    let list = page.get("/api/v1/runs").json();
    assert_eq!(list["total"], 2);
    assert!(
        list["storage"]["problem"]
            .as_str()
            .unwrap()
            .contains("read-only")
    );
    assert_eq!(page.get("/api/v1/runs/1").status, 200);
    let pin = page.post_json("/api/v1/runs/1/pin", &json!({"is_pinned": true}));
    // Root may write wherever it wants to.
    if !is_root() {
        assert_eq!(
            (pin.status, &pin.json()["code"]),
            (409, &json!("store_read_only"))
        );
    }
    fs::set_permissions(shelf.folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

#[test]
fn a_store_that_cannot_be_read_says_why_and_the_present_run_is_shown() {
    let shelf = Shelf::new();
    shelf.archive.close(None);
    let connection = Connection::open(shelf.path()).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let mut page = shelf.page();
    page.run = Some(6);
    page.begin_run();
    page.second();
    let answer = page.get("/api/v1/runs");
    assert_eq!(
        (answer.status, &answer.json()["code"]),
        (409, &json!("store_newer"))
    );
    assert!(
        answer.json()["message"]
            .as_str()
            .unwrap()
            .contains("newer gregaria")
    );
    assert_eq!(
        page.get("/api/v1/runs/7").json()["state"]["phase"],
        "running"
    );
    fs::write(shelf.path(), "no database ".repeat(1000)).unwrap();
    let answer = page.get("/api/v1/runs");
    assert_eq!(
        (answer.status, &answer.json()["code"]),
        (409, &json!("store_damaged"))
    );
    assert_eq!(page.get("/api/v1/runs/7").status, 200);
}
