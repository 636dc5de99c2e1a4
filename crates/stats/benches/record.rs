//! Cost of recording one request: look-up of the entry, lock, counters and both tables of times.
//!
//! The aim is at most 100 ns. Measured on a shared machine of two cores while both were building
//! other things, so that only the fastest of 100 samples says something: 70 ns with 1 name, 73 ns
//! with 20; 180 ns with 1,000 names in turn, whose entries and tables fall out of the cache.

use gregaria_stats::{Recorder, Sample, Settings};

fn main() {
    divan::main();
}

/// One request of a run with so many names, look-up and lock included.
#[divan::bench(args = [1, 20, 1000], sample_size = 10_000)]
fn record(bencher: divan::Bencher<'_, '_>, names: usize) {
    let recorder = Recorder::new(&Settings::default());
    let names: Vec<String> = (0..names)
        .map(|name| format!("/catalogue/item/{name}"))
        .collect();
    let mut turn = 0_usize;
    bencher.bench_local(|| {
        turn += 1;
        recorder.record(&Sample {
            method: "GET",
            name: &names[turn % names.len()],
            at: 1000.0,
            response_time_ms: Some(1.0 + (turn % 512) as f64 * 0.2),
            length: 100,
            failure: None,
            status: Some(200),
            url: None,
            body: None,
            task: None,
            bucket: None,
        });
    });
}
