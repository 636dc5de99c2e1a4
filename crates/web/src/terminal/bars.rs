//! Bars and curves made of characters.

/// Eighths of a cell, from the left.
const EIGHTHS: [char; 8] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];
/// Eighths of a cell, from below.
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// How much of something is done, 0 to 1.
pub(super) fn progress(done: f64, width: usize) -> String {
    let full = whole(done.clamp(0.0, 1.0) * width as f64);
    let full = full.min(width);
    "█".repeat(full) + &"░".repeat(width - full)
}

/// A bar as long as this part, 0 to 1, of the width. What is more than nothing can be seen.
pub(super) fn bar(part: f64, width: usize) -> String {
    let eighths = whole(part.clamp(0.0, 1.0) * (width * 8) as f64);
    let eighths = if part > 0.0 { eighths.max(1) } else { 0 };
    let mut bar = "█".repeat(eighths / 8);
    if !eighths.is_multiple_of(8) {
        bar.push(EIGHTHS[eighths % 8 - 1]);
    }
    bar
}

/// A curve from zero to the largest value. Where nothing is known it has a gap; if there are more
/// values than cells, the largest of neighbours is shown.
pub(super) fn curve(values: &[Option<f64>], width: usize) -> String {
    let top = values.iter().flatten().copied().fold(0.0, f64::max);
    let cells = width.min(values.len());
    let cell = |place: usize| {
        let from = place * values.len() / cells;
        let to = (place + 1) * values.len() / cells;
        let largest = values[from..to].iter().flatten().copied().reduce(f64::max);
        largest.map_or(' ', |value| {
            let height = if top > 0.0 { value / top * 7.0 } else { 0.0 };
            HEIGHTS[whole(height).min(7)]
        })
    };
    (0..cells).map(cell).collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a few hundred at most, and never below zero"
)]
fn whole(number: f64) -> usize {
    number.round() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_fills_its_width() {
        assert_eq!(progress(0.0, 4), "░░░░");
        assert_eq!(progress(0.5, 4), "██░░");
        assert_eq!(progress(7.0, 4), "████");
    }

    #[test]
    fn a_bar_shows_whatever_is_more_than_nothing() {
        assert_eq!(bar(0.0, 10), "");
        assert_eq!(bar(0.0001, 10), "▏");
        assert_eq!(bar(0.55, 10), "█████▌");
        assert_eq!(bar(1.0, 10), "██████████");
    }

    #[test]
    fn a_curve_keeps_gaps_and_peaks() {
        let values = [Some(0.0), None, Some(7.0), Some(3.5)];
        assert_eq!(curve(&values, 10), "▁ █▅");
        let many: Vec<_> = (0..100)
            .map(|place| Some(f64::from(u8::from(place == 55))))
            .collect();
        assert_eq!(curve(&many, 10), "▁▁▁▁▁█▁▁▁▁");
        assert_eq!(curve(&[], 10), "");
    }
}
