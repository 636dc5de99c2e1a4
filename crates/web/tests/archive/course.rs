//! A run that is made up second by second, with a clock of its own.

use std::sync::Arc;
use std::thread;

use gregaria_stats::{Recorder, Sample, Settings, Snapshot, Totals};
use gregaria_web::archive::{Archive, EndKind, Ending, Setup};

/// When the runs of these tests begin.
pub(crate) const START: f64 = 1_700_000_000.0;

/// A run, and the numbers by which its response times differ.
pub(crate) struct Course {
    pub recorder: Recorder,
    pub totals: Totals,
    pub now: f64,
    seed: u64,
}

impl Course {
    pub(crate) fn new() -> Self {
        let settings = Settings::default();
        Self {
            recorder: Recorder::new(&settings),
            totals: Totals::new(settings, START),
            now: START,
            seed: 1,
        }
    }

    /// A number from 0 to 1 that looks random.
    pub(crate) fn random(&mut self) -> f64 {
        self.seed = self
            .seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.seed >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// One second in which each of `entries` entries counts `each` requests, every fiftieth of
    /// which fails.
    pub(crate) fn second(&mut self, entries: usize, each: usize) -> Arc<Snapshot> {
        self.now += 1.0;
        for entry in 0..entries {
            let name = format!("/item/{entry}");
            for request in 0..each {
                let time = 5.0 * (entry % 7 + 1) as f64 / (1.001 - self.random()).sqrt();
                self.recorder.record(&Sample {
                    method: "GET",
                    name: &name,
                    at: self.now - 0.5,
                    response_time_ms: Some(time),
                    length: 100,
                    failure: ((entry + request) % 50 == 49).then_some("HTTPError('500')"),
                    status: None,
                    url: None,
                    body: None,
                    task: None,
                    bucket: None,
                });
            }
        }
        for report in self.recorder.drain() {
            self.totals.fold(&report);
        }
        self.totals.tick(self.now, 10)
    }
}

/// Keeps a picture and waits until it has been written: the writer lets go of it then.
pub(crate) fn keep(archive: &Archive, snapshot: &Arc<Snapshot>) {
    archive.keep(Arc::clone(snapshot));
    while Arc::strong_count(snapshot) > 1 {
        thread::yield_now();
    }
}

/// A run by this name.
pub(crate) fn setup(name: &str) -> Setup {
    Setup {
        name: name.to_owned(),
        host: Some("http://127.0.0.1:8000".to_owned()),
        users: Some(10),
        ..Setup::default()
    }
}

/// An end as planned.
pub(crate) fn finished(time: f64) -> Ending {
    Ending {
        kind: EndKind::Finished,
        reason: "its time was up".to_owned(),
        by: None,
        time,
        exit_code: Some(0),
    }
}
