//! From recorder to snapshot: nothing is lost, nothing is counted twice, memory is bounded.

#![expect(
    clippy::float_cmp,
    reason = "times of the tests are taken over, not computed"
)]

use gregaria_stats::{
    Entry, OTHER_FAILURES, OTHER_NAMES, Recorder, Report, Sample, Settings, Totals,
};
use proptest::prelude::*;

fn sample(name: &str, at: f64, time_ms: f64) -> Sample<'_> {
    Sample {
        method: "GET",
        name,
        at,
        response_time_ms: Some(time_ms),
        length: 7,
        failure: None,
        bucket: None,
    }
}

fn fold(recorder: &Recorder, totals: &mut Totals) {
    recorder
        .drain()
        .iter()
        .for_each(|report| totals.fold(report));
}

/// Everything of an entry that must not depend on how reports were cut.
fn figures(entry: &Entry) -> impl PartialEq + std::fmt::Debug + use<> {
    (
        (
            entry.requests,
            entry.none_requests,
            entry.failures,
            entry.total_content_length,
        ),
        (
            entry.min_response_time_ms,
            entry.max_response_time_ms,
            entry.last_request,
        ),
        entry.histogram.buckets().collect::<Vec<_>>(),
        entry.rounded.iter().collect::<Vec<_>>(),
        entry.seconds.iter().collect::<Vec<_>>(),
    )
}

#[derive(Clone, Debug)]
struct Made {
    name: usize,
    gap: f64,
    time_ms: Option<f64>,
    failure: Option<usize>,
    drain: bool,
}

fn made() -> impl Strategy<Value = Vec<Made>> {
    let one = (
        0..4_usize,
        0.0_f64..1.5,
        proptest::option::weighted(0.9, 0.01_f64..100_000.0),
        proptest::option::weighted(0.3, 0..3_usize),
        proptest::bool::weighted(0.2),
    );
    let one = one.prop_map(|(name, gap, time_ms, failure, drain)| Made {
        name,
        gap,
        time_ms,
        failure,
        drain,
    });
    proptest::collection::vec(one, 1..120)
}

proptest! {
    #[test]
    fn the_totals_do_not_depend_on_when_reports_are_taken(requests in made()) {
        const NAMES: [&str; 4] = ["/", "/a", "/b", "/c"];
        const ERRORS: [&str; 3] = ["x", "y", "z"];
        let settings = Settings::default();
        let (cut, whole) = (Recorder::new(&settings), Recorder::new(&settings));
        let mut folded = Totals::new(settings.clone(), 1000.0);
        let mut merged = Totals::new(settings.clone(), 1000.0);
        let mut at = 1000.0;
        for request in &requests {
            at += request.gap;
            let sample = Sample {
                method: "GET",
                name: NAMES[request.name],
                at,
                response_time_ms: request.time_ms,
                length: 3,
                failure: request.failure.map(|error| ERRORS[error]),
                bucket: None,
            };
            cut.record(&sample);
            whole.record(&sample);
            if request.drain {
                fold(&cut, &mut folded);
            }
        }
        fold(&cut, &mut folded);
        merged.merge(&whole.drain_merged());

        prop_assert_eq!(folded.total().requests, requests.len() as u64);
        prop_assert_eq!(figures(folded.total()), figures(merged.total()));
        let (folded, merged) = (folded.snapshot(at, 1), merged.snapshot(at, 1));
        prop_assert_eq!(folded.entries.len(), merged.entries.len());
        for (a, b) in folded.entries.iter().zip(&merged.entries) {
            prop_assert_eq!(&a.key, &b.key);
            prop_assert_eq!(figures(a), figures(b));
        }
        prop_assert_eq!(folded.failures_by_key(), merged.failures_by_key());
        let failed = requests.iter().filter(|request| request.failure.is_some()).count() as u64;
        let occurrences: u64 = folded.failures.iter().map(|failure| failure.occurrences).sum();
        prop_assert_eq!((folded.total.failures, occurrences), (failed, failed));
    }
}

#[test]
fn a_failure_counts_in_its_entry_and_in_its_group() {
    let recorder = Recorder::new(&Settings::default());
    let mut totals = Totals::new(Settings::default(), 1.0);
    recorder.record(&Sample {
        failure: Some("<A object at 0x7f00>"),
        ..sample("/", 2.0, 5.0)
    });
    recorder.record(&Sample {
        failure: Some("<A object at 0x7f99>"),
        ..sample("/", 3.5, 5.0)
    });
    recorder.record_failure("GET", "/", 4.0, "by itself");
    fold(&recorder, &mut totals);
    let entry = totals.entry("GET", "/").unwrap();
    assert_eq!((entry.requests, entry.failures), (2, 3));
    assert_eq!(entry.last_request, Some(3.5));
    let groups: Vec<_> = totals
        .failures()
        .iter()
        .map(|group| (&*group.error, group.occurrences))
        .collect();
    assert_eq!(groups, [("<A object at 0x....>", 2), ("by itself", 1)]);
    let first = &totals.failures()[0];
    assert_eq!((first.first_seen, first.last_seen), (2.0, 3.5));
}

