//! Status line and header lines, over `httparse`.
//!
//! A head is parsed here once, for framing: of its header lines only those that say where the
//! body ends and what becomes of the connection are looked at, and whether cookies are set. The others are read from the kept
//! bytes when somebody asks for them.

use std::mem::MaybeUninit;

use super::state::ProtocolError;

/// Longest head of a response, in bytes, with the interim (1xx) heads before it.
///
/// `http.client` allows 64 KiB for a line; real heads stay far below 16 KiB.
pub const MAX_HEAD_BYTES: usize = 128 * 1024;

/// Most header lines of a response: the limit of `http.client`, so also that of Locust.
pub const MAX_HEADER_LINES: usize = 100;

/// What framing has to know about a head.
#[derive(Debug)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is an answer to a question of its own"
)]
pub(super) struct Head {
    pub(super) status: u16,
    /// Where the status line begins: empty lines before it are skipped.
    pub(super) start: usize,
    /// Where the head ends, behind its empty line.
    pub(super) end: usize,
    /// Whether a header goes on in a second line, so that [`unfold`] has work to do.
    pub(super) is_folded: bool,
    /// HTTP/1.1, and not HTTP/1.0.
    pub(super) is_version_11: bool,
    /// What version and `Connection` say about another request on this connection.
    pub(super) keeps_alive: bool,
    /// Whether there is a `Set-Cookie` line.
    pub(super) sets_cookies: bool,
    /// Whether there is a `Content-Encoding` line.
    pub(super) is_encoded: bool,
    pub(super) content_length: ContentLength,
    pub(super) transfer_encoding: TransferEncoding,
}

impl Head {
    /// Whether a body in chunks also has a `Content-Length`. The chunks count, but whoever wrote
    /// such a head cannot be trusted with another exchange (RFC 9112, section 6.3).
    pub(super) fn has_two_lengths(&self) -> bool {
        self.transfer_encoding != TransferEncoding::Absent
            && self.content_length != ContentLength::Absent
    }
}

/// All `Content-Length` lines of a head together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ContentLength {
    Absent,
    Bytes(u64),
    Invalid(&'static str),
}

/// All `Transfer-Encoding` lines of a head together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TransferEncoding {
    Absent,
    Chunked,
    Invalid(&'static str),
}

/// Parses the head at the front of `bytes`. `None` if its end has not come yet.
///
/// `limit` is the number of bytes it may have. A longer one is refused after as many bytes,
/// however they arrive.
pub(super) fn parse(bytes: &[u8], limit: usize) -> Result<Option<Head>, ProtocolError> {
    let window = &bytes[..bytes.len().min(limit + 1)];
    let head = match parse_lines(window, false) {
        // A line that begins with a space continues the one before (RFC 9112, section 5.2). Rare
        // enough to be parsed twice.
        Err(httparse::Error::HeaderName) => parse_lines(window, true),
        other => other,
    };
    match head {
        Ok(head) if head.as_ref().map_or(window.len(), |head| head.end) > limit => {
            Err(ProtocolError::HeadTooLarge {
                limit: MAX_HEAD_BYTES,
                unit: "bytes",
            })
        }
        Ok(head) => Ok(head),
        Err(error) => Err(refusal(error)),
    }
}

