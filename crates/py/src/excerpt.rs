//! The beginning of what was answered, as text, for requests that are kept by themselves.
//!
//! Written out on the path that is rarely taken: what is not looked at costs nothing, and of a
//! compressed body no more is decoded than is looked at.

use std::borrow::Cow;
use std::fmt::{self, Display, Formatter};

use gregaria_http::Response;
use gregaria_stats::MAX_BODY_BYTES;
use gregaria_web::human;

use crate::body::decoded_start;
use crate::charset::{self, Charset, latin1};

/// Bytes that are looked at: more than are kept, since secrets in them are replaced by less.
const LOOKED_AT: usize = 4 * MAX_BODY_BYTES;

/// Displays what a response says: its text, cut behind some thousand bytes, or a few words about it.
pub(crate) struct Excerpt<'a> {
    pub(crate) response: &'a Response,
    /// Bytes of the decoded body.
    pub(crate) length: u64,
}

impl Display for Excerpt<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let bytes = match decoded_start(self.response, LOOKED_AT) {
            Ok(bytes) => bytes,
            Err(error) => return write!(formatter, "not decoded: {error}"),
        };
        let is_cut = bytes.len() == LOOKED_AT;
        let content_type = self.response.header("content-type");
        match text(&bytes, is_cut, charset::of(content_type)) {
            Some(text) if is_cut => write!(formatter, "{text}…"),
            Some(text) => formatter.write_str(&text),
            None => {
                let kind = match charset::name(content_type) {
                    Some(name) if is_text_without(&bytes, &name) => format!("text in {name}"),
                    _ => "binary".to_owned(),
                };
                let length = human::count(self.length);
                write!(formatter, "{kind}, {length} bytes")
            }
        }
    }
}

/// The text of a body, or of its beginning if it `is_cut`; `None` if it is none that is known here.
///
/// Most pages that name no charset, or the one that HTTP once implied, are UTF-8: so that is tried first.
fn text(bytes: &[u8], is_cut: bool, charset: Charset) -> Option<Cow<'_, str>> {
    let text = match (utf8(bytes, is_cut), charset) {
        (Some(text), _) => Cow::Borrowed(text),
        (None, Charset::Utf8) => String::from_utf8_lossy(bytes),
        (None, Charset::Latin1) => Cow::Owned(latin1(bytes)),
        (None, Charset::Untold | Charset::Other) => return None,
    };
    (!text.chars().any(is_binary)).then_some(text)
}

/// The bytes as UTF-8; the last character may lack some bytes if they are cut.
fn utf8(bytes: &[u8], is_cut: bool) -> Option<&str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) if is_cut && error.error_len().is_none() => {
            std::str::from_utf8(&bytes[..error.valid_up_to()]).ok()
        }
        Err(_) => None,
    }
}

/// Whether no text has this character.
fn is_binary(character: char) -> bool {
    character < ' ' && !matches!(character, '\t' | '\n' | '\r' | '\x0b' | '\x0c' | '\x1b')
}

/// Whether it is a text in a charset that is not read here. Those of two bytes a character have zeros.
fn is_text_without(bytes: &[u8], charset: &str) -> bool {
    charset.starts_with("utf-16") || charset.starts_with("utf-32") || {
        let mut bytes = bytes.iter();
        !bytes.any(|byte| is_binary(char::from(*byte)))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, UNIX_EPOCH};

    use gregaria_http::{Method, Timing, Url};

    use super::*;

    fn shown(head: &str, body: &[u8]) -> String {
        let head = format!("HTTP/1.1 200 OK\r\n{head}\r\n");
        let response = Response {
            status: 200,
            body_at: head.len(),
            is_encoded: head.contains("Content-Encoding"),
            head: [head.as_bytes(), body].concat().into(),
            method: Method::Get,
            origin: Arc::new(Url::parse("http://shop/").unwrap().origin),
            target: "/".into(),
            history: Vec::new(),
            timing: Timing {
                started_at: UNIX_EPOCH,
                total: Duration::ZERO,
                resolve: Duration::ZERO,
                connect: Duration::ZERO,
                tls: Duration::ZERO,
                wait: Duration::ZERO,
                receive: Duration::ZERO,
            },
            retries: 0,
        };
        let length = 12_345;
        Excerpt {
            response: &response,
            length,
        }
        .to_string()
    }

    #[test]
    fn text_is_read_in_its_charset_and_everything_else_is_told_by_its_length() {
        let latin = "Content-Type: text/html\r\n";
        let utf8 = "Content-Type: application/json\r\n";
        let japanese = "Content-Type: text/html; charset=Shift_JIS\r\n";
        let utf16 = "Content-Type: text/plain; charset=utf-16le\r\n";
        for (head, body, wanted) in [
            (latin, "søk".as_bytes(), "søk"),
            (latin, b"s\xf8k", "søk"),
            (utf8, "søk\r\n\tø".as_bytes(), "søk\r\n\tø"),
            (utf8, b"s\xf8k", "s\u{fffd}k"),
            (utf8, b"a\0b", "binary, 12,345 bytes"),
            ("", "søk".as_bytes(), "søk"),
            ("", b"\xff\xd8\xff\xe0", "binary, 12,345 bytes"),
            ("", b"\x89PNG\r\n\x1a\n\0", "binary, 12,345 bytes"),
            (japanese, b"ok", "ok"),
            (japanese, b"\x83\x65", "text in shift_jis, 12,345 bytes"),
            (japanese, b"\x83\0", "binary, 12,345 bytes"),
            (utf16, b"s\0\xf8\0", "text in utf-16le, 12,345 bytes"),
        ] {
            assert_eq!(shown(head, body), wanted);
        }
    }

    #[test]
    fn of_a_long_body_the_beginning_is_shown_up_to_a_whole_character() {
        let long = format!("a{}", "é".repeat(LOOKED_AT));
        let excerpt = shown("", long.as_bytes());
        assert_eq!(excerpt, format!("a{}…", "é".repeat(LOOKED_AT / 2 - 1)));
    }

    #[test]
    fn a_body_that_is_not_in_its_coding_is_told() {
        let text = shown("Content-Encoding: gzip\r\n", b"plain");
        assert!(
            text.starts_with("not decoded: the body is not valid gzip"),
            "{text}"
        );
    }
}
