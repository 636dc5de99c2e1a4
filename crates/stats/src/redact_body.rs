//! Bodies without what looks like a secret in them.
//!
//! A secret is known by its name, wherever that stands: a key of JSON (also of JSON inside a string of
//! JSON), a field of a form, a header line, an element or an attribute of XML and HTML, a variable of
//! a script. Where it is not clear how far the value goes, more is hidden rather than less: also the
//! rest of a text that was cut.

use crate::redact::{HIDDEN, ends_name, names_a_secret, who_asks};
use crate::redact_markup::{element_value, is_secret_tag};
use crate::redact_nested::{Objects, end_of_nested, end_of_quoted};

/// The text with `***` for the values of names that tell of a secret.
pub(crate) fn redact_body(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    let mut objects = Objects::default();
    while let Some(place) = rest.find(['=', ':', '>']) {
        let (before, behind) = rest.split_at(place);
        shown.push_str(before);
        let at = text.len() - behind.len();
        let (sign, value) = behind.split_at(1);
        let hidden = match sign {
            ">" => element_value(&text[..at], value),
            ":" if value.starts_with("//") => who_asks(&value[2..]).map(|end| (2, 2 + end)),
            _ => {
                let name = Name::before(&shown, sign);
                let is_secret = names_a_secret(name.text)
                    || (name.is_value() && name.is_called_a_secret(text, at, &mut objects));
                is_secret.then(|| name.value(value)).flatten()
            }
        };
        shown.push_str(sign);
        rest = value;
        if let Some((begin, end)) = hidden.filter(|(begin, end)| begin < end) {
            shown.push_str(&value[..begin]);
            shown.push_str(HIDDEN);
            rest = &value[end..];
        }
    }
    shown.push_str(rest);
    shown
}

/// A name in front of `=` or `:`.
#[derive(Debug)]
pub(crate) struct Name<'a> {
    text: &'a str,
    sign: &'a str,
    /// Backslashes in front of the quote that ends it; `None` without quotes.
    escapes: Option<usize>,
    /// Whether a line begins with it, as a header line does: also behind blanks and what marks a
    /// line as a quote, as sent, as received or as one of a list.
    begins_line: bool,
    /// Whether an apostrophe before it may have begun a text that it is in, as in `'/a?token=x'`.
    is_in_apostrophes: bool,
}

impl<'a> Name<'a> {
    /// The name that a text ends with.
    pub(crate) fn before(shown: &'a str, sign: &'a str) -> Self {
        let text = shown.trim_end_matches([' ', '\t']);
        if let Some(quoted) = text.strip_suffix(['"', '\'']) {
            let inner = quoted.trim_end_matches('\\');
            let text = inner.rsplit(['"', '\'']).next().unwrap_or_default();
            return Self {
                text,
                sign,
                escapes: Some(quoted.len() - inner.len()),
                begins_line: false,
                is_in_apostrophes: false,
            };
        }
        let ends = |character| matches!(character, ':' | '{') || ends_name(character);
        let name = text.rsplit(ends).next().unwrap_or_default();
        let before = &text[..text.len() - name.len()];
        let line = before.rsplit(['\r', '\n']).next().unwrap_or_default();
        let is_mark = |character: char| character.is_whitespace() || "><*-".contains(character);
        let ends_word = |character: char| character.is_whitespace() || "&\"<".contains(character);
        let word = before.rsplit(ends_word).next().unwrap_or_default();
        Self {
            text: name,
            sign,
            escapes: None,
            begins_line: sign == ":" && line.chars().all(is_mark),
            is_in_apostrophes: word.contains('\''),
        }
    }

    /// Whether it is a key or an attribute whose meaning another one tells.
    fn is_value(&self) -> bool {
        let name = self.text.to_ascii_lowercase();
        name.ends_with("value") || name.ends_with("values") || name == "val" || name == "content"
    }

    /// Whether it may be a key that tells what another one holds.
    pub(crate) fn names_another(&self) -> bool {
        let name = self.text.to_ascii_lowercase();
        ["name", "key", "id", "header", "field", "parameter"]
            .iter()
            .any(|word| name.ends_with(word))
    }

    /// Whether what stands around it in the text, where its sign is at this place, tells of a secret.
    fn is_called_a_secret(&self, text: &str, at: usize, objects: &mut Objects) -> bool {
        match self.sign {
            "=" => is_secret_tag(text, at),
            _ => objects.is_secret(text, at, self.escapes.unwrap_or(0)),
        }
    }

