//! Both ends of the seam.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;

use super::{FormData, LogBook, Order, Reply, Unanswered, View};

/// Takes an order to the test's thread. Must not wait.
type Carrier = Box<dyn Fn(Order) + Send + Sync>;

/// What the test's thread and those of the page share.
pub struct Seam {
    view: watch::Sender<Option<Arc<View>>>,
    form: Mutex<Arc<FormData>>,
    log: Mutex<LogBook>,
    carrier: Carrier,
}

impl Seam {
    /// A seam over which nothing has been said yet. `carrier` is called by the page's threads.
    pub fn new(carrier: impl Fn(Order) + Send + Sync + 'static) -> Self {
        Self {
            view: watch::Sender::new(None),
            form: Mutex::default(),
            log: Mutex::default(),
            carrier: Box::new(carrier),
        }
    }

    /// For the test's thread: this is how it is.
    pub fn publish(&self, view: View) {
        self.view.send_replace(Some(Arc::new(view)));
    }

    /// For the test's thread: this is what can be started.
    pub fn publish_form(&self, form: FormData) {
        *lock(&self.form) = Arc::new(form);
    }

    /// The log. To be held for a moment only: the test's thread writes to it.
    pub fn log(&self) -> MutexGuard<'_, LogBook> {
        lock(&self.log)
    }

    /// What was published last; `None` before the first.
    pub fn view(&self) -> Option<Arc<View>> {
        self.view.borrow().clone()
    }

    /// Tells of each view from here on.
    pub fn views(&self) -> watch::Receiver<Option<Arc<View>>> {
        self.view.subscribe()
    }

    /// What can be started.
    pub fn form(&self) -> Arc<FormData> {
        Arc::clone(&lock(&self.form))
    }

    /// Gives an order whose outcome nobody waits for.
    pub fn tell(&self, name: &'static str, arguments: Value) {
        let (order, _) = Order::new(name, arguments);
        (self.carrier)(order);
    }

    /// Gives an order and waits for what becomes of it, at most so long.
    pub async fn order(
        &self,
        name: &'static str,
        arguments: Value,
        limit: Duration,
    ) -> Result<Reply, Unanswered> {
        let (order, answer) = Order::new(name, arguments);
        (self.carrier)(order);
        match tokio::time::timeout(limit, answer).await {
            Ok(Ok(reply)) => Ok(reply),
            Ok(Err(_)) => Err(Unanswered::Gone),
            Err(_) => Err(Unanswered::Late),
        }
    }
}

impl fmt::Debug for Seam {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Seam").finish_non_exhaustive()
    }
}

fn lock<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    // Each of them is replaced as a whole: a panic elsewhere leaves nothing half done.
    value.lock().unwrap_or_else(PoisonError::into_inner)
}
