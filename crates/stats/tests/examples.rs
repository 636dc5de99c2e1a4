//! Which requests a recorder keeps by themselves.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

use gregaria_stats::{
    Entry, Example, Examples, Key, Recorder, Report, SHOWN_EXAMPLES, Sample, Settings, Totals,
};

fn record(recorder: &Recorder, at: f64, time_ms: f64, failure: Option<&str>) {
    recorder.record(&Sample {
        method: "GET",
        name: "/item/[id]",
        at,
        response_time_ms: Some(time_ms),
        failure,
        status: Some(if failure.is_some() { 503 } else { 200 }),
        url: Some(format_args!("http://shop/item/{time_ms}")),
        ..Sample::default()
    });
}

fn slow(examples: &Examples) -> Vec<f64> {
    let time = |one: &Arc<Example>| one.response_time_ms;
    examples.slow().iter().filter_map(time).collect()
}

#[test]
fn the_slowest_five_of_a_minute_come_out_of_many_requests_in_many_reports() {
    let settings = Settings::default();
    let recorder = Recorder::new(&settings);
    let mut totals = Totals::new(settings, 1_000.0);
    let mut sent = 0;
    for turn in 0..30_000_u32 {
        // Every time once, in disorder; two hundred a second.
        let time_ms = f64::from(1 + turn * 7_919 % 30_000) / 10.0;
        record(&recorder, 1_000.0 + f64::from(turn) / 200.0, time_ms, None);
        if turn % 600 == 599 {
            for report in recorder.drain() {
                sent += report.entries[0].examples.slow().len();
                totals.fold(&report);
            }
        }
    }
    let last_minute = (18_000..30_000_u32).map(|turn| f64::from(1 + turn * 7_919 % 30_000) / 10.0);
    let mut expected: Vec<_> = last_minute.collect();
    expected.sort_by(|a, b| b.total_cmp(a));
    let entry = totals.entry("GET", "/item/[id]").unwrap();
    let found = slow(&entry.examples);
    assert_eq!(found[..SHOWN_EXAMPLES], expected[..SHOWN_EXAMPLES]);
    assert!(sent < 200, "{sent} of 30,000 were kept");
    let slowest = &entry.examples.slow()[0];
    assert_eq!(*slowest.url, format!("http://shop/item/{}", expected[0]));
    assert_eq!((slowest.status, &slowest.error), (Some(200), &None));
    assert_eq!(slow(&totals.total().examples), found);
}

#[test]
fn the_first_failures_of_each_second_are_kept_and_the_last_five_of_all() {
    let recorder = Recorder::new(&Settings::default());
    for turn in 0..300_u32 {
        let at = 1_000.0 + f64::from(turn) / 100.0;
        record(
            &recorder,
            at,
            5.0,
            Some("HTTPError('503 for url: /?key=1')"),
        );
    }
    let report = recorder.drain_merged();
    let failed = report.entries[0].examples.failed();
    let at: Vec<_> = failed.iter().map(|one| one.at).collect();
    assert_eq!(at, [1_002.04, 1_002.03, 1_002.02, 1_002.01, 1_002.0]);
    assert_eq!(failed[0].status, Some(503));
    assert_eq!(
        failed[0].error.as_deref(),
        Some("HTTPError('503 for url: /?key=***')")
    );
}

#[test]
fn a_request_without_a_url_is_known_by_its_name() {
    let recorder = Recorder::new(&Settings::default());
    recorder.record(&Sample {
        method: "grpc",
        name: "/shop.Cart/Add",
        at: 1_000.0,
        response_time_ms: None,
        failure: Some("RpcError()"),
        ..Sample::default()
    });
    let report = recorder.drain_merged();
    let examples = &report.entries[0].examples;
    assert!(examples.slow().is_empty());
    let failed = &examples.failed()[0];
    assert_eq!((&*failed.method, &*failed.url), ("grpc", "/shop.Cart/Add"));
    assert_eq!((failed.status, failed.response_time_ms), (None, None));
}

/// Counts how often it is written out.
struct Counted<'a>(&'a Cell<u32>);

impl fmt::Display for Counted<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.set(self.0.get() + 1);
        formatter.write_str("password=1&page=2")
    }
}

#[test]
fn a_body_is_looked_at_only_if_its_request_is_kept() {
    let recorder = Recorder::new(&Settings::default());
    let looks = Cell::new(0);
    let body = Counted(&looks);
    for turn in 0..1_000_u32 {
        recorder.record(&Sample {
            method: "GET",
            name: "/",
            at: 1_000.0,
            response_time_ms: Some(900.0 - f64::from(turn) / 2.0),
            failure: (turn == 900).then_some("HTTPError('503')"),
            body: Some(format_args!("{body}")),
            ..Sample::default()
        });
    }
    assert_eq!(looks.get(), 6, "five slow ones and one that failed");
    let report = recorder.drain_merged();
    let examples = &report.entries[0].examples;
    for one in examples.slow().iter().chain(examples.failed()) {
        assert_eq!(one.body.as_deref(), Some("password=***&page=2"));
    }
}

