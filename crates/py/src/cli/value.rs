//! Values of options: text in, a number or a complaint out.
//!
//! The complaints are those of Python's argparse and of Locust, which follow the option's name:
//! ``argument -u/--users: invalid int value: `x` ``.

use gregaria_runner::AllowedHosts;

/// Python's five log levels.
pub(super) const LEVELS: [&str; 5] = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"];

/// Locust's text for a time span it cannot read.
const TIME_SPAN: &str =
    "Invalid time span format. Valid formats: 20, 20s, 3m, 2h, 1h20m, 3h30m10s, etc.";

/// Any whole number, written as Python's `int` takes it.
pub(super) fn integer(text: &str) -> Result<i64, String> {
    digits(text)
        .parse()
        .map_err(|_| format!("invalid int value: '{text}'"))
}

/// A whole number of zero or more.
pub(super) fn count(text: &str) -> Result<i64, String> {
    match integer(text)? {
        number if number < 0 => Err("must be >= 0".to_owned()),
        number => Ok(number),
    }
}

/// A whole number of one or more.
pub(super) fn positive(text: &str) -> Result<i64, String> {
    match integer(text)? {
        number if number < 1 => Err("must be >= 1".to_owned()),
        number => Ok(number),
    }
}

/// A finite number above zero.
pub(super) fn rate(text: &str) -> Result<f64, String> {
    let number: f64 = digits(text)
        .parse()
        .map_err(|_| format!("invalid float value: '{text}'"))?;
    if !number.is_finite() {
        Err("must be a finite number".to_owned())
    } else if number <= 0.0 {
        Err("must be > 0".to_owned())
    } else {
        Ok(number)
    }
}

/// Whole seconds, from digits alone or from hours, minutes and seconds in this order.
pub(super) fn time_span(text: &str) -> Result<i64, String> {
    let bad = || TIME_SPAN.to_owned();
    if text.is_empty() {
        return Err(bad());
    }
    let mut rest = text;
    let mut seconds: i64 = 0;
    for (unit, length) in [('h', 3600), ('m', 60), ('s', 1)] {
        let Some((number, after)) = rest.split_once(unit) else {
            continue;
        };
        seconds = whole(number)
            .and_then(|number| number.checked_mul(length))
            .and_then(|part| part.checked_add(seconds))
            .ok_or_else(bad)?;
        rest = after;
    }
    match rest {
        "" => Ok(seconds),
        all if all.len() == text.len() => whole(all).ok_or_else(bad),
        _ => Err(bad()),
    }
}

/// A log level in any case, as capitals.
pub(super) fn level(text: &str) -> Result<String, String> {
    let level = text.to_uppercase();
    if LEVELS.contains(&level.as_str()) {
        return Ok(level);
    }
    let choices: Vec<String> = LEVELS.iter().map(|level| format!("'{level}'")).collect();
    Err(format!(
        "invalid choice: '{level}' (choose from {})",
        choices.join(", ")
    ))
}

/// A list of hosts that may be loaded, as it is written. An empty one is none.
pub(super) fn hosts(text: &str) -> Result<String, String> {
    match AllowedHosts::parse(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// Digits alone.
fn whole(text: &str) -> Option<i64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}

/// Python allows `1_000`, and spaces around a number.
fn digits(text: &str) -> String {
    let text = text.trim();
    let is_grouped = !text.starts_with('_') && !text.ends_with('_') && !text.contains("__");
    if is_grouped {
        text.replace('_', "")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_span_is_seconds_or_units_in_order() {
        for (text, seconds) in [
            ("20", 20),
            ("20s", 20),
            ("3m", 180),
            ("2h", 7200),
            ("1h20m", 4800),
            ("3h30m10s", 12610),
        ] {
            assert_eq!(time_span(text), Ok(seconds), "{text}");
        }
    }

    #[test]
    fn a_time_span_in_any_other_form_is_refused() {
        for text in [
            "", "nonsense", "-5", "1.5", "1h3", "5s3m", "1H", "h", "m5", "1h 3m", "+3",
        ] {
            assert_eq!(time_span(text), Err(TIME_SPAN.to_owned()), "{text}");
        }
    }

    #[test]
    fn a_time_span_past_the_largest_number_is_refused() {
        assert!(time_span("9999999999999999999h").is_err());
        assert!(time_span("9223372036854775807h").is_err());
    }

    #[test]
    fn numbers_are_read_as_python_reads_them() {
        assert_eq!(integer("+3"), Ok(3));
        assert_eq!(integer(" 1_000 "), Ok(1000));
        assert_eq!(rate("1e3"), Ok(1000.0));
        for text in ["", "0x10", "3.0", "_1", "1__0"] {
            assert!(integer(text).is_err(), "{text}");
        }
    }

    #[test]
    fn impossible_numbers_are_refused() {
        assert_eq!(count("-1"), Err("must be >= 0".to_owned()));
        assert_eq!(positive("0"), Err("must be >= 1".to_owned()));
        assert_eq!(rate("0"), Err("must be > 0".to_owned()));
        assert_eq!(rate("nan"), Err("must be a finite number".to_owned()));
        assert_eq!(rate("1e999"), Err("must be a finite number".to_owned()));
    }

    #[test]
    fn a_log_level_is_taken_in_any_case() {
        assert_eq!(level("debug"), Ok("DEBUG".to_owned()));
        assert!(
            level("foo")
                .unwrap_err()
                .starts_with("invalid choice: 'FOO' (choose from 'DEBUG',")
        );
    }
}
