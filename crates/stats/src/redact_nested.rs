//! Where quoted texts, lists and objects of JSON and of scripts begin and end.
//!
//! JSON inside a string of JSON has its quotes behind backslashes: one in the first string, three in a
//! string in that one, and so on. `escapes` is this number.

use crate::redact::names_a_secret;
use crate::redact_body::Name;

/// Whether a quote behind so many backslashes begins or ends a text, and is not a part of it.
fn is_delimiter(backslashes: usize, escapes: usize) -> bool {
    let level = escapes + 1;
    backslashes <= escapes || (level.is_power_of_two() && backslashes % (2 * level) == escapes)
}

/// Where a text in quotes ends.
pub(crate) fn end_of_quoted(text: &str, quote: char, escapes: usize) -> usize {
    let mut ends = text.match_indices(quote).map(|(place, _)| {
        let backslashes = place - text[..place].trim_end_matches('\\').len();
        (place, backslashes)
    });
    ends.find(|(_, backslashes)| is_delimiter(*backslashes, escapes))
        .map_or(text.len(), |(place, backslashes)| {
            place - backslashes.min(escapes)
        })
}

/// Where a list or an object ends that the text begins with.
pub(crate) fn end_of_nested(text: &str, escapes: usize) -> usize {
    end_of_level(text, escapes, 0)
}

/// The objects of a text, asked about from its beginning to its end.
#[derive(Debug, Default)]
pub(crate) struct Objects {
    /// Place and answer of the last question.
    last: Option<(usize, bool)>,
}

impl Objects {
    /// Whether the object around a place calls what its `value` holds by the name of a secret, as
    /// `{"name":"sessionid","value":"x"}` does. Without braces, all of the text is the object.
    pub(crate) fn is_secret(&mut self, text: &str, at: usize, escapes: usize) -> bool {
        // Of many values in one object, only the first is work.
        if escapes == 0
            && let Some((last, answer)) = self.last
            && !text[last..at].contains(['{', '}'])
        {
            return answer;
        }
        let answer = is_secret_object(text, at, escapes);
        self.last = (escapes == 0).then_some((at, answer));
        answer
    }
}

fn is_secret_object(text: &str, at: usize, escapes: usize) -> bool {
    let begin = begin_of_object(&text[..at], escapes);
    let end = at + end_of_level(&text[at..], escapes, 1);
    let object = &text[begin..end];
    object.match_indices(':').any(|(place, _)| {
        Name::before(&object[..place], ":").names_another()
            && names_a_secret(first_text(&object[place + 1..]))
    })
}

/// What stands behind a name: a text in quotes, or up to what ends a plain one.
fn first_text(text: &str) -> &str {
    let is_before = |character: char| character.is_whitespace() || "\\\"'".contains(character);
    let text = text.trim_start_matches(is_before);
    let end = text.find(['"', '\'', ',', '}', '\n', '\\']);
    &text[..end.unwrap_or(text.len())]
}

