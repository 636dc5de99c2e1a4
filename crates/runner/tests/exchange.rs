//! What a worker has counted reaches the master as it was.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests: what cannot be read must fail the test"
)]

use gregaria_runner::exchange::{from_wire, to_wire};
use gregaria_runner::wire::{self, Number, StatsEntry, StatsReport, ToMaster};
use gregaria_stats::{Precision, Recorder, Report, Sample, Settings, Task, Totals};

const BEGIN: f64 = 1_795_000_000.0;

fn counted(settings: &Settings) -> Report {
    let recorder = Recorder::new(settings);
    let tasks = ["A.a", "A.b", ""].map(|name| Task::from_text(Some(name)));
    for number in 0_u32..2_000 {
        let time = 0.3 * f64::from(number) + 0.7;
        recorder.record(&Sample {
            method: "GET",
            name: if number % 3 == 0 { "/a" } else { "/b" },
            at: BEGIN + f64::from(number) / 500.0,
            response_time_ms: (number % 50 != 0).then_some(time),
            length: 10,
            failure: (number % 7 == 0).then_some("CatchResponseError('wrong')"),
            status: Some(if number % 7 == 0 { 503 } else { 200 }),
            url: None,
            body: None,
            task: Some(&tasks[number as usize % 3]),
            bucket: None,
        });
    }
    recorder.record_aborted();
    recorder.record_aborted();
    let mut whole = Report::default();
    for part in recorder.drain() {
        whole.merge(part);
    }
    whole
}

/// Through the bytes of the wire.
fn sent(report: StatsReport) -> StatsReport {
    let bytes = wire::encode(&ToMaster::Stats(Box::new(report)), "w_1");
    match wire::decode::<ToMaster>(&bytes).unwrap().message {
        ToMaster::Stats(report) => *report,
        other => panic!("{other:?}"),
    }
}

#[test]
fn nothing_is_lost_on_the_way() {
    for precision in [Precision::Two, Precision::Three] {
        let settings = Settings {
            precision,
            ..Settings::default()
        };
        let report = counted(&settings);
        let arrived = from_wire(&sent(to_wire(&report, BEGIN, &settings)), 0.0, &settings);
        assert_eq!(arrived.entries.len(), 2);
        let tasks = arrived.entries.iter().map(|entry| entry.task.as_text());
        assert_eq!(tasks.collect::<Vec<_>>(), [Some("A.a"), Some("*")]);
        for (ours, theirs) in report.entries.iter().zip(&arrived.entries) {
            assert_eq!(theirs.key, ours.key);
            assert_eq!(
                (theirs.requests, theirs.none_requests, theirs.failures),
                (ours.requests, ours.none_requests, ours.failures)
            );
            assert_eq!(theirs.total_content_length, ours.total_content_length);
            assert_eq!(theirs.statuses, ours.statuses);
            assert_eq!(theirs.statuses.iter().count(), 2);
            assert_eq!(theirs.examples, ours.examples);
            assert_eq!(theirs.task, ours.task);
            assert!(!theirs.examples.slow().is_empty());
            assert!((theirs.total_response_time_ms - ours.total_response_time_ms).abs() < 1e-6);
            assert_eq!(theirs.min_response_time_ms, ours.min_response_time_ms);
            assert_eq!(theirs.last_request, ours.last_request);
            assert!(theirs.histogram.buckets().eq(ours.histogram.buckets()));
            assert!(theirs.rounded.iter().eq(ours.rounded.iter()));
            assert!(theirs.seconds.iter().eq(ours.seconds.iter()));
            for quantile in [0.5, 0.95, 0.99, 1.0] {
                assert_eq!(theirs.percentile_ms(quantile), ours.percentile_ms(quantile));
            }
            assert!(!theirs.is_coarse);
        }
        assert_eq!(arrived.failures, report.failures);
        assert_eq!((arrived.aborted, arrived.lacks_aborted), (2, false));
    }
}

#[test]
fn a_worker_of_locust_gives_coarse_times() {
    let report = StatsReport {
        stats: vec![StatsEntry {
            num_requests: 3,
            response_times: vec![(Number::Int(12), 2), (Number::Int(350), 1)],
            max_response_time: Number::Float(349.6),
            ..StatsEntry::default()
        }],
        ..StatsReport::default()
    };
    let arrived = from_wire(&sent(report), 0.0, &Settings::default());
    assert!(arrived.entries[0].is_coarse);
    assert_eq!(arrived.entries[0].histogram.len(), 3);
}

#[test]
fn requests_that_were_cut_off_are_known_where_all_workers_tell_them() {
    let settings = Settings::default();
    let arrives = |report| from_wire(&sent(report), 0.0, &settings);
    let ours = arrives(to_wire(&counted(&settings), BEGIN, &settings));
    let idle = arrives(to_wire(&Report::default(), BEGIN, &settings));
    let of_locust = arrives(StatsReport::default());
    let mut totals = Totals::new(settings.clone(), BEGIN);
    assert_eq!(totals.aborted(), Some(0));
    for report in [&ours, &idle, &ours] {
        totals.merge(report);
    }
    assert_eq!(totals.aborted(), Some(4));
    totals.merge(&of_locust);
    assert_eq!(totals.aborted(), None, "what nobody tells is not 0");
    totals.clear_all(BEGIN);
    assert_eq!(totals.aborted(), Some(0));
}

#[test]
fn times_of_a_wrong_clock_are_moved() {
    let settings = Settings::default();
    let report = counted(&settings);
    let right = from_wire(&to_wire(&report, BEGIN, &settings), 3_600.0, &settings);
    let (ours, theirs) = (&report.entries[0], &right.entries[0]);
    assert_eq!(
        theirs.last_request,
        ours.last_request.map(|at| at + 3_600.0)
    );
    let seconds: Vec<u64> = theirs.seconds.iter().map(|(second, _)| second).collect();
    assert!(
        ours.seconds
            .iter()
            .map(|(second, _)| second + 3_600)
            .eq(seconds)
    );
}

#[test]
fn numbers_beyond_reason_do_no_harm() {
    let mut report = to_wire(&counted(&Settings::default()), BEGIN, &Settings::default());
    for entry in &mut report.stats {
        entry.num_requests = u64::MAX;
        entry.num_failures = u64::MAX;
        entry.total_content_length = i64::MIN;
        entry.total_response_time = Number::Float(f64::NAN);
        entry.max_response_time = Number::Float(f64::INFINITY);
        entry.start_time = f64::NEG_INFINITY;
        entry.num_reqs_per_sec = vec![(i64::MIN, u64::MAX), (i64::MAX, u64::MAX)];
        entry.response_times = vec![(Number::Float(f64::NAN), u64::MAX); 3];
    }
    let settings = Settings::default();
    let mut totals = gregaria_stats::Totals::new(settings.clone(), BEGIN);
    for _ in 0..3 {
        totals.merge(&from_wire(&report, 0.0, &settings));
    }
    assert!(totals.total().total_response_time_ms.is_finite());
}
