//! Looks over a frame before anything is built from it.
//!
//! A frame comes from whoever reached the port. One pass without allocation decides whether it is
//! what Locust's own unpacker would take: one msgpack value with nothing behind it, valid UTF-8,
//! scalar keys, no extension types. Nesting and the number of values are limited, since each byte
//! of a frame can become a value forty times its size.

/// Arrays and maps within each other. Locust's deepest message has five.
pub const MAX_DEPTH: usize = 64;

/// Values in one frame: enough for a report on 50,000 names.
pub const MAX_VALUES: usize = 1 << 22;

/// Why a frame is no message. The connection it came by may be fine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CorruptFrame {
    /// It ends within a value.
    #[error("it ends in the middle of a value")]
    Truncated,
    /// Bytes follow the value.
    #[error("{0} bytes follow the message")]
    Trailing(usize),
    /// A text is not UTF-8.
    #[error("a text is not valid UTF-8")]
    Text,
    /// An extension type or the reserved byte.
    #[error("byte 0x{0:02x} begins no value of the protocol")]
    Unknown(u8),
    /// An array, a map or a reserved value stands where a key belongs.
    #[error("a key is neither text nor number")]
    Key,
    /// Nested deeper than [`MAX_DEPTH`].
    #[error("values are nested deeper than {MAX_DEPTH}")]
    Depth,
    /// More values than [`MAX_VALUES`].
    #[error("it holds more than {MAX_VALUES} values")]
    Values,
    /// Several parts of ZMTP in place of one.
    #[error("it has several parts")]
    Multipart,
    /// Not an array of type, data and node id.
    #[error("it is not an array of type, data and node id")]
    Shape,
}

/// Checks a whole frame.
pub(super) fn check(frame: &[u8]) -> Result<(), CorruptFrame> {
    let mut scan = Scan {
        rest: frame,
        values_left: MAX_VALUES,
    };
    scan.value(MAX_DEPTH)?;
    match scan.rest.len() {
        0 => Ok(()),
        trailing => Err(CorruptFrame::Trailing(trailing)),
    }
}

/// What one byte announces.
enum Kind {
    /// So many bytes follow.
    Scalar(usize),
    /// A text of so many bytes follows.
    Text(usize),
    /// So many values follow.
    Array(usize),
    /// So many pairs of key and value follow.
    Map(usize),
}

struct Scan<'f> {
    rest: &'f [u8],
    values_left: usize,
}

impl<'f> Scan<'f> {
    fn value(&mut self, depth: usize) -> Result<(), CorruptFrame> {
        match self.kind()? {
            Kind::Scalar(length) => self.take(length).map(drop),
            Kind::Text(length) => self.text(length),
            Kind::Array(length) => {
                let depth = depth.checked_sub(1).ok_or(CorruptFrame::Depth)?;
                (0..length).try_for_each(|_| self.value(depth))
            }
            Kind::Map(length) => {
                let depth = depth.checked_sub(1).ok_or(CorruptFrame::Depth)?;
                (0..length).try_for_each(|_| {
                    self.key()?;
                    self.value(depth)
                })
            }
        }
    }

    fn key(&mut self) -> Result<(), CorruptFrame> {
        match self.kind()? {
            Kind::Scalar(length) => self.take(length).map(drop),
            Kind::Text(length) => self.text(length),
            Kind::Array(_) | Kind::Map(_) => Err(CorruptFrame::Key),
        }
    }

    fn text(&mut self, length: usize) -> Result<(), CorruptFrame> {
        match str::from_utf8(self.take(length)?) {
            Ok(_) => Ok(()),
            Err(_) => Err(CorruptFrame::Text),
        }
    }

    fn kind(&mut self) -> Result<Kind, CorruptFrame> {
        self.values_left = self
            .values_left
            .checked_sub(1)
            .ok_or(CorruptFrame::Values)?;
        let byte = self.take(1)?[0];
        Ok(match byte {
            0x00..=0x7f | 0xe0..=0xff | 0xc0 | 0xc2 | 0xc3 => Kind::Scalar(0),
            0x80..=0x8f => Kind::Map(usize::from(byte & 0x0f)),
            0x90..=0x9f => Kind::Array(usize::from(byte & 0x0f)),
            0xa0..=0xbf => Kind::Text(usize::from(byte & 0x1f)),
            0xc4 => Kind::Scalar(self.length(1)?),
            0xc5 => Kind::Scalar(self.length(2)?),
            0xc6 => Kind::Scalar(self.length(4)?),
            0xcc | 0xd0 => Kind::Scalar(1),
            0xcd | 0xd1 => Kind::Scalar(2),
            0xca | 0xce | 0xd2 => Kind::Scalar(4),
            0xcb | 0xcf | 0xd3 => Kind::Scalar(8),
            0xd9 => Kind::Text(self.length(1)?),
            0xda => Kind::Text(self.length(2)?),
            0xdb => Kind::Text(self.length(4)?),
            0xdc => Kind::Array(self.length(2)?),
            0xdd => Kind::Array(self.length(4)?),
            0xde => Kind::Map(self.length(2)?),
            0xdf => Kind::Map(self.length(4)?),
            0xc1 | 0xc7..=0xc9 | 0xd4..=0xd8 => return Err(CorruptFrame::Unknown(byte)),
        })
    }

    /// A big-endian length of one, two or four bytes.
    fn length(&mut self, bytes: usize) -> Result<usize, CorruptFrame> {
        let digits = self.take(bytes)?;
        Ok(digits
            .iter()
            .fold(0, |length, &digit| (length << 8) | usize::from(digit)))
    }

    fn take(&mut self, length: usize) -> Result<&'f [u8], CorruptFrame> {
        let (taken, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or(CorruptFrame::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_beyond_the_frame_is_seen_before_anything_is_reserved() {
        assert_eq!(
            check(&[0xdd, 0xff, 0xff, 0xff, 0xff]),
            Err(CorruptFrame::Truncated)
        );
        assert_eq!(
            check(&[0xc6, 0xff, 0xff, 0xff, 0xff]),
            Err(CorruptFrame::Truncated)
        );
    }

    #[test]
    fn deep_nesting_is_refused() {
        assert_eq!(check(&vec![0x91; 1 << 20]), Err(CorruptFrame::Depth));
        let mut deepest = vec![0x91; MAX_DEPTH];
        deepest.push(0xc0);
        assert_eq!(check(&deepest), Ok(()));
    }

    #[test]
    fn a_frame_of_too_many_values_is_refused() {
        let mut frame = vec![0xdd];
        frame.extend(u32::try_from(MAX_VALUES).unwrap().to_be_bytes());
        frame.extend(vec![0xc0; MAX_VALUES]);
        assert_eq!(check(&frame), Err(CorruptFrame::Values));
    }

    #[test]
    fn extension_types_and_the_reserved_byte_are_refused() {
        for byte in [0xc1, 0xc7, 0xc8, 0xc9, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8] {
            assert_eq!(check(&[byte; 32]), Err(CorruptFrame::Unknown(byte)));
        }
    }

    #[test]
    fn keys_are_scalars_and_texts_are_utf8() {
        assert_eq!(check(&[0x81, 0x90, 0xc0]), Err(CorruptFrame::Key));
        assert_eq!(check(&[0xa1, 0xff]), Err(CorruptFrame::Text));
        assert_eq!(check(&[0xc4, 0x01, 0xff]), Ok(()));
        assert_eq!(check(&[0xc0, 0xc0]), Err(CorruptFrame::Trailing(1)));
        assert_eq!(check(&[]), Err(CorruptFrame::Truncated));
    }
}
