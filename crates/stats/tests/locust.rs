//! Locust's own figures: rounding, percentiles, rates and current percentiles, by its vectors.

#![expect(
    clippy::float_cmp,
    reason = "rounded times and means of whole numbers are exact"
)]

use gregaria_stats::{Recorder, Rounded, Sample, Settings, Totals, Window, round_response_time};

#[test]
fn response_times_are_rounded_as_locust_rounds_them() {
    let vectors = [
        (0.4, 0.0),
        (0.5, 0.0),
        (1.5, 2.0),
        (2.5, 2.0),
        (99.4, 99.0),
        (99.5, 100.0),
        (145.0, 140.0),
        (155.0, 160.0),
        (994.0, 990.0),
        (995.0, 1_000.0),
        (1_450.0, 1_400.0),
        (1_550.0, 1_600.0),
        (9_950.0, 10_000.0),
        (10_500.0, 10_000.0),
        (11_500.0, 12_000.0),
        (58_760.0, 59_000.0),
        (123_456.0, 123_000.0),
        (10_000_000.0, 10_000_000.0),
        (-3.5, -4.0),
        (-145.0, -145.0),
    ];
    for (time, expected) in vectors {
        assert_eq!(round_response_time(time), expected, "{time}");
        let mut rounded = Rounded::default();
        rounded.record(time);
        assert_eq!(
            rounded.iter().collect::<Vec<_>>(),
            [(expected, 1)],
            "{time}"
        );
        rounded.add(expected, 2);
        assert_eq!(
            rounded.iter().collect::<Vec<_>>(),
            [(expected, 3)],
            "{time}"
        );
    }
}

/// Doubles that lie next to a rounding edge fall on their own side of it.
#[test]
fn the_neighbours_of_an_edge_are_not_taken_for_the_edge() {
    for edge in [
        145.0_f64, 165.0, 255.0, 995.0, 1_450.0, 5_050.0, 9_950.0, 10_500.0, 62_500.0,
    ] {
        let step = if edge < 1_000.0 {
            5.0
        } else if edge < 10_000.0 {
            50.0
        } else {
            500.0
        };
        assert_eq!(
            round_response_time(edge.next_down()),
            edge - step,
            "below {edge}"
        );
        assert_eq!(
            round_response_time(edge.next_up()),
            edge + step,
            "above {edge}"
        );
    }
}

#[test]
fn every_rounded_time_has_one_place() {
    let mut rounded = Rounded::default();
    for tenth in 0..1_000_000 {
        rounded.record(f64::from(tenth) / 10.0);
    }
    let times: Vec<f64> = rounded.iter().map(|(time, _)| time).collect();
    assert!(times.windows(2).all(|pair| pair[0] < pair[1]));
    assert_eq!(times.len(), 101 + 90 + 90 + 90);
    assert!(times.iter().all(|time| round_response_time(*time) == *time));
    assert_eq!(
        rounded.iter().map(|(_, count)| count).sum::<u64>(),
        1_000_000
    );
}

#[test]
fn a_rule_of_the_users_own_may_give_any_number() {
    let mut rounded = Rounded::default();
    for bucket in [12.5, 7.0, 250_000.0, 12.5, 105.0, -1.0] {
        rounded.add(bucket, 1);
    }
    let pairs: Vec<_> = rounded.iter().collect();
    assert_eq!(
        pairs,
        [(-1.0, 1), (7.0, 1), (12.5, 2), (105.0, 1), (250_000.0, 1)]
    );
    assert_eq!(rounded.percentile(6, 0.5), 12.5);
}

#[test]
fn percentiles_are_found_as_locust_finds_them() {
    let mut ten = Rounded::default();
    (1..=10).for_each(|time| ten.record(f64::from(time)));
    for (quantile, expected) in [
        (0.5, 6.0),
        (0.9, 10.0),
        (0.95, 10.0),
        (1.0, 10.0),
        (0.1, 2.0),
    ] {
        assert_eq!(ten.percentile(10, quantile), expected, "{quantile}");
    }
    let mut one = Rounded::default();
    one.record(7.0);
    for quantile in [0.0, 0.1, 0.5, 1.0] {
        assert_eq!(one.percentile(1, quantile), 7.0);
    }
    assert_eq!(Rounded::default().percentile(0, 0.5), 0.0);
}

fn record(recorder: &Recorder, at: f64, response_time_ms: Option<f64>, failure: Option<&str>) {
    recorder.record(&Sample {
        method: "GET",
        name: "/",
        at,
        response_time_ms,
        length: 10,
        failure,
        bucket: None,
    });
}

fn fold(recorder: &Recorder, totals: &mut Totals) {
    recorder
        .drain()
        .iter()
        .for_each(|report| totals.fold(report));
}

