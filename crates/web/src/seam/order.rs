//! What viewers want to be done by the test's thread.

use serde_json::Value;
use tokio::sync::oneshot;

/// Something to be done. An order whose asker has gone is carried out all the same.
#[derive(Debug)]
pub struct Order {
    /// What: the name of a method on the other side.
    pub name: &'static str,
    /// With what.
    pub arguments: Value,
    reply: oneshot::Sender<Reply>,
}

impl Order {
    pub(super) fn new(name: &'static str, arguments: Value) -> (Self, oneshot::Receiver<Reply>) {
        let (reply, answer) = oneshot::channel();
        let order = Self {
            name,
            arguments,
            reply,
        };
        (order, answer)
    }

    /// Says what became of it.
    pub fn answer(self, reply: Reply) {
        // Whoever asked may have gone in the meantime.
        let _ = self.reply.send(reply);
    }
}

/// What became of an order.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// A status of HTTP.
    pub status: u16,
    /// The body.
    pub body: Value,
}

/// An order was not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unanswered {
    /// The test's thread ends, or has failed at it.
    #[error("the test is ending")]
    Gone,
    /// Not in time. It may be done later.
    #[error("the test is too busy to answer")]
    Late,
}
