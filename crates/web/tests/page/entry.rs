//! One entry, and failures, over time: of a run that lasts and of the same run when it is kept.

use std::sync::Arc;

use gregaria_web::archive::{Archive, EndKind, Ending, Library, Limits, Setup};
use gregaria_web::report::{self, Extent};
use gregaria_web::server::{Settings, Store};
use serde_json::Value;
use tempfile::TempDir;

use crate::common::{Page, START};

/// Seconds of the run: more than the two minutes in which the store keeps shorter stretches than a
/// page, and a last stretch that is not complete.
const LENGTH: u32 = 155;

/// A page with a run that has just ended, and its store.
pub(crate) struct Both {
    folder: TempDir,
    archive: Archive,
    /// With the run as the present one.
    pub(crate) live: Page,
}

impl Both {
    /// `play` makes the requests of each second of the run.
    pub(crate) fn play(length: u32, mut play: impl FnMut(&mut Page, u32)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let archive = Archive::open(&folder.path().join("runs.sqlite"), Limits::default()).unwrap();
        archive.begin(START, Setup::default());
        let mut live = Page::new();
        live.begin_run();
        for second in 1..=length {
            play(&mut live, second);
            live.second();
            let snapshot = live.totals.snapshot(live.now, 5);
            archive.keep(Arc::clone(&snapshot));
            // The writer may take some seconds at once, but closes its stretches in time.
            while Arc::strong_count(&snapshot) > 1 {
                std::thread::yield_now();
            }
        }
        live.state = "stopped";
        live.publish();
        let ending = Ending {
            kind: EndKind::Finished,
            reason: "the run time is over".to_owned(),
            by: None,
            time: live.now,
            exit_code: None,
        };
        archive.end(live.totals.snapshot(live.now, 5), ending);
        archive.close(None);
        Self {
            folder,
            archive,
            live,
        }
    }

    pub(crate) fn library(&self) -> Library {
        Library::open(&self.folder.path().join("runs.sqlite")).unwrap()
    }

    /// A page to which all that is kept are earlier runs.
    pub(crate) fn kept(&self) -> Page {
        Page::with(Settings {
            store: Some(Store {
                path: self.folder.path().join("runs.sqlite"),
                archive: Some(self.archive.clone()),
                problem: None,
                is_temporary: false,
            }),
            ..Settings::default()
        })
    }

    /// Takes the run in once more, from its report; returns its number.
    pub(crate) fn take_in(&self) -> i64 {
        let library = self.library();
        let run = library.run(1).unwrap();
        let data = report::data(&library, &run, Extent::Small, START).unwrap();
        report::import(&library, &report::html(&data)).unwrap()
    }
}

fn shop(page: &mut Page, second: u32) {
    for request in 0..8 {
        page.request("/", f64::from(5 + request), None);
    }
    let failure = second
        .is_multiple_of(2)
        .then_some("LocustBadStatusCode(code=503)");
    page.request("/cart", f64::from(second), failure);
    if second.is_multiple_of(5) {
        page.request("/cart", 900.0, Some("the cart is empty"));
    }
}

fn sum(heat: &Value) -> u64 {
    let columns = heat["columns"].as_array().unwrap().iter();
    let counts = columns.flat_map(|column| column["counts"].as_array().unwrap());
    counts.map(|count| count.as_u64().unwrap()).sum()
}

#[test]
fn an_entry_has_the_same_heat_map_and_failures_by_kind_while_it_runs_and_when_it_is_kept() {
    let both = Both::play(LENGTH, shop);
    let kept = both.kept();
    let names = both.live.get("/api/v1/runs/1").json()["names"].clone();
    for (index, requests) in [(0, 1426), (1, 1240), (2, 186)] {
        let path = format!("/api/v1/runs/1/entries/{index}");
        let (ours, theirs) = (both.live.get(&path).json(), kept.get(&path).json());
        assert_eq!(ours["name"], names[index]);
        assert_eq!(ours["name"], theirs["name"]);
        assert_eq!(ours["heat"], theirs["heat"]);
        assert_eq!(ours["heat"]["edges_ms"].as_array().unwrap().len(), 24);
        assert_eq!(ours["heat"]["columns"].as_array().unwrap().len(), 16);
        assert_eq!(ours["whole_run"]["requests"], requests);
        assert_eq!(sum(&ours["heat"]), requests);
        let kinds = &ours["series"]["failures_by_kind"];
        assert_eq!(kinds, &theirs["series"]["failures_by_kind"]);
    }
    let cart = both.live.get("/api/v1/runs/1/entries/2").json();
    let kinds = &cart["series"]["failures_by_kind"];
    assert_eq!(kinds[0]["kind"], "server_error");
    assert_eq!(kinds[0]["per_second"][3], 0.5);
    assert_eq!(kinds[0]["per_second"][15], 0.4);
    assert_eq!(kinds[1]["kind"], "check");
    assert_eq!(kinds[1]["per_second"][3], 0.2);
    let home = both.live.get("/api/v1/runs/1/entries/1").json();
    assert_eq!(home["series"]["failures_by_kind"], serde_json::json!([]));
    // The failed ones in their own row.
    let failed = cart["heat"]["columns"][3]["failures"].as_u64();
    assert_eq!(failed, Some(7));
    // Of all requests it is the map of the overview.
    let whole = both.live.get("/api/v1/runs/1").json();
    let all = both.live.get("/api/v1/runs/1/entries/0").json();
    assert_eq!(whole["heat"], all["heat"]);
}