#[test]
fn the_current_rate_is_the_mean_of_ten_seconds_that_end_two_before_the_last_request() {
    let recorder = Recorder::new(&Settings::default());
    let mut totals = Totals::new(Settings::default(), 1000.2);
    // `second` requests in each second, so that each second can be told from the others.
    for second in 1..=30_u32 {
        for part in 0..second {
            let at = 1000.0 + f64::from(second) + f64::from(part) / 100.0;
            record(&recorder, at, Some(1.0), (part == 0).then_some("no"));
        }
    }
    fold(&recorder, &mut totals);
    let total = totals.total();
    // The last request was in second 30: seconds 18 to 27.
    assert_eq!(
        total.current_rps(&totals.window()),
        f64::from((18..=27).sum::<u32>()) / 10.0
    );
    assert_eq!(total.current_failures_per_second(&totals.window()), 1.0);
    let elapsed = total.last_request.unwrap() - 1000.2;
    assert_eq!(total.total_rps(&totals.window()), 465.0 / elapsed);
}

#[test]
fn the_window_is_empty_at_first_and_does_not_begin_before_the_run() {
    let recorder = Recorder::new(&Settings::default());
    let mut totals = Totals::new(Settings::default(), 1000.9);
    assert_eq!(totals.total().current_rps(&totals.window()), 0.0);
    for (second, expected) in [
        (1000, 0.0),
        (1001, 0.0),
        (1002, 0.0),
        (1003, 4.0),
        (1004, 4.0),
    ] {
        for _ in 0..4 {
            record(&recorder, f64::from(second) + 0.95, Some(1.0), None);
        }
        fold(&recorder, &mut totals);
        let rate = totals.total().current_rps(&totals.window());
        assert_eq!(rate, expected, "{second}");
    }
    assert_eq!(Window::new(5.0, None).elapsed_seconds(), 0.0);
}

/// What Locust's own table of moments holds for this course of requests, seen by asking it.
#[test]
fn current_percentiles_look_back_to_the_moments_that_locust_remembers() {
    let recorder = Recorder::new(&Settings::default());
    let mut totals = Totals::new(Settings::default(), 100.2);
    for (at, time) in [
        (100.2, 1.0),
        (100.9, 2.0),
        (101.5, 30.0),
        (104.1, 40.0),
        (105.0, 50.0),
    ] {
        record(&recorder, at, Some(time), None);
        // Reading in between must not change what is remembered.
        fold(&recorder, &mut totals);
    }
    let total = totals.total();
    // Moments: 100 (two requests), 103 (three), 104 (four).
    assert_eq!(total.current_rounded_percentile(110.0, 0.0), Some(30.0));
    assert_eq!(total.current_rounded_percentile(113.0, 0.0), Some(40.0));
    assert_eq!(total.current_rounded_percentile(114.0, 0.0), Some(50.0));
    // 111 looks for 101, 100, 102, 99, 103: the second try hits.
    assert_eq!(total.current_rounded_percentile(111.0, 0.0), Some(30.0));
    // 122 is the last from which 104 is seen.
    assert_eq!(total.current_rounded_percentile(122.0, 1.0), Some(50.0));
    assert_eq!(total.current_rounded_percentile(123.0, 1.0), None);
    assert_eq!(total.current_rounded_percentile(101.0, 1.0), None);
}

/// As above, for a master: there the moment follows the report.
#[test]
fn a_master_remembers_the_moment_after_each_report() {
    let recorder = Recorder::new(&Settings::default());
    let mut totals = Totals::new(Settings::default(), 99.0);
    for (at, time) in [(100.2, 1.0), (100.9, 2.0), (101.5, 30.0), (103.1, 40.0)] {
        record(&recorder, at, Some(time), None);
        totals.merge(&recorder.drain_merged());
    }
    let total = totals.total();
    // Moments: 99 (none), 100 (one request), 101 (three), 103 (four).
    assert_eq!(total.current_rounded_percentile(109.0, 0.0), Some(1.0));
    assert_eq!(total.current_rounded_percentile(110.0, 0.0), Some(2.0));
    assert_eq!(total.current_rounded_percentile(111.0, 0.0), Some(40.0));
    assert_eq!(total.current_rounded_percentile(113.0, 0.0), Some(0.0));
}

#[test]
fn a_request_without_a_time_counts_as_a_request_only() {
    let recorder = Recorder::new(&Settings::default());
    let mut totals = Totals::new(Settings::default(), 1.0);
    for time in [None, Some(f64::NAN), Some(f64::INFINITY)] {
        record(&recorder, 2.0, time, None);
    }
    fold(&recorder, &mut totals);
    let entry = totals.entry("GET", "/").unwrap();
    assert_eq!((entry.requests, entry.none_requests), (3, 3));
    assert_eq!(
        (entry.min_response_time_ms, entry.max_response_time_ms),
        (None, 0.0)
    );
    assert_eq!(
        (
            entry.avg_response_time_ms(),
            entry.median_response_time_ms()
        ),
        (0.0, 0.0)
    );
    assert_eq!(
        (entry.rounded_percentile(0.5), entry.percentile_ms(0.5)),
        (0.0, None)
    );
    assert_eq!(entry.avg_content_length(), 10.0);
}

#[test]
fn the_median_is_moved_between_the_shortest_and_the_longest_time() {
    let recorder = Recorder::new(&Settings::default());
    let mut totals = Totals::new(Settings::default(), 1.0);
    record(&recorder, 2.0, Some(193.176_725), None);
    fold(&recorder, &mut totals);
    assert_eq!(totals.total().median_response_time_ms(), 193.176_725);
    assert_eq!(totals.total().rounded_percentile(0.5), 190.0);
}
