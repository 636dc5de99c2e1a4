//! What others hold of a node: the state machine behind a lock, and the thread that drives it.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use tokio::runtime::Runtime;
use tokio::sync::Notify;

use super::clock::Clock;
use super::thread;
use crate::Moment;

/// A master or worker on a thread of its own. Dropping it closes it.
///
/// Actions that are no I/O of the wire are given to a function, in their order and on that thread: it
/// has to pass them on without waiting.
#[derive(Debug)]
pub struct Node<M> {
    shared: Arc<Shared<M>>,
    thread: Option<JoinHandle<()>>,
}

/// What both threads have.
#[derive(Debug)]
pub(super) struct Shared<M> {
    machine: Mutex<M>,
    pub(super) clock: Clock,
    /// Somebody has told the state machine something.
    pub(super) wake: Notify,
    is_closing: AtomicBool,
}

impl<M> Shared<M> {
    pub(super) fn new(machine: M, clock: Clock) -> Arc<Self> {
        Arc::new(Self {
            machine: Mutex::new(machine),
            clock,
            wake: Notify::new(),
            is_closing: AtomicBool::new(false),
        })
    }

    /// Never held across a wait.
    pub(super) fn lock(&self) -> MutexGuard<'_, M> {
        // The state machine is left whole by every method; a panic elsewhere must not end the run.
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_closing(&self) -> bool {
        self.is_closing.load(Ordering::Acquire)
    }
}

impl<M> Node<M> {
    /// Drives a state machine by `future` until [`Node::close`].
    pub(super) fn start<F>(shared: Arc<Shared<M>>, runtime: Runtime, future: F) -> io::Result<Self>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let thread = Some(thread::run(runtime, future)?);
        Ok(Self { shared, thread })
    }

    /// Looks at the state machine.
    pub fn read<T>(&self, look: impl FnOnce(&M) -> T) -> T {
        look(&self.shared.lock())
    }

    /// Tells the state machine something, at this moment. What follows from it is done by its thread.
    pub fn tell<T>(&self, say: impl FnOnce(&mut M, Moment) -> T) -> T {
        let said = say(&mut self.shared.lock(), self.shared.clock.now());
        self.shared.wake.notify_one();
        said
    }

    /// Sends what waits to be sent, closes what is open and ends the thread.
    pub fn close(&mut self) {
        self.shared.is_closing.store(true, Ordering::Release);
        self.shared.wake.notify_one();
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been printed by it.
            let _ = thread.join();
        }
    }
}

impl<M> Drop for Node<M> {
    fn drop(&mut self) {
        self.close();
    }
}
