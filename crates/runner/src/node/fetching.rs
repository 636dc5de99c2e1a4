//! A worker without a locustfile asks its master for one, before it is anything else.

use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::thread;
use crate::dialect;
use crate::limits::LOCUSTFILE_INTERVAL;
use crate::wire::{
    self, JoinError, Link, LocustfileReply, LocustfileRequest, PeerVersion, Received, ToMaster,
    ToWorker,
};

/// Why there is no locustfile.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The master has one that it cannot send, or none.
    #[error("the master cannot send its locustfile: {0}")]
    Refused(String),
    /// The connection was refused: to ask again is of no use.
    #[error(transparent)]
    Join(JoinError),
    /// Nobody has answered in time.
    #[error("the master at {address} has sent no locustfile within {} s", limit.as_secs())]
    TimedOut {
        /// Host and port.
        address: String,
        /// How long it was waited.
        limit: Duration,
    },
    /// No thread or socket could be made.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

/// Asks for the locustfile, and the bundle around it, under a name of its own, and waits for it no longer than `limit`. Blocks.
pub fn fetch_locustfile(
    master: &wire::Master,
    id: &str,
    limit: Duration,
) -> Result<LocustfileReply, FetchError> {
    let runtime = thread::runtime()?;
    // Within the runtime: a timer made outside of one has no clock.
    let asked = runtime.block_on(async { timeout(limit, ask(master, id)).await });
    asked.unwrap_or_else(|_| {
        Err(FetchError::TimedOut {
            address: master.address(),
            limit,
        })
    })
}

async fn ask(master: &wire::Master, id: &str) -> Result<LocustfileReply, FetchError> {
    let request = ToMaster::Locustfile(LocustfileRequest {
        version: PeerVersion::Named(dialect::version()),
        ..LocustfileRequest::default()
    });
    loop {
        let mut link = match Link::connect(master, id).await {
            Ok(link) => link,
            Err(error @ JoinError::Refused { .. }) => return Err(FetchError::Join(error)),
            Err(_) => {
                sleep(LOCUSTFILE_INTERVAL).await;
                continue;
            }
        };
        while link.send(&request).is_ok() {
            match timeout(LOCUSTFILE_INTERVAL, link.next()).await {
                Ok(Received::Message(envelope)) => {
                    if let ToWorker::Locustfile(reply) = envelope.message {
                        link.close(LOCUSTFILE_INTERVAL).await;
                        return match reply.outcome {
                            Err(text) => Err(FetchError::Refused(text)),
                            Ok(_) => Ok(reply),
                        };
                    }
                }
                Ok(Received::Lost(_)) => break,
                Ok(Received::Unreadable(_)) | Err(_) => {}
            }
        }
        sleep(LOCUSTFILE_INTERVAL).await;
    }
}