fn parse_lines(bytes: &[u8], may_fold: bool) -> Result<Option<Head>, httparse::Error> {
    let mut lines = [const { MaybeUninit::uninit() }; MAX_HEADER_LINES];
    let mut response = httparse::Response::new(&mut []);
    let mut config = httparse::ParserConfig::default();
    config.allow_obsolete_multiline_headers_in_responses(may_fold);
    let parsed = config.parse_response_with_uninit_headers(&mut response, bytes, &mut lines)?;
    let httparse::Status::Complete(end) = parsed else {
        return Ok(None);
    };
    let status = response.code.unwrap_or_default();
    if status < 100 {
        return Err(httparse::Error::Status);
    }
    let is_version_11 = response.version == Some(1);
    let mut content_length = ContentLength::Absent;
    let mut transfer_encoding = TransferEncoding::Absent;
    let mut asks_to_close = false;
    let mut asks_to_keep = false;
    let mut sets_cookies = false;
    let mut is_encoded = false;
    for line in response.headers.iter() {
        // The length decides for nearly every line, without a look at its letters.
        match line.name.len() {
            10 if line.name.eq_ignore_ascii_case("set-cookie") => sets_cookies = true,
            16 if line.name.eq_ignore_ascii_case("content-encoding") => is_encoded = true,
            10 if line.name.eq_ignore_ascii_case("connection") => {
                for token in line
                    .value
                    .split(|&byte| byte == b',')
                    .map(<[u8]>::trim_ascii)
                {
                    asks_to_close |= token.eq_ignore_ascii_case(b"close");
                    asks_to_keep |= token.eq_ignore_ascii_case(b"keep-alive");
                }
            }
            14 if line.name.eq_ignore_ascii_case("content-length") => {
                content_length = content_length.with(line.value);
            }
            17 if line.name.eq_ignore_ascii_case("transfer-encoding") => {
                transfer_encoding = transfer_encoding.with(line.value);
            }
            _ => {}
        }
    }
    Ok(Some(Head {
        status,
        start: bytes
            .iter()
            .take_while(|&&byte| matches!(byte, b'\r' | b'\n'))
            .count(),
        end,
        is_folded: may_fold,
        is_version_11,
        keeps_alive: !asks_to_close && (is_version_11 || asks_to_keep),
        sets_cookies,
        is_encoded,
        content_length,
        transfer_encoding,
    }))
}

impl ContentLength {
    /// Adds one line. The same number may be repeated, within a line or in several (RFC 9110,
    /// section 8.6); different ones leave open where the body ends.
    fn with(self, value: &[u8]) -> Self {
        value
            .split(|&byte| byte == b',')
            .map(<[u8]>::trim_ascii)
            .fold(self, |seen, text| match (seen, number(text)) {
                (Self::Invalid(_), _) => seen,
                (_, None) => Self::Invalid("`Content-Length` is not a number"),
                (Self::Bytes(first), Some(other)) if first != other => {
                    Self::Invalid("`Content-Length` appears with different values")
                }
                (_, Some(bytes)) => Self::Bytes(bytes),
            })
    }
}

impl TransferEncoding {
    /// Adds one line. We ask for no transfer coding, so only the one that every client of HTTP/1.1
    /// has to understand may come.
    fn with(self, value: &[u8]) -> Self {
        value
            .split(|&byte| byte == b',')
            .map(<[u8]>::trim_ascii)
            .fold(self, |seen, coding| match seen {
                Self::Absent if coding.eq_ignore_ascii_case(b"chunked") => Self::Chunked,
                Self::Invalid(_) => seen,
                _ => Self::Invalid("`Transfer-Encoding` is not `chunked`"),
            })
    }
}

/// Decimal digits only: no sign, no space, not more than 64 bits.
fn number(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u64, |value, &byte| {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value.checked_mul(10)?.checked_add(u64::from(digit))
    })
}

fn refusal(error: httparse::Error) -> ProtocolError {
    ProtocolError::Head(match error {
        httparse::Error::TooManyHeaders => {
            return ProtocolError::HeadTooLarge {
                limit: MAX_HEADER_LINES,
                unit: "header lines",
            };
        }
        httparse::Error::Version => "not HTTP/1.1 or HTTP/1.0",
        httparse::Error::Status => "invalid status line",
        httparse::Error::HeaderName => "invalid header name",
        httparse::Error::HeaderValue => "invalid header value",
        httparse::Error::NewLine => "invalid line end",
        httparse::Error::Token => "invalid byte",
    })
}

/// Puts headers that go on in another line on one line, each line end becoming spaces (RFC 9112,
/// section 5.2). The head keeps its length.
pub(super) fn unfold(head: &mut [u8]) {
    for at in 1..head.len() {
        if head[at - 1] == b'\n' && matches!(head[at], b' ' | b'\t') {
            head[at - 1] = b' ';
            if at >= 2 && head[at - 2] == b'\r' {
                head[at - 2] = b' ';
            }
        }
    }
}

/// Name and value of each line of a head that has been parsed before.
pub(crate) fn header_lines(head: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    head.split(|&byte| byte == b'\n')
        .skip(1)
        .filter_map(|line| {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let colon = line.iter().position(|&byte| byte == b':')?;
            Some((&line[..colon], line[colon + 1..].trim_ascii()))
        })
}

/// The reason phrase of a head that has been parsed before.
pub(crate) fn reason(head: &[u8]) -> &[u8] {
    let line = head.split(|&byte| byte == b'\n').next().unwrap_or_default();
    line.get(13..).map_or(&[], <[u8]>::trim_ascii)
}
