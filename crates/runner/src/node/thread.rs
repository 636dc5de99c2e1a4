//! The thread of a node: one tokio runtime that runs one future to its end.

use std::io;
use std::thread::JoinHandle;

use tokio::runtime::{Builder, Runtime};

/// A runtime without threads beside the one that drives it.
pub(super) fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

/// Drives a runtime on a thread of its own until the future is done.
pub(super) fn run<F>(runtime: Runtime, future: F) -> io::Result<JoinHandle<()>>
where
    F: Future<Output = ()> + Send + 'static,
{
    std::thread::Builder::new()
        .name("runner".to_owned())
        .spawn(move || runtime.block_on(future))
}
