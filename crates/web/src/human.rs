//! Figures as people read them. What is not known is a dash.

/// A whole number with a comma between thousands.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Something that is measured a second; a dash if it was not.
pub(crate) fn rate(per_second: Option<f64>) -> String {
    per_second.map_or_else(dash, |rate| match rate {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rate is positive and small"
        )]
        100.0.. => count(rate.round() as u64),
        _ => format!("{rate:.1}"),
    })
}

/// A part of a whole, in percent.
pub(crate) fn percent(part: Option<f64>) -> String {
    part.map_or_else(dash, |part| match part * 100.0 {
        0.0 => "0 %".to_owned(),
        percent if percent < 0.1 => format!("{percent:.2} %"),
        percent => format!("{percent:.1} %"),
    })
}

/// A response time.
pub(crate) fn time(ms: Option<f64>) -> String {
    ms.map_or_else(dash, |ms| match ms {
        10_000.0.. => format!("{:.1} s", ms / 1000.0),
        100.0.. => format!("{ms:.0} ms"),
        _ => format!("{ms:.1} ms"),
    })
}

/// What is said of requests that were cut off; `None` if there were none, or nobody has told.
pub(crate) fn aborted(requests: Option<u64>) -> Option<String> {
    let requests = requests.filter(|requests| *requests > 0)?;
    let (were, are) = if requests == 1 {
        ("was", "is")
    } else {
        ("were", "are")
    };
    Some(format!(
        "aborted {}: {were} cut off unanswered, and {are} counted nowhere else",
        count(requests)
    ))
}

fn dash() -> String {
    "–".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short() {
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(count(12), "12");
        assert_eq!(rate(Some(2014.4)), "2,014");
        assert_eq!(rate(Some(9.96)), "10.0");
        assert_eq!(rate(None), "–");
        assert_eq!(percent(Some(0.0)), "0 %");
        assert_eq!(percent(Some(0.0004)), "0.04 %");
        assert_eq!(percent(Some(0.0091)), "0.9 %");
        assert_eq!(time(Some(12_345.0)), "12.3 s");
        assert_eq!(time(Some(55.23)), "55.2 ms");
    }
}
