//! Uncaught errors in tasks, grouped by traceback.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::table::Keyed;

/// Name of the node in a run of one process, as in Locust.
pub const LOCAL_NODE: &str = "local";

/// Errors that left a task by the same way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    /// How often it happened.
    pub count: u64,
    /// Name of its class, such as `KeyError`; `None` if nobody said.
    pub error_type: Option<Arc<str>>,
    /// Text of the first of them.
    pub message: Arc<str>,
    /// Frames from the task down to the error, as Python formats them, without a heading and without
    /// the error itself.
    pub traceback: Arc<str>,
    /// Ids of the workers on which it happened, or [`LOCAL_NODE`].
    pub nodes: BTreeSet<Arc<str>>,
}

impl Exception {
    /// One error on one node.
    pub fn new(node: &str, message: &str, traceback: &str) -> Self {
        Self {
            count: 1,
            error_type: None,
            message: message.into(),
            traceback: traceback.into(),
            nodes: BTreeSet::from([node.into()]),
        }
    }

    /// With the name of its class.
    #[must_use]
    pub fn of_type(mut self, error_type: Option<&str>) -> Self {
        self.error_type = error_type.map(Arc::from);
        self
    }

    /// Adds the same error, seen elsewhere or later.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.nodes.extend(other.nodes.iter().cloned());
    }
}

impl Keyed for Exception {
    fn parts(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&*self.traceback)
    }
}

impl Keyed for Arc<Exception> {
    fn parts(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&*self.traceback)
    }
}
