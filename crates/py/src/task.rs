//! During which task of its user a request is sent.
//!
//! A user has a list of one place, into which the loop of its tasks puts the name of the one that
//! begins (`python/gregaria/locust/user/task.py`). Whoever sends looks there: one read of a list and
//! one look-up by address for each request, and no Python code.

use std::collections::HashMap;
use std::sync::Arc;

use gregaria_stats::Task;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString};

/// Names that are found by their address; further ones are copied for each request.
const MAX_NAMES: usize = 10_000;

/// Tasks by the text of Python's that names them, which is kept so that no other gets its address.
#[derive(Debug, Default)]
pub(crate) struct TaskBook {
    known: HashMap<usize, (Py<PyString>, Task), foldhash::fast::FixedState>,
}

impl TaskBook {
    /// The task that a place holds now: a name, or `None` outside of tasks.
    pub(crate) fn task_in(&mut self, place: &Bound<'_, PyList>) -> Task {
        let Ok(name) = place.get_item(0) else {
            return Task::NotKnown;
        };
        if let Some((_, task)) = self.known.get(&(name.as_ptr() as usize)) {
            return task.clone();
        }
        self.learn(&name)
    }

    #[cold]
    fn learn(&mut self, name: &Bound<'_, PyAny>) -> Task {
        let Ok(name) = name.cast::<PyString>() else {
            return Task::Outside;
        };
        let Ok(text) = name.to_str() else {
            return Task::NotKnown;
        };
        // One piece of text for each name, however often Python has it.
        let same = |(_, task): &&(Py<PyString>, Task)| task.as_text() == Some(text);
        let known = self.known.values().find(same).map(|(_, task)| task.clone());
        let task = known.unwrap_or_else(|| named(text));
        if self.known.len() < MAX_NAMES {
            let kept = (name.clone().unbind(), task.clone());
            self.known.insert(name.as_ptr() as usize, kept);
        }
        task
    }
}

/// The task of this name, without the function that its class was made in.
pub(crate) fn named(name: &str) -> Task {
    let own = name.rsplit("<locals>.").next().unwrap_or(name);
    match own {
        "" => Task::Outside,
        own => Task::One(Arc::from(own)),
    }
}
