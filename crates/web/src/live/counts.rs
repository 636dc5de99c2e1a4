//! How often each group of failures or errors came in one stretch of a run.

/// What came, by the places of the groups and in their order. Groups without any are left out: eight
/// bytes for each of the others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts(Box<[(u32, u32)]>);

impl Counts {
    /// Each place with how often its group came.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, u64)> {
        let pairs = self.0.iter();
        pairs.map(|(place, count)| (*place as usize, u64::from(*count)))
    }

    /// How often the group at this place came.
    pub(super) fn of(&self, place: usize) -> u64 {
        let found = self
            .0
            .binary_search_by_key(&place, |(place, _)| *place as usize);
        found.map_or(0, |at| u64::from(self.0[at].1))
    }

    /// Whether nothing came.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Two stretches as one.
    pub(super) fn joined(&self, later: &Self) -> Self {
        let mut all = [&*self.0, &*later.0].concat();
        all.sort_unstable_by_key(|(place, _)| *place);
        all.dedup_by(|more, sum| {
            let is_same = more.0 == sum.0;
            if is_same {
                sum.1 = sum.1.saturating_add(more.1);
            }
            is_same
        });
        Self(all.into())
    }
}

/// Counts of all groups as they were last, to tell what has come since.
#[derive(Debug, Default)]
pub(super) struct Tally(Vec<u64>);

impl Tally {
    /// Whether counting began again: places are those of other groups then.
    pub(super) fn began_again(&self, now: &[u64]) -> bool {
        now.len() < self.0.len() || now.iter().zip(&self.0).any(|(now, before)| now < before)
    }

    /// Forgets what it knows: all that is counted is new.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// What came since the last time.
    pub(super) fn advance(&mut self, now: Vec<u64>) -> Counts {
        let added = now.iter().enumerate().filter_map(|(place, count)| {
            let more = count.saturating_sub(self.0.get(place).copied().unwrap_or(0));
            let more = u32::try_from(more).unwrap_or(u32::MAX);
            (more > 0).then_some((u32::try_from(place).unwrap_or(u32::MAX), more))
        });
        let added = Counts(added.collect());
        self.0 = now;
        added
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_in_two_stretches_adds_up() {
        let mut tally = Tally::default();
        let first = tally.advance(vec![3, 0, 2]);
        let second = tally.advance(vec![3, 4, 3, 1]);
        assert_eq!(second.iter().collect::<Vec<_>>(), [(1, 4), (2, 1), (3, 1)]);
        let both = first.joined(&second);
        assert_eq!(both, Tally::default().advance(vec![3, 4, 3, 1]));
        assert_eq!((both.of(2), both.of(9)), (3, 0));
    }

    #[test]
    fn fewer_than_before_are_others() {
        let mut tally = Tally::default();
        tally.advance(vec![3, 2]);
        assert!(!tally.began_again(&[3, 2, 1]));
        assert!(tally.began_again(&[3]));
        assert!(tally.began_again(&[1, 2]));
    }
}
