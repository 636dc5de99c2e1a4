//! The protocol between master and workers: Locust's messages, over Locust's own port or over TLS.

mod certificate;
mod check;
mod codec;
mod connection;
mod door;
mod fields;
mod fingerprint;
mod frame;
mod guest;
mod join;
mod link;
mod listener;
mod message;
mod number;
mod refusals;
mod seats;
mod stats;
mod stream;
mod tagged;
mod tls;
mod to_master;
mod to_worker;
mod zmq;

pub use certificate::{Certificate, CertificateError};
pub use check::{CorruptFrame, MAX_DEPTH, MAX_VALUES};
pub use codec::{DecodeError, Envelope, decode, encode};
pub use connection::{MAX_WAITING_BYTES, MAX_WAITING_MESSAGES, SendError};
pub use door::{HANDSHAKE_TIMEOUT, MAX_HANDSHAKES};
pub use fields::{Extra, WrongField};
pub use fingerprint::{Fingerprint, NotAFingerprint};
pub use frame::{FramingError, MAX_FRAME_BYTES};
pub use guest::MAX_NODE_ID_BYTES;
pub use join::{
    Invitation, JoinToken, JoinTokens, MAX_TOKEN_CHARS, MIN_TOKEN_CHARS, NotAnInvitation,
    TokenError, TokenId,
};
pub use link::{JOIN_TIMEOUT, JoinError, Link, Master, Received};
pub use listener::{BindError, Entrance, Event, Listener};
pub use message::{Message, PeerVersion};
pub use number::Number;
pub use refusals::{RefusalWatch, Refusals};
pub use rmpv::Value;
pub use seats::REPLACED_AFTER_SILENCE;
pub use stats::{PerSecond, RoundedTimes, StatsEntry, StatsFailure, StatsReport};
pub use stream::{FRAME_TIMEOUT, Loss};
pub use tagged::{DateTime, NotADate, Tagged};
pub use to_master::{
    ExceptionReport, Heartbeat, LocustfileRequest, LogLines, ToMaster, UserCounts,
};
pub use to_worker::{Ack, ClassUpdate, Locustfile, LocustfileReply, Spawn, ToWorker};