/// Where so many open braces are closed again.
fn end_of_level(text: &str, escapes: usize, mut depth: usize) -> usize {
    let (mut backslashes, mut string) = (0, None);
    for (place, character) in text.char_indices() {
        match character {
            '"' | '\'' if is_delimiter(backslashes, escapes) => toggle(&mut string, character),
            '{' | '[' if string.is_none() => depth += 1,
            '}' | ']' if string.is_none() => {
                depth = depth.saturating_sub(1);
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

/// Where the object begins that is open at the end of the text: behind its brace, or behind the quote
/// of the string in which it stands.
fn begin_of_object(text: &str, escapes: usize) -> usize {
    let (mut depth, mut string) = (0_usize, None);
    for (place, character) in text.char_indices().rev() {
        match character {
            '"' | '\'' => {
                let before = &text[..place];
                let backslashes = place - before.trim_end_matches('\\').len();
                if backslashes < escapes && string.is_none() {
                    return place + 1;
                }
                if is_delimiter(backslashes, escapes) {
                    toggle(&mut string, character);
                }
            }
            '}' if string.is_none() => depth += 1,
            '{' if string.is_none() && depth == 0 => return place + 1,
            '{' if string.is_none() => depth -= 1,
            _ => {}
        }
    }
    0
}

/// Begins a string at a quote, or ends the one that such a quote has begun.
fn toggle(string: &mut Option<char>, quote: char) {
    match *string {
        None => *string = Some(quote),
        Some(begun_by) if begun_by == quote => *string = None,
        Some(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::redact_body::redact_body;

    #[test]
    fn brackets_in_strings_end_no_list() {
        for (text, shown) in [
            ("{keys:[']','s2'],a:1}", "{keys:***,a:1}"),
            (
                r#"{"keys":["x\\","]","s2"],"a":1}"#,
                r#"{"keys":***,"a":1}"#,
            ),
            (r#"{"keys":["x\"]","s2"],"a":1}"#, r#"{"keys":***,"a":1}"#),
            (
                r#"{"raw":"{\"keys\":[\"x\\\\\",\"]\",\"s2\"],\"a\":1}"}"#,
                r#"{"raw":"{\"keys\":***,\"a\":1}"}"#,
            ),
            (
                r#"{"raw":"{\"keys\":[\"x\\\"]\",\"s2\"],\"a\":1}"}"#,
                r#"{"raw":"{\"keys\":***,\"a\":1}"}"#,
            ),
            (
                "{\"keys\":[\"don't\",\"]\",2],\"a\":1}",
                "{\"keys\":***,\"a\":1}",
            ),
            (
                r#"{"token":"x\\","page":"2"}"#,
                r#"{"token":"***","page":"2"}"#,
            ),
        ] {
            assert_eq!(redact_body(text), shown);
        }
    }

    #[test]
    fn a_value_that_its_object_calls_a_secret_is_hidden() {
        for (text, shown) in [
            (
                r#"[{"name":"sessionid","value":"abc"},{"name":"page","value":"2"}]"#,
                r#"[{"name":"sessionid","value":"***"},{"name":"page","value":"2"}]"#,
            ),
            (
                r#"{"value":"abc","path":"{","name" : "X-Auth"}"#,
                r#"{"value":"***","path":"{","name" : "X-Auth"}"#,
            ),
            (
                r#"{"name":"sid_cookie","at":{"x":"}"},"note":"{","value":{"a":"b"},"n":1}"#,
                r#"{"name":"sid_cookie","at":{"x":"}"},"note":"{","value":***,"n":1}"#,
            ),
            (
                r#"{"raw":"{\"a\":\"{\",\"name\":\"pwd\",\"value\":\"abc\"}","value":5}"#,
                r#"{"raw":"{\"a\":\"{\",\"name\":\"pwd\",\"value\":\"***\"}","value":***}"#,
            ),
            (
                r#"{"key":"sessionid","value":"abc"}"#,
                r#"{"key":"***","value":"***"}"#,
            ),
            (
                "{name: 'token', note: \"don't\", value: 'abc'}",
                "{name: 'token', note: \"don't\", value: '***'}",
            ),
            (
                r#"{"headerName":"Set-Cookie","stringValue":"a=b""#,
                r#"{"headerName":"Set-Cookie","stringValue":"***""#,
            ),
            (
                r#"[{"id":"q","taxValue":1,"value":2},{"id":"pwd","taxValue":1,"value":2}]"#,
                r#"[{"id":"q","taxValue":1,"value":2},{"id":"pwd","taxValue":***,"value":***}]"#,
            ),
            (
                "- name: DB_PASSWORD\n  value: abc def\n",
                "- name: DB_PASSWORD\n  value: ***\n",
            ),
            (
                r#"{"name":"page","value":"2","tags":["key"]}"#,
                r#"{"name":"page","value":"2","tags":["key"]}"#,
            ),
        ] {
            assert_eq!(redact_body(text), shown);
        }
    }
}
