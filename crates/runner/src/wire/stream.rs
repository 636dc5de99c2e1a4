//! A stream of bytes between two nodes, and how frames are taken from it with a time limit.

use std::io;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

use super::frame::{Deframer, Frame, Framing, FramingError};

/// A frame that has begun is to be complete within this time.
pub const FRAME_TIMEOUT: Duration = Duration::from_secs(30);

/// Silence after which the kernel asks whether the other side is still there, as in Locust.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(30);

/// Bytes asked of the kernel at a time.
const READ_BYTES: usize = 16 << 10;

/// TCP in the clear, or TLS.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// Why a connection has ended.
#[derive(Debug, thiserror::Error)]
pub enum Loss {
    /// The other side has closed it.
    #[error("the connection was closed")]
    Closed,
    /// The network failed.
    #[error("the connection failed: {0}")]
    Io(#[from] io::Error),
    /// What arrived is no frame.
    #[error("the stream cannot be followed: {0}")]
    Framing(#[from] FramingError),
    /// A frame began and did not end in time.
    #[error("a frame was not complete after {} s", FRAME_TIMEOUT.as_secs())]
    Slow,
    /// The same node has opened another connection.
    #[error("the node has connected anew")]
    Replaced,
    /// It was ended on this side.
    #[error("the connection was ended here")]
    Dismissed,
}

/// The reading half: a stream and what it has yielded so far.
pub(super) struct Reader<R> {
    stream: R,
    buffer: BytesMut,
    deframer: Deframer,
}

impl<R: AsyncRead + Unpin> Reader<R> {
    /// `buffer` holds what was read ahead before.
    pub(super) fn new(stream: R, buffer: BytesMut, framing: Framing, limit: usize) -> Self {
        Self {
            stream,
            buffer,
            deframer: Deframer::new(framing, limit),
        }
    }

    /// Waits for a frame: for ever until it begins, then for [`FRAME_TIMEOUT`].
    pub(super) async fn next(&mut self) -> Result<Frame, Loss> {
        let mut deadline = None;
        loop {
            if let Some(frame) = self.deframer.next(&mut self.buffer)? {
                return Ok(frame);
            }
            let has_begun = !self.buffer.is_empty();
            self.buffer.reserve(READ_BYTES);
            let read = self.stream.read_buf(&mut self.buffer);
            let read = if has_begun {
                let deadline = *deadline.get_or_insert_with(|| Instant::now() + FRAME_TIMEOUT);
                timeout_at(deadline, read).await.map_err(|_| Loss::Slow)?
            } else {
                read.await
            };
            match read {
                Ok(0) => return Err(Loss::Closed),
                Ok(_) => {}
                // TLS misses a farewell. A frame cut short is no message, so nothing is lost on it.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    return Err(Loss::Closed);
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The stream, and what was read beyond the last frame.
    pub(super) fn into_parts(self) -> (R, BytesMut) {
        (self.stream, self.buffer)
    }
}

/// No delay for small frames, and a question from the kernel if nothing is heard.
pub(super) fn tune(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let keepalive = socket2::TcpKeepalive::new().with_time(KEEPALIVE_IDLE);
    socket2::SockRef::from(stream).set_tcp_keepalive(&keepalive)
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn silence_between_frames_is_fine_and_within_a_frame_is_not() {
        let (mut peer, stream) = tokio::io::duplex(64);
        let mut reader = Reader::new(stream, BytesMut::new(), Framing::Prefixed, 100);
        let sending = async {
            advance(FRAME_TIMEOUT * 100).await;
            peer.write_all(b"\0\0\0\x02ab\0\0\0\x02a").await.unwrap();
        };
        let (frame, ()) = tokio::join!(reader.next(), sending);
        assert_eq!(frame.unwrap(), Frame::Message("ab".into()));
        let started = Instant::now();
        assert!(matches!(reader.next().await, Err(Loss::Slow)));
        assert_eq!(started.elapsed().as_secs(), FRAME_TIMEOUT.as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn a_frame_that_drips_is_given_up_all_the_same() {
        let (mut peer, stream) = tokio::io::duplex(64);
        let mut reader = Reader::new(stream, BytesMut::new(), Framing::Prefixed, 100);
        let dripping = async {
            for byte in [0, 0, 0, 90].into_iter().chain([0; 80]) {
                peer.write_all(&[byte]).await.unwrap();
                tokio::time::sleep(FRAME_TIMEOUT / 10).await;
            }
        };
        let started = Instant::now();
        tokio::select! {
            lost = reader.next() => assert!(matches!(lost, Err(Loss::Slow))),
            () = dripping => panic!("the frame was waited for"),
        }
        assert_eq!(started.elapsed().as_secs(), FRAME_TIMEOUT.as_secs());
    }
}