#[test]
fn a_recorder_that_begins_anew_has_nothing_to_compare_with() {
    let recorder = Recorder::new(&Settings::default());
    for turn in 0..5_u32 {
        record(&recorder, 1_000.0, 900.0 + f64::from(turn), None);
    }
    recorder.clear();
    record(&recorder, 1_001.0, 2.0, None);
    assert_eq!(slow(&recorder.drain_merged().entries[0].examples), [2.0]);
}

#[test]
fn the_bodies_of_one_second_have_a_bound_and_so_has_the_work_on_them() {
    let recorder = Recorder::new(&Settings::default());
    let looks = Cell::new(0);
    let record = |at: f64, names: std::ops::Range<u32>, text: &str| {
        for number in names {
            let body = Counted(&looks);
            recorder.record(&Sample {
                method: "GET",
                name: &format!("/{number}"),
                at,
                response_time_ms: Some(5.0),
                failure: (number % 2 == 0).then_some("HTTPError('503')"),
                body: Some(format_args!("{body}{text}")),
                ..Sample::default()
            });
        }
        let looked_at = looks.replace(0);
        let reports = recorder.drain();
        let entries = reports.iter().flat_map(|report| &report.entries);
        let bodies = entries.filter(|entry| entry.examples.slow()[0].body.is_some());
        (bodies.count(), looked_at)
    };
    let page = "a".repeat(2_029);
    assert_eq!(record(1_000.0, 0..1_000, &page), (256, 256));
    // Each second has its own.
    assert_eq!(record(1_001.0, 1_000..1_100, &page), (100, 100));
    // What is hidden, and what is short, has been looked at, too.
    let token = format!("&token={}", "é".repeat(10_000));
    assert_eq!(record(1_002.0, 1_100..2_000, &token), (64, 65));
    assert_eq!(record(1_003.0, 2_000..5_000, "").0, 2_048);
}

#[test]
fn parts_that_nobody_takes_away_keep_few_bodies() {
    let recorder = Recorder::new(&Settings::default());
    let page = "a".repeat(2_048);
    for number in 0..6_000_u32 {
        recorder.record(&Sample {
            method: "GET",
            name: &format!("/{number}"),
            at: 1_000.0 + f64::from(number / 200),
            response_time_ms: Some(5.0),
            body: Some(format_args!("{page}")),
            ..Sample::default()
        });
    }
    let report = recorder.drain_merged();
    assert_eq!(report.entries.len(), 6_000);
    let slow = report.entries.iter().flat_map(|one| one.examples.slow());
    let with_body = slow.filter(|one| one.body.is_some()).count();
    // Sixteen parts; of the seconds that one of them is joined from, the last has its bodies.
    assert_eq!(with_body, 16 * 200);
}

#[test]
fn the_bodies_of_a_run_have_a_bound_and_new_ones_come_when_old_ones_go() {
    let settings = Settings::default();
    let mut totals = Totals::new(settings.clone(), 1_000.0);
    let entry = |number: u32, at: f64| {
        let name = format!("/{number}");
        let examples = (0..5_u32).map(|turn| Example {
            body: Some("a".repeat(2_048).into()),
            response_time_ms: Some(5.0),
            ..Example::new("GET", format_args!("{name}"), None, at + f64::from(turn))
        });
        let mut entry = Entry::new(Key::new("GET", &name), at, &settings);
        entry.examples = Examples::new(Vec::new(), examples.collect());
        entry
    };
    let bodies = |totals: &Totals| -> usize {
        let entries = totals.entries().iter();
        let all = entries.flat_map(|one| one.examples.failed());
        all.filter(|one| one.body.is_some()).count()
    };
    let room = (32 << 20) / 2_048 / 5;
    for number in 0..room + 100 {
        let report = Report {
            entries: vec![entry(number, 1_000.0)],
            ..Report::default()
        };
        totals.merge(&report);
    }
    assert_eq!(totals.entries().len(), room as usize + 100);
    assert_eq!(bodies(&totals), room as usize * 5);
    assert_eq!(totals.entries().last().unwrap().examples.failed().len(), 5);
    // Later ones without a body take the places of such with one: then there is room again.
    totals.extend_entry(&entry(0, 2_000.0));
    totals.reset_entry("GET", "/1", 2_000.0);
    assert_eq!(bodies(&totals), (room as usize - 2) * 5);
    totals.extend_entry(&entry(room, 2_000.0));
    totals.extend_entry(&entry(room + 1, 2_000.0));
    totals.extend_entry(&entry(room + 2, 2_000.0));
    assert_eq!(bodies(&totals), room as usize * 5);
    totals.reset_all(3_000.0);
    totals.extend_entry(&entry(0, 3_000.0));
    assert_eq!(bodies(&totals), 5);
}