#[test]
fn an_entry_that_was_taken_in_has_lines_and_a_heat_map_without_gaps() {
    let both = Both::play(LENGTH, shop);
    let run = both.take_in();
    let path = format!("/api/v1/runs/{run}/entries/2");
    let entry = both.kept().get(&path).json();
    assert_eq!(entry["whole_run"]["requests"], sum(&entry["heat"]));
    let step = entry["series"]["step_seconds"].as_f64().unwrap();
    let times = entry["series"]["time"].as_array().unwrap();
    let times: Vec<f64> = times.iter().map(|time| time.as_f64().unwrap()).collect();
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] <= step));
    assert_eq!(entry["heat"]["step_seconds"], step);
}

/// Failures and errors of a stretch, by number and count.
fn groups(page: &Page, run: i64, from: f64, to: f64) -> Value {
    let path = format!("/api/v1/runs/{run}/groups?from={from}&to={to}");
    page.get(&path).json()
}

fn counts(groups: &Value) -> [u64; 3] {
    let count = |kind: &str, id: u64| {
        let all = groups[kind].as_array().unwrap().iter();
        let own = all.filter(|one| one["id"] == id);
        own.map(|one| one["count"].as_u64().unwrap()).sum()
    };
    [
        count("failures", 0),
        count("failures", 1),
        count("exceptions", 0),
    ]
}

fn broken_shop(page: &mut Page, second: u32) {
    shop(page, second);
    // Errors of the script from the middle on.
    if second > 77 && second.is_multiple_of(3) {
        let frames = "  File \"lf.py\", line 1\n";
        page.recorder
            .record_exception(Some("KeyError"), "'total'", frames);
    }
}

#[test]
fn failures_and_errors_of_a_stretch_are_counted_and_those_of_two_halves_are_all() {
    let both = Both::play(LENGTH, broken_shop);
    let kept = both.kept();
    let (end, middle) = (both.live.now, START + 80.0);
    for (page, run) in [(&both.live, 1), (&kept, 1), (&kept, both.take_in())] {
        let whole = groups(page, run, START, end);
        assert_eq!((&whole["from"], &whole["to"]), (&START.into(), &end.into()));
        assert_eq!(counts(&whole), [77, 31, 26], "{whole}");
        // A report has longer stretches: a half ends where one of them does.
        let first = groups(page, run, START, middle - 1.0);
        let edge = first["to"].as_f64().unwrap();
        let second = groups(page, run, edge, end);
        assert_eq!(second["from"], edge);
        let sums: Vec<u64> = counts(&first)
            .iter()
            .zip(counts(&second))
            .map(|(one, other)| one + other)
            .collect();
        assert_eq!(sums, [77, 31, 26]);
    }
    for page in [&both.live, &kept] {
        // The ten seconds that were asked for are within longer ones that were counted.
        let short = groups(page, 1, START + 93.0, START + 97.0);
        assert_eq!(short["from"], START + 90.0);
        assert_eq!(short["to"], START + 100.0);
        assert_eq!(counts(&short), [5, 2, 3]);
        let failure = &short["failures"][0];
        assert_eq!(failure["first_seen"], START + 90.0);
        assert_eq!(failure["last_seen"], START + 100.0);
        let first = groups(page, 1, START, START + 70.0);
        assert_eq!(first["exceptions"], serde_json::json!([]));
        assert_eq!(first["failures"][0]["first_seen"], START + 1.0);
        let nothing = page.get("/api/v1/runs/1/groups?from=1&to=2");
        assert_eq!(nothing.json()["code"], "empty_window");
        assert_eq!(page.get("/api/v1/runs/1/groups?from=2&to=1").status, 400);
        // Errors have lines, too.
        let lines = page.get("/api/v1/runs/1/failures?exceptions=0").json();
        let line = lines["exceptions"][0]["per_second"].as_array().unwrap();
        assert!(
            line.iter().any(|rate| rate.as_f64() > Some(0.2)),
            "{line:?}"
        );
    }
}

#[test]
fn of_a_run_that_was_kept_before_errors_had_moments_none_are_told() {
    let both = Both::play(LENGTH, broken_shop);
    let path = both.folder.path().join("runs.sqlite");
    let connection = rusqlite::Connection::open(path).unwrap();
    let old = "DROP TABLE exception_buckets; ALTER TABLE entries DROP COLUMN task;
               PRAGMA user_version = 5";
    connection.execute_batch(old).unwrap();
    drop(connection);
    let kept = both.kept();
    let whole = groups(&kept, 1, START, both.live.now);
    assert_eq!(whole["exceptions"], Value::Null);
    assert_eq!(whole["failures"][0]["count"], 77);
    let lines = kept.get("/api/v1/runs/1/failures?exceptions=0").json();
    let line = &lines["exceptions"][0]["per_second"];
    assert_eq!(line, &serde_json::json!([]));
}
