//! A number as Python had it. Locust sends the integer 0 for a sum to which nothing was added and a
//! float otherwise; both are read alike, and each is written as it came.

use rmpv::ValueRef;
use serde::{Deserialize, Serialize};

/// An integer or a float.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Number {
    /// An `int` of Python that fits 64 bits.
    Int(i64),
    /// A `float` of Python: also infinite or not a number.
    Float(f64),
}

impl Number {
    /// The value, rounded to a float if it is an integer beyond 2^53.
    pub fn as_f64(self) -> f64 {
        match self {
            Self::Int(value) => value as f64,
            Self::Float(value) => value,
        }
    }

    pub(super) fn from_value(value: &ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Integer(value) => Some(match value.as_i64() {
                Some(value) => Self::Int(value),
                None => Self::Float(value.as_f64()?),
            }),
            ValueRef::F32(value) => Some(Self::Float(f64::from(*value))),
            ValueRef::F64(value) => Some(Self::Float(*value)),
            _ => None,
        }
    }

    pub(super) fn to_value<'v>(self) -> ValueRef<'v> {
        match self {
            Self::Int(value) => value.into(),
            Self::Float(value) => value.into(),
        }
    }
}

impl Default for Number {
    fn default() -> Self {
        Self::Int(0)
    }
}

impl From<f64> for Number {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}
