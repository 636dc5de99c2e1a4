//! Rounding of response times by a function of the locustfile.
//!
//! `locust.stats.bucket_response_time` may be replaced while the process runs. Recording must not
//! call Python, so while a replacement is set, requests are only noted, and rounded and counted when
//! somebody reads the statistics: once a second at the latest, by the tick.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use gregaria_stats::{Recorder, Sample, Task};
use pyo3::prelude::*;

static IS_REPLACED: AtomicBool = AtomicBool::new(false);
static FUNCTION: Mutex<Option<Py<PyAny>>> = Mutex::new(None);

/// Rounds a response time in milliseconds as Locust does, to two significant digits.
#[pyfunction]
pub fn bucket_response_time(response_time: f64) -> u64 {
    // Negative times do not occur; one that is made up counts as 0.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "saturates"
    )]
    let bucket = gregaria_stats::round_response_time(response_time) as u64;
    bucket
}

/// Replaces the rounding of all statistics of this process; `None` brings Locust's back.
#[pyfunction]
#[pyo3(signature = (function))]
pub fn replace_bucket_response_time(function: Option<Py<PyAny>>) {
    IS_REPLACED.store(function.is_some(), Ordering::Release);
    let old = {
        let mut current = FUNCTION.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *current, function)
    };
    // After the lock: dropping it may run Python code.
    drop(old);
}

/// Whether a function of the locustfile rounds.
#[inline]
pub(super) fn is_replaced() -> bool {
    IS_REPLACED.load(Ordering::Relaxed)
}

/// Requests that have ended and are not rounded yet.
#[derive(Debug, Default)]
pub(super) struct Unrounded(Mutex<Vec<Noted>>);

#[derive(Debug)]
struct Noted {
    method: Box<str>,
    name: Box<str>,
    at: f64,
    response_time_ms: Option<f64>,
    length: u64,
    failure: Option<Box<str>>,
    status: Option<u16>,
    url: Option<Box<str>>,
    task: Option<Task>,
}

impl Unrounded {
    #[cold]
    pub(super) fn note(&self, sample: &Sample<'_>) {
        self.lock().push(Noted {
            method: sample.method.into(),
            name: sample.name.into(),
            at: sample.at,
            response_time_ms: sample.response_time_ms,
            length: sample.length,
            failure: sample.failure.map(Into::into),
            status: sample.status,
            url: sample.url.map(|url| url.to_string().into()),
            task: sample.task.cloned(),
        });
    }

    /// Rounds and counts what was noted. An error of the function ends with Locust's rounding of
    /// that one time, and is returned after everything has been counted.
    pub(super) fn count(&self, py: Python<'_>, recorder: &Recorder) -> PyResult<()> {
        let noted = std::mem::take(&mut *self.lock());
        if noted.is_empty() {
            return Ok(());
        }
        let function = FUNCTION
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .as_ref()
            .map(|function| function.clone_ref(py));
        let mut result = Ok(());
        for request in &noted {
            let bucket = match (&function, request.response_time_ms) {
                (Some(function), Some(time_ms)) => function
                    .call1(py, (time_ms,))
                    .and_then(|bucket| bucket.extract::<f64>(py))
                    .map_err(|error| result = Err(error))
                    .ok(),
                _ => None,
            };
            let url = format_args!("{}", request.url.as_deref().unwrap_or_default());
            recorder.record(&Sample {
                method: &request.method,
                name: &request.name,
                at: request.at,
                response_time_ms: request.response_time_ms,
                length: request.length,
                failure: request.failure.as_deref(),
                status: request.status,
                url: request.url.as_ref().map(|_| url),
                // Not noted: most of them would be written out for nothing.
                body: None,
                task: request.task.as_ref(),
                bucket,
            });
        }
        result
    }

    pub(super) fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Noted>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
