//! The worker's end of the wire: one connection to one master.

use std::io;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::codec::{DecodeError, Envelope, encode};
use super::connection::{AbortOnDrop, Outbox, SendError, run};
use super::guest::{Guest, HandshakeError};
use super::join::Invitation;
use super::stream::{Loss, tune};
use super::to_master::ToMaster;
use super::to_worker::ToWorker;
use super::{tls, zmq};

/// Resolving, connecting and joining together take no longer than this.
pub const JOIN_TIMEOUT: Duration = Duration::from_secs(10);

/// Messages of the master that wait to be handled.
const INBOX: usize = 256;

/// Where a worker finds its master.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Master {
    /// Locust's port: neither encryption nor login.
    Open {
        /// Name or address.
        host: String,
        /// Locust's own is 5557.
        port: u16,
    },
    /// TLS, by invitation.
    Invited(Invitation),
}

/// Why a worker could not join. A tester reads the text.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// Nobody answers there.
    #[error("cannot reach the master at {address}: {source}")]
    Unreachable {
        /// Host and port.
        address: String,
        /// What the system says.
        source: io::Error,
    },
    /// Somebody answers, but not in time.
    #[error("the master at {address} does not answer within {} s", JOIN_TIMEOUT.as_secs())]
    TimedOut {
        /// Host and port.
        address: String,
    },
    /// It says no, or it is not the master it should be. To try again at once is of no use.
    #[error("cannot join the master at {address}: {reason}")]
    Refused {
        /// Host and port.
        address: String,
        /// In words for people.
        reason: String,
    },
    /// The connection ended before the worker was in.
    #[error("cannot join the master at {address}: {reason}")]
    Failed {
        /// Host and port.
        address: String,
        /// In words for people.
        reason: String,
    },
}

/// What has come from the master.
#[derive(Debug)]
pub enum Received {
    /// A message.
    Message(Envelope<ToWorker>),
    /// A frame that is none. The connection is still there.
    Unreadable(DecodeError),
    /// The connection has ended. Nothing follows.
    Lost(Loss),
}

/// A connection to the master. Dropping it ends the connection at once; [`Link::close`] sends what
/// is waiting first.
///
/// It does not reconnect by itself: what is to be told to a master that knows nothing of this worker
/// is for the worker to decide. One thing it must know: a Locust master ignores or closes a
/// connection that was opened before it has forgotten the last one of the same node id. So a
/// `client_ready` without an answer is to be repeated over another connection.
#[derive(Debug)]
pub struct Link {
    node_id: String,
    outbox: Outbox,
    inbox: mpsc::Receiver<Received>,
    _task: AbortOnDrop,
}

impl Master {
    /// Host and port, for people.
    pub fn address(&self) -> String {
        match self.host_and_port() {
            (host, port) if host.contains(':') => format!("[{host}]:{port}"),
            (host, port) => format!("{host}:{port}"),
        }
    }

    fn host_and_port(&self) -> (&str, u16) {
        match self {
            Self::Open { host, port } => (host, *port),
            Self::Invited(invitation) => (&invitation.host, invitation.port),
        }
    }

    async fn join(&self, stream: TcpStream, node_id: &str) -> Result<Guest, HandshakeError> {
        tune(&stream)?;
        match self {
            Self::Open { .. } => zmq::join(stream, node_id).await,
            Self::Invited(invitation) => tls::join(stream, invitation, node_id).await,
        }
    }
}

impl Link {
    /// Connects and joins, within [`JOIN_TIMEOUT`]. To be called in a tokio runtime.
    pub async fn connect(master: &Master, node_id: &str) -> Result<Self, JoinError> {
        let address = master.address();
        let joining = async {
            let stream = TcpStream::connect(master.host_and_port())
                .await
                .map_err(|source| JoinError::Unreachable {
                    address: address.clone(),
                    source,
                })?;
            master
                .join(stream, node_id)
                .await
                .map_err(|error| join_error(address.clone(), &error))
        };
        match timeout(JOIN_TIMEOUT, joining).await {
            Ok(guest) => Ok(Self::over(guest?)),
            Err(_) => Err(JoinError::TimedOut { address }),
        }
    }

    fn over(guest: Guest) -> Self {
        let node_id = guest.node_id.clone();
        let (outbox, waiting) = Outbox::new();
        let (sender, inbox) = mpsc::channel(INBOX);
        let last = sender.clone();
        let task = tokio::spawn(async move {
            let loss = run(guest, waiting, sender, |message| match message {
                Ok(envelope) => Received::Message(envelope),
                Err(error) => Received::Unreadable(error),
            });
            // Nobody is told if nobody is there any more.
            let _ = last.send(Received::Lost(loss.await)).await;
        });
        Self {
            node_id,
            outbox,
            inbox,
            _task: AbortOnDrop(task),
        }
    }

    /// Node id of this worker.
    pub fn node_id(&self) -> &str {
        &self.node_id
    }

    /// Puts a message into the queue. Never waits: it is on its way when the runtime has its turn.
    pub fn send(&self, message: &ToMaster) -> Result<(), SendError> {
        self.outbox.push(encode(message, &self.node_id))
    }

    /// Waits for what comes next. Can be dropped and called again without losing anything.
    pub async fn next(&mut self) -> Received {
        let received = self.inbox.recv().await;
        received.unwrap_or(Received::Lost(Loss::Closed))
    }

    /// Sends what is waiting and ends the connection; gives up after `limit`. Returns whether the
    /// master has seen the end, and so everything before it.
    pub async fn close(self, limit: Duration) -> bool {
        let Self {
            outbox,
            mut inbox,
            _task,
            ..
        } = self;
        drop(outbox);
        let drained = timeout(limit, async {
            while let Some(received) = inbox.recv().await {
                if let Received::Lost(loss) = received {
                    return matches!(loss, Loss::Closed);
                }
            }
            false
        });
        drained.await.unwrap_or(false)
    }
}

fn join_error(address: String, error: &HandshakeError) -> JoinError {
    let reason = error.to_string();
    match error {
        HandshakeError::Loss(_) => JoinError::Failed { address, reason },
        _ => JoinError::Refused { address, reason },
    }
}
