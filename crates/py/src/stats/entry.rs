//! One entry, as Python reads it.

use std::collections::BTreeMap;
use std::sync::Arc;

use gregaria_stats::{Key, Sample, TOTAL_NAME, Totals, Window};
use gregaria_web::table::{self, Widths};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::run::{Stats, rates};
use super::source::Source;

/// Figures of one (method, name): a window on those of a run, or an entry that counts by itself.
#[pyclass(frozen, module = "gregaria._native")]
#[derive(Debug)]
pub struct Entry {
    name: String,
    method: String,
    /// The run: its first and last request decide what rates mean.
    stats: Py<Stats>,
    figures: Figures,
}

#[derive(Debug)]
enum Figures {
    /// Those of the run's entry.
    Window,
    /// Those of all requests of the run.
    Total,
    /// Its own: everything that is recorded in the source belongs to this entry.
    Own(Box<Source>),
}

impl Entry {
    pub(super) fn window(stats: &Bound<'_, Stats>, name: &str, method: &str) -> PyResult<Self> {
        let source = &stats.get().source;
        source
            .totals(stats.py())?
            .entry_or_new(method, name, source.clock.now());
        Ok(Self {
            name: name.to_owned(),
            method: method.to_owned(),
            stats: stats.clone().unbind(),
            figures: Figures::Window,
        })
    }

    pub(super) fn total(stats: &Bound<'_, Stats>) -> Self {
        Self {
            name: TOTAL_NAME.to_owned(),
            method: String::new(),
            stats: stats.clone().unbind(),
            figures: Figures::Total,
        }
    }

    /// The figures of this moment, and what "current" means for them.
    fn figures(&self, py: Python<'_>) -> PyResult<(Arc<gregaria_stats::Entry>, Window)> {
        let source = &self.stats.get().source;
        let (window, found) = {
            let totals = source.totals(py)?;
            let found = match &self.figures {
                Figures::Window => totals.entry(&self.method, &self.name).cloned(),
                Figures::Total => Some(Arc::clone(totals.total())),
                Figures::Own(_) => None,
            };
            (totals.window(), found)
        };
        if let Figures::Own(own) = &self.figures {
            let mut entry = gregaria_stats::Entry::clone(own.totals(py)?.total());
            entry.key = self.key();
            return Ok((Arc::new(entry), window));
        }
        // The run has dropped its entries since: as good as one that has counted nothing.
        let entry = found.unwrap_or_else(|| {
            let settings = gregaria_stats::Settings::default();
            Arc::new(gregaria_stats::Entry::new(
                self.key(),
                window.start_time,
                &settings,
            ))
        });
        Ok((entry, window))
    }

    fn read<T>(
        &self,
        py: Python<'_>,
        read: impl FnOnce(&gregaria_stats::Entry, &Window) -> T,
    ) -> PyResult<T> {
        let (entry, window) = self.figures(py)?;
        Ok(read(&entry, &window))
    }

    fn key(&self) -> Key {
        Key::new(&self.method, &self.name)
    }

    /// The source that counts for this entry alone.
    fn own(&self) -> PyResult<&Source> {
        match &self.figures {
            Figures::Own(own) => Ok(own),
            Figures::Window | Figures::Total => Err(pyo3::exceptions::PyTypeError::new_err(
                "this entry shows what a run has counted; it cannot be changed by itself\n\
                 hint: count with `RequestStats.log_request` and `log_error`",
            )),
        }
    }
}

#[pymethods]
impl Entry {
    /// An entry that counts by itself.
    #[new]
    #[pyo3(signature = (stats, name, method, use_response_times_cache=false))]
    fn new(
        stats: Py<Stats>,
        name: String,
        method: Option<String>,
        use_response_times_cache: bool,
    ) -> Self {
        let source = Source::new(use_response_times_cache, None);
        source.clock.follow(&stats.get().source.clock);
        source.restart(Totals::clear_all);
        let figures = Figures::Own(Box::new(source));
        Self {
            name,
            method: method.unwrap_or_default(),
            stats,
            figures,
        }
    }

    #[getter]
    fn name(&self) -> &str {
        &self.name
    }

    #[getter]
    fn method(&self) -> &str {
        &self.method
    }

