//! Maps of the protocol, read field by field and written in Locust's order.
//!
//! Nodes of several versions and makers talk to each other. So what a map holds beyond the fields
//! that are known here is kept and written again, a field that may be missing has a default, and
//! only a value of the wrong kind is an error.

use rmpv::{Value, ValueRef};

use super::number::Number;

/// Fields of a map that this version does not know, in the order they came in.
///
/// Our own nodes send what Locust lacks in such fields; a Locust node skips them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Extra(Vec<(Value, Value)>);

impl Extra {
    /// The value of a field.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0
            .iter()
            .find(|(name, _)| name.as_str() == Some(key))
            .map(|(_, value)| value)
    }

    /// Sets a field, in its place if it is there and at the end if not.
    pub fn set(&mut self, key: &str, value: impl Into<Value>) {
        let value = value.into();
        match self
            .0
            .iter_mut()
            .find(|(name, _)| name.as_str() == Some(key))
        {
            Some((_, old)) => *old = value,
            None => self.0.push((key.into(), value)),
        }
    }

    /// Takes a field out.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        let place = self
            .0
            .iter()
            .position(|(name, _)| name.as_str() == Some(key))?;
        Some(self.0.remove(place).1)
    }

    /// All fields in their order. Keys are text, numbers, bytes, booleans or nil.
    pub fn pairs(&self) -> &[(Value, Value)] {
        &self.0
    }

    /// Whether nothing is unknown.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Vec<(Value, Value)>> for Extra {
    fn from(pairs: Vec<(Value, Value)>) -> Self {
        Self(pairs)
    }
}

/// A message whose type is known and whose data is not what that type carries.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` is not {expected}")]
pub struct WrongField {
    /// The field, or `data` for all of it.
    pub field: &'static str,
    /// What belongs there, with its article.
    pub expected: &'static str,
}

/// What can be read from a value of the wire.
pub(super) trait Read<'v>: Sized {
    /// With its article, for an error.
    const WHAT: &'static str;

    fn read(value: ValueRef<'v>) -> Option<Self>;
}

/// The fields of a map that have not been taken yet.
pub(super) struct Fields<'v> {
    pairs: Vec<Option<(ValueRef<'v>, ValueRef<'v>)>>,
    /// Where the next field of the usual order is expected: saves the search.
    next: usize,
}

impl<'v> Fields<'v> {
    pub(super) fn of(value: ValueRef<'v>) -> Result<Self, WrongField> {
        match value {
            ValueRef::Map(pairs) => Ok(Self {
                pairs: pairs.into_iter().map(Some).collect(),
                next: 0,
            }),
            _ => Err(WrongField {
                field: "data",
                expected: "a map",
            }),
        }
    }

    /// A field without which the message means nothing.
    pub(super) fn need<T: Read<'v>>(&mut self, field: &'static str) -> Result<T, WrongField> {
        let expected = T::WHAT;
        self.take(field)
            .and_then(T::read)
            .ok_or(WrongField { field, expected })
    }

    /// A field that may be missing or nil.
    pub(super) fn maybe<T: Read<'v>>(
        &mut self,
        field: &'static str,
    ) -> Result<Option<T>, WrongField> {
        match self.take(field) {
            None | Some(ValueRef::Nil) => Ok(None),
            Some(value) => {
                let expected = T::WHAT;
                T::read(value)
                    .map(Some)
                    .ok_or(WrongField { field, expected })
            }
        }
    }

    /// A field whose absence means zero, or nothing.
    pub(super) fn or_default<T: Read<'v> + Default>(
        &mut self,
        field: &'static str,
    ) -> Result<T, WrongField> {
        self.maybe(field).map(Option::unwrap_or_default)
    }

    /// What nobody has taken.
    pub(super) fn rest(self) -> Extra {
        let rest = self.pairs.into_iter().flatten();
        Extra(
            rest.map(|(key, value)| (key.to_owned(), value.to_owned()))
                .collect(),
        )
    }

    fn take(&mut self, field: &str) -> Option<ValueRef<'v>> {
        let is_field = |pair: &Option<(ValueRef<'v>, ValueRef<'v>)>| matches!(pair, Some((ValueRef::String(key), _)) if key.as_str() == Some(field));
        let place = if self.pairs.get(self.next).is_some_and(is_field) {
            self.next
        } else {
            self.pairs.iter().position(is_field)?
        };
        self.next = place + 1;
        self.pairs[place].take().map(|(_, value)| value)
    }
}

