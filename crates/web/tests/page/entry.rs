//! One entry over time, of a run that lasts and of the same run when it is kept.

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
