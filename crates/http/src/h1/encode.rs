//! A request to bytes.
//!
//! Everything that does not change between requests has been encoded before, so this is a handful
//! of copies into a buffer that is used again. The order of the lines is that of `http.client`
//! below requests: `Host`, the user's own, `Cookie`, `Content-Length`.

use crate::request::{Origin, Request};

/// Appends the request, head and body, to `out`.
///
/// A body under a `Transfer-Encoding` line of the user's is sent as one chunk: the line is already
/// part of the head, and with a `Content-Length` beside it the request would be ambiguous.
pub(super) fn encode(request: &Request, cookie: Option<&str>, out: &mut Vec<u8>) {
    let headers = &*request.headers;
    let body = request.body.as_deref();
    out.reserve(256 + headers.lines().len() + request.target.len() + body.map_or(0, <[u8]>::len));
    out.extend_from_slice(request.method.as_str().as_bytes());
    out.push(b' ');
    out.extend_from_slice(request.target.as_bytes());
    out.extend_from_slice(b" HTTP/1.1\r\n");
    if !headers.has_host() {
        push_host(out, &request.origin);
    }
    out.extend_from_slice(headers.lines());
    if let Some(cookie) = cookie
        && !headers.has_cookie()
    {
        out.extend_from_slice(b"Cookie: ");
        out.extend_from_slice(cookie.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    if headers.has_transfer_encoding() {
        out.extend_from_slice(b"\r\n");
        push_chunks(out, body.unwrap_or_default());
    } else if let Some(body) = body {
        if !headers.has_content_length() {
            out.extend_from_slice(b"Content-Length: ");
            push_number(out, body.len(), 10);
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(body);
    } else {
        out.extend_from_slice(b"\r\n");
    }
}

/// The `Host` line: what [`Origin::authority`] says, without its allocation.
fn push_host(out: &mut Vec<u8>, origin: &Origin) {
    out.extend_from_slice(b"Host: ");
    let is_ipv6 = origin.host.contains(':');
    if is_ipv6 {
        out.push(b'[');
    }
    out.extend_from_slice(origin.host.as_bytes());
    if is_ipv6 {
        out.push(b']');
    }
    if origin.port != origin.scheme.default_port() {
        out.push(b':');
        push_number(out, usize::from(origin.port), 10);
    }
    out.extend_from_slice(b"\r\n");
}

/// The whole body as one chunk, and the chunk that ends it.
fn push_chunks(out: &mut Vec<u8>, body: &[u8]) {
    if !body.is_empty() {
        push_number(out, body.len(), 16);
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(body);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"0\r\n\r\n");
}

/// `value` in digits of the given base, which is 10 or 16. `write!` takes three times as long.
fn push_number(out: &mut Vec<u8>, mut value: usize, base: usize) {
    let mut digits = [0; 20];
    let mut first = digits.len();
    loop {
        first -= 1;
        digits[first] = b"0123456789abcdef"[value % base];
        value /= base;
        if value == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[first..]);
}
