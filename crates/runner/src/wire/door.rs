//! What happens at a master's port between a connection and its first message.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::timeout;

use super::connection::{Outbox, Waiting, run};
use super::guest::{Guest, HandshakeError};
use super::listener::Event;
use super::refusals::{Counters, Refusal};
use super::seats::{Heard, Seat, Seats};
use super::stream::{Loss, tune};
use super::tls::{self, TlsDoor};
use super::zmq;

/// A connection has this long to say who it is.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);

/// Connections that have not said yet who they are. One more, and the oldest is turned away: a
/// worker needs some milliseconds, somebody who only holds the place needs all he gets.
pub const MAX_HANDSHAKES: usize = 1024;

/// How a worker comes in.
pub(super) enum Door {
    Open,
    Tls(TlsDoor),
}

impl Door {
    async fn greet(&self, stream: TcpStream) -> Result<Guest, HandshakeError> {
        tune(&stream)?;
        match self {
            Self::Open => zmq::greet(stream).await,
            Self::Tls(door) => door.greet(stream).await,
        }
    }

    async fn admit(&self, guest: &mut Guest) -> Result<(), HandshakeError> {
        match self {
            Self::Open => zmq::admit(guest).await,
            Self::Tls(_) => tls::admit(guest).await,
        }
    }

    /// A peer of libzmq hears nothing: it closes, waits and tries again.
    async fn refuse(&self, guest: &mut Guest, reason: &str) -> Result<(), HandshakeError> {
        match self {
            Self::Open => Ok(()),
            Self::Tls(_) => tls::refuse(guest, reason).await,
        }
    }
}

/// What all connections of a listener share.
pub(super) struct Hall {
    pub(super) door: Door,
    pub(super) seats: Seats,
    pub(super) counters: Arc<Counters>,
    pub(super) events: mpsc::Sender<Event>,
    waiting: Mutex<BTreeMap<u64, AbortHandle>>,
    connections: AtomicU64,
}

impl Hall {
    pub(super) fn new(door: Door, events: mpsc::Sender<Event>) -> Self {
        Self {
            door,
            seats: Seats::default(),
            counters: Arc::default(),
            events,
            waiting: Mutex::default(),
            connections: AtomicU64::new(0),
        }
    }

    pub(super) fn next_connection(&self) -> u64 {
        self.connections.fetch_add(1, Ordering::Relaxed)
    }

    /// Starts a connection and keeps the handle to its task until it has said who it is.
    pub(super) fn arrive(&self, connection: u64, start: impl FnOnce() -> AbortHandle) {
        let is_crowded = {
            let mut waiting = self.waiting();
            // Started under the lock: the task finds its handle there.
            waiting.insert(connection, start());
            waiting.len() > MAX_HANDSHAKES
        };
        if is_crowded {
            self.turn_away_oldest();
        }
    }

    /// Ends the connection that has been at the door for the longest time.
    pub(super) fn turn_away_oldest(&self) {
        let oldest = self.waiting().pop_first();
        if let Some((_, task)) = oldest {
            task.abort();
            self.counters.count(None, &Refusal::Crowded);
        }
    }

    /// The life of a connection.
    pub(super) async fn receive(
        self: Arc<Self>,
        connection: u64,
        stream: TcpStream,
        address: SocketAddr,
    ) {
        let greeted = timeout(HANDSHAKE_TIMEOUT, self.door.greet(stream)).await;
        let task = self.waiting().remove(&connection);
        let entered = match (greeted, task) {
            (Ok(Ok(guest)), Some(task)) => self.enter(connection, guest, task).await,
            (Ok(Err(error)), _) => Err(error.into()),
            (Err(_), _) => Err(Refusal::Slow),
            // Turned away a moment ago: the task ends here.
            (Ok(Ok(_)), None) => return,
        };
        match entered {
            Ok(entered) => self.follow(connection, address, entered).await,
            Err(refusal) => self.counters.count(Some(address), &refusal),
        }
    }

    /// The seat is taken before the worker is told so: what it sends and what is sent to it finds
    /// it there.
    async fn enter(
        &self,
        connection: u64,
        mut guest: Guest,
        task: AbortHandle,
    ) -> Result<Entered, Refusal> {
        let node_id: Arc<str> = guest.node_id.as_str().into();
        let (outbox, waiting) = Outbox::new();
        let heard = Heard::now();
        let seat = Seat {
            connection,
            outbox,
            task,
            heard: heard.clone(),
            token: guest.token,
        };
        let Ok(replaced) = self.seats.take(&node_id, seat) else {
            let refusal = Refusal::Duplicate(guest.node_id.clone());
            let reason = refusal.to_string();
            // What becomes of the answer changes nothing.
            let _ = timeout(HANDSHAKE_TIMEOUT, self.door.refuse(&mut guest, &reason)).await;
            return Err(refusal);
        };
        if let Some(old) = replaced {
            old.task.abort();
            self.tell_lost(&node_id, Loss::Replaced).await;
        }
        let answered = timeout(HANDSHAKE_TIMEOUT, self.door.admit(&mut guest)).await;
        let refusal = match answered {
            Ok(Ok(())) => {
                return Ok(Entered {
                    guest,
                    node_id,
                    waiting,
                    heard,
                });
            }
            Ok(Err(error)) => error.into(),
            Err(_) => Refusal::Slow,
        };
        self.seats.leave(&node_id, connection);
        Err(refusal)
    }

    async fn follow(&self, connection: u64, address: SocketAddr, entered: Entered) {
        let Entered {
            guest,
            node_id,
            waiting,
            heard,
        } = entered;
        let joined = Event::Joined {
            node_id: Arc::clone(&node_id),
            address,
        };
        // Nobody listens any more: the listener is being dropped, and this task with it.
        if self.events.send(joined).await.is_err() {
            return;
        }
        let loss = run(guest, waiting, self.events.clone(), |message| {
            heard.note();
            let node_id = Arc::clone(&node_id);
            match message {
                Ok(envelope) => Event::Message { node_id, envelope },
                Err(error) => Event::Unreadable { node_id, error },
            }
        })
        .await;
        if self.seats.leave(&node_id, connection) {
            self.tell_lost(&node_id, loss).await;
        }
    }

    pub(super) async fn tell_lost(&self, node_id: &Arc<str>, loss: Loss) {
        let node_id = Arc::clone(node_id);
        let _ = self.events.send(Event::Lost { node_id, loss }).await;
    }

    fn waiting(&self) -> MutexGuard<'_, BTreeMap<u64, AbortHandle>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A worker that has its seat and knows it.
struct Entered {
    guest: Guest,
    node_id: Arc<str>,
    waiting: Waiting,
    heard: Heard,
}
