//! Cost of one step of a large ramp: 1,000 workers, 50 classes, 100,000 users.
//!
//! The aim is at most 5 ms. Measured on a busy shared machine: a step of 5,000 users has a median of
//! 0.3 ms; a worker that joins when all users run, so that all of them are placed anew, 1.1 ms.

use gregaria_runner::{Dispatcher, UserClass};

fn main() {
    divan::main();
}

/// A ramp at 5,000 users a second, half of the classes with a fixed count.
fn dispatcher() -> Dispatcher {
    let workers: Vec<String> = (0..1_000)
        .map(|id| format!("host{}_{id}", id / 4))
        .collect();
    let classes = (0..50_u32).map(|class| UserClass {
        name: format!("User{class:02}").into(),
        weight: f64::from(class % 7 + 1),
        fixed_count: if class % 2 == 0 { 0 } else { class },
    });
    Dispatcher::new(workers.iter().map(String::as_str), classes)
}

#[divan::bench]
fn one_step(bencher: divan::Bencher<'_, '_>) {
    let mut dispatcher = dispatcher();
    let mut target = 0;
    bencher.bench_local(|| {
        if !dispatcher.is_in_progress() {
            target = 100_000 - target;
            dispatcher
                .start(target, 5_000.0, None)
                .expect("the rate is a number");
        }
        dispatcher.step()
    });
}

#[divan::bench]
fn a_worker_joins_a_full_run(bencher: divan::Bencher<'_, '_>) {
    let mut full = dispatcher();
    full.start(100_000, 100_000.0, None)
        .expect("the rate is a number");
    while full.step().is_some() {}
    bencher
        .with_inputs(|| full.clone())
        .bench_local_values(|mut full| {
            full.add_worker("late_1");
            full
        });
}