#[test]
fn exceptions_meet_by_traceback_and_keep_their_nodes() {
    let recorder = Recorder::new(&Settings::default());
    let mut totals = Totals::new(Settings::default(), 1.0);
    recorder.record_exception("division by zero", "File a");
    recorder.record_exception("division by zero", "File a");
    recorder.record_exception("key", "File b");
    fold(&recorder, &mut totals);
    totals.add_exception(&gregaria_stats::Exception::new(
        "worker_1",
        "other text",
        "File a",
    ));
    let first = &totals.exceptions()[0];
    assert_eq!((first.count, &*first.message), (3, "division by zero"));
    let nodes: Vec<&str> = first.nodes.iter().map(|node| &**node).collect();
    assert_eq!(nodes, ["local", "worker_1"]);
    assert_eq!(totals.exceptions().len(), 2);
}

#[test]
fn a_snapshot_does_not_change_when_counting_goes_on() {
    let recorder = Recorder::new(&Settings::default());
    let mut totals = Totals::new(Settings::default(), 1.0);
    recorder.record(&sample("/b", 2.0, 5.0));
    recorder.record(&sample("/a", 2.0, 5.0));
    fold(&recorder, &mut totals);
    let before = totals.tick(3.0, 1);
    recorder.record(&sample("/a", 4.0, 9.0));
    fold(&recorder, &mut totals);
    let after = totals.tick(5.0, 2);
    assert_eq!(before.total.requests, 2);
    assert_eq!(before.entry("GET", "/a").unwrap().max_response_time_ms, 5.0);
    assert_eq!(after.entry("GET", "/a").unwrap().max_response_time_ms, 9.0);
    assert_eq!(
        (before.history.points().len(), after.history.points().len()),
        (1, 2)
    );
    let names: Vec<_> = after.entries.iter().map(|entry| &*entry.key.name).collect();
    assert_eq!(names, ["/a", "/b"]);
    assert!(after.entry("POST", "/a").is_none());
}

#[test]
fn a_reset_keeps_the_names_and_clearing_drops_them() {
    let recorder = Recorder::new(&Settings::default());
    let mut totals = Totals::new(Settings::default(), 1.0);
    recorder.record(&Sample {
        failure: Some("no"),
        ..sample("/", 2.0, 5.0)
    });
    recorder.record_exception("text", "trace");
    fold(&recorder, &mut totals);
    totals.tick(3.0, 1);

    totals.reset_all(10.0);
    let zero = totals.snapshot(10.0, 1);
    assert_eq!((zero.total.requests, zero.total.start_time), (0, 10.0));
    let entry = zero.entry("GET", "/").unwrap();
    assert_eq!(
        (entry.requests, entry.failures, entry.start_time),
        (0, 0, 10.0)
    );
    assert_eq!(entry.min_response_time_ms, None);
    assert!(zero.failures.is_empty() && zero.history.points().is_empty());
    assert_eq!(zero.exceptions.len(), 1);

    recorder.record(&sample("/", 11.0, 5.0));
    fold(&recorder, &mut totals);
    assert_eq!(totals.entries().len(), 1);
    totals.clear_all(12.0);
    assert!(totals.entries().is_empty());
    assert_eq!(totals.total().requests, 0);
}

#[test]
fn a_cleared_recorder_has_nothing_to_report() {
    let recorder = Recorder::new(&Settings::default());
    recorder.record(&sample("/", 2.0, 5.0));
    recorder.clear();
    assert!(recorder.drain().is_empty());
    recorder.record(&sample("/", 2.0, 5.0));
    assert_eq!(recorder.drain_merged().entries[0].requests, 1);
    assert!(recorder.drain_merged().is_empty());
}

#[test]
fn a_recorder_that_nobody_reads_joins_its_parts_and_loses_nothing() {
    let recorder = Recorder::new(&Settings::default());
    for second in 0..1_000 {
        recorder.record(&sample("/", f64::from(second), 5.0));
    }
    let reports: Vec<Report> = recorder.drain();
    assert!(reports.len() <= 20, "{} parts", reports.len());
    let requests: u64 = reports
        .iter()
        .flat_map(|report| &report.entries)
        .map(|e| e.requests)
        .sum();
    assert_eq!(requests, 1_000);
}

