//! How many connections a master has turned away, and why. Whoever floods the port fills counters,
//! not the log: the first of each kind is news, the others are for debugging.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::guest::HandshakeError;
use super::join::TokenError;

/// Counts of connections that never became a worker's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Refusals {
    /// It did not speak the protocol, or claimed an impossible node id.
    pub protocol: u64,
    /// It closed or failed before it had said who it is.
    pub broken: u64,
    /// It took too long.
    pub slow: u64,
    /// Its token is wrong, revoked or missing.
    pub token: u64,
    /// Its token was right once.
    pub expired: u64,
    /// A worker of its node id is connected and alive.
    pub duplicate: u64,
    /// It was the oldest of too many that had not said yet who they are.
    pub crowded: u64,
    /// The system had no descriptor left for it.
    pub unaccepted: u64,
}

impl Refusals {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.protocol
            + self.broken
            + self.slow
            + self.token
            + self.expired
            + self.duplicate
            + self.crowded
            + self.unaccepted
    }
}

/// Why a connection was turned away.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("{0}")]
    Handshake(#[from] HandshakeError),
    #[error("it did not say in time who it is")]
    Slow,
    #[error("a worker `{0}` is connected already")]
    Duplicate(String),
    #[error("too many others were at the door")]
    Crowded,
    #[error("cannot accept it: {0}")]
    Unaccepted(std::io::Error),
}

/// The counters, shared by all connections.
#[derive(Debug, Default)]
pub(super) struct Counters {
    protocol: AtomicU64,
    broken: AtomicU64,
    slow: AtomicU64,
    token: AtomicU64,
    expired: AtomicU64,
    duplicate: AtomicU64,
    crowded: AtomicU64,
    unaccepted: AtomicU64,
    /// In words, the first of each kind that nobody has asked for yet.
    news: Mutex<Vec<String>>,
    is_news: Notify,
}

/// A look at what a port turns away, for as long as one likes.
#[derive(Clone, Debug)]
pub struct RefusalWatch(pub(super) Arc<Counters>);

impl RefusalWatch {
    /// All until this moment.
    pub fn read(&self) -> Refusals {
        self.0.read()
    }

    /// Waits for a refusal of a kind that has not occurred before: who was refused, and why. Can be
    /// dropped and called again without losing anything.
    pub async fn next_kind(&self) -> String {
        loop {
            if let Some(text) = self.0.news().pop() {
                return text;
            }
            self.0.is_news.notified().await;
        }
    }
}

impl Counters {
    fn news(&self) -> MutexGuard<'_, Vec<String>> {
        self.news.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn read(&self) -> Refusals {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Refusals {
            protocol: read(&self.protocol),
            broken: read(&self.broken),
            slow: read(&self.slow),
            token: read(&self.token),
            expired: read(&self.expired),
            duplicate: read(&self.duplicate),
            crowded: read(&self.crowded),
            unaccepted: read(&self.unaccepted),
        }
    }

    /// Counts it; the first of its kind is told.
    pub(super) fn count(&self, address: Option<SocketAddr>, refusal: &Refusal) {
        let counter = match refusal {
            Refusal::Handshake(HandshakeError::Loss(_)) => &self.broken,
            Refusal::Handshake(HandshakeError::Token(TokenError::Expired)) => &self.expired,
            Refusal::Handshake(HandshakeError::Token(_)) => &self.token,
            Refusal::Handshake(_) => &self.protocol,
            Refusal::Slow => &self.slow,
            Refusal::Duplicate(_) => &self.duplicate,
            Refusal::Crowded => &self.crowded,
            Refusal::Unaccepted(_) => &self.unaccepted,
        };
        let from = address.map_or_else(|| "somebody".to_owned(), |address| address.to_string());
        if counter.fetch_add(1, Ordering::Relaxed) == 0 {
            self.news().push(format!(
                "refused {from} at the port for workers: {refusal} (others like it are counted)"
            ));
            self.is_news.notify_one();
        } else {
            tracing::debug!("refused {from} at the port for workers: {refusal}");
        }
    }
}
