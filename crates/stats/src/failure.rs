//! Failures, grouped by (method, name, message).

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::table::Keyed;

/// Requests of one (method, name) that failed with the same message.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// Method of the requests.
    pub method: Arc<str>,
    /// Name of the requests.
    pub name: Arc<str>,
    /// The message: a string as it was given, or the `repr` of an exception, after [`parse_error`].
    pub error: Arc<str>,
    /// How often it happened.
    pub occurrences: u64,
    /// When it happened first.
    pub first_seen: f64,
    /// When it happened last.
    pub last_seen: f64,
    /// Ids of the workers on which it happened; empty in a run of one process. Shared: it rarely grows.
    pub nodes: Arc<BTreeSet<Arc<str>>>,
}

impl Failure {
    /// A group with one occurrence. `error` must have passed [`parse_error`].
    pub fn new(method: &str, name: &str, error: &str, at: f64) -> Self {
        Self {
            method: method.into(),
            name: name.into(),
            error: error.into(),
            occurrences: 1,
            first_seen: at,
            last_seen: at,
            nodes: Arc::default(),
        }
    }

    /// Locust's key of the group. Not stored: it is needed for the wire and for one sort order.
    pub fn key(&self) -> String {
        failure_key(&self.method, &self.name, &self.error)
    }

    /// The message as Locust's console shows it: the text inside `CatchResponseError(…)`, and any
    /// other message as it is. A master sees only texts, so there the quotes stay
    /// (`keeps_quotes`).
    pub fn message(&self, keeps_quotes: bool) -> String {
        let inner = self
            .error
            .strip_prefix("CatchResponseError(")
            .and_then(|rest| rest.strip_suffix(')'));
        match inner {
            None => self.error.to_string(),
            Some(quoted) if keeps_quotes => quoted.to_owned(),
            Some(quoted) => unquote(quoted),
        }
    }

    /// Adds the occurrences of the same failure, seen elsewhere or later.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.occurrences += other.occurrences;
        self.first_seen = self.first_seen.min(other.first_seen);
        self.last_seen = self.last_seen.max(other.last_seen);
        if !other.nodes.is_subset(&self.nodes) {
            Arc::make_mut(&mut self.nodes).extend(other.nodes.iter().cloned());
        }
    }
}

impl Keyed for Failure {
    fn parts(&self) -> impl Iterator<Item = &str> {
        [&*self.method, &*self.name, &*self.error].into_iter()
    }
}

impl Keyed for Arc<Failure> {
    fn parts(&self) -> impl Iterator<Item = &str> {
        [&*self.method, &*self.name, &*self.error].into_iter()
    }
}

/// Replaces addresses of objects, which differ from run to run, so that equal failures meet in one
/// group: the first `object at 0x…` and all others of the same address become `object at 0x....`.
pub fn parse_error(error: &str) -> Cow<'_, str> {
    const MARK: &str = "object at 0x";
    let Some(at) = error.find(MARK) else {
        return error.into();
    };
    let digits = &error[at + MARK.len()..];
    let end = digits
        .find(|digit: char| !digit.is_ascii_hexdigit())
        .unwrap_or(digits.len());
    if end == 0 {
        return error.into();
    }
    let address = &error[at..at + MARK.len() + end];
    error.replace(address, "object at 0x....").into()
}