#[test]
fn names_past_the_limit_share_one_row_and_are_announced() {
    let settings = Settings {
        max_names: 3,
        ..Settings::default()
    };
    let recorder = Recorder::new(&settings);
    let mut totals = Totals::new(settings, 1.0);
    for name in ["/1", "/2", "/3", "/4", "/5", "/1"] {
        recorder.record(&Sample {
            failure: Some("no"),
            ..sample(name, 2.0, 5.0)
        });
    }
    fold(&recorder, &mut totals);
    assert_eq!(totals.entries().len(), 4);
    assert_eq!(totals.entry("", OTHER_NAMES).unwrap().requests, 2);
    assert_eq!(totals.total().requests, 6);
    assert!(totals.notices()[0].starts_with("more than 3 different names: 2 requests"));
    let folded = totals
        .failures()
        .iter()
        .find(|failure| &*failure.name == OTHER_NAMES)
        .unwrap();
    assert_eq!((&*folded.error, folded.occurrences), ("no", 2));
}

#[test]
fn failures_past_the_limit_share_one_group_and_are_announced() {
    let settings = Settings {
        max_failures: 2,
        ..Settings::default()
    };
    let recorder = Recorder::new(&settings);
    let mut totals = Totals::new(settings, 1.0);
    for turn in 0..9 {
        let error = format!("id {turn}");
        recorder.record(&Sample {
            failure: Some(&error),
            ..sample("/", f64::from(turn), 5.0)
        });
    }
    fold(&recorder, &mut totals);
    assert_eq!(totals.failures().len(), 3);
    let other = totals
        .failures()
        .iter()
        .find(|failure| &*failure.error == OTHER_FAILURES)
        .unwrap();
    assert_eq!(other.occurrences, 7);
    assert_eq!(totals.total().failures, 9);
    assert!(totals.notices()[0].starts_with("more than 2 different failures: 7 further ones"));
}

#[test]
fn an_entry_at_rest_takes_at_most_sixteen_kibibytes() {
    let recorder = Recorder::new(&Settings::default());
    let mut totals = Totals::new(Settings::default(), 1.0);
    // Every bucket, every rounded time up to 65 seconds and every second that is kept; and one
    // time so often that counts need four bytes.
    for step in 0..20_000_u32 {
        let time_ms = 0.001 * (f64::from(step) * 0.0009).exp();
        recorder.record(&sample("/", 2.0 + f64::from(step % 100), time_ms));
    }
    recorder.record(&sample("/", 200.0, 3_600_000.0));
    for _ in 0..100_000 {
        recorder.record(&sample("/", 200.0, 3.0));
    }
    fold(&recorder, &mut totals);
    let entry = totals.entry("GET", "/").unwrap();
    assert_eq!(entry.histogram.heap_bytes(), 13 * 1024);
    let at_rest = entry.bytes() - entry.recent.heap_bytes();
    assert!(at_rest <= 16 * 1024, "{at_rest} bytes");
    assert!(entry.seconds.heap_bytes() > 0 && entry.rounded.heap_bytes() > 1_300);
}

#[test]
fn ten_thousand_names_take_less_than_two_hundred_mebibytes() {
    let settings = Settings::default();
    let recorder = Recorder::new(&settings);
    let mut totals = Totals::new(settings, 1.0);
    let mut snapshot = totals.tick(1.0, 1);
    let names: Vec<String> = (0..10_000).map(|name| format!("/item/{name}")).collect();
    for second in 0..6_u32 {
        for request in 0..100_000_u32 {
            // Each name sees times from 1 ms to 10 s.
            let mixed = (request / 10_000 + second * 10) * 97 % 100;
            let time_ms = 10.0_f64.powf(f64::from(mixed) * 0.04);
            let name = &names[request as usize % names.len()];
            recorder.record(&sample(name, f64::from(second + 2), time_ms));
        }
        fold(&recorder, &mut totals);
        snapshot = totals.tick(f64::from(second + 3), 1);
    }
    let counted: usize = totals.entries().iter().map(|entry| entry.bytes()).sum();
    assert_eq!(totals.entries().len(), 10_000);
    assert!(snapshot.notices.is_empty());
    // Twice: the figures, and the copy that the last snapshot holds of those that go on changing.
    assert!(counted * 2 < 200 << 20, "{} MiB", (counted * 2) >> 20);
}
