//! Figures as people read them, and columns of them.

pub(super) use crate::human::{aborted, count, percent, rate, time};

/// A change, with its sign.
pub(super) fn change(ratio: f64) -> String {
    format!("{:+.1} %", ratio * 100.0).replace('-', "−")
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
    fn a_change_has_a_sign() {
        assert_eq!(change(-0.101), "−10.1 %");
        assert_eq!(change(0.02), "+2.0 %");
    }
}