    /// Begin and end of the value in what follows the sign; `None` if it hides nothing.
    fn value(&self, text: &str) -> Option<(usize, usize)> {
        // `==`, `=>` and `:=` are signs too.
        let is_space = |character: char| match character {
            '=' | '>' | ':' | ' ' | '\t' => true,
            '\r' | '\n' => self.escapes.is_some(),
            _ => false,
        };
        let value = text.trim_start_matches(is_space);
        let begin = text.len() - value.len();
        let bare = value.trim_start_matches('\\');
        let escapes = value.len() - bare.len();
        let (begin, mut end) = match bare.chars().next()? {
            quote @ ('"' | '\'') => {
                let begin = begin + escapes + 1;
                (begin, begin + end_of_quoted(&text[begin..], quote, escapes))
            }
            '{' | '[' => {
                let escapes = self.escapes.unwrap_or(0);
                (begin, begin + end_of_nested(value, escapes))
            }
            _ => return Some((begin, begin + self.end_of_plain(value)?)),
        };
        // What only begins with a quote or a bracket goes on.
        let rest = &text[end..];
        let behind = rest.strip_prefix(['"', '\'']).unwrap_or(rest);
        if self.goes_on(behind) {
            end += self.end_of_plain(behind).unwrap_or(0) + rest.len() - behind.len();
        }
        Some((begin, end))
    }

    /// Whether what follows a quote or a bracket belongs to the value: in a form, where both may stand
    /// bare, and in the rest of a header line.
    fn goes_on(&self, behind: &str) -> bool {
        match self.sign {
            "=" => {
                behind.starts_with(|next: char| next.is_alphanumeric() || "%_-.~!*'".contains(next))
            }
            _ if self.begins_line => {
                let line = behind.split(['\r', '\n']).next().unwrap_or_default();
                !line
                    .trim_end_matches([' ', '\t', ',', ';', ')', '}', ']'])
                    .is_empty()
            }
            _ => false,
        }
    }

