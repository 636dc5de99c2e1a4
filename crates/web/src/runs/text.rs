//! Figures as people read them, and columns of them.

/// A whole number with a comma between thousands.
pub(super) fn count(number: u64) -> String {
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
pub(super) fn rate(per_second: Option<f64>) -> String {
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
pub(super) fn percent(part: Option<f64>) -> String {
    part.map_or_else(dash, |part| match part * 100.0 {
        0.0 => "0 %".to_owned(),
        percent if percent < 0.1 => format!("{percent:.2} %"),
        percent => format!("{percent:.1} %"),
    })
}

/// A response time.
pub(super) fn time(ms: Option<f64>) -> String {
    ms.map_or_else(dash, |ms| match ms {
        10_000.0.. => format!("{:.1} s", ms / 1000.0),
        100.0.. => format!("{ms:.0} ms"),
        _ => format!("{ms:.1} ms"),
    })
}

/// A change, with its sign.
pub(super) fn change(ratio: f64) -> String {
    format!("{:+.1} %", ratio * 100.0).replace('-', "−")
}

fn dash() -> String {
    "–".to_owned()
}

/// Rows below their headings, each column as wide as its widest field. `sides` says for each column
/// whether its fields stand on the left.
pub(super) fn columns(headings: &[&str], is_left: &[bool], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let fields = rows.iter().filter_map(|row| row.get(column));
        let widest = fields.map(|field| field.chars().count()).max();
        widest.unwrap_or(0).max(headings[column].chars().count())
    };
    let widths: Vec<usize> = (0..headings.len()).map(width).collect();
    let line = |fields: &[String]| {
        let mut line = String::new();
        for (column, field) in fields.iter().enumerate() {
            let padding = " ".repeat(widths[column].saturating_sub(field.chars().count()));
            if column > 0 {
                line.push_str("  ");
            }
            if is_left[column] {
                line.extend([field.as_str(), &padding]);
            } else {
                line.extend([&padding, field.as_str()]);
            }
        }
        line.truncate(line.trim_end().len());
        line.push('\n');
        line
    };
    let headings: Vec<String> = headings.iter().map(ToString::to_string).collect();
    std::iter::once(line(&headings))
        .chain(rows.iter().map(|row| line(row)))
        .collect()
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
        assert_eq!(change(-0.101), "−10.1 %");
    }
}
