use gregaria_stats::{Entry, Histogram, Key, Marker, MarkerKind};
use gregaria_web::archive::{Archive, EndKind, Library, Limits, RunName};
use gregaria_web::csv;
use rusqlite::Connection;

use crate::course::{Course, START, finished, keep, setup};

fn assert_same(ours: &Entry, theirs: &Entry) {
    assert_eq!(ours.key, theirs.key);
    assert_eq!(ours.requests, theirs.requests);
    assert_eq!(ours.failures, theirs.failures);
    assert_eq!(ours.total_response_time_ms, theirs.total_response_time_ms);
    assert_eq!(ours.min_response_time_ms, theirs.min_response_time_ms);
    assert_eq!(ours.max_response_time_ms, theirs.max_response_time_ms);
    assert_eq!(ours.total_content_length, theirs.total_content_length);
    assert!(ours.histogram.buckets().eq(theirs.histogram.buckets()));
    assert!(ours.rounded.iter().eq(theirs.rounded.iter()));
}

/// Something of each kind, and the kind's word in the file.
fn marked() -> Vec<(MarkerKind, &'static str)> {
    let first = || "a".into();
    let (workers, of, user_count, seconds) = (1, 3, 5, 2.0);
    let lost = MarkerKind::WorkersLost {
        workers,
        of,
        user_count,
        first: first(),
    };
    let left = MarkerKind::WorkersLeft {
        workers,
        of,
        first: first(),
    };
    let back = MarkerKind::WorkersBack {
        workers,
        first: first(),
    };
    let joined = MarkerKind::WorkersJoined {
        workers,
        first: first(),
    };
    let hot = MarkerKind::WorkersOverloaded {
        workers,
        first: first(),
    };
    let moved = MarkerKind::UsersMoved {
        user_count,
        seconds,
    };
    let all_users = MarkerKind::AllUsers {
        user_count,
        seconds,
    };
    let reason = "stopped".into();
    vec![
        (MarkerKind::RunStarted { user_count }, "run_started"),
        (all_users, "all_users"),
        (
            MarkerKind::UsersChanged { from: 10, to: 20 },
            "users_changed",
        ),
        (MarkerKind::FiguresReset, "figures_reset"),
        (lost, "workers_lost"),
        (left, "workers_left"),
        (back, "workers_back"),
        (joined, "workers_joined"),
        (moved, "users_moved"),
        (MarkerKind::UsersMissing { user_count, of }, "users_missing"),
        (hot, "overloaded"),
        (MarkerKind::Overloaded, "overloaded"),
        (MarkerKind::RunEnded { reason }, "run_ended"),
    ]
}

#[test]
fn a_run_comes_back_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/er/runs.sqlite");
    let archive = Archive::open(&path, Limits::default()).unwrap();
    let mut course = Course::new();
    archive.begin(START, setup("shop"));
    for _ in 0..37 {
        keep(&archive, &course.second(5, 20));
    }
    course
        .recorder
        .record_exception(None, "no such field", "  File \"x\"\n");
    for (kind, _) in marked() {
        course.totals.mark(Marker::new(course.now, kind));
    }
    let last = course.second(5, 20);
    archive.keep(last.clone());
    archive.end(last.clone(), finished(course.now));
    archive.close(None);
    assert_eq!(archive.take_notice(), None);

    let library = Library::open(&path).unwrap();
    let id = library.find(&RunName::Latest).unwrap();
    assert_eq!(archive.run(), Some(id));
    let run = library.run(id).unwrap();
    assert_eq!(run.setup, setup("shop"));
    assert_eq!(run.row.ending, Some(finished(course.now)));
    assert_eq!(run.row.peak_users, 10);
    assert_same(&run.snapshot.total, &last.total);
    assert_eq!(run.snapshot.entries.len(), 5);
    for (ours, theirs) in run.snapshot.entries.iter().zip(&last.entries) {
        assert_same(ours, theirs);
    }
    assert_eq!(run.snapshot.failures, last.failures);
    assert_eq!(run.snapshot.exceptions, last.exceptions);
    assert_eq!(run.seconds.len(), 38);
    for ((marker, kept), (kind, word)) in last
        .markers
        .as_slice()
        .iter()
        .zip(&run.markers)
        .zip(marked())
    {
        assert_eq!((&marker.kind, kept.kind.as_str()), (&kind, word));
        assert_eq!(kept.text, kind.to_string());
    }
    assert_eq!(run.markers.len(), marked().len());
    let percentiles = [0.5, 0.95, 0.999];
    assert_eq!(
        csv::requests(&run.snapshot, &percentiles),
        csv::requests(&last, &percentiles)
    );
}