    /// Where a value without quotes ends; `None` for one that says yes, no or nothing.
    fn end_of_plain(&self, value: &str) -> Option<usize> {
        let ends = |character: char| match (self.sign, self.escapes) {
            ("=", _) => {
                character.is_whitespace()
                    || matches!(character, '&' | '"' | '<')
                    || (character == '\'' && self.is_in_apostrophes)
            }
            (_, Some(_)) => character.is_whitespace() || matches!(character, ',' | '}' | ']'),
            (_, None) if self.begins_line => matches!(character, '\r' | '\n'),
            (_, None) => matches!(character, '\r' | '\n' | ',' | '}' | '"' | '\'' | '<' | '\\'),
        };
        let end = value.find(ends).unwrap_or(value.len());
        (!matches!(value[..end].trim(), "true" | "false" | "null")).then_some(end)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_of_secrets_are_hidden_in_json() {
        for (text, shown) in [
            (
                r#"{"token":"ab\"c","page":2,"ok":"=:>"}"#,
                r#"{"token":"***","page":2,"ok":"=:>"}"#,
            ),
            (
                r#"{ "API_KEY" : 12, "is_authenticated": true, "auth": null }"#,
                r#"{ "API_KEY" : ***, "is_authenticated": true, "auth": null }"#,
            ),
            (r#"{"pwd":"","a":{"b":1}}"#, r#"{"pwd":"","a":{"b":1}}"#),
            (
                r#"{"session": {"id": "}", "n": [1]}, "a": 1}"#,
                r#"{"session": ***, "a": 1}"#,
            ),
            (r#"[{"tokens":["x", "y"]}, 3]"#, r#"[{"tokens":***}, 3]"#),
            (
                r#"{"raw":"{\"token\":\"a\\\"b\",\"page\":2}"}"#,
                r#"{"raw":"{\"token\":\"***\",\"page\":2}"}"#,
            ),
            (
                r#"{"raw":"{\"keys\":[\"]\",1],\"a\":2}","b":1}"#,
                r#"{"raw":"{\"keys\":***,\"a\":2}","b":1}"#,
            ),
            (
                "{\"next\":\"http://me:p@h/?token=7&a=1\",\n\"password\":\n\"x\"}",
                "{\"next\":\"http://***@h/?token=***&a=1\",\n\"password\":\n\"***\"}",
            ),
        ] {
            assert_eq!(redact_body(text), shown);
        }
    }

    #[test]
    fn a_secret_that_is_cut_off_is_hidden_to_the_end() {
        for (text, shown) in [
            (r#"{"token":"abcdef"#, r#"{"token":"***"#),
            (r#"{"token":{"a":"b"#, r#"{"token":***"#),
            ("a=1&token=abc", "a=1&token=***"),
            ("<password>abc", "<password>***"),
            ("Cookie: a=1; b=2", "Cookie: ***"),
        ] {
            assert_eq!(redact_body(text), shown);
        }
    }

    #[test]
    fn values_of_secrets_are_hidden_in_forms_headers_markup_and_scripts() {
        for (text, shown) in [
            (
                "name=anna&password=x%20y&page=2",
                "name=anna&password=***&page=2",
            ),
            (
                "Host: h\r\nAuthorization: Digest a=\"b\", c=\"d\"\r\nAge: 5\r\n",
                "Host: h\r\nAuthorization: ***\r\nAge: 5\r\n",
            ),
            (
                r#"<input name="csrf_token" type=hidden value="ab"> <input name=q value="ab">"#,
                r#"<input name="csrf_token" type=hidden value="***"> <input name=q value="ab">"#,
            ),
            (
                r#"<meta content='ab' name='csrf-token'/><p class="a">b</p>"#,
                r#"<meta content='***' name='csrf-token'/><p class="a">b</p>"#,
            ),
            (
                "<login><accessKey id='1'>ab</accessKey><user>anna</user></login>",
                "<login><accessKey id='1'>***</accessKey><user>anna</user></login>",
            ),
            (
                "var token = 'ab', page = 2; s = {secret: \"cd\", n: 1}; 'key' => 'e'",
                "var token = '***', page = 2; s = {secret: \"***\", n: 1}; 'key' => '***'",
            ),
            (
                "{\"text\":\"your session: gone\",\"id\":5}",
                "{\"text\":\"your session: ***\",\"id\":5}",
            ),
            ("12:30:00 a => b <c> d", "12:30:00 a => b <c> d"),
            ("", ""),
        ] {
            assert_eq!(redact_body(text), shown);
        }
    }

    #[test]
    fn a_header_line_is_hidden_to_its_end_also_behind_a_mark() {
        for (text, shown) in [
            ("  Cookie: a=1, b=2\nAge: 5", "  Cookie: ***\nAge: 5"),
            (
                "> Authorization: Digest username=\"x\", response=\"abc\"\r\n> Age: 5",
                "> Authorization: ***\r\n> Age: 5",
            ),
            ("< Set-Cookie: a=1, \"b\"\n", "< Set-Cookie: ***\n"),
            (
                "db:\n  - password: a,b'c\n    n: 1",
                "db:\n  - password: ***\n    n: 1",
            ),
            ("* Cookie: \"a\"=1; b=2\n", "* Cookie: \"***\n"),
            (
                "  token: \"ab\",\n  page: 2",
                "  token: \"***\",\n  page: 2",
            ),
        ] {
            assert_eq!(redact_body(text), shown);
        }
    }

    #[test]
    fn a_value_of_a_form_ends_where_the_next_field_begins() {
        for (text, shown) in [
            ("password=ab(cd)ef&x=1", "password=***&x=1"),
            ("password=a'b,c;d#e>f&x=1", "password=***&x=1"),
            ("password='ab'cd&x=1", "password='***&x=1"),
            ("password=[a]bc&x=1", "password=***&x=1"),
            ("u=o'brien&password=a'b&x=1", "u=o'brien&password=***&x=1"),
            ("get('/a?token=ab', 1)", "get('/a?token=***', 1)"),
            (
                "<a href=\"/a?token=ab(c)\">d</a>",
                "<a href=\"/a?token=***\">d</a>",
            ),
        ] {
            assert_eq!(redact_body(text), shown);
        }
    }

    proptest! {
        #[test]
        fn any_text_can_be_looked_at(
            text in r#"([=:><"'\\{}\[\],&/@ é\n]|token|value|name|a){0,60}"#
        ) {
            let shown = redact_body(&text);
            prop_assert!(shown.len() <= text.len() + 2 * HIDDEN.len() * text.len());
        }

        #[test]
        fn no_value_of_a_json_key_is_shown(value in "[ -~é]{1,40}", before in "[a-z]{0,5}") {
            let quoted = format!("{:?}", format!("<{value}>"));
            let text = format!("{{\"{before}_token\":{quoted},\"page\":2}}");
            let shown = redact_body(&text);
            prop_assert!(!shown.contains(&value) || value.len() < 9, "{shown}");
        }
    }
}
