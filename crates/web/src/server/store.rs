//! The run store behind the page: who asks waits on a thread of the blocking pool.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::Semaphore;

use crate::archive::{Archive, ArchiveError, Library};

/// Requests that read the store at a time: others wait, and the page goes on meanwhile.
const MAX_READERS: usize = 2;

/// Where runs are kept.
#[derive(Clone, Debug)]
pub struct Store {
    /// The file.
    pub path: PathBuf,
    /// Writes the runs of this process; `None` if the file could not be opened for that.
    pub archive: Option<Archive>,
    /// Why runs of this process are not kept there; `None` if they are.
    pub problem: Option<String>,
    /// Whether the file goes with this machine or this process.
    pub is_temporary: bool,
}

impl Store {
    /// Why the present run is not being kept where it was meant to be; `None` if it is.
    pub(crate) fn trouble(&self) -> Option<String> {
        let of_writer = self.archive.as_ref().and_then(Archive::problem);
        of_writer.or_else(|| self.problem.clone())
    }
}

/// The store as handlers use it.
#[derive(Debug)]
pub(crate) struct Shelf {
    pub(crate) store: Store,
    readers: Arc<Semaphore>,
}

/// Nobody answers any more: the server ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended;

impl Shelf {
    pub(super) fn new(store: Store) -> Self {
        Self {
            store,
            readers: Arc::new(Semaphore::new(MAX_READERS)),
        }
    }

    /// Carries `action` out on another thread. Who is not served at once, waits.
    pub(crate) async fn with<T: Send + 'static>(
        &self,
        action: impl FnOnce(&Library) -> T + Send + 'static,
    ) -> Result<Result<T, ArchiveError>, Ended> {
        let place = Arc::clone(&self.readers).acquire_owned().await;
        let place = place.map_err(|_| Ended)?;
        let path = self.store.path.clone();
        let task = tokio::task::spawn_blocking(move || {
            let library = Library::open(&path)?;
            let outcome = action(&library);
            drop(place);
            Ok(outcome)
        });
        task.await.map_err(|error| {
            tracing::error!(%error, "a look into the run store has failed");
            Ended
        })
    }
}
