//! A line of parts, each with its colour, that never becomes wider than its room.

use super::look::{Colour, Look};
use super::width::{cells, cut};

/// Between two parts of a line.
const BETWEEN: &str = "   ";

/// A line under construction.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    parts: Vec<(String, Colour)>,
}

impl Line {
    /// A line of one part.
    pub(super) fn of(text: impl Into<String>, colour: Colour) -> Self {
        Self::default().with(text, colour)
    }

    /// Adds a part.
    #[must_use]
    pub(super) fn with(mut self, text: impl Into<String>, colour: Colour) -> Self {
        self.parts.push((text.into(), colour));
        self
    }

    /// As many of these side by side as there is room for. The first is always among them.
    pub(super) fn row(items: impl IntoIterator<Item = Self>, room: usize) -> Self {
        let mut row = Self::default();
        for item in items {
            if row.parts.is_empty() {
                row = item;
            } else if row.cells() + cells(BETWEEN) + item.cells() <= room {
                row = row.with(BETWEEN, Colour::None);
                row.parts.extend(item.parts);
            } else {
                break;
            }
        }
        row
    }

    /// Adds a part at the right end of the room, if it fits there.
    #[must_use]
    pub(super) fn and_right(self, text: &str, colour: Colour, room: usize) -> Self {
        let used = self.cells() + cells(text);
        if text.is_empty() || used + cells(BETWEEN) > room {
            return self;
        }
        self.with(" ".repeat(room - used), Colour::None)
            .with(text, colour)
    }

    /// Cells that it takes.
    pub(super) fn cells(&self) -> usize {
        self.parts.iter().map(|(text, _)| cells(text)).sum()
    }

    /// The text for this terminal. What does not fit is cut off.
    pub(super) fn text(&self, look: Look) -> String {
        let mut room = look.room();
        let mut line = String::new();
        for (text, colour) in &self.parts {
            let text = cut(text, room);
            room -= cells(text);
            if !text.is_empty() {
                line += &(if look.is_coloured {
                    *colour
                } else {
                    Colour::None
                })
                .paint(text);
            }
        }
        line
    }
}
