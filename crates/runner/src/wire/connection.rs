//! One connection after its handshake: frames in, frames out, until one side ends it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::check::CorruptFrame;
use super::codec::{DecodeError, Envelope, decode};
use super::frame::{Frame, Framing, MAX_FRAME_BYTES, put_message};
use super::guest::Guest;
use super::message::Message;
use super::stream::{Loss, Reader};

/// Messages that wait for a peer that does not read. libzmq's own limit.
pub const MAX_WAITING_MESSAGES: usize = 1000;

/// Bytes of such messages.
pub const MAX_WAITING_BYTES: usize = 2 * MAX_FRAME_BYTES;

/// After all is written and the end is announced, the other side has this long to say its last.
const LINGER: Duration = Duration::from_secs(2);

/// Frames are gathered into writes of about this size.
const WRITE_BYTES: usize = 64 << 10;

/// Why a message was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// No such peer is connected.
    #[error("the peer is not connected")]
    NotConnected,
    /// The peer has not read what was sent before.
    #[error("the peer does not read: too many messages wait for it")]
    Full,
    /// Longer than [`MAX_FRAME_BYTES`].
    #[error("a message of {0} bytes is too long")]
    TooLong(usize),
}

/// A task that does not outlive its owner.
#[derive(Debug)]
pub(super) struct AbortOnDrop(pub(super) JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What waits to be written to a peer. When it is dropped, the rest is written and the connection
/// ends.
#[derive(Debug)]
pub(super) struct Outbox {
    sender: mpsc::Sender<Vec<u8>>,
    waiting_bytes: Arc<AtomicUsize>,
}

/// The other end of an [`Outbox`].
pub(super) struct Waiting {
    receiver: mpsc::Receiver<Vec<u8>>,
    waiting_bytes: Arc<AtomicUsize>,
}

impl Outbox {
    pub(super) fn new() -> (Self, Waiting) {
        let (sender, receiver) = mpsc::channel(MAX_WAITING_MESSAGES);
        let waiting_bytes = Arc::new(AtomicUsize::new(0));
        let outbox = Self {
            sender,
            waiting_bytes: Arc::clone(&waiting_bytes),
        };
        let waiting = Waiting {
            receiver,
            waiting_bytes,
        };
        (outbox, waiting)
    }

    /// Puts a message into the queue. Never waits.
    pub(super) fn push(&self, message: Vec<u8>) -> Result<(), SendError> {
        let bytes = message.len();
        if bytes > MAX_FRAME_BYTES {
            return Err(SendError::TooLong(bytes));
        }
        let waiting = self.waiting_bytes.fetch_add(bytes, Ordering::Relaxed);
        let pushed = if waiting + bytes > MAX_WAITING_BYTES {
            Err(SendError::Full)
        } else {
            self.sender.try_send(message).map_err(|error| match error {
                mpsc::error::TrySendError::Full(_) => SendError::Full,
                mpsc::error::TrySendError::Closed(_) => SendError::NotConnected,
            })
        };
        if pushed.is_err() {
            self.waiting_bytes.fetch_sub(bytes, Ordering::Relaxed);
        }
        pushed
    }
}

impl Waiting {
    fn taken(&self, message: Vec<u8>) -> Vec<u8> {
        self.waiting_bytes
            .fetch_sub(message.len(), Ordering::Relaxed);
        message
    }
}

/// Reads and writes until the connection ends. Each frame is read as a message and handed to
/// `inbox`; as long as that is full, nothing more is read.
///
/// A peer that can no longer be written to may have sent its last words before: reading goes on.
pub(super) async fn run<M: Message, T>(
    guest: Guest,
    waiting: Waiting,
    inbox: mpsc::Sender<T>,
    wrap: impl Fn(Result<Envelope<M>, DecodeError>) -> T,
) -> Loss {
    let framing = guest.framing;
    let (incoming, outgoing) = tokio::io::split(guest.stream);
    let reader = Reader::new(incoming, guest.buffer, framing, MAX_FRAME_BYTES);
    tokio::select! {
        loss = read(reader, inbox, wrap) => loss,
        loss = async {
            match write(outgoing, waiting, framing).await {
                Ok(()) => tokio::time::sleep(LINGER).await,
                Err(_) => std::future::pending().await,
            }
            Loss::Dismissed
        } => loss,
    }
}

async fn read<M: Message, T>(
    mut reader: Reader<impl AsyncRead + Unpin>,
    inbox: mpsc::Sender<T>,
    wrap: impl Fn(Result<Envelope<M>, DecodeError>) -> T,
) -> Loss {
    loop {
        let message = match reader.next().await {
            Ok(Frame::Message(bytes)) => decode(&bytes),
            Ok(Frame::Multipart) => Err(CorruptFrame::Multipart.into()),
            Ok(Frame::Command(_)) => continue,
            Err(loss) => return loss,
        };
        if inbox.send(wrap(message)).await.is_err() {
            return Loss::Dismissed;
        }
    }
}

async fn write(
    mut stream: impl AsyncWrite + Unpin,
    mut waiting: Waiting,
    framing: Framing,
) -> std::io::Result<()> {
    let mut out = BytesMut::new();
    while let Some(message) = waiting.receiver.recv().await {
        put_message(framing, &waiting.taken(message), &mut out);
        while out.len() < WRITE_BYTES {
            let Ok(message) = waiting.receiver.try_recv() else {
                break;
            };
            put_message(framing, &waiting.taken(message), &mut out);
        }
        stream.write_all(&out).await?;
        stream.flush().await?;
        out.clear();
    }
    stream.shutdown().await
}
