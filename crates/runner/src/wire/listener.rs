//! The master's end of the wire: the port for workers, and all that came in by it.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::certificate::Certificate;
use super::codec::{DecodeError, Envelope, encode};
use super::connection::{AbortOnDrop, SendError};
use super::door::{Door, Hall};
use super::join::JoinTokens;
use super::refusals::{Refusal, RefusalWatch, Refusals};
use super::seats::Seat;
use super::stream::Loss;
use super::tls::TlsDoor;
use super::to_master::ToMaster;
use super::to_worker::ToWorker;

/// Events that wait to be handled. When they are too many, workers wait in turn.
const EVENTS: usize = 4096;

/// After the system had no descriptor for a connection, the next is accepted this much later.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Who may join, and how.
#[derive(Debug)]
pub enum Entrance {
    /// Locust's protocol: whoever reaches the port.
    Open,
    /// Our own: TLS with this certificate, for those with one of these tokens.
    Invited {
        /// Known to workers by its fingerprint.
        certificate: Certificate,
        /// Can be changed while the listener runs.
        tokens: Arc<JoinTokens>,
    },
}

/// Why there is no port for workers.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// It is in use, or not ours to take.
    #[error("cannot listen for workers on {address}: {source}")]
    Address {
        /// Host and port.
        address: String,
        /// What the system says.
        source: io::Error,
    },
    /// The certificate does not serve.
    #[error("the certificate cannot be used: {0}")]
    Certificate(#[from] rustls::Error),
}

/// What has happened at the port.
///
/// The node id is that of the connection, whatever a message claims. For each, events come in the
/// order of this list: it joins, says something any number of times, and is lost.
#[derive(Debug)]
pub enum Event {
    /// A worker has connected. It has said nothing yet.
    Joined {
        /// Its node id.
        node_id: Arc<str>,
        /// Where it is.
        address: SocketAddr,
    },
    /// A message.
    Message {
        /// Who sent it.
        node_id: Arc<str>,
        /// As it was sent.
        envelope: Envelope<ToMaster>,
    },
    /// A frame that is none. The connection is still there.
    Unreadable {
        /// Who sent it.
        node_id: Arc<str>,
        /// What is wrong with it.
        error: DecodeError,
    },
    /// The connection has ended.
    Lost {
        /// Whose.
        node_id: Arc<str>,
        /// Why.
        loss: Loss,
    },
}

/// The port for workers. Dropping it ends all connections at once; [`Listener::close`] sends what
/// is waiting first.
pub struct Listener {
    hall: Arc<Hall>,
    address: SocketAddr,
    events: mpsc::Receiver<Event>,
    closing: oneshot::Sender<()>,
    accepting: AbortOnDrop,
}

impl Listener {
    /// Listens. `*` and the empty host mean all addresses, of IPv6 as well where there is any; port
    /// 0 takes a free one. To be called in a tokio runtime.
    pub async fn bind(entrance: Entrance, host: &str, port: u16) -> Result<Self, BindError> {
        let door = match entrance {
            Entrance::Open => Door::Open,
            Entrance::Invited {
                certificate,
                tokens,
            } => Door::Tls(TlsDoor::new(certificate, tokens)?),
        };
        let address_error = |source| BindError::Address {
            address: format!("{host}:{port}"),
            source,
        };
        let socket = listen(host, port).await.map_err(address_error)?;
        let address = socket.local_addr().map_err(address_error)?;
        let (sender, events) = mpsc::channel(EVENTS);
        let hall = Arc::new(Hall::new(door, sender));
        let (closing, closed) = oneshot::channel();
        let accepting = tokio::spawn(accept(socket, Arc::clone(&hall), closed));
        Ok(Self {
            hall,
            address,
            events,
            closing,
            accepting: AbortOnDrop(accepting),
        })
    }

    /// Where it listens, with the port that was taken.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits for what happens next. Can be dropped and called again without losing anything.
    pub async fn next(&mut self) -> Event {
        match self.events.recv().await {
            Some(event) => event,
            // The hall holds a sender for as long as the listener is there.
            None => std::future::pending().await,
        }
    }

    /// Puts a message for a worker into its queue. Never waits: it is on its way when the runtime
    /// has its turn.
    pub fn send(&self, node_id: &str, message: &ToWorker) -> Result<(), SendError> {
        let frame = encode(message, node_id);
        self.hall
            .seats
            .with(node_id, |seat| seat.outbox.push(frame))
            .unwrap_or(Err(SendError::NotConnected))
    }

