//! The report of a run: small, without secrets or markup, and complete enough to be taken in again.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::path::Path;
use std::sync::Arc;
use std::thread;

use gregaria_stats::{Recorder, Sample, Settings, Totals};
use gregaria_web::archive::{Archive, EndKind, Ending, Library, Limits, Setup, TestFile};
use gregaria_web::model::WorkersCourse;
use gregaria_web::report::{self, Extent, ImportError};

const START: f64 = 1_700_000_000.0;

/// Keeps a run of so many seconds, in which each of `names` counts a request every `every` seconds.
fn keep(path: &Path, seconds: usize, every: usize, names: &[String]) -> i64 {
    let settings = Settings::default();
    let recorder = Recorder::new(&settings);
    let mut totals = Totals::new(settings, START);
    let archive = Archive::open(path, Limits::default()).unwrap();
    let file = TestFile {
        name: "shop.py".to_owned(),
        text: Some("PASSWORD = 'geheim'".to_owned()),
        ..TestFile::default()
    };
    archive.begin(
        START,
        Setup {
            name: "shop <b>".to_owned(),
            files: vec![file],
            ..Setup::default()
        },
    );
    let mut seed = 7_u64;
    for second in 1..=seconds {
        let now = START + second as f64;
        for (place, name) in names.iter().enumerate() {
            if (place + second) % every != 0 {
                continue;
            }
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let unit = (seed >> 11) as f64 / (1_u64 << 53) as f64;
            recorder.record(&Sample {
                method: "GET",
                name,
                at: now - 0.5,
                response_time_ms: Some(10.0 / (1.0005 - unit).sqrt()),
                length: 100,
                failure: (unit > 0.999).then_some("HTTPError('500 <script>')"),
                status: None,
                url: None,
                body: Some(format_args!(
                    "{{\"place\":\"{name}\",\"token\":\"geheim\"}}"
                )),
                task: None,
                bucket: None,
            });
        }
        for part in recorder.drain() {
            totals.fold(&part);
        }
        let snapshot = totals.tick(now, 10);
        archive.keep(Arc::clone(&snapshot));
        // The writer may take some seconds at once, but closes its buckets in time.
        while second % 10 == 0 && Arc::strong_count(&snapshot) > 1 {
            thread::yield_now();
        }
    }
    let points = seconds / 5;
    archive.crew_course(WorkersCourse {
        step_seconds: 5.0,
        time: (1..=points)
            .map(|point| START + 5.0 * point as f64)
            .collect(),
        cpu_median_percent: vec![Some(31.4); points],
        cpu_max_percent: vec![Some(97.2); points],
        lag_max_ms: vec![Some(12.0); points],
    });
    let time = START + seconds as f64;
    let ending = Ending {
        kind: EndKind::Finished,
        reason: "its time was up".to_owned(),
        by: None,
        time,
        exit_code: None,
    };
    archive.end(totals.snapshot(time, 0), ending);
    archive.close(None);
    archive.run().unwrap()
}

fn names(count: usize) -> Vec<String> {
    (0..count)
        .map(|place| format!("/shop/item/{place}"))
        .collect()
}

#[test]
fn an_hour_of_500_entries_is_below_300_kilobytes_and_can_be_taken_in() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs.sqlite");
    let id = keep(&path, 3600, 10, &names(500));
    let library = Library::open(&path).unwrap();
    let run = library.run(id).unwrap();
    let html = report::html(&report::data(&library, &run, Extent::Small, START).unwrap());
    assert!(html.len() <= 300_000, "{}", html.len());
    let again = library
        .run(report::import(&library, &html).unwrap())
        .unwrap();
    assert!(again.row.is_imported);
    assert_eq!(again.snapshot.entries.len(), 500);
    assert_eq!(again.snapshot.total.requests, run.snapshot.total.requests);
    assert_eq!(again.row.p95_ms, run.row.p95_ms);
    let p95 = |run: &gregaria_web::archive::StoredRun| run.snapshot.entries[7].percentile_ms(0.95);
    let (ours, theirs) = (p95(&again).unwrap(), p95(&run).unwrap());
    assert!((ours / theirs - 1.0).abs() < 0.03, "{ours} {theirs}");
    // Of 720 points a small file has a few, which reach as far.
    let (few, all) = (again.crew_course.unwrap(), run.crew_course.unwrap());
    assert!(few.time.len() <= 60 && few.time.last() == all.time.last());
}

#[test]
fn how_busy_the_workers_were_comes_back_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs.sqlite");
    let id = keep(&path, 60, 1, &names(2));
    let library = Library::open(&path).unwrap();
    let run = library.run(id).unwrap();
    assert_eq!(
        run.crew_course.as_ref().map(|course| course.time.len()),
        Some(12)
    );
    let small = report::data(&library, &run, Extent::Small, START).unwrap();
    let whole = report::data(&library, &run, Extent::Whole, START).unwrap();
    for text in [report::html(&small), report::json(&whole)] {
        let again = report::import(&library, &text).unwrap();
        let again = library.run(again).unwrap();
        assert_eq!(again.crew_course, run.crew_course);
    }
    let mut uneven = serde_json::to_value(&whole).unwrap();
    uneven["workers_course"]["time"] = serde_json::json!([1.0]);
    let outcome = report::import(&library, &uneven.to_string());
    assert!(matches!(outcome, Err(ImportError::Damaged(_))));
    // Reports of before do not tell it.
    uneven.as_object_mut().unwrap().remove("workers_course");
    let old = report::import(&library, &uneven.to_string()).unwrap();
    assert_eq!(library.run(old).unwrap().crew_course, None);
}

#[test]
fn no_text_of_a_run_is_markup_and_no_text_of_its_files_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs.sqlite");
    let evil = "</script><script>alert(1)</script><!--".to_owned();
    let id = keep(&path, 30, 1, std::slice::from_ref(&evil));
    let library = Library::open(&path).unwrap();
    let run = library.run(id).unwrap();
    let data = report::data(&library, &run, Extent::Small, START).unwrap();
    assert!(!report::json_for_html(&data).contains('<'));
    let html = report::html(&data);
    assert!(!html.contains("geheim"));
    let again = library
        .run(report::import(&library, &html).unwrap())
        .unwrap();
    assert_eq!(&*again.snapshot.entries[0].key.name, evil.as_str());
    assert_eq!(
        report::file_name(&run.row),
        "shop--b-_1_2023-11-14T2213Z_finished.html"
    );
}

#[test]
fn what_is_no_report_is_not_taken_in() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs.sqlite");
    let id = keep(&path, 5, 1, &names(2));
    let library = Library::open(&path).unwrap();
    for text in ["", "{}", "[1]", "<html></html>", "{\"format\":1}"] {
        let outcome = report::import(&library, text);
        assert!(matches!(outcome, Err(ImportError::NotAReport)), "{text}");
    }
    let data = report::data(&library, &library.run(id).unwrap(), Extent::Whole, START).unwrap();
    let json = serde_json::to_string(&data).unwrap();
    let newer = json.replacen("\"format\":1", "\"format\":9", 1);
    let outcome = report::import(&library, &newer);
    assert!(matches!(outcome, Err(ImportError::Newer { found: 9 })));
    for cut in [json.len() / 3, json.len() / 2, json.len() - 2] {
        assert!(report::import(&library, &json[..cut]).is_err());
    }
    assert_eq!(library.list().unwrap().len(), 1);
}
