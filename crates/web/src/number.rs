//! Numbers and strings in Python's spelling.
//!
//! Locust writes its files with Python's `csv` and `json` modules. What reads those files (scripts,
//! spreadsheets, CI checks) sees floats as `repr` spells them, so ours are spelled the same way:
//! the shortest digits that give the same float again, and an exponent only where Python has one.

use std::fmt::Write as _;

/// Spells a float as Python's `repr` does: `1.0`, `0.1`, `1e-05`, `1e+16`, `inf`, `nan`.
pub fn float(value: f64) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let scientific = shortest(value);
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    // Python's own limits for the plain notation.
    if (-4..16).contains(&exponent) {
        return plain(digits, exponent);
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

/// The shortest digits that give `value` again, as `1.25e3`. Of two that are equally near, Python
/// takes the even one and Rust the larger, so the digits are rounded once more.
fn shortest(value: f64) -> String {
    let scientific = format!("{value:e}");
    let decimals = scientific.split_once('.').map_or(0, |(_, rest)| {
        rest.bytes().take_while(u8::is_ascii_digit).count()
    });
    let even = format!("{value:.decimals$e}");
    if even.parse() == Ok(value) {
        even
    } else {
        scientific
    }
}

/// Moves the point of `1.25` by `exponent` places.
fn plain(digits: &str, exponent: i32) -> String {
    let (sign, digits) = match digits.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", digits),
    };
    let digits = digits.replace('.', "");
    let places = exponent.unsigned_abs() as usize;
    if exponent < 0 {
        return format!("{sign}0.{}{digits}", "0".repeat(places - 1));
    }
    let whole = places + 1;
    if digits.len() <= whole {
        return format!("{sign}{digits}{}.0", "0".repeat(whole - digits.len()));
    }
    format!("{sign}{}.{}", &digits[..whole], &digits[whole..])
}

/// A time in milliseconds that may not exist yet: Locust starts minima and maxima as the integer 0.
pub(crate) fn time(value: Option<f64>) -> String {
    value.map_or_else(|| "0".to_owned(), float)
}

/// A rounded response time: a whole number, unless a locustfile has its own way of rounding.
pub(crate) fn bucket(time_ms: f64) -> String {
    if time_ms.fract() == 0.0 {
        format!("{time_ms:.0}")
    } else {
        float(time_ms)
    }
}

/// A percentile as a column heading: `0.5` is `50%`, `0.9999` is `99.99%`.
pub fn percent(fraction: f64) -> String {
    let hundred = fraction * 100.0;
    if hundred.fract() == 0.0 {
        return format!("{hundred:.0}%");
    }
    // Six decimals, as Locust rounds: 0.999 * 100 is not quite 99.9.
    let rounded = format!("{hundred:.6}");
    match rounded.trim_end_matches('0') {
        whole if whole.ends_with('.') => format!("{whole}0%"),
        digits => format!("{digits}%"),
    }
}

/// Appends a JSON string as Python's `json` writes it: everything beyond ASCII is escaped.
pub(crate) fn json_string(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(character),
            _ => {
                let mut units = [0; 2];
                for unit in character.encode_utf16(&mut units) {
                    write!(out, "\\u{unit:04x}").expect("writing to a String does not fail");
                }
            }
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_spelled_as_python_repr_spells_them() {
        for (value, spelled) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (193.176_725_000_057_56, "193.17672500005756"),
            (0.1 + 0.2, "0.30000000000000004"),
            (0.0001, "0.0001"),
            (-0.001_25, "-0.00125"),
            (1200.0, "1200.0"),
            // Exactly between …312 and …313.
            (30_547_341_790_993.0 / 32.0, "954604430968.5312"),
            (0.000_01, "1e-05"),
            (1.5e-7, "1.5e-07"),
            (1_234_567_890_123_456.0, "1234567890123456.0"),
            (1e16, "1e+16"),
            (1.25e20, "1.25e+20"),
            (f64::INFINITY, "inf"),
            (f64::NAN, "nan"),
        ] {
            assert_eq!(float(value), spelled);
        }
    }

    #[test]
    fn percentiles_are_headings_without_needless_digits() {
        for (fraction, heading) in [
            (0.5, "50%"),
            (0.66, "66%"),
            (0.95, "95%"),
            (0.999, "99.9%"),
            (0.9999, "99.99%"),
            (0.123, "12.3%"),
            (1.0, "100%"),
        ] {
            assert_eq!(percent(fraction), heading);
        }
    }

    #[test]
    fn json_strings_escape_what_python_escapes() {
        let mut out = String::new();
        json_string(&mut out, "a\"b\\c\n\u{1}é😀\u{7f}");
        assert_eq!(out, "\"a\\\"b\\\\c\\n\\u0001\\u00e9\\ud83d\\ude00\\u007f\"");
    }
}
