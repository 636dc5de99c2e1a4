//! Where a frame ends in a stream of bytes: ZMTP's way on Locust's port, a length of four bytes
//! within TLS. Knows no socket.
//!
//! What a peer announces is never reserved, only what has arrived is kept: a header of nine bytes
//! must not cost sixteen exabytes.

use bytes::{Buf, BufMut, Bytes, BytesMut};

/// Bytes of the largest frame. A report on 50,000 names has about as many.
pub const MAX_FRAME_BYTES: usize = 32 << 20;

/// How frames are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// A byte of flags, a length of one or eight bytes.
    Zmtp,
    /// A length of four bytes.
    Prefixed,
}

/// What a stream of bytes has yielded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// A message.
    Message(Bytes),
    /// A message of ZMTP in several parts, which Locust never sends. Its bytes are not kept.
    Multipart,
    /// A command of ZMTP.
    Command(Bytes),
}

/// Bytes that are no frame. The stream cannot be followed any further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FramingError {
    /// Flags that ZMTP does not have.
    #[error("0x{0:02x} is no flag of ZMTP")]
    Flags(u8),
    /// A frame longer than the limit.
    #[error("a frame of {bytes} bytes, where {limit} are allowed")]
    TooLong {
        /// As announced.
        bytes: u64,
        /// What is allowed.
        limit: usize,
    },
}

const MORE: u8 = 1;
const LONG: u8 = 2;
const COMMAND: u8 = 4;

/// Cuts a stream into frames.
#[derive(Debug)]
pub(super) struct Deframer {
    framing: Framing,
    limit: usize,
    is_in_multipart: bool,
}

impl Deframer {
    pub(super) fn new(framing: Framing, limit: usize) -> Self {
        Self {
            framing,
            limit,
            is_in_multipart: false,
        }
    }

    /// Takes the next whole frame out of the buffer.
    pub(super) fn next(&mut self, buffer: &mut BytesMut) -> Result<Option<Frame>, FramingError> {
        loop {
            let Some((flags, header, length)) = self.header(buffer)? else {
                return Ok(None);
            };
            if buffer.len() < header + length {
                return Ok(None);
            }
            buffer.advance(header);
            let body = buffer.split_to(length);
            if flags & COMMAND != 0 {
                return Ok(Some(Frame::Command(body.freeze())));
            }
            let is_first = !self.is_in_multipart;
            self.is_in_multipart = flags & MORE != 0;
            match (is_first, self.is_in_multipart) {
                (true, false) => return Ok(Some(Frame::Message(body.freeze()))),
                (false, false) => return Ok(Some(Frame::Multipart)),
                (_, true) => {}
            }
        }
    }

    /// Flags, length of the header, length of the body.
    fn header(&self, buffer: &[u8]) -> Result<Option<(u8, usize, usize)>, FramingError> {
        let (flags, header, announced) = match self.framing {
            Framing::Prefixed => match buffer.first_chunk() {
                Some(length) => (0, 4, u64::from(u32::from_be_bytes(*length))),
                None => return Ok(None),
            },
            Framing::Zmtp => {
                let Some(&flags) = buffer.first() else {
                    return Ok(None);
                };
                let is_command_in_parts = flags & COMMAND != 0 && flags & MORE != 0;
                if flags & !(MORE | LONG | COMMAND) != 0 || is_command_in_parts {
                    return Err(FramingError::Flags(flags));
                }
                let rest = &buffer[1..];
                if flags & LONG != 0 {
                    match rest.first_chunk() {
                        Some(length) => (flags, 9, u64::from_be_bytes(*length)),
                        None => return Ok(None),
                    }
                } else {
                    match rest.first() {
                        Some(&length) => (flags, 2, u64::from(length)),
                        None => return Ok(None),
                    }
                }
            }
        };
        let limit = self.limit;
        match usize::try_from(announced) {
            Ok(length) if length <= limit => Ok(Some((flags, header, length))),
            _ => Err(FramingError::TooLong {
                bytes: announced,
                limit,
            }),
        }
    }
}

