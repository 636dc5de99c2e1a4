//! What was wrong with what a sender said: counted always, told of now and then.

use std::collections::HashMap;

/// So many different complaints are told apart; all further ones count together.
const TOLD_APART: usize = 32;

/// The complaints about one sender, or about all strangers. Whoever floods the port fills neither the
/// log nor the memory.
#[derive(Debug, Default)]
pub(super) struct Complaints {
    counts: HashMap<String, u64>,
    others: u64,
}

impl Complaints {
    /// Counts a complaint. Whether to tell of it: the first time, the second, the fourth and so on.
    pub(super) fn count(&mut self, text: &str) -> bool {
        let is_told_apart = self.counts.len() < TOLD_APART || self.counts.contains_key(text);
        let count = if is_told_apart {
            self.counts.entry(text.to_owned()).or_default()
        } else {
            &mut self.others
        };
        *count += 1;
        count.is_power_of_two()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_is_told_ever_more_rarely_and_another_at_once() {
        let mut complaints = Complaints::default();
        let told = (1..=100).filter(|_| complaints.count("no number")).count();
        assert_eq!(told, 7, "of 1, 2, 4, 8, 16, 32 and 64");
        assert!(complaints.count("no text"));
    }

    #[test]
    fn a_flood_of_different_ones_fills_neither_log_nor_memory() {
        let mut complaints = Complaints::default();
        let told = (0..100_000)
            .filter(|number| complaints.count(&number.to_string()))
            .count();
        assert_eq!(told, TOLD_APART + 17, "the others count together");
        assert_eq!(complaints.counts.len(), TOLD_APART);
    }
}