#[test]
fn nobody_but_its_owner_may_read_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state/runs.sqlite");
    Archive::open(&path, Limits::default()).unwrap().close(None);
    for (path, mode) in [(path.as_path(), 0o600), (path.parent().unwrap(), 0o700)] {
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, mode);
    }
}

#[test]
fn buckets_add_up_to_the_whole_and_stay_bounded_in_a_long_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs.sqlite");
    let archive = Archive::open(&path, Limits::default()).unwrap();
    let mut course = Course::new();
    archive.begin(START, setup("shop"));
    for _ in 0..1000 {
        keep(&archive, &course.second(3, 4));
    }
    let last = course.second(3, 4);
    archive.end(last.clone(), finished(course.now));
    archive.close(None);
    let library = Library::open(&path).unwrap();
    let id = archive.run().unwrap();
    for (key, buckets) in library.all_buckets(id).unwrap() {
        let entry = last.entry(&key.method, &key.name).unwrap_or(&last.total);
        assert_eq!(
            buckets.iter().map(|one| one.requests).sum::<u64>(),
            entry.requests
        );
        assert_eq!(
            buckets.iter().map(|one| one.failures).sum::<u64>(),
            entry.failures
        );
        let mut times = Histogram::default();
        for bucket in &buckets {
            times.merge(&bucket.times);
        }
        assert!(times.buckets().eq(entry.histogram.buckets()));
        let one = library.buckets(id, &key).unwrap();
        assert_eq!(one.len(), buckets.len());
        // Two minutes at two seconds were joined to ten.
        assert!((95..=110).contains(&buckets.len()), "{}", buckets.len());
        let ends = buckets.iter().map(|one| one.time + one.seconds);
        let gaps = ends
            .zip(buckets.iter().skip(1))
            .map(|(end, next)| next.time - end);
        assert!(gaps.into_iter().all(|gap| gap.abs() < 0.01));
    }
    assert!(
        library
            .buckets(id, &Key::new("GET", "/nowhere"))
            .unwrap()
            .is_empty()
    );
    assert!(library.run(id).unwrap().step == 10.0);
}

#[test]
fn a_run_whose_process_ended_is_cut_off_and_has_all_its_seconds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs.sqlite");
    let archive = Archive::open(&path, Limits::default()).unwrap();
    let mut course = Course::new();
    archive.begin(START, setup("shop"));
    let mut last = course.second(4, 30);
    archive.keep(last.clone());
    for _ in 0..24 {
        // Each is written on its own, so that the last lies in a bucket that is open.
        let written = || -> Option<f64> {
            let connection = Connection::open(&path).unwrap();
            let query = "SELECT max(last_second) FROM runs";
            connection.query_row(query, [], |row| row.get(0)).unwrap()
        };
        while written().is_none_or(|written| written < last.time) {
            std::thread::yield_now();
        }
        last = course.second(4, 30);
        archive.keep(last.clone());
    }
    archive.close(None);
    let connection = Connection::open(&path).unwrap();
    connection
        .execute("UPDATE runs SET ended = NULL, owner = 'elsewhere/1/1', last_second = last_second - 1e6", [])
        .unwrap();
    drop(connection);

    let library = Library::open(&path).unwrap();
    let id = library.find(&RunName::Latest).unwrap();
    let run = library.run(id).unwrap();
    assert_eq!(run.row.ending.as_ref().unwrap().kind, EndKind::CutOff);
    assert_eq!(run.seconds.len(), 25);
    assert_eq!(run.row.requests, last.total.requests);
    let (ours, theirs) = (&run.snapshot.total, &last.total);
    assert!(ours.histogram.buckets().eq(theirs.histogram.buckets()));
    assert_eq!(ours.max_response_time_ms, theirs.max_response_time_ms);
    // Locust's rounded times are those of the buckets' middles.
    let rounded = |entry: &Entry| entry.rounded_percentile(0.95);
    assert!((rounded(ours) / rounded(theirs) - 1.0).abs() < 0.02);
    // Noted in the file as soon as somebody writes there.
    Archive::open(&path, Limits::default()).unwrap().close(None);
    let kind: String = Connection::open(&path)
        .unwrap()
        .query_row("SELECT end_kind FROM runs", [], |row| row.get(0))
        .unwrap();
    assert_eq!(kind, "cut_off");
}