    /// Counts one request that has just ended.
    #[pyo3(signature = (response_time, length))]
    fn log(&self, response_time: Option<f64>, length: Option<f64>) -> PyResult<()> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "saturates"
        )]
        let length = length.unwrap_or(0.0) as u64;
        self.own()?.record(Sample {
            method: &self.method,
            name: &self.name,
            response_time_ms: response_time,
            length,
            ..Sample::default()
        });
        Ok(())
    }

    /// Counts one failure.
    fn log_failure(&self) -> PyResult<()> {
        let own = self.own()?;
        own.recorder
            .record_failure(&self.method, &self.name, own.clock.now(), "");
        Ok(())
    }

    /// Back to zero from this moment on.
    fn reset(&self, py: Python<'_>) -> PyResult<()> {
        let source = &self.stats.get().source;
        match &self.figures {
            Figures::Window => {
                source
                    .totals(py)?
                    .reset_entry(&self.method, &self.name, source.clock.now());
            }
            Figures::Total => source.totals(py)?.reset_total(source.clock.now()),
            Figures::Own(own) => own.restart(Totals::clear_all),
        }
        Ok(())
    }

    /// Adds the figures of another entry.
    fn extend(&self, py: Python<'_>, other: &Self) -> PyResult<()> {
        let (theirs, _) = other.figures(py)?;
        self.add(py, gregaria_stats::Entry::clone(&theirs))
    }

    /// Takes over plain data as a worker reports it. Unknown keys are skipped, missing ones are 0.
    fn load(&self, py: Python<'_>, data: &Bound<'_, PyDict>) -> PyResult<()> {
        let own = self.own()?;
        let start_time = number(data, "start_time")?.unwrap_or_else(|| own.clock.now());
        own.restart(|totals, _| totals.reset_total(start_time));
        let mut entry = gregaria_stats::Entry::new(
            self.key(),
            start_time,
            &gregaria_stats::Settings::default(),
        );
        entry.last_request = number(data, "last_request_timestamp")?;
        entry.requests = count(data, "num_requests")?;
        entry.none_requests = count(data, "num_none_requests")?;
        entry.failures = count(data, "num_failures")?;
        entry.total_response_time_ms = number(data, "total_response_time")?.unwrap_or(0.0);
        entry.max_response_time_ms = number(data, "max_response_time")?.unwrap_or(0.0);
        entry.min_response_time_ms = number(data, "min_response_time")?;
        entry.total_content_length = count(data, "total_content_length")?;
        for (bucket, requests) in pairs::<f64>(data, "response_times")? {
            entry.rounded.add(bucket, requests);
        }
        for (second, requests) in pairs::<u64>(data, "num_reqs_per_sec")? {
            entry.seconds.add(second, requests, 0);
        }
        for (second, failures) in pairs::<u64>(data, "num_fail_per_sec")? {
            entry.seconds.add(second, 0, failures);
        }
        entry.fill_histogram_from_rounded();
        self.add(py, entry)
    }

    #[getter]
    fn num_requests(&self, py: Python<'_>) -> PyResult<u64> {
        self.read(py, |entry, _| entry.requests)
    }

    #[getter]
    fn num_none_requests(&self, py: Python<'_>) -> PyResult<u64> {
        self.read(py, |entry, _| entry.none_requests)
    }

    /// How often each status of HTTP came.
    #[getter]
    fn statuses(&self, py: Python<'_>) -> PyResult<BTreeMap<u16, u64>> {
        self.read(py, |entry, _| entry.statuses.iter().collect())
    }

    #[getter]
    fn num_failures(&self, py: Python<'_>) -> PyResult<u64> {
        self.read(py, |entry, _| entry.failures)
    }

    #[getter]
    fn total_response_time(&self, py: Python<'_>) -> PyResult<f64> {
        self.read(py, |entry, _| entry.total_response_time_ms)
    }

    #[getter]
    fn min_response_time(&self, py: Python<'_>) -> PyResult<Option<f64>> {
        self.read(py, |entry, _| entry.min_response_time_ms)
    }

    #[getter]
    fn max_response_time(&self, py: Python<'_>) -> PyResult<f64> {
        self.read(py, |entry, _| entry.max_response_time_ms)
    }

    #[getter]
    fn total_content_length(&self, py: Python<'_>) -> PyResult<u64> {
        self.read(py, |entry, _| entry.total_content_length)
    }

    #[getter]
    fn start_time(&self, py: Python<'_>) -> PyResult<f64> {
        self.read(py, |entry, _| entry.start_time)
    }

    #[getter]
    fn last_request_timestamp(&self, py: Python<'_>) -> PyResult<Option<f64>> {
        self.read(py, |entry, _| entry.last_request)
    }

    /// Rounded response time to number of requests.
    #[getter]
    fn response_times(&self, py: Python<'_>) -> PyResult<BTreeMap<u64, u64>> {
        self.read(py, |entry, _| {
            entry
                .rounded
                .iter()
                .map(|(time, n)| (whole(time), n))
                .collect()
        })
    }

    /// Second since 1970 to number of requests, for the last seconds.
    #[getter]
    fn num_reqs_per_sec(&self, py: Python<'_>) -> PyResult<BTreeMap<u64, u32>> {
        self.read(py, |entry, _| {
            let seconds = entry.seconds.iter().map(|(second, n)| (second, n.requests));
            seconds.filter(|(_, requests)| *requests > 0).collect()
        })
    }

    /// Second since 1970 to number of failures, for the last seconds.
    #[getter]
    fn num_fail_per_sec(&self, py: Python<'_>) -> PyResult<BTreeMap<u64, u32>> {
        self.read(py, |entry, _| {
            let seconds = entry.seconds.iter().map(|(second, n)| (second, n.failures));
            seconds.filter(|(_, failures)| *failures > 0).collect()
        })
    }

    /// Whether current percentiles can be asked for.
    #[getter]
    fn use_response_times_cache(&self) -> bool {
        match &self.figures {
            Figures::Own(own) => own.keeps_recent,
            Figures::Window | Figures::Total => self.stats.get().source.keeps_recent,
        }
    }

    #[getter]
    fn fail_ratio(&self, py: Python<'_>) -> PyResult<f64> {
        self.read(py, |entry, _| entry.fail_ratio())
    }

    #[getter]
    fn avg_response_time(&self, py: Python<'_>) -> PyResult<f64> {
        self.read(py, |entry, _| entry.avg_response_time_ms())
    }

    #[getter]
    fn avg_content_length(&self, py: Python<'_>) -> PyResult<f64> {
        self.read(py, |entry, _| entry.avg_content_length())
    }

    #[getter]
    fn median_response_time(&self, py: Python<'_>) -> PyResult<f64> {
        self.read(py, |entry, _| entry.median_response_time_ms())
    }

    #[getter]
    fn current_rps(&self, py: Python<'_>) -> PyResult<f64> {
        self.read(py, gregaria_stats::Entry::current_rps)
    }

    #[getter]
    fn current_fail_per_sec(&self, py: Python<'_>) -> PyResult<f64> {
        self.read(py, gregaria_stats::Entry::current_failures_per_second)
    }

    #[getter]
    fn total_rps(&self, py: Python<'_>) -> PyResult<f64> {
        self.read(py, gregaria_stats::Entry::total_rps)
    }

    #[getter]
    fn total_fail_per_sec(&self, py: Python<'_>) -> PyResult<f64> {
        self.read(py, gregaria_stats::Entry::total_failures_per_second)
    }

    /// Locust's percentile: a rounded response time.
    fn percentile(&self, py: Python<'_>, percent: f64) -> PyResult<u64> {
        self.read(py, |entry, _| whole(entry.rounded_percentile(percent)))
    }

    /// The same over the last seconds before `now`; `None` while there is nothing to compare with.
    fn current_percentile(&self, py: Python<'_>, percent: f64, now: f64) -> PyResult<Option<u64>> {
        self.read(py, |entry, _| {
            entry.current_rounded_percentile(now, percent).map(whole)
        })
    }

    /// This entry in the console's table of statistics.
    fn line(
        &self,
        py: Python<'_>,
        current: bool,
        method_width: usize,
        name_width: usize,
    ) -> PyResult<String> {
        let widths = Widths {
            method: method_width,
            name: name_width,
        };
        self.read(py, |entry, window| {
            table::statistics_line(entry, window, rates(current), widths)
        })
    }

    /// This entry in the console's table of percentiles.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "Python's list is converted to a vector"
    )]
    fn percentile_line(
        &self,
        py: Python<'_>,
        percentiles: Vec<f64>,
        method_width: usize,
        name_width: usize,
    ) -> PyResult<String> {
        let widths = Widths {
            method: method_width,
            name: name_width,
        };
        self.read(py, |entry, _| {
            table::percentile_line(entry, &percentiles, widths)
        })
    }
}

