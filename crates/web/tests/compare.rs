//! The rule by which runs are compared, held against simulated runs whose truth is known.

use gregaria_stats::{Histogram, Key};
use gregaria_web::compare::{Comparison, Course, Metric, Verdict, Window, compare};

/// Numbers that look random.
struct Random(u64);

impl Random {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }
}

/// A system under test, and the load on it.
#[derive(Clone, Copy)]
struct World {
    windows: usize,
    window_seconds: f64,
    entries: usize,
    /// Requests a second of the first entry; the others have less.
    rps: f64,
    /// How much slower this system is.
    slower: f64,
    /// Height of the slow waves that all response times share, and the seconds they last.
    wave: f64,
    wave_seconds: f64,
}

const WORLD: World = World {
    windows: 60,
    window_seconds: 10.0,
    entries: 12,
    rps: 40.0,
    slower: 1.0,
    wave: 0.04,
    wave_seconds: 40.0,
};

/// A run: rates that wander, response times with heavy tails that wander together, and a warm-up
/// that makes the beginning slower.
fn run(world: World, random: &mut Random) -> Vec<(Key, Course)> {
    let memory = (-world.window_seconds / world.wave_seconds).exp();
    let mut shared = random.normal();
    let mut load = random.normal();
    let mut courses = vec![Course::default(); world.entries + 1];
    for place in 0..world.windows {
        shared = memory * shared + (1.0 - memory * memory).sqrt() * random.normal();
        load = memory * load + (1.0 - memory * memory).sqrt() * random.normal();
        let warm_up = 0.1 * (-(place as f64) / 3.0).exp();
        let factor = world.slower * (1.0 + warm_up) * (world.wave * shared).exp();
        let mut total = Window {
            seconds: world.window_seconds,
            ..Window::default()
        };
        for entry in 0..world.entries {
            let rps = world.rps / (1.0 + entry as f64) * (0.02 * load).exp();
            let expected = rps * world.window_seconds;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a small positive number"
            )]
            let requests = (expected + expected.sqrt() * random.normal())
                .round()
                .max(0.0) as u64;
            let mut times = Histogram::default();
            let mut failures = 0;
            for _ in 0..requests {
                let body = 8.0 * (entry as f64 + 1.0).sqrt() * (0.45 * random.normal()).exp();
                // One in thirty waits, and for some of these long: Pareto's tail.
                let tail = if random.unit() < 1.0 / 30.0 {
                    20.0 / (1.0 - random.unit()).powf(0.5)
                } else {
                    0.0
                };
                times.record((body + tail) * factor);
                failures += u64::from(random.unit() < 0.01);
            }
            total.requests += requests;
            total.failures += failures;
            total.times.merge(&times);
            courses[entry + 1].windows.push(Window {
                seconds: world.window_seconds,
                requests,
                failures,
                times,
            });
        }
        courses[0].windows.push(total);
    }
    let key = |place: usize| match place {
        0 => Key::total(),
        _ => Key::new("GET", &format!("/{place}")),
    };
    let numbered = courses.into_iter().enumerate();
    numbered
        .map(|(place, course)| (key(place), course))
        .collect()
}

fn is_all_same(comparison: &Comparison) -> bool {
    let mut figures = comparison.rows.iter().flat_map(|row| &row.figures);
    figures.all(|figure| matches!(figure.verdict, Verdict::Same | Verdict::Unknown))
}

/// In how many of so many pairs of identical runs the whole table says "same".
fn same(world: World, pairs: u64) -> f64 {
    let mut same = 0;
    for seed in 0..pairs {
        let random = &mut Random(seed.wrapping_mul(0x1234_5678_9abc));
        let (a, b) = (run(world, random), run(world, random));
        let comparison = compare(&a, &b);
        same += u64::from(is_all_same(&comparison));
    }
    same as f64 / pairs as f64
}

/// In how many of so many pairs the median of all requests, and that of how many entries, is found
/// to be worse when the system is ten in a hundred slower.
fn found(world: World, pairs: u64) -> (f64, f64) {
    let slower = World {
        slower: 1.1,
        ..world
    };
    let (mut totals, mut entries) = (0, 0);
    for seed in 0..pairs {
        let random = &mut Random(seed.wrapping_mul(0x9876_5432_1abc) + 7);
        let comparison = compare(&run(world, random), &run(slower, random));
        let median = |row: usize| {
            let figure = &comparison.rows[row].figures[2];
            assert_eq!(figure.metric, Metric::P50);
            u64::from(figure.verdict == Verdict::Worse)
        };
        totals += median(0);
        entries += (1..=world.entries).map(median).sum::<u64>();
    }
    let pairs = pairs as f64;
    (
        totals as f64 / pairs,
        entries as f64 / (pairs * world.entries as f64),
    )
}

