//! What counts and what has been counted: the write side and the read side of one set of figures.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gregaria_stats::{Recorder, Sample, Settings, Snapshot, Totals};
use pyo3::prelude::*;

use super::clock::Clock;
use super::rounding::{self, Unrounded};

/// A recorder and its totals. Recording is a few additions and calls no Python; reading first adds
/// what is pending, so that whoever reads sees the last request.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) recorder: Recorder,
    pub(super) clock: Clock,
    pub(super) keeps_recent: bool,
    /// Whether requests that are kept by themselves are kept with what was answered.
    pub(super) keeps_bodies: AtomicBool,
    totals: Mutex<Totals>,
    unrounded: Unrounded,
}

impl Source {
    /// `kept_seconds` says for how long entries keep their counts by second; `None` for as long as
    /// current rates need.
    pub(super) fn new(keeps_recent: bool, kept_seconds: Option<usize>) -> Self {
        let mut settings = Settings {
            keeps_recent,
            ..Settings::default()
        };
        if let Some(kept_seconds) = kept_seconds {
            settings.kept_seconds = settings.kept_seconds.max(kept_seconds);
        }
        let clock = Clock::new();
        Self {
            recorder: Recorder::new(&settings),
            totals: Mutex::new(Totals::new(settings, clock.now())),
            clock,
            keeps_recent,
            keeps_bodies: AtomicBool::new(false),
            unrounded: Unrounded::default(),
        }
    }

    #[inline]
    pub(super) fn record(&self, sample: Sample<'_>) {
        let sample = Sample {
            at: self.clock.now(),
            ..sample
        };
        if rounding::is_replaced() {
            self.unrounded.note(&sample);
        } else {
            self.recorder.record(&sample);
        }
    }

    /// The totals, with everything that has been recorded up to here.
    pub(super) fn totals(&self, py: Python<'_>) -> PyResult<MutexGuard<'_, Totals>> {
        self.unrounded.count(py, &self.recorder)?;
        let reports = self.recorder.drain();
        let mut totals = self.lock();
        for report in &reports {
            totals.fold(report);
        }
        Ok(totals)
    }

    /// The picture of this moment.
    pub(super) fn snapshot(&self, py: Python<'_>) -> PyResult<Arc<Snapshot>> {
        let totals = self.totals(py)?;
        // Views for the console and for files leave the number of users to the runner.
        Ok(totals.snapshot(self.clock.now(), 0))
    }

    /// Adds to the totals what others have counted.
    pub(super) fn merge(&self, add: impl FnOnce(&mut Totals)) {
        add(&mut self.lock());
    }

    /// Drops what is pending and gives the totals to `change`, with the time.
    pub(super) fn restart(&self, change: impl FnOnce(&mut Totals, f64)) {
        self.unrounded.clear();
        self.recorder.clear();
        change(&mut self.lock(), self.clock.now());
    }

    fn lock(&self) -> MutexGuard<'_, Totals> {
        // Nothing in here leaves figures half changed: a panic elsewhere must not hide them.
        self.totals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
