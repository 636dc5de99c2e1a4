//! The dispatcher for Python: steps as dicts, waits as seconds.

use gregaria_runner::{DispatchError, Sequence, UserClass};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

/// Spreads users over workers. It never waits itself.
#[pyclass(module = "gregaria._native")]
#[derive(Debug)]
pub struct Dispatcher {
    dispatcher: gregaria_runner::Dispatcher,
    /// Names of the classes in the order of the counts: keys of every dict it hands out.
    class_names: Vec<Py<PyString>>,
}

#[pymethods]
impl Dispatcher {
    /// `workers` are ids, `classes` names with weight and fixed count; both must be unique.
    #[new]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "Python's list is converted to a vector"
    )]
    fn new(py: Python<'_>, workers: Vec<String>, classes: Vec<(String, f64, u32)>) -> Self {
        let classes = classes
            .into_iter()
            .map(|(name, weight, fixed_count)| UserClass {
                name: name.into(),
                weight,
                fixed_count,
            });
        let workers = workers.iter().map(String::as_str);
        let dispatcher = gregaria_runner::Dispatcher::new(workers, classes);
        let placement = dispatcher.placement();
        let names = placement.classes().map(|name| PyString::new(py, name));
        Self {
            class_names: names.map(Bound::unbind).collect(),
            dispatcher,
        }
    }

    /// Begins a ramp to `target` users; new ones are of `classes`, if these are given.
    #[pyo3(signature = (target, spawn_rate, classes=None))]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "Python's list is converted to a vector"
    )]
    fn start(
        &mut self,
        target: usize,
        spawn_rate: f64,
        classes: Option<Vec<String>>,
    ) -> PyResult<()> {
        let classes: Option<Vec<&str>> = classes
            .as_ref()
            .map(|names| names.iter().map(String::as_str).collect());
        self.dispatcher
            .start(target, spawn_rate, classes.as_deref())
            .map_err(|error: DispatchError| PyValueError::new_err(error.to_string()))
    }

    /// Seconds to let pass before `step` is called next.
    fn wait(&mut self) -> f64 {
        self.dispatcher.wait().as_secs_f64()
    }

    /// What each worker shall run from then on; `None` when the ramp has ended.
    fn step<'py>(&mut self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        let Some(step) = self.dispatcher.step() else {
            return Ok(None);
        };
        let placed = PyDict::new(py);
        for (worker, counts) in step.placement.workers() {
            let users = PyDict::new(py);
            for (name, count) in self.class_names.iter().zip(counts) {
                users.set_item(name, count)?;
            }
            placed.set_item(worker, users)?;
        }
        Ok(Some(placed))
    }

    /// Spreads the users anew over the workers and one more.
    fn add_worker(&mut self, worker: &str) {
        self.dispatcher.add_worker(worker);
    }

    /// Spreads the users anew over the workers without this one; `False` if it is not among them.
    fn remove_worker(&mut self, worker: &str) -> bool {
        self.dispatcher.remove_worker(worker)
    }

    /// Users that run by the last step.
    #[getter]
    fn user_count(&self) -> usize {
        self.dispatcher.user_count()
    }

    /// Whether a ramp is under way.
    #[getter]
    fn is_in_progress(&self) -> bool {
        self.dispatcher.is_in_progress()
    }
}

/// Places of weights, each as often as its weight says, for ever: an iterator.
#[pyclass(module = "gregaria._native")]
#[derive(Debug)]
pub struct WeightedOrder {
    sequence: Sequence,
}

#[pymethods]
impl WeightedOrder {
    /// Ties go to the smaller weight, then to the earlier place.
    #[new]
    fn new(weights: Vec<f64>) -> Self {
        Self {
            sequence: Sequence::new(weights.into_iter().enumerate()),
        }
    }

    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    /// The next place. Ends at once if no weight is above zero.
    fn __next__(&mut self) -> Option<usize> {
        self.sequence.next()
    }
}
