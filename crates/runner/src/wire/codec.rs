//! A message as bytes: a msgpack array of type, data and node id, as Locust packs and unpacks it.

use rmpv::ValueRef;
use rmpv::decode::read_value_ref_with_max_depth;
use rmpv::encode::write_value_ref;

use super::check::{CorruptFrame, MAX_DEPTH, check};
use super::fields::WrongField;
use super::message::Message;

/// A message and the node it is from or for.
#[derive(Clone, Debug, PartialEq)]
pub struct Envelope<M> {
    /// What is said.
    pub message: M,
    /// Node id that the frame claims: the sender's on its way to the master, the addressee's on its
    /// way to a worker. A peer can claim any; the connection it came by knows better.
    pub node_id: String,
}

/// Why a frame could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// It is no message at all. Locust's master asks the worker to reconnect.
    #[error("corrupt frame: {0}")]
    Corrupt(#[from] CorruptFrame),
    /// It is a message, but its data is not what its type carries.
    #[error("message `{kind}` of `{node_id}`: {source}")]
    Field {
        /// Type of the message.
        kind: String,
        /// Node id that the frame claims.
        node_id: String,
        /// What is wrong with it.
        source: WrongField,
    },
}

/// Reads a frame.
pub fn decode<M: Message>(frame: &[u8]) -> Result<Envelope<M>, DecodeError> {
    check(frame)?;
    // A level of nesting costs the reader two of its own, for the value and for its bytes.
    let value = read_value_ref_with_max_depth(&mut &frame[..], 2 * MAX_DEPTH + 4)
        .map_err(|_| CorruptFrame::Truncated)?;
    let (kind, data, node_id) = parts(value).ok_or(CorruptFrame::Shape)?;
    match M::from_data(kind, data) {
        Ok(message) => Ok(Envelope {
            message,
            node_id: node_id.to_owned(),
        }),
        Err(source) => Err(DecodeError::Field {
            kind: kind.to_owned(),
            node_id: node_id.to_owned(),
            source,
        }),
    }
}

/// Writes a frame.
#[expect(
    clippy::missing_panics_doc,
    reason = "a vector takes all that is written to it"
)]
pub fn encode<M: Message>(message: &M, node_id: &str) -> Vec<u8> {
    let value = ValueRef::Array(vec![
        message.kind().into(),
        message.to_data(),
        node_id.into(),
    ]);
    let mut frame = Vec::new();
    write_value_ref(&mut frame, &value).expect("a vector takes all that is written to it");
    frame
}

fn parts(value: ValueRef<'_>) -> Option<(&str, ValueRef<'_>, &str)> {
    let ValueRef::Array(items) = value else {
        return None;
    };
    let [kind, data, node_id] = <[_; 3]>::try_from(items).ok()?;
    match (kind, node_id) {
        (ValueRef::String(kind), ValueRef::String(node_id)) => {
            Some((kind.into_str()?, data, node_id.into_str()?))
        }
        _ => None,
    }
}
