//! Bodies: forms and files in, content codings out.
//!
//! A body is decoded only when somebody reads it: most responses of a load test are counted and
//! thrown away.

use std::io::{self, Read};

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

use crate::url::{is_plain, push_escape};

/// Buffer of the decoder for brotli, in bytes.
const BROTLI_BUFFER: usize = 4096;

/// Why a body cannot be decoded.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The bytes are not what `Content-Encoding` says.
    #[error("the body is not valid {coding}")]
    Invalid {
        /// The coding, in lower case.
        coding: String,
        /// What the decoder says.
        source: io::Error,
    },
    /// The decoded body is longer than the limit.
    #[error("the decoded body exceeds {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: u64,
    },
}

/// Undoes the codings that a `Content-Encoding` names, the last one first.
///
/// `None` if there is nothing to undo: the header is absent, or names a coding we do not know, whose
/// bytes are handed out as they came, as requests does. No result is longer than `limit` bytes.
pub fn decode(
    body: &[u8],
    content_encoding: Option<&[u8]>,
    limit: u64,
) -> Result<Option<Vec<u8>>, DecodeError> {
    undo_all(body, content_encoding, limit, None)
}

/// The same for the first `length` bytes of the decoded body: with a single coding, which is the usual
/// case, no more than these are decoded. What is wrong behind them is not noticed.
pub fn decode_start(
    body: &[u8],
    content_encoding: Option<&[u8]>,
    limit: u64,
    length: u64,
) -> Result<Option<Vec<u8>>, DecodeError> {
    undo_all(body, content_encoding, limit, Some(length))
}

fn undo_all(
    body: &[u8],
    content_encoding: Option<&[u8]>,
    limit: u64,
    length: Option<u64>,
) -> Result<Option<Vec<u8>>, DecodeError> {
    let names = String::from_utf8_lossy(content_encoding.unwrap_or_default()).to_ascii_lowercase();
    let codings: Option<Vec<Coding>> = names
        .split(',')
        .map(str::trim)
        .filter(|name| !matches!(*name, "" | "identity"))
        .map(Coding::of)
        .collect();
    let Some(codings) = codings.filter(|codings| !codings.is_empty() && !body.is_empty()) else {
        return Ok(None);
    };
    let mut decoded = Vec::new();
    for (number, coding) in codings.iter().rev().enumerate() {
        let input = if number == 0 { body } else { &decoded };
        let length = length.filter(|_| number + 1 == codings.len());
        decoded = coding.undo(input, limit, length)?;
    }
    Ok(Some(decoded))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coding {
    Gzip,
    Deflate,
    Brotli,
    Zstandard,
}

impl Coding {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "gzip" | "x-gzip" => Self::Gzip,
            "deflate" => Self::Deflate,
            "br" => Self::Brotli,
            "zstd" => Self::Zstandard,
            _ => return None,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
            Self::Brotli => "br",
            Self::Zstandard => "zstd",
        }
    }

    /// All that comes out, which must not exceed `limit`; with a `length`, no more than that of it.
    fn undo(self, input: &[u8], limit: u64, length: Option<u64>) -> Result<Vec<u8>, DecodeError> {
        let read = |input: &mut dyn Read| read(input, limit, length);
        let output = match self {
            Self::Gzip => read(&mut MultiGzDecoder::new(input)),
            // The name means zlib, but there are servers that send the bare stream inside it.
            Self::Deflate => match read(&mut ZlibDecoder::new(input)) {
                Err(_) if !is_zlib(input) => read(&mut DeflateDecoder::new(input)),
                output => output,
            },
            Self::Brotli => read(&mut brotli::Decompressor::new(input, BROTLI_BUFFER)),
            Self::Zstandard => zstd::stream::read::Decoder::with_buffer(input)
                .and_then(|mut input| read(&mut input)),
        };
        match output {
            Ok(Some(output)) => Ok(output),
            Ok(None) => Err(DecodeError::TooLarge { limit }),
            Err(source) => Err(DecodeError::Invalid {
                coding: self.name().to_owned(),
                source,
            }),
        }
    }
}

/// Whether the bytes begin with the header of a zlib stream (RFC 1950, section 2.2).
fn is_zlib(input: &[u8]) -> bool {
    matches!(input, [first, second, ..]
        if first & 15 == 8 && (u16::from(*first) * 256 + u16::from(*second)).is_multiple_of(31))
}

/// All of it, or `None` if there is more than the limit; with a length, the beginning.
fn read(input: &mut dyn Read, limit: u64, length: Option<u64>) -> io::Result<Option<Vec<u8>>> {
    let mut output = Vec::new();
    if let Some(length) = length {
        input.take(length.min(limit)).read_to_end(&mut output)?;
        return Ok(Some(output));
    }
    let length = input
        .take(limit.saturating_add(1))
        .read_to_end(&mut output)?;
    Ok((length as u64 <= limit).then_some(output))
}

/// Pairs as `application/x-www-form-urlencoded`, also for the query of a URL: as Python's
/// `urlencode` writes them.
pub fn encode_form<'a>(pairs: impl IntoIterator<Item = (&'a [u8], &'a [u8])>) -> String {
    let mut out = String::new();
    for (name, value) in pairs {
        if !out.is_empty() {
            out.push('&');
        }
        push_quoted(&mut out, name);
        out.push('=');
        push_quoted(&mut out, value);
    }
    out
}

fn push_quoted(out: &mut String, bytes: &[u8]) {
    for &byte in bytes {
        match byte {
            b' ' => out.push('+'),
            byte if is_plain(byte) => out.push(byte.into()),
            byte => push_escape(out, byte),
        }
    }
}

/// One part of a `multipart/form-data` body: a field, or a file.
#[derive(Clone, Copy, Debug, Default)]
pub struct Part<'a> {
    /// Name of the field.
    pub name: &'a str,
    /// Name of the file; `None` for a field.
    pub file_name: Option<&'a str>,
    /// Its type, for example `text/plain`.
    pub content_type: Option<&'a str>,
    /// More headers, after those above.
    pub headers: &'a [(&'a str, &'a str)],
    /// Its content.
    pub data: &'a [u8],
}

/// The parts as a body whose type is `multipart/form-data; boundary=…`. The caller picks a
/// boundary that does not occur in the data.
///
/// Quotes and line breaks in names are percent-encoded, as browsers do it, and all else is UTF-8.
pub fn encode_multipart(parts: &[Part<'_>], boundary: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for part in parts {
        let mut head = format!("--{boundary}\r\nContent-Disposition: form-data; ");
        push_parameter(&mut head, "name", part.name);
        if let Some(file_name) = part.file_name {
            head.push_str("; ");
            push_parameter(&mut head, "filename", file_name);
        }
        head.push_str("\r\n");
        let content_type = part.content_type.map(|value| ("Content-Type", value));
        for (name, value) in content_type.iter().chain(part.headers) {
            for text in [name, ": ", value, "\r\n"] {
                head.push_str(text);
            }
        }
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(part.data);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    out
}

fn push_parameter(out: &mut String, name: &str, value: &str) {
    out.push_str(name);
    out.push_str("=\"");
    for letter in value.chars() {
        match letter {
            '"' => out.push_str("%22"),
            '\n' => out.push_str("%0A"),
            '\r' => out.push_str("%0D"),
            other => out.push(other),
        }
    }
    out.push('"');
}
