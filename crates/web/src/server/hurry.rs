//! A body that has to come in time.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Sleep, sleep};

/// The body of a request, all of which has to be there before its time is up: whoever sends a byte now
/// and then would keep a place among the connections for ever.
#[derive(Debug)]
pub(super) struct Hurry {
    body: Incoming,
    time_is_up: Pin<Box<Sleep>>,
}

impl Hurry {
    pub(super) fn new(body: Incoming, patience: Duration) -> Self {
        Self {
            body,
            time_is_up: Box::pin(sleep(patience)),
        }
    }
}

impl Body for Hurry {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            return Poll::Ready(frame.map(|frame| frame.map_err(io::Error::other)));
        }
        match self.time_is_up.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Some(Err(io::ErrorKind::TimedOut.into()))),
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