    /// Ends the connection of a worker at once. Its [`Event::Lost`] follows those that wait already.
    /// Returns whether there was one.
    pub fn dismiss(&self, node_id: &str) -> bool {
        let seat = self.hall.seats.remove(node_id);
        let is_found = seat.is_some();
        self.end(seat.map(|seat| (node_id.into(), seat)));
        is_found
    }

    /// Node ids of the workers that are connected by a token which has been revoked since.
    pub fn revoked(&self) -> Vec<Arc<str>> {
        let Door::Tls(door) = &self.hall.door else {
            return Vec::new();
        };
        let keeps = |token| door.tokens().holds(token);
        let seats = &self.hall.seats;
        seats.all_but(|seat| seat.token.is_some_and(keeps))
    }

    /// Ends the connections of these workers at once. Returns their node ids.
    pub fn dismiss_revoked(&self) -> Vec<Arc<str>> {
        let Door::Tls(door) = &self.hall.door else {
            return Vec::new();
        };
        let keeps = |token| door.tokens().holds(token);
        let revoked = self.hall.seats.retain(|seat| seat.token.is_some_and(keeps));
        let dismissed = revoked.iter().map(|(node_id, _)| Arc::clone(node_id));
        let dismissed = dismissed.collect();
        self.end(revoked);
        dismissed
    }

    /// Connected workers.
    pub fn connected(&self) -> usize {
        self.hall.seats.len()
    }

    /// Connections that were turned away.
    pub fn refusals(&self) -> Refusals {
        self.hall.counters.read()
    }

    /// The same, to be kept by somebody else.
    pub fn watch_refusals(&self) -> RefusalWatch {
        RefusalWatch(Arc::clone(&self.hall.counters))
    }

    /// The caller is the one who takes events out: if there is no room, it must not wait for it.
    fn end(&self, seats: impl IntoIterator<Item = (Arc<str>, Seat)>) {
        let ended: Vec<_> = seats
            .into_iter()
            .map(|(node_id, seat)| {
                seat.task.abort();
                node_id
            })
            .collect();
        let hall = Arc::clone(&self.hall);
        tokio::spawn(async move {
            for node_id in &ended {
                hall.tell_lost(node_id, Loss::Dismissed).await;
            }
        });
    }

    /// Takes no more connections, sends what is waiting and ends all connections; gives up after
    /// `limit`. Events that come in meanwhile are not handed out.
    pub async fn close(self, limit: Duration) {
        let Self {
            hall,
            mut events,
            closing,
            mut accepting,
            ..
        } = self;
        drop(closing);
        // Without their outboxes, connections write what they have and end.
        drop(hall.seats.retain(|_| false));
        let ended = async {
            tokio::select! {
                _ = &mut accepting.0 => {}
                () = async { while events.recv().await.is_some() {} } => {}
            }
        };
        // What has not ended by then is cut off when the task is dropped.
        let _ = timeout(limit, ended).await;
    }
}

/// All addresses are those of IPv6, which take IPv4 as well, unless there is no IPv6.
async fn listen(host: &str, port: u16) -> io::Result<TcpListener> {
    match host {
        "*" | "" => match TcpListener::bind(("::", port)).await {
            Err(error) if error.kind() != io::ErrorKind::AddrInUse => {
                TcpListener::bind(("0.0.0.0", port)).await
            }
            bound => bound,
        },
        host => TcpListener::bind((host, port)).await,
    }
}

/// Accepts until it is told to end, then waits for the connections. They end with this task.
async fn accept(socket: TcpListener, hall: Arc<Hall>, mut closed: oneshot::Receiver<()>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = socket.accept() => match accepted {
                Ok((stream, address)) => {
                    let connection = hall.next_connection();
                    let receiving = Arc::clone(&hall).receive(connection, stream, address);
                    hall.arrive(connection, || connections.spawn(receiving));
                }
                Err(error) => {
                    hall.counters.count(None, &Refusal::Unaccepted(error));
                    hall.turn_away_oldest();
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
            // Tasks that have ended are forgotten.
            Some(_) = connections.join_next() => {}
            _ = &mut closed => break,
        }
    }
    drop(socket);
    while connections.join_next().await.is_some() {}
}
