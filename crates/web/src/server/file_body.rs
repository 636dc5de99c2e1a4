//! A file as the body of an answer.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::fs::File;
use tokio::io::{AsyncRead, ReadBuf};

/// Bytes that are read at a time.
const PIECE: usize = 1 << 16;

/// The rest of a file, read as fast as it is taken.
#[derive(Debug)]
pub(crate) struct FileBody {
    file: File,
    /// Bytes that are left of it.
    left: u64,
    piece: Box<[u8]>,
}

impl FileBody {
    /// The next `length` bytes of a file.
    pub(crate) fn new(file: std::fs::File, length: u64) -> Self {
        Self {
            file: File::from_std(file),
            left: length,
            piece: vec![0; PIECE].into(),
        }
    }
}

impl Body for FileBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let Self { file, left, piece } = self.get_mut();
        if *left == 0 {
            return Poll::Ready(None);
        }
        let mut buffer = ReadBuf::new(piece);
        ready!(Pin::new(file).poll_read(context, &mut buffer))?;
        let read = buffer.filled();
        if read.is_empty() {
            return Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into())));
        }
        let taken = (read.len() as u64).min(*left);
        *left -= taken;
        let taken = usize::try_from(taken).unwrap_or(PIECE);
        Poll::Ready(Some(Ok(Frame::data(Bytes::copy_from_slice(
            &read[..taken],
        )))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
