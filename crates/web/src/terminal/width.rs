//! Texts made to fit into so many cells. A cell holds a letter; a Chinese character takes two.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Stands for what has been left out.
const GAP: &str = "…";

/// Cells that a text takes.
pub(super) fn cells(text: &str) -> usize {
    text.width()
}

/// The text as one line that gives no orders: a name may hold line ends, escape sequences, and
/// characters that turn the direction of what follows.
pub(super) fn plain(text: &str) -> String {
    let is_direction = |char: char| matches!(char, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let kept = text.chars().filter(|char| !is_direction(*char));
    kept.map(|char| match char {
        '\n' | '\r' | '\t' => ' ',
        char if char.is_control() => char::REPLACEMENT_CHARACTER,
        char => char,
    })
    .collect()
}

/// As much of the beginning as fits.
pub(super) fn cut(text: &str, room: usize) -> &str {
    let mut used = 0;
    for (at, char) in text.char_indices() {
        used += char.width().unwrap_or(0);
        if used > room {
            return &text[..at];
        }
    }
    text
}

/// As much of the end as fits.
fn cut_front(text: &str, room: usize) -> &str {
    let mut used = 0;
    for (at, char) in text.char_indices().rev() {
        used += char.width().unwrap_or(0);
        if used > room {
            return &text[at + char.len_utf8()..];
        }
    }
    text
}

/// The text, shortened in its middle if there is no room: both ends of a name tell more.
pub(super) fn shortened(text: &str, room: usize) -> String {
    if cells(text) <= room {
        return text.to_owned();
    }
    let Some(kept) = room.checked_sub(cells(GAP)) else {
        return String::new();
    };
    let back = kept / 2;
    format!("{}{GAP}{}", cut(text, kept - back), cut_front(text, back))
}

/// The text with spaces behind it up to this width.
pub(super) fn left(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(cells(text))))
}

/// The text with spaces before it up to this width.
pub(super) fn right(text: &str, width: usize) -> String {
    format!("{}{text}", " ".repeat(width.saturating_sub(cells(text))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_loses_its_middle() {
        assert_eq!(
            shortened("/api/v1/products/[id]/reviews", 15),
            "/api/v1…reviews"
        );
        assert_eq!(shortened("short", 5), "short");
        assert_eq!(shortened("long", 1), "…");
        assert_eq!(shortened("long", 0), "");
    }

    #[test]
    fn wide_characters_take_two_cells() {
        let name = "/検索/結果";
        assert_eq!(cells(name), 10);
        for room in 0..12 {
            assert!(cells(&shortened(name, room)) <= room);
            assert!(cells(cut(name, room)) <= room);
        }
        assert_eq!(left(name, 12), "/検索/結果  ");
        assert_eq!(right("e\u{301}", 3), "  e\u{301}");
    }

    #[test]
    fn a_name_gives_the_terminal_no_orders() {
        assert_eq!(plain("a\x1b[2Jb\nc\u{202e}d"), "a\u{fffd}[2Jb cd");
    }
}