impl Entry {
    fn add(&self, py: Python<'_>, mut more: gregaria_stats::Entry) -> PyResult<()> {
        let source = &self.stats.get().source;
        match &self.figures {
            Figures::Window => {
                more.key = self.key();
                source.totals(py)?.extend_entry(&more);
            }
            Figures::Total => source.totals(py)?.extend_total(&more),
            Figures::Own(own) => own.totals(py)?.extend_total(&more),
        }
        Ok(())
    }
}

/// A rounded response time as the whole number it is. A locustfile's own rounding may give
/// fractions, which Locust's maps keep and these cut off.
fn whole(time_ms: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "saturates"
    )]
    let whole = time_ms as u64;
    whole
}

fn number(data: &Bound<'_, PyDict>, key: &str) -> PyResult<Option<f64>> {
    data.get_item(key)?
        .map_or(Ok(None), |value| value.extract())
}

fn count(data: &Bound<'_, PyDict>, key: &str) -> PyResult<u64> {
    data.get_item(key)?.map_or(Ok(0), |value| value.extract())
}

fn pairs<K>(data: &Bound<'_, PyDict>, key: &str) -> PyResult<Vec<(K, u64)>>
where
    K: for<'a, 'py> FromPyObject<'a, 'py, Error = PyErr>,
{
    let Some(map) = data.get_item(key)? else {
        return Ok(Vec::new());
    };
    let map = map.cast_into::<PyDict>()?;
    map.iter()
        .map(|(key, value)| Ok((key.extract()?, value.extract()?)))
        .collect()
}
