//! The two kinds of values that msgpack lacks and Locust carries in tagged maps: dates, and object
//! ids of `MongoDB`. They are turned into Python's own at the border to Python.

use std::fmt;
use std::str::FromStr;

use rmpv::Value;

/// A value that travels as a map with a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tagged {
    /// A `datetime.datetime` without a time zone.
    DateTime(DateTime),
    /// A `bson.ObjectId`, as 24 hexadecimal digits.
    ObjectId(String),
}

/// A date and time of day without a time zone; each field as Python's `datetime` has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the fields of Python's datetime")]
pub struct DateTime {
    pub year: u16,
    pub month: u8,
    pub day: u8,
    pub hour: u8,
    pub minute: u8,
    pub second: u8,
    pub microsecond: u32,
}

/// A text that is no date in Locust's form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a date like 20260102T03:04:05.000600")]
pub struct NotADate(String);

const DATE_TAG: &str = "__datetime__";
const OBJECT_ID_TAG: &str = "__ObjectId__";
const TEXT: &str = "as_str";

impl Tagged {
    /// What a map stands for, if it is a tagged one. A tag with a text that cannot be read is left
    /// a map.
    pub fn from_value(value: &Value) -> Option<Self> {
        let pairs = value.as_map()?;
        let field = |key| {
            let found = pairs.iter().find(|(name, _)| name.as_str() == Some(key));
            found.map(|(_, value)| value)
        };
        if field(DATE_TAG).is_some() {
            field(TEXT)?.as_str()?.parse().ok().map(Self::DateTime)
        } else if field(OBJECT_ID_TAG).is_some() {
            let text = field(TEXT)?.as_str()?;
            let is_id = text.len() == 24 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
            is_id.then(|| Self::ObjectId(text.to_owned()))
        } else {
            None
        }
    }

    /// The map that Locust sends.
    pub fn to_value(&self) -> Value {
        let (tag, text) = match self {
            Self::DateTime(date) => (DATE_TAG, date.to_string()),
            Self::ObjectId(id) => (OBJECT_ID_TAG, id.clone()),
        };
        Value::Map(vec![(tag.into(), true.into()), (TEXT.into(), text.into())])
    }
}

impl fmt::Display for DateTime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            year,
            month,
            day,
            hour,
            minute,
            second,
            microsecond,
        } = self;
        write!(
            formatter,
            "{year:04}{month:02}{day:02}T{hour:02}:{minute:02}:{second:02}.{microsecond:06}"
        )
    }
}

impl FromStr for DateTime {
    type Err = NotADate;

    fn from_str(text: &str) -> Result<Self, NotADate> {
        read_date(text).ok_or_else(|| NotADate(text.to_owned()))
    }
}

/// Each field is within its range; whether the month has that day is for Python to say.
fn read_date(text: &str) -> Option<DateTime> {
    let (day, time) = text.split_once('T')?;
    let (clock, fraction) = time.split_once('.')?;
    let mut clock = clock.split(':');
    let (hour, minute, second) = (clock.next()?, clock.next()?, clock.next()?);
    let is_fraction = (1..=6).contains(&fraction.len());
    if day.len() != 8 || !is_fraction || clock.next().is_some() {
        return None;
    }
    let scale = 10_u32.pow(u32::try_from(6 - fraction.len()).ok()?);
    Some(DateTime {
        year: number(day.get(..4)?, 1, 9999)?,
        month: number(day.get(4..6)?, 1, 12)?,
        day: number(day.get(6..)?, 1, 31)?,
        hour: number(hour, 0, 23)?,
        minute: number(minute, 0, 59)?,
        second: number(second, 0, 59)?,
        microsecond: number::<u32>(fraction, 0, 999_999)? * scale,
    })
}

fn number<T: FromStr + PartialOrd>(digits: &str, least: T, most: T) -> Option<T> {
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let value: T = is_number.then(|| digits.parse().ok()).flatten()?;
    (least..=most).contains(&value).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_reads_as_it_is_written() {
        let text = "20260102T03:04:05.000600";
        let date: DateTime = text.parse().unwrap();
        assert_eq!((date.year, date.second, date.microsecond), (2026, 5, 600));
        assert_eq!(date.to_string(), text);
        let tagged = Tagged::DateTime(date);
        assert_eq!(Tagged::from_value(&tagged.to_value()), Some(tagged));
    }

    #[test]
    fn a_fraction_is_read_as_python_reads_it() {
        let date: DateTime = "20260102T03:04:05.5".parse().unwrap();
        assert_eq!(date.microsecond, 500_000);
    }

    #[test]
    fn what_is_no_date_stays_a_map() {
        for text in [
            "",
            "20260102",
            "20261302T03:04:05.0",
            "20260102T03:04.0",
            "20260102T24:04:05.0",
            "20260102T03:04:05.0000000",
            "2026010éT03:04:05.0",
            "20260102T+3:04:05.0",
        ] {
            let value = Value::Map(vec![
                (DATE_TAG.into(), true.into()),
                (TEXT.into(), text.into()),
            ]);
            assert_eq!(Tagged::from_value(&value), None, "{text}");
        }
    }

    #[test]
    fn an_object_id_is_24_hexadecimal_digits() {
        let id = Tagged::ObjectId("0123456789abcdef01234567".into());
        assert_eq!(Tagged::from_value(&id.to_value()), Some(id));
        let short = Tagged::ObjectId("0123".into());
        assert_eq!(Tagged::from_value(&short.to_value()), None);
    }
}
