//! Where a body ends (RFC 9112, section 6).

use super::head::{ContentLength, Head, TransferEncoding};
use super::state::ProtocolError;

/// Most bytes of chunk extensions, and of trailers, in one body.
const MAX_CHUNK_EXTRAS: usize = 16 * 1024;

/// How the body of a response is delimited, and how far it has come.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// This many bytes are still to come.
    Length(u64),
    /// In chunks.
    Chunked(Chunks),
    /// Until the peer closes.
    UntilClose,
}

/// What of a slice belonged to the body.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Decoded {
    /// Bytes taken from the front of the slice.
    pub(super) used: usize,
    /// Whether the body has ended; else all of the slice was taken.
    pub(super) is_end: bool,
}

/// The limit that a body has run into, for the caller to name.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum BodyError {
    /// There is more of it than there was room for.
    TooLarge,
    /// The chunks are malformed.
    Malformed(&'static str),
}

/// What the request says about the framing of its response.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Asked {
    /// The method is HEAD: the response has the head of a GET, and no body.
    pub(super) is_head: bool,
    /// The method is CONNECT: behind a 2xx head there is a tunnel.
    pub(super) is_connect: bool,
}

impl Framing {
    /// The rules of RFC 9112, section 6.3, in their order.
    pub(super) fn of(head: &Head, asked: Asked) -> Result<Self, ProtocolError> {
        let is_bodiless = matches!(head.status, 101 | 204 | 304)
            || asked.is_head
            || (asked.is_connect && (200..300).contains(&head.status));
        if is_bodiless {
            return Ok(Self::Length(0));
        }
        match (head.transfer_encoding, head.content_length) {
            (TransferEncoding::Invalid(text), _) => Err(ProtocolError::Framing(text)),
            (TransferEncoding::Chunked, _) if !head.is_version_11 => {
                Err(ProtocolError::Framing("`Transfer-Encoding` in HTTP/1.0"))
            }
            (TransferEncoding::Chunked, _) => Ok(Self::Chunked(Chunks::default())),
            (TransferEncoding::Absent, ContentLength::Bytes(bytes)) => Ok(Self::Length(bytes)),
            (TransferEncoding::Absent, ContentLength::Invalid(text)) => {
                Err(ProtocolError::Framing(text))
            }
            (TransferEncoding::Absent, ContentLength::Absent) => Ok(Self::UntilClose),
        }
    }

    /// Appends what `input` holds of the body to `out`, and takes its length from `room`.
    pub(super) fn decode(
        &mut self,
        input: &[u8],
        out: &mut Vec<u8>,
        room: &mut u64,
    ) -> Result<Decoded, BodyError> {
        match self {
            Self::Length(left) => {
                let used = at_most(*left, input.len());
                copy(&input[..used], out, room)?;
                *left -= used as u64;
                Ok(Decoded {
                    used,
                    is_end: *left == 0,
                })
            }
            Self::Chunked(chunks) => chunks.decode(input, out, room),
            Self::UntilClose => {
                copy(input, out, room)?;
                Ok(Decoded {
                    used: input.len(),
                    is_end: false,
                })
            }
        }
    }
}

/// A chunked body (RFC 9112, section 7.1): where in it we are.
///
/// Lines end in CRLF and nothing else. A lone LF is tolerated in heads, where the worst it can do
/// is to spoil a header; here it would move the end of the body. Extensions and trailers are
/// skipped.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Chunks {
    at: Place,
    /// Size of the chunk as far as it has been read, then what is left of it.
    left: u64,
    /// Bytes of extensions and trailers so far, and zeros in front of a size.
    extras: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    /// Before the first digit of a size.
    #[default]
    Start,
    /// Behind a digit of a size.
    Size,
    /// Behind the size, in spaces.
    Space,
    /// In an extension, which is skipped.
    Extension,
    /// Behind the CR of a size line.
    SizeEnd,
    /// In the data.
    Data,
    /// Behind the data: its CR.
    DataReturn,
    /// Its LF.
    DataEnd,
    /// At the beginning of a trailer line, or of the empty line that ends the body.
    LineStart,
    /// In a trailer line.
    Line,
    /// Behind the CR of a trailer line.
    LineEnd,
    /// Behind the CR of the last line.
    LastEnd,
}