/// Locust's key of a failure: SHA-256, in hex, of method, name and the `repr` of the message.
pub fn failure_key(method: &str, name: &str, error: &str) -> String {
    let text = format!("{method}.{name}.{}", python_repr(error));
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(text.as_bytes()) {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

/// What Python's `repr` gives for a string.
pub fn python_repr(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    let mut repr = String::with_capacity(text.len() + 2);
    repr.push(quote);
    for char in text.chars() {
        // Writing to a string cannot fail.
        let _ = match char {
            '\\' => write!(repr, "\\\\"),
            '\n' => write!(repr, "\\n"),
            '\r' => write!(repr, "\\r"),
            '\t' => write!(repr, "\\t"),
            _ if char == quote => write!(repr, "\\{quote}"),
            _ if is_printable(char) => {
                repr.push(char);
                Ok(())
            }
            _ => match u32::from(char) {
                code @ 0..=0xff => write!(repr, "\\x{code:02x}"),
                code @ 0x100..=0xffff => write!(repr, "\\u{code:04x}"),
                code => write!(repr, "\\U{code:08x}"),
            },
        };
    }
    repr.push(quote);
    repr
}

/// Whether Python prints a character as it is: not a control, format, unassigned, private or
/// separating one. Rust's own debug escapes go by the same Unicode categories.
fn is_printable(char: char) -> bool {
    if char.is_ascii() {
        return (' '..='~').contains(&char);
    }
    // Behind a letter, so that marks which combine with the character before are not escaped.
    let mut buffer = [b'a', 0, 0, 0, 0];
    let len = char.encode_utf8(&mut buffer[1..]).len();
    std::str::from_utf8(&buffer[..=len]).is_ok_and(|text| text.escape_debug().nth(1) == Some(char))
}

/// Undoes [`python_repr`]; what is not a quoted string is returned as it is.
fn unquote(quoted: &str) -> String {
    let mut chars = quoted.chars();
    let (Some(open @ ('\'' | '"')), Some(close)) = (chars.next(), chars.next_back()) else {
        return quoted.to_owned();
    };
    if open != close {
        return quoted.to_owned();
    }
    let mut text = String::with_capacity(quoted.len());
    while let Some(char) = chars.next() {
        if char != '\\' {
            text.push(char);
            continue;
        }
        let width = match chars.next() {
            Some('n') => {
                text.push('\n');
                continue;
            }
            Some('r') => {
                text.push('\r');
                continue;
            }
            Some('t') => {
                text.push('\t');
                continue;
            }
            Some('x') => 2,
            Some('u') => 4,
            Some('U') => 8,
            Some(other) => {
                text.push(other);
                continue;
            }
            None => break,
        };
        let code = chars
            .by_ref()
            .take(width)
            .fold(0, |code, digit| code * 16 + digit.to_digit(16).unwrap_or(0));
        text.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_the_one_locust_makes() {
        let error = "HTTPError('500 Server Error: Internal Server Error for url: /fail')";
        assert_eq!(
            failure_key("GET", "/fail", error),
            "adcb573a80dd3e123e1213824e26235c8043e38e6820f657b1c43e22d16853bb"
        );
    }

    #[test]
    fn the_repr_is_the_one_python_makes() {
        assert_eq!(python_repr("a'b"), r#""a'b""#);
        assert_eq!(python_repr("a'b\"c"), r#"'a\'b"c'"#);
        assert_eq!(python_repr("\\ \n\r\t\u{0}\u{7f}"), r"'\\ \n\r\t\x00\x7f'");
        assert_eq!(python_repr("é\u{301}日\u{1f600}"), "'é\u{301}日\u{1f600}'");
        assert_eq!(
            python_repr("\u{a0}\u{ad}\u{200b}\u{e000}"),
            r"'\xa0\xad\u200b\ue000'"
        );
        assert_eq!(python_repr("\u{10ffff}"), r"'\U0010ffff'");
    }

    #[test]
    fn addresses_of_objects_do_not_split_a_group() {
        assert_eq!(
            parse_error("<A object at 0x7f01> <B object at 0x7f02> <A object at 0x7f01>"),
            "<A object at 0x....> <B object at 0x7f02> <A object at 0x....>"
        );
        assert_eq!(parse_error("object at 0xyz"), "object at 0xyz");
    }

    #[test]
    fn the_console_shows_the_text_a_script_gave() {
        let failure = Failure::new("GET", "/", r"CatchResponseError('it\'s \xe9')", 0.0);
        assert_eq!(failure.message(false), "it's é");
        assert_eq!(failure.message(true), r"'it\'s \xe9'");
        let plain = Failure::new("GET", "/", "OSError(5)", 0.0);
        assert_eq!(plain.message(false), "OSError(5)");
    }
}
