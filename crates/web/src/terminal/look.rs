//! How a terminal wants what it shows.

/// The terminal, as far as lines depend on it.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Characters in a line.
    pub columns: usize,
    /// Lines on the screen.
    pub rows: usize,
    /// Whether colours are wanted. They never say anything that the text does not.
    pub is_coloured: bool,
}

impl Look {
    /// Cells that a line may fill. One column stays free: some terminals wrap a line that fills the
    /// last one.
    pub(super) fn room(self) -> usize {
        self.columns.saturating_sub(1)
    }

    /// Lines that a block may have. Below it is the row of the cursor, and one row above stays:
    /// some terminals keep what is erased from the first row on.
    pub(super) fn height(self) -> usize {
        self.rows.saturating_sub(2).max(1)
    }
}

/// Colours of the sixteen that every theme of a terminal defines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Colour {
    #[default]
    None,
    Bold,
    Dim,
    Red,
}

impl Colour {
    /// The text between the sequences that turn the colour on and off.
    pub(super) fn paint(self, text: &str) -> String {
        let code = match self {
            Self::None => return text.to_owned(),
            Self::Bold => 1,
            Self::Dim => 2,
            Self::Red => 31,
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}