impl Chunks {
    fn decode(
        &mut self,
        input: &[u8],
        out: &mut Vec<u8>,
        room: &mut u64,
    ) -> Result<Decoded, BodyError> {
        let mut used = 0;
        while used < input.len() {
            if self.at == Place::Data {
                let take = at_most(self.left, input.len() - used);
                copy(&input[used..used + take], out, room)?;
                used += take;
                self.left -= take as u64;
                if self.left == 0 {
                    self.at = Place::DataReturn;
                }
                continue;
            }
            let byte = input[used];
            used += 1;
            if self.at == Place::LastEnd && byte == b'\n' {
                return Ok(Decoded { used, is_end: true });
            }
            self.at = self.after(byte)?;
        }
        Ok(Decoded {
            used,
            is_end: false,
        })
    }

    /// The place behind a byte that is not data.
    fn after(&mut self, byte: u8) -> Result<Place, BodyError> {
        use Place::{
            Data, DataEnd, DataReturn, Extension, LastEnd, Line, LineEnd, LineStart, Size, SizeEnd,
            Space, Start,
        };
        match (self.at, byte) {
            (Start | Size, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => {
                if self.left == 0 && self.at == Size {
                    self.extra(Size)?;
                }
                let digit = (byte as char).to_digit(16).unwrap_or_default();
                self.left = self
                    .left
                    .checked_mul(16)
                    .and_then(|size| size.checked_add(u64::from(digit)))
                    .ok_or(BodyError::Malformed("chunk size exceeds 64 bits"))?;
                Ok(Size)
            }
            (Size | Space, b' ' | b'\t') => self.extra(Space),
            (Size | Space, b';') => self.extra(Extension),
            (Size | Space | Extension, b'\r') => Ok(SizeEnd),
            (Start | Size | Space, _) => Err(BodyError::Malformed("invalid chunk size")),
            (Extension, b'\n') => Err(BodyError::Malformed("chunk size ends without CR")),
            (Extension, _) => self.extra(Extension),
            (SizeEnd, b'\n') if self.left == 0 => Ok(LineStart),
            // Data is taken by `decode`.
            (SizeEnd, b'\n') | (Data, _) => Ok(Data),
            (DataReturn, b'\r') => Ok(DataEnd),
            (DataEnd, b'\n') => Ok(Start),
            (DataReturn | DataEnd, _) => Err(BodyError::Malformed("chunk is longer than its size")),
            (LineStart, b'\r') => Ok(LastEnd),
            (LineStart | Line, b'\n') => Err(BodyError::Malformed("trailer ends without CR")),
            (Line, b'\r') => Ok(LineEnd),
            (LineStart | Line, _) => self.extra(Line),
            (LineEnd, b'\n') => Ok(LineStart),
            (SizeEnd | LineEnd | LastEnd, _) => Err(BodyError::Malformed("CR without LF")),
        }
    }

    /// Counts a byte of an extension or a trailer: neither may go on without end.
    fn extra(&mut self, next: Place) -> Result<Place, BodyError> {
        self.extras += 1;
        if self.extras > MAX_CHUNK_EXTRAS {
            return Err(BodyError::Malformed(
                "chunk extensions and trailers exceed 16 KiB",
            ));
        }
        Ok(next)
    }
}

fn at_most(left: u64, available: usize) -> usize {
    usize::try_from(left).map_or(available, |left| left.min(available))
}

fn copy(bytes: &[u8], out: &mut Vec<u8>, room: &mut u64) -> Result<(), BodyError> {
    *room = room
        .checked_sub(bytes.len() as u64)
        .ok_or(BodyError::TooLarge)?;
    out.extend_from_slice(bytes);
    Ok(())
}
