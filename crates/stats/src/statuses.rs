//! How often each status came: `200`, `404`.

/// Different statuses that are counted. HTTP has some sixty; who makes more of them up finds the rest
/// in none.
const MAX_STATUSES: usize = 100;

/// Counts by status, in the order of the statuses. Requests without an answer have none, and what is
/// not HTTP may have none.
#[derive(Clone, Debug, Default)]
pub struct Statuses {
    /// The status that came first, which nearly all requests of an entry have: it is counted in
    /// place. 0 before there is one; its count then means nothing.
    first: u16,
    first_count: u64,
    /// The others, in their order.
    others: Vec<(u16, u64)>,
}

impl Statuses {
    /// Counts some requests with this status. 0 is none.
    #[inline]
    pub fn add(&mut self, status: u16, count: u64) {
        if status == self.first {
            self.first_count = self.first_count.saturating_add(count);
        } else {
            self.add_other(status, count);
        }
    }

    fn add_other(&mut self, status: u16, count: u64) {
        if status == 0 || count == 0 {
            return;
        }
        if self.first == 0 {
            (self.first, self.first_count) = (status, count);
            return;
        }
        match self
            .others
            .binary_search_by_key(&status, |(known, _)| *known)
        {
            Ok(place) => {
                let (_, sum) = &mut self.others[place];
                *sum = sum.saturating_add(count);
            }
            Err(place) if self.others.len() + 1 < MAX_STATUSES => {
                self.others.insert(place, (status, count));
            }
            Err(_) => {}
        }
    }

    /// Adds all that another one has counted.
    pub fn merge(&mut self, other: &Self) {
        for (status, count) in other.iter() {
            self.add(status, count);
        }
    }

    /// Each status that came, with its count, in the order of the statuses.
    pub fn iter(&self) -> impl Iterator<Item = (u16, u64)> {
        let first = (self.first != 0).then_some((self.first, self.first_count));
        let place = self
            .others
            .partition_point(|(known, _)| *known < self.first);
        let (before, behind) = self.others.split_at(place);
        before
            .iter()
            .copied()
            .chain(first)
            .chain(behind.iter().copied())
    }

    /// Whether none came.
    pub fn is_empty(&self) -> bool {
        self.first == 0
    }

    /// Bytes on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.others.capacity() * size_of::<(u16, u64)>()
    }
}

/// Which status came first does not matter.
impl PartialEq for Statuses {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Statuses {}

impl FromIterator<(u16, u64)> for Statuses {
    fn from_iter<I: IntoIterator<Item = (u16, u64)>>(counts: I) -> Self {
        let mut statuses = Self::default();
        for (status, count) in counts {
            statuses.add(status, count);
        }
        statuses
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_kept_in_order_and_none_is_no_status() {
        let mut statuses = Statuses::default();
        statuses.add(0, 3);
        assert!(statuses.is_empty());
        assert_eq!(statuses.iter().count(), 0);
        statuses.merge(
            &[(404, 2), (200, 5), (0, 9), (404, 1), (302, 0)]
                .into_iter()
                .collect(),
        );
        statuses.merge(&[(200, 1), (100, 1), (503, 1)].into_iter().collect());
        let counts: Vec<_> = statuses.iter().collect();
        assert_eq!(counts, [(100, 1), (200, 6), (404, 3), (503, 1)]);
        let other_way: Statuses = counts.into_iter().rev().collect();
        assert_eq!(statuses, other_way);
    }

    #[test]
    fn there_is_an_end_to_different_ones() {
        let mut statuses: Statuses = (1..=500).map(|status| (status, 1)).collect();
        assert_eq!(statuses.iter().count(), MAX_STATUSES);
        statuses.add(7, 4);
        assert_eq!(statuses.iter().nth(6), Some((7, 5)));
    }
}
