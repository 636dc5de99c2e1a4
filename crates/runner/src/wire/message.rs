//! What a message is: a type and data. Each direction has its own, for `heartbeat`, `locustfile`,
//! `spawning_complete` and `quit` mean different things to a master and to a worker.

use rmpv::ValueRef;

use super::fields::WrongField;

/// The messages of one direction: [`ToMaster`](super::ToMaster) or [`ToWorker`](super::ToWorker).
pub trait Message: Sized {
    /// Locust's word for the type, or that of a custom message.
    fn kind(&self) -> &str;

    /// Reads the data of a type. A type that Locust does not have is a custom message.
    fn from_data(kind: &str, data: ValueRef<'_>) -> Result<Self, WrongField>;

    /// The data as Locust sends it.
    fn to_data(&self) -> ValueRef<'_>;
}

/// The version a worker claims when it joins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PeerVersion {
    /// A version in words: `2.47.0`.
    Named(String),
    /// −1, as clients in other languages say: not to be compared.
    Unchecked,
    /// None: a Locust older than 2.0, to be refused.
    #[default]
    Absent,
}

impl PeerVersion {
    pub(super) fn from_data(data: &ValueRef<'_>) -> Result<Self, WrongField> {
        match data {
            ValueRef::String(version) => match version.as_str() {
                Some("") | None => Ok(Self::Absent),
                Some(version) => Ok(Self::Named(version.to_owned())),
            },
            ValueRef::Integer(number) if number.as_i64() == Some(-1) => Ok(Self::Unchecked),
            ValueRef::Nil | ValueRef::Boolean(false) => Ok(Self::Absent),
            _ => Err(WrongField {
                field: "version",
                expected: "a version",
            }),
        }
    }

    pub(super) fn to_data(&self) -> ValueRef<'_> {
        match self {
            Self::Named(version) => version.as_str().into(),
            Self::Unchecked => (-1).into(),
            Self::Absent => ValueRef::Nil,
        }
    }
}