/// Appends a message with its header.
///
/// A message beyond 4 GiB cannot be expressed within TLS; the limit is far below.
pub(super) fn put_message(framing: Framing, message: &[u8], out: &mut BytesMut) {
    match framing {
        Framing::Prefixed => {
            let length = u32::try_from(message.len()).expect("messages are limited to 32 MiB");
            out.put_u32(length);
            out.put_slice(message);
        }
        Framing::Zmtp => put_zmtp(0, message, out),
    }
}

/// Appends a command of ZMTP.
pub(super) fn put_command(command: &[u8], out: &mut BytesMut) {
    put_zmtp(COMMAND, command, out);
}

fn put_zmtp(flags: u8, body: &[u8], out: &mut BytesMut) {
    if let Ok(length) = u8::try_from(body.len()) {
        out.put_slice(&[flags, length]);
    } else {
        out.put_u8(flags | LONG);
        out.put_u64(body.len() as u64);
    }
    out.put_slice(body);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(framing: Framing, bytes: &[u8], step: usize) -> Result<Vec<Frame>, FramingError> {
        let mut deframer = Deframer::new(framing, 1000);
        let mut buffer = BytesMut::new();
        let mut found = Vec::new();
        for piece in bytes.chunks(step) {
            buffer.put_slice(piece);
            while let Some(frame) = deframer.next(&mut buffer)? {
                found.push(frame);
            }
        }
        Ok(found)
    }

    #[test]
    fn frames_are_found_however_they_arrive() {
        let (short, long) = (vec![7; 255], vec![9; 256]);
        for framing in [Framing::Zmtp, Framing::Prefixed] {
            let mut bytes = BytesMut::new();
            for message in [&short, &long, &Vec::new()] {
                put_message(framing, message, &mut bytes);
            }
            let expected = [&short, &long, &Vec::new()]
                .map(|message| Frame::Message(Bytes::copy_from_slice(message)));
            for step in [1, 2, 3, 100, 1000] {
                assert_eq!(frames(framing, &bytes, step).unwrap(), expected);
            }
        }
    }

    #[test]
    fn a_message_has_the_bytes_of_zmtp() {
        let mut out = BytesMut::new();
        put_message(Framing::Zmtp, b"ab", &mut out);
        put_command(b"c", &mut out);
        assert_eq!(&out[..], b"\x00\x02ab\x04\x01c");
        out.clear();
        put_message(Framing::Zmtp, &[1; 300], &mut out);
        assert_eq!(&out[..9], b"\x02\0\0\0\0\0\0\x01\x2c");
    }

    #[test]
    fn parts_are_one_unreadable_message() {
        let bytes = b"\x01\x01a\x01\x01b\x00\x01c\x00\x01d";
        let found = frames(Framing::Zmtp, bytes, 3).unwrap();
        assert_eq!(
            found,
            [Frame::Multipart, Frame::Message(Bytes::from_static(b"d"))]
        );
    }

    #[test]
    fn an_announced_length_is_refused_before_its_bytes_arrive() {
        let error = frames(Framing::Zmtp, b"\x02\x80\0\0\0\0\0\0\0", 9).unwrap_err();
        assert_eq!(
            error,
            FramingError::TooLong {
                bytes: 1 << 63,
                limit: 1000
            }
        );
        let error = frames(Framing::Prefixed, b"\xff\xff\xff\xff", 4).unwrap_err();
        assert_eq!(
            error,
            FramingError::TooLong {
                bytes: u64::from(u32::MAX),
                limit: 1000
            }
        );
    }

    #[test]
    fn other_flags_end_the_stream() {
        for flags in [0x08, 0x80, 0xff, 0x05] {
            let error = frames(Framing::Zmtp, &[flags, 0], 2).unwrap_err();
            assert_eq!(error, FramingError::Flags(flags));
        }
    }
}
