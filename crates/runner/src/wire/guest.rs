//! A peer that has said who it is and has not been let in yet.

use std::io;

use bytes::BytesMut;

use super::fingerprint::Fingerprint;
use super::frame::Framing;
use super::join::{TokenError, TokenId};
use super::stream::{Loss, Stream};

/// Bytes of the longest node id: ZMTP's limit on identities.
pub const MAX_NODE_ID_BYTES: usize = 255;

/// An open stream and who is at its other end.
pub(super) struct Guest {
    pub(super) stream: Box<dyn Stream>,
    /// Read beyond the handshake.
    pub(super) buffer: BytesMut,
    pub(super) framing: Framing,
    /// Node id of the worker, on both sides.
    pub(super) node_id: String,
    /// The token it came in with.
    pub(super) token: Option<TokenId>,
}

/// Why a handshake came to nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum HandshakeError {
    #[error("{0}")]
    Protocol(&'static str),
    #[error("its node id is not 1 to {MAX_NODE_ID_BYTES} bytes of printable text")]
    NodeId,
    #[error("{0}")]
    Token(#[from] TokenError),
    #[error(
        "its certificate is not the one with the fingerprint {0}: is the invitation of this master?"
    )]
    Fingerprint(Fingerprint),
    #[error("the master refuses: {0}")]
    Refused(String),
    #[error("{0}")]
    Loss(#[from] Loss),
}

impl From<io::Error> for HandshakeError {
    fn from(error: io::Error) -> Self {
        Self::Loss(Loss::Io(error))
    }
}

impl Guest {
    /// Checks the node id: it will be in logs, in tables and in the keys of maps.
    pub(super) fn new(
        stream: Box<dyn Stream>,
        buffer: BytesMut,
        framing: Framing,
        node_id: &[u8],
    ) -> Result<Self, HandshakeError> {
        let node_id = str::from_utf8(node_id).map_err(|_| HandshakeError::NodeId)?;
        let is_short = (1..=MAX_NODE_ID_BYTES).contains(&node_id.len());
        if !is_short || node_id.chars().any(char::is_control) {
            return Err(HandshakeError::NodeId);
        }
        Ok(Self {
            stream,
            buffer,
            framing,
            node_id: node_id.to_owned(),
            token: None,
        })
    }
}