/// A map being written: known fields in Locust's order, then the others.
pub(super) struct MapOf<'v>(Vec<(ValueRef<'v>, ValueRef<'v>)>);

impl<'v> MapOf<'v> {
    pub(super) fn new() -> Self {
        Self(Vec::new())
    }

    pub(super) fn with(mut self, key: &'v str, value: impl Into<ValueRef<'v>>) -> Self {
        self.0.push((key.into(), value.into()));
        self
    }

    pub(super) fn into_value(self) -> ValueRef<'v> {
        ValueRef::Map(self.0)
    }

    pub(super) fn with_extra(mut self, extra: &'v Extra) -> ValueRef<'v> {
        let pairs = extra.0.iter();
        self.0
            .extend(pairs.map(|(key, value)| (key.as_ref(), value.as_ref())));
        ValueRef::Map(self.0)
    }
}

/// Nil for what is not there.
pub(super) fn or_nil<'v, T: Into<ValueRef<'v>>>(value: Option<T>) -> ValueRef<'v> {
    value.map_or(ValueRef::Nil, Into::into)
}

impl<'v> Read<'v> for ValueRef<'v> {
    const WHAT: &'static str = "a value";

    fn read(value: ValueRef<'v>) -> Option<Self> {
        Some(value)
    }
}

impl<'v> Read<'v> for String {
    const WHAT: &'static str = "a text";

    fn read(value: ValueRef<'v>) -> Option<Self> {
        match value {
            ValueRef::String(text) => text.into_string(),
            _ => None,
        }
    }
}

/// Counts: a peer that computes in floats may send `3.0`.
impl<'v> Read<'v> for u64 {
    const WHAT: &'static str = "a count";

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the guard admits whole numbers below 2^53 only"
    )]
    fn read(value: ValueRef<'v>) -> Option<Self> {
        match value {
            ValueRef::Integer(count) => count.as_u64(),
            ValueRef::F64(count) if count.fract() == 0.0 && (0.0..9.0e15).contains(&count) => {
                Some(count as Self)
            }
            _ => None,
        }
    }
}

impl<'v> Read<'v> for i64 {
    const WHAT: &'static str = "a whole number";

    fn read(value: ValueRef<'v>) -> Option<Self> {
        match value {
            ValueRef::Integer(number) => number.as_i64(),
            _ => None,
        }
    }
}

impl<'v> Read<'v> for f64 {
    const WHAT: &'static str = "a number";

    fn read(value: ValueRef<'v>) -> Option<Self> {
        Number::from_value(&value).map(Number::as_f64)
    }
}

impl<'v> Read<'v> for Number {
    const WHAT: &'static str = "a number";

    fn read(value: ValueRef<'v>) -> Option<Self> {
        Self::from_value(&value)
    }
}

impl<'v, T: Read<'v>> Read<'v> for Vec<T> {
    const WHAT: &'static str = "a list";

    fn read(value: ValueRef<'v>) -> Option<Self> {
        match value {
            ValueRef::Array(items) => items.into_iter().map(T::read).collect(),
            _ => None,
        }
    }
}

/// Pairs of a map whose keys are data, in their order.
impl<'v, K: Read<'v>, V: Read<'v>> Read<'v> for Pairs<K, V> {
    const WHAT: &'static str = "a map of counts";

    fn read(value: ValueRef<'v>) -> Option<Self> {
        match value {
            ValueRef::Map(pairs) => pairs
                .into_iter()
                .map(|(key, value)| Some((K::read(key)?, V::read(value)?)))
                .collect::<Option<_>>()
                .map(Self),
            _ => None,
        }
    }
}

/// Makes a list of pairs readable from a map, not from an array of arrays.
pub(super) struct Pairs<K, V>(pub(super) Vec<(K, V)>);

impl<K, V> Default for Pairs<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}