#[test]
fn a_run_that_lasts_is_no_run_that_was_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs.sqlite");
    let archive = Archive::open(&path, Limits::default()).unwrap();
    let mut course = Course::new();
    archive.begin(START, setup("shop"));
    archive.keep(course.second(1, 1));
    while archive.run().is_none() {
        std::thread::yield_now();
    }
    let other = Archive::open(&path, Limits { runs: 0, bytes: 0 }).unwrap();
    let library = Library::open(&path).unwrap();
    let row = library.row(archive.run().unwrap()).unwrap();
    assert_eq!(row.ending, None);
    assert!(
        library
            .delete(row.id)
            .unwrap_err()
            .to_string()
            .contains("still going on")
    );
    other.close(None);
    archive.end(course.second(1, 1), finished(course.now));
    archive.close(None);
    library.delete(row.id).unwrap();
    assert!(library.list().unwrap().is_empty());
}

#[test]
fn figures_that_begin_anew_leave_nothing_of_what_was_before() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs.sqlite");
    let archive = Archive::open(&path, Limits::default()).unwrap();
    let mut course = Course::new();
    archive.begin(START, setup("shop"));
    for _ in 0..15 {
        keep(&archive, &course.second(3, 10));
    }
    course.totals.reset_all(course.now);
    for _ in 0..15 {
        keep(&archive, &course.second(2, 10));
    }
    let last = course.second(2, 10);
    archive.end(last.clone(), finished(course.now));
    archive.close(None);
    let library = Library::open(&path).unwrap();
    let id = archive.run().unwrap();
    let run = library.run(id).unwrap();
    assert_eq!(run.snapshot.total.requests, 16 * 20);
    assert_eq!(run.seconds.len(), 16);
    let total = library.buckets(id, &Key::total()).unwrap();
    assert_eq!(total.iter().map(|one| one.requests).sum::<u64>(), 16 * 20);
}

#[test]
fn errors_of_the_script_outlive_a_reset_of_the_figures_and_leave_nothing_when_they_are_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs.sqlite");
    let archive = Archive::open(&path, Limits::default()).unwrap();
    let mut course = Course::new();
    archive.begin(START, setup("shop"));
    let raise = |course: &mut Course, message: &str, seconds: u32| {
        for _ in 0..seconds {
            let frames = "  File \"x\"\n";
            course.recorder.record_exception(None, message, frames);
            keep(&archive, &course.second(1, 1));
        }
    };
    raise(&mut course, "dropped", 5);
    raise(&mut course, "dropped too", 5);
    course.totals.clear_exceptions();
    // Enough for stretches to be joined, with a reset of all other figures on the way.
    raise(&mut course, "before", 100);
    course.totals.reset_all(course.now);
    raise(&mut course, "before", 100);
    archive.end(course.second(1, 1), finished(course.now));
    archive.close(None);
    let library = Library::open(&path).unwrap();
    let run = library.run(archive.run().unwrap()).unwrap();
    assert_eq!(run.snapshot.exceptions.len(), 1);
    assert_eq!(&*run.snapshot.exceptions[0].message, "before");
    assert!(run.exception_buckets.len() < 60, "they were joined");
    let sum: u64 = run
        .exception_buckets
        .iter()
        .map(|one| one.occurrences)
        .sum();
    assert_eq!(sum, 200);
    let ends = run
        .exception_buckets
        .iter()
        .map(|one| one.time + one.seconds);
    let begins = run.exception_buckets.iter().skip(1).map(|one| one.time);
    assert!(ends.zip(begins).all(|(end, begin)| end <= begin + 0.01));
}

#[test]
fn a_writer_that_is_held_up_brings_every_second_later() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs.sqlite");
    let archive = Archive::open(&path, Limits::default()).unwrap();
    let lock = Connection::open(&path).unwrap();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut course = Course::new();
    archive.begin(START, setup("shop"));
    for _ in 0..50 {
        archive.keep(course.second(3, 10));
    }
    lock.execute_batch("COMMIT").unwrap();
    let last = course.second(3, 10);
    archive.end(last.clone(), finished(course.now));
    archive.close(None);
    let run = Library::open(&path)
        .unwrap()
        .run(archive.run().unwrap())
        .unwrap();
    assert_eq!(run.seconds.len(), 51);
    assert_same(&run.snapshot.total, &last.total);
}
