//! The protocol between master and workers: Locust's messages, over Locust's own port or over TLS.

mod check;
mod codec;
mod fields;
mod message;
mod number;
mod stats;
mod tagged;
mod to_master;
mod to_worker;

pub use check::{CorruptFrame, MAX_DEPTH, MAX_VALUES};
pub use codec::{DecodeError, Envelope, decode, encode};
pub use fields::{Extra, WrongField};
pub use message::{Message, PeerVersion};
pub use number::Number;
pub use rmpv::Value;
pub use stats::{PerSecond, RoundedTimes, StatsEntry, StatsFailure, StatsReport};
pub use tagged::{DateTime, Tagged};
pub use to_master::{
    ExceptionReport, Heartbeat, LocustfileRequest, LogLines, ToMaster, UserCounts,
};
pub use to_worker::{Ack, ClassUpdate, Locustfile, LocustfileReply, Spawn, ToWorker};
