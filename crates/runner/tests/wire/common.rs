//! Masters and workers for tests, over both transports.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use gregaria_runner::wire::{
    Certificate, Entrance, Event, Fingerprint, Invitation, JoinToken, JoinTokens, Link, Listener,
    Master, Received, ToMaster, ToWorker, Value,
};

/// Nothing here takes longer, unless it will never happen.
pub(crate) const LIMIT: Duration = Duration::from_mins(1);

pub(crate) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(LIMIT, future)
        .await
        .unwrap_or_else(|_| panic!("{what} did not happen within {} s", LIMIT.as_secs()))
}

/// A master on loopback with all that is needed to join it.
pub(crate) struct Port {
    pub(crate) listener: Listener,
    pub(crate) tokens: Arc<JoinTokens>,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) token: JoinToken,
    is_open: bool,
}

impl Port {
    /// Locust's port.
    pub(crate) async fn open() -> Self {
        let mut port = Self::invited().await;
        port.listener = Listener::bind(Entrance::Open, "127.0.0.1", 0)
            .await
            .unwrap();
        port.is_open = true;
        port
    }

    /// Our own, with one token that does not expire.
    pub(crate) async fn invited() -> Self {
        let certificate = Certificate::generate().unwrap();
        let fingerprint = certificate.fingerprint();
        let token = JoinToken::generate(None);
        let tokens = Arc::new(JoinTokens::new([token.clone()]));
        let entrance = Entrance::Invited {
            certificate,
            tokens: Arc::clone(&tokens),
        };
        Self {
            listener: Listener::bind(entrance, "127.0.0.1", 0).await.unwrap(),
            tokens,
            fingerprint,
            token,
            is_open: false,
        }
    }

    pub(crate) async fn both() -> [Self; 2] {
        [Self::open().await, Self::invited().await]
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    pub(crate) fn invitation(&self) -> Invitation {
        Invitation {
            host: "127.0.0.1".into(),
            port: self.address().port(),
            fingerprint: self.fingerprint,
            token: self.token.clone(),
        }
    }

    pub(crate) fn master(&self) -> Master {
        if self.is_open {
            Master::Open {
                host: "127.0.0.1".into(),
                port: self.address().port(),
            }
        } else {
            Master::Invited(self.invitation())
        }
    }

    /// A worker that has joined, and of which the master knows.
    pub(crate) async fn join(&mut self, node_id: &str) -> Link {
        let master = self.master();
        let link = within("joining", Link::connect(&master, node_id))
            .await
            .unwrap();
        match self.next().await {
            Event::Joined {
                node_id: joined, ..
            } => assert_eq!(&*joined, node_id),
            other => panic!("not a worker that joined: {other:?}"),
        }
        link
    }

    pub(crate) async fn next(&mut self) -> Event {
        within("an event", self.listener.next()).await
    }

    /// The next event, which is a custom message: its sender and its type.
    pub(crate) async fn said(&mut self) -> (String, String) {
        match self.next().await {
            Event::Message { node_id, envelope } => match envelope.message {
                ToMaster::Custom { kind, .. } => (node_id.to_string(), kind),
                other => panic!("not a custom message: {other:?}"),
            },
            other => panic!("not a message: {other:?}"),
        }
    }

    /// Waits until so many connections have been turned away.
    pub(crate) async fn refused(&self, count: u64) {
        within("a refusal", async {
            while self.listener.refusals().total() < count {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        })
        .await;
    }
}

pub(crate) fn custom(kind: &str, data: impl Into<Value>) -> ToMaster {
    ToMaster::Custom {
        kind: kind.into(),
        data: data.into(),
    }
}

pub(crate) async fn heard(link: &mut Link) -> ToWorker {
    match within("a message", link.next()).await {
        Received::Message(envelope) => envelope.message,
        other => panic!("not a message: {other:?}"),
    }
}

pub(crate) async fn lost(link: &mut Link) -> String {
    match within("the end", link.next()).await {
        Received::Lost(loss) => loss.to_string(),
        other => panic!("not the end: {other:?}"),
    }
}
