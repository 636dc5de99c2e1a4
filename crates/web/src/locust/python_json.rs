//! JSON as Flask writes it in a debug run: sorted keys, two spaces, Python's spelling of numbers and
//! of everything beyond ASCII, and a line break at the end.

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::number;

/// An answer with this body.
pub(super) fn answer(status: StatusCode, body: &Value) -> Response {
    (status, [(CONTENT_TYPE, "application/json")], text(body)).into_response()
}

/// The text of a value.
pub(super) fn text(value: &Value) -> String {
    let mut out = String::new();
    write(&mut out, value, 0);
    out.push('\n');
    out
}

fn write(out: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Array(items) if items.is_empty() => out.push_str("[]"),
        Value::Object(fields) if fields.is_empty() => out.push_str("{}"),
        Value::Array(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                line(out, depth + 1, place == 0);
                write(out, item, depth + 1);
            }
            line(out, depth, true);
            out.push(']');
        }
        Value::Object(fields) => {
            let mut sorted: Vec<_> = fields.iter().collect();
            sorted.sort_by_key(|(name, _)| *name);
            out.push('{');
            for (place, (name, field)) in sorted.into_iter().enumerate() {
                line(out, depth + 1, place == 0);
                number::json_string(out, name);
                out.push_str(": ");
                write(out, field, depth + 1);
            }
            line(out, depth, true);
            out.push('}');
        }
        Value::String(text) => number::json_string(out, text),
        Value::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
            Some(float) => out.push_str(&number::float(float)),
            None => out.push_str(&number.to_string()),
        },
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
    }
}

/// The beginning of a line, after a comma unless it is the first.
fn line(out: &mut String, depth: usize, is_first: bool) {
    if !is_first {
        out.push(',');
    }
    out.push('\n');
    for _ in 0..depth {
        out.push_str("  ");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn it_is_written_as_flask_writes_it() {
        let value = json!({"b": [1, 2.0, null, "é"], "a": {}, "c": []});
        let text = text(&value);
        assert_eq!(
            text,
            "{\n  \"a\": {},\n  \"b\": [\n    1,\n    2.0,\n    null,\n    \"\\u00e9\"\n  ],\n  \"c\": []\n}\n"
        );
    }
}