#[test]
fn identical_loads_are_same_in_95_of_100_tables() {
    let share = same(WORLD, 200);
    assert!(share >= 0.95, "{share}");
}

#[test]
fn identical_loads_are_same_where_waves_are_slow() {
    let slow = World {
        wave: 0.02,
        wave_seconds: 120.0,
        ..WORLD
    };
    let share = same(slow, 100);
    assert!(share >= 0.95, "{share}");
}

#[test]
fn identical_short_runs_are_same() {
    let short = World {
        windows: 15,
        window_seconds: 2.0,
        wave_seconds: 10.0,
        ..WORLD
    };
    let share = same(short, 200);
    assert!(share >= 0.95, "{share}");
}

#[test]
fn identical_hours_with_rare_requests_are_same() {
    let long = World {
        windows: 360,
        rps: 6.0,
        ..WORLD
    };
    let share = same(long, 60);
    assert!(share >= 0.95, "{share}");
}

#[test]
fn a_target_that_is_ten_in_a_hundred_slower_is_found() {
    let calm = World {
        wave: 0.025,
        ..WORLD
    };
    let (total, entries) = found(calm, 60);
    assert!(total >= 0.95, "{total}");
    assert!(entries >= 0.75, "{entries}");
}

#[test]
fn it_is_found_in_two_minutes_of_an_even_load() {
    let even = World {
        windows: 60,
        window_seconds: 2.0,
        wave: 0.01,
        ..WORLD
    };
    let (total, _) = found(even, 60);
    assert!(total >= 0.9, "{total}");
}

#[test]
fn one_slower_entry_among_many_is_found_and_no_other_is_blamed() {
    let world = World {
        wave: 0.01,
        ..WORLD
    };
    let (mut found, mut blamed) = (0, 0);
    for seed in 0..40 {
        let random = &mut Random(seed * 77);
        let a = run(world, random);
        let mut b = run(world, random);
        let slower = World {
            slower: 1.1,
            ..world
        };
        b[3] = run(slower, random).swap_remove(3);
        for (place, row) in compare(&a, &b).rows.iter().enumerate().skip(1) {
            let is_worse = row.figures[2].verdict == Verdict::Worse;
            match place {
                3 => found += u32::from(is_worse),
                _ => blamed += u32::from(is_worse),
            }
        }
    }
    assert!(found >= 32, "{found}");
    assert!(blamed <= 2, "{blamed}");
}

#[test]
fn entries_of_one_run_alone_and_runs_that_are_too_short_are_not_judged() {
    let random = &mut Random(5);
    let short = World {
        windows: 3,
        ..WORLD
    };
    let a = run(short, random);
    let b = run(
        World {
            entries: 2,
            ..short
        },
        random,
    );
    let comparison = compare(&a, &b);
    assert_eq!(comparison.rows.len(), a.len());
    let last = comparison.rows.last().unwrap();
    assert!(last.is_in_a && !last.is_in_b);
    let mut figures = comparison.rows.iter().flat_map(|row| &row.figures);
    assert!(figures.all(|figure| figure.verdict == Verdict::Unknown));
}

#[test]
fn failures_that_appear_are_found() {
    let window = |failures| Window {
        seconds: 10.0,
        requests: 200,
        failures,
        times: Histogram::default(),
    };
    let course = |failures| {
        let windows = vec![window(failures); 30];
        vec![(Key::total(), Course { windows })]
    };
    let judged = |a, b| compare(&course(a), &course(b)).rows[0].figures[1];
    assert_eq!(judged(0, 4).verdict, Verdict::Worse);
    assert_eq!(judged(4, 0).verdict, Verdict::Better);
    assert_eq!(judged(4, 4).verdict, Verdict::Same);
    assert_eq!(judged(0, 0).verdict, Verdict::Same);
    assert_eq!(judged(0, 4).ratio(), None);
}
