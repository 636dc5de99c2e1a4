//! What handlers share.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::sync::watch;

use super::Shelf;
use crate::guard::Guard;
use crate::live::Feed;
use crate::oidc::Provider;
use crate::seam::{Reply, Seam};
use crate::target::Targets;

/// Streams at most: each is a task, and a socket that stays.
const MAX_STREAMS: usize = 256;

/// Answers of starts that are kept for their keys.
const MAX_KEYS: usize = 64;

/// What handlers share.
#[derive(Debug)]
pub struct App {
    /// The way to the test's thread.
    pub seam: Arc<Seam>,
    /// What viewers see.
    pub feed: Arc<Feed>,
    /// What requests pass.
    pub guard: Arc<Guard>,
    /// By whom people can sign in besides passwords.
    pub provider: Option<Provider>,
    /// Which hosts may be loaded.
    pub targets: Targets,
    /// Runs that are kept; `None` if none are.
    pub(crate) shelf: Option<Shelf>,
    /// Name of this life of the server.
    pub instance: String,
    /// Becomes `true` when the server ends.
    pub ending: watch::Receiver<bool>,
    streams: AtomicUsize,
    starts: Mutex<VecDeque<(String, Reply)>>,
    /// One start at a time: of two with the same key, the second finds the answer of the first.
    pub(crate) starting: tokio::sync::Mutex<()>,
}

impl App {
    pub(super) fn new(
        seam: Arc<Seam>,
        feed: Arc<Feed>,
        guard: Arc<Guard>,
        provider: Option<Provider>,
        targets: Targets,
        shelf: Option<Shelf>,
        ending: watch::Receiver<bool>,
    ) -> Self {
        let instance = crate::guard::random_token();
        Self {
            seam,
            feed,
            guard,
            provider,
            targets,
            shelf,
            instance: instance[..16].to_owned(),
            ending,
            streams: AtomicUsize::new(0),
            starts: Mutex::default(),
            starting: tokio::sync::Mutex::default(),
        }
    }

    /// A place among the streams; `None` if all are taken.
    pub(crate) fn take_stream(self: &Arc<Self>) -> Option<StreamPlace> {
        let taken = self.streams.fetch_add(1, Ordering::Relaxed);
        let place = StreamPlace(Arc::clone(self));
        (taken < MAX_STREAMS).then_some(place)
    }

    /// The answer of the start with this key.
    pub(crate) fn known_start(&self, key: &str) -> Option<Reply> {
        let starts = self.starts();
        let found = starts.iter().find(|(known, _)| known == key);
        found.map(|(_, reply)| reply.clone())
    }

    /// Keeps the answer of a start for its key.
    pub(crate) fn keep_start(&self, key: String, reply: Reply) {
        let mut starts = self.starts();
        if starts.len() == MAX_KEYS {
            starts.pop_front();
        }
        starts.push_back((key, reply));
    }

    fn starts(&self) -> MutexGuard<'_, VecDeque<(String, Reply)>> {
        self.starts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place among the streams, until it is dropped.
#[derive(Debug)]
pub(crate) struct StreamPlace(Arc<App>);

impl Drop for StreamPlace {
    fn drop(&mut self) {
        self.0.streams.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Seconds since 1970.
pub(crate) fn now() -> f64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0.0, |since| since.as_secs_f64())
}
