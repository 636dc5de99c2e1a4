//! Bodies without what looks like a secret in them.
//!
//! A secret is known by its name, wherever that stands: a key of JSON (also of JSON inside a string of
//! JSON), a field of a form, a header line, an element or an attribute of XML and HTML, a variable of
//! a script. Where it is not clear how far the value goes, more is hidden rather than less: also the
//! rest of a text that was cut.

use crate::redact::{HIDDEN, ends_name, ends_value, names_a_secret, who_asks};

/// The text with `***` for the values of names that tell of a secret.
pub(crate) fn redact_body(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
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
                    || (sign == "=" && name.is_value_in_tag() && is_secret_tag(text, at));
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
struct Name<'a> {
    text: &'a str,
    sign: &'a str,
    /// Backslashes in front of the quote that ends it; `None` without quotes.
    escapes: Option<usize>,
    /// Whether a line begins with it, as a header line does.
    begins_line: bool,
}

impl<'a> Name<'a> {
    fn before(shown: &'a str, sign: &'a str) -> Self {
        let text = shown.trim_end_matches([' ', '\t']);
        if let Some(quoted) = text.strip_suffix(['"', '\'']) {
            let inner = quoted.trim_end_matches('\\');
            let text = inner.rsplit(['"', '\'']).next().unwrap_or_default();
            return Self {
                text,
                sign,
                escapes: Some(quoted.len() - inner.len()),
                begins_line: false,
            };
        }
        let ends = |character| character == ':' || ends_name(character);
        let name = text.rsplit(ends).next().unwrap_or_default();
        let line = &text[..text.len() - name.len()];
        Self {
            text: name,
            sign,
            escapes: None,
            begins_line: line.is_empty() || line.ends_with('\n'),
        }
    }

    /// Whether it is an attribute whose meaning another attribute tells.
    fn is_value_in_tag(&self) -> bool {
        ["value", "content"].contains(&self.text)
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
        let (begin, length) = match bare.chars().next()? {
            quote @ ('"' | '\'') => {
                let begin = begin + escapes + 1;
                (begin, end_of_quoted(&text[begin..], quote, escapes))
            }
            '{' | '[' => (begin, end_of_nested(value, self.escapes.unwrap_or(0))),
            _ => (begin, self.end_of_plain(value)?),
        };
        Some((begin, begin + length))
    }

    /// Where a value without quotes ends; `None` for one that says yes, no or nothing.
    fn end_of_plain(&self, value: &str) -> Option<usize> {
        let ends = |character: char| match (self.sign, self.escapes) {
            ("=", _) => ends_value(character),
            (_, Some(_)) => character.is_whitespace() || matches!(character, ',' | '}' | ']'),
            (_, None) if self.begins_line => matches!(character, '\r' | '\n'),
            (_, None) => matches!(character, '\r' | '\n' | ',' | '}' | '"' | '\'' | '<' | '\\'),
        };
        let end = value.find(ends).unwrap_or(value.len());
        (!matches!(value[..end].trim(), "true" | "false" | "null")).then_some(end)
    }
}

/// Where a text in quotes ends, which begin behind so many backslashes.
fn end_of_quoted(text: &str, quote: char, escapes: usize) -> usize {
    let mut ends = text.match_indices(quote).map(|(place, _)| {
        let inner = text[..place].trim_end_matches('\\');
        (inner.len(), place - inner.len())
    });
    ends.find(|(_, before)| *before <= escapes)
        .map_or(text.len(), |(end, _)| end)
}

/// Where a list or an object ends; its strings are in quotes behind so many backslashes.
fn end_of_nested(text: &str, escapes: usize) -> usize {
    let (mut depth, mut backslashes, mut is_in_string) = (0_usize, 0, false);
    for (place, character) in text.char_indices() {
        match character {
            '"' if backslashes <= escapes => is_in_string = !is_in_string,
            '{' | '[' if !is_in_string => depth += 1,
            '}' | ']' if !is_in_string => {
                depth -= 1;
                if depth == 0 {
                    return place + 1;
                }
            }
            _ => {}
        }
        backslashes = if character == '\\' {
            backslashes + 1
        } else {
            0
        };
    }
    text.len()
}

/// Begin and end of the text of an element, as in `<password>x</password>`; `before` ends where the
/// `>` of its tag stands.
fn element_value(before: &str, text: &str) -> Option<(usize, usize)> {
    let tag = &before[before.rfind(['<', '>'])?..];
    let name = tag.strip_prefix('<')?.split(char::is_whitespace).next()?;
    let is_opening = !name.starts_with(['/', '!', '?']) && !tag.ends_with('/');
    if !is_opening || !names_a_secret(name) {
        return None;
    }
    let end = text.find('<').unwrap_or(text.len());
    (!text[..end].trim().is_empty()).then_some((0, end))
}

/// Whether the tag around a place tells of a secret, as `<input name="csrf_token" value=…>` does.
fn is_secret_tag(text: &str, at: usize) -> bool {
    let Some(begin) = text[..at].rfind('<') else {
        return false;
    };
    let end = text[at..].find('>').map_or(text.len(), |end| at + end);
    names_a_secret(&text[begin..end])
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
