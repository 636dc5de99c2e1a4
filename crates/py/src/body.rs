//! The body of a response without its codings, and its length.

use std::borrow::Cow;

use gregaria_http as http;

/// Bytes a compressed body may grow to: a small one that means a huge one is an attack.
const MAX_DECODED: u64 = 1 << 30;

/// The codings of a body, innermost last, as `Content-Encoding` lists them.
fn content_encoding(response: &http::Response) -> Option<&[u8]> {
    if !response.is_encoded {
        return None;
    }
    response
        .header("content-encoding")
        .filter(|value| !value.eq_ignore_ascii_case(b"identity"))
}

/// The length of a gzip body stands in its last four bytes (RFC 1952, section 2.3.1), so that the
/// usual body need not be decoded to be counted. Other codings are decoded for it.
pub(crate) fn decoded_length(response: &http::Response) -> u64 {
    let body = response.body();
    let Some(coding) = content_encoding(response) else {
        return body.len() as u64;
    };
    if coding.eq_ignore_ascii_case(b"gzip")
        && body.len() >= 18
        && let Some(last) = body.last_chunk::<4>()
    {
        return u64::from(u32::from_le_bytes(*last));
    }
    decoded(response).map_or(0, |body| body.len() as u64)
}

/// The first `length` bytes of the body without its codings.
pub(crate) fn decoded_start(
    response: &http::Response,
    length: usize,
) -> Result<Cow<'_, [u8]>, http::body::DecodeError> {
    let body = response.body();
    let start =
        http::body::decode_start(body, content_encoding(response), MAX_DECODED, length as u64)?;
    Ok(start.map_or_else(
        || Cow::Borrowed(&body[..body.len().min(length)]),
        Cow::Owned,
    ))
}

/// The body without its codings.
pub(crate) fn decoded(response: &http::Response) -> Result<Cow<'_, [u8]>, http::body::DecodeError> {
    let body = response.body();
    let decoded = http::body::decode(body, content_encoding(response), MAX_DECODED)?;
    Ok(decoded.map_or(Cow::Borrowed(body), Cow::Owned))
}
