//! A day of a cluster, on a clock of its own: what a master keeps of it does not grow for ever.

use gregaria_stats::{
    MAX_POINTS, Marker, MarkerKind, Recorder, Sample, Settings, Snapshot, Totals,
};

const BEGIN: f64 = 1_795_000_000.0;
const HOUR: u32 = 3_600;

/// Seconds from one report of a worker to the next.
const REPORT_SECONDS: u32 = 3;

/// What one worker counts in three seconds that end at `second`: the times wander over the hours.
fn report(recorder: &Recorder, second: u32) {
    for number in 0..20 {
        let name = ["/a", "/b", "/c"][number % 3];
        let wandering = f64::from((second * 31 + u32::try_from(number).unwrap_or(0) * 7) % 9_000);
        recorder.record(&Sample {
            method: "GET",
            name,
            at: BEGIN + f64::from(second)
                - f64::from(20 - u32::try_from(number).unwrap_or(0)) / 20.0,
            response_time_ms: Some(0.5 + wandering),
            length: 100,
            failure: (number == 0).then_some("ConnectionError('refused')"),
            status: None,
            url: None,
            body: None,
            task: None,
            bucket: None,
        });
    }
}

/// Bytes of the figures, and how many rows of each kind there are.
fn size(snapshot: &Snapshot) -> (usize, [usize; 4]) {
    let entries = snapshot.entries.iter().chain([&snapshot.total]);
    (
        entries.map(|entry| entry.bytes()).sum(),
        [
            snapshot.history.points().len(),
            snapshot.entries.len(),
            snapshot.failures.len(),
            snapshot.markers.as_slice().len(),
        ],
    )
}

#[test]
fn a_day_takes_no_more_memory_than_two_hours() {
    let settings = Settings::default();
    let recorder = Recorder::new(&settings);
    let mut totals = Totals::new(settings, BEGIN);
    let mut after_two_hours = (0, [0; 4]);
    let mut most_markers = 0;
    for second in 1..=24 * HOUR {
        let now = BEGIN + f64::from(second);
        if second % REPORT_SECONDS == 0 {
            report(&recorder, second);
            totals.merge(&recorder.drain_merged());
        }
        if second % 60 == 0 {
            let (from, to) = (u64::from(second), u64::from(second) + 1);
            totals.mark(Marker::new(now, MarkerKind::UsersChanged { from, to }));
        }
        let snapshot = totals.tick(now, 100);
        assert!(snapshot.history.points().len() <= MAX_POINTS);
        most_markers = most_markers.max(snapshot.markers.as_slice().len());
        if second == 2 * HOUR {
            after_two_hours = size(&snapshot);
        }
    }
    let snapshot = totals.snapshot(BEGIN + f64::from(24 * HOUR), 100);
    let (bytes, [_, names, failures, _]) = size(&snapshot);
    // Within the noise of the last seconds' response times, which are kept one by one.
    assert!(
        bytes <= after_two_hours.0 * 11 / 10,
        "{bytes} after {after_two_hours:?}"
    );
    assert_eq!([names, failures], after_two_hours.1[1..3]);
    assert!(most_markers <= gregaria_stats::MAX_MARKERS);
    // And nothing has been forgotten.
    let reports = u64::from(24 * HOUR / REPORT_SECONDS);
    assert_eq!(snapshot.total.requests, reports * 20);
    assert_eq!(snapshot.total.failures, reports);
    let last = snapshot.history.points().last().map(|point| point.requests);
    assert!(last.is_some_and(|requests| requests > snapshot.total.requests * 99 / 100));
}
