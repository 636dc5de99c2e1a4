//! Classes in an order that follows their weights as closely as possible at every length.
//!
//! Each step takes the class whose further user keeps the shares nearest to the weights, measured by
//! the divergence of Kullback and Leibler: the order that Locust uses.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// Places that are remembered for a restart: as many as users run in a very large test.
const MAX_REMEMBERED: usize = 1 << 20;

/// An endless sequence of places, each as often as its weight says. Empty if no weight is positive.
///
/// It is often begun anew, each time a worker comes or goes, and then says the same again. So it
/// remembers what it has said: with 100,000 users this makes a join ten times as cheap.
#[derive(Clone, Debug, Default)]
pub struct Sequence {
    heap: BinaryHeap<Reverse<Candidate>>,
    /// The first places it gave.
    said: Vec<usize>,
    /// How many it has given since its beginning.
    position: usize,
}

/// A class that may come next. Ordered as Locust orders it, ties included.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    /// What one more user of it changes in the divergence; the smallest comes next.
    divergence: f64,
    /// Users it would have with it, and its weight once.
    users: f64,
    weight: f64,
    place: usize,
}

impl Sequence {
    /// Places with their weights, in the order in which ties are broken. A weight of zero or less is
    /// one that never comes.
    pub fn new(weights: impl IntoIterator<Item = (usize, f64)>) -> Self {
        let candidates = weights.into_iter().filter(|(_, weight)| *weight > 0.0);
        let heap = candidates.map(|(place, weight)| Reverse(candidate(place, weight, weight)));
        Self {
            heap: heap.collect(),
            ..Self::default()
        }
    }

    /// Goes back to the beginning.
    pub(crate) fn restart(&mut self) {
        if self.position > self.said.len() {
            // More was said than is remembered, and the heap is beyond it.
            *self = Self::new(
                self.heap
                    .iter()
                    .map(|Reverse(each)| (each.place, each.weight)),
            );
        }
        self.position = 0;
    }
}

impl Iterator for Sequence {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        if let Some(place) = self.said.get(self.position) {
            self.position += 1;
            return Some(*place);
        }
        let mut top = self.heap.peek_mut()?;
        let Candidate {
            users,
            weight,
            place,
            ..
        } = top.0;
        top.0 = candidate(place, weight, users);
        self.position += 1;
        if self.said.len() < MAX_REMEMBERED {
            self.said.push(place);
        }
        Some(place)
    }
}

fn candidate(place: usize, weight: f64, users: f64) -> Candidate {
    let divergence = weight * (users / (users + 1.0)).log2();
    Candidate {
        divergence,
        users: users + 1.0,
        weight,
        place,
    }
}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.divergence.total_cmp(&other.divergence))
            .then(self.users.total_cmp(&other.users))
            .then(self.weight.total_cmp(&other.weight))
            .then(self.place.cmp(&other.place))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Candidate {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_the_one_that_locust_makes() {
        let vectors: [(&[f64], &str); 5] = [
            (&[5.0, 1.0], "AABAAAAABAAAAABAAAAABAAA"),
            (&[3.0, 2.0, 1.0], "ABCABAABCABAABCABAABCABA"),
            (&[1.0, 1.0, 1.0], "ABCABCABCABC"),
            (&[0.5, 0.3, 0.2], "ABCABAACBAABCABAACBA"),
            (&[10.0, 1.0, 1.0], "AAAABCAAAAAAAAAAABCAAAAA"),
        ];
        for (weights, expected) in vectors {
            let mut sequence = Sequence::new(weights.iter().copied().enumerate());
            let order: String = (0..expected.len())
                .map(|_| ['A', 'B', 'C'][sequence.next().unwrap()])
                .collect();
            assert_eq!(order, expected, "{weights:?}");
        }
    }

    #[test]
    fn a_sequence_begun_anew_says_the_same_again() {
        let mut sequence = Sequence::new([3.0, 2.0, 1.0].into_iter().enumerate());
        let first: Vec<_> = sequence.by_ref().take(7).collect();
        sequence.restart();
        let again: Vec<_> = sequence.by_ref().take(20).collect();
        assert_eq!(first, again[..7]);
        let fresh = Sequence::new([3.0, 2.0, 1.0].into_iter().enumerate());
        assert_eq!(fresh.take(20).collect::<Vec<_>>(), again);
    }

    #[test]
    fn a_sequence_longer_than_it_remembers_begins_anew_just_the_same() {
        let mut sequence = Sequence::new([2.0, 1.0].into_iter().enumerate());
        let first: Vec<_> = sequence.by_ref().take(MAX_REMEMBERED + 5).collect();
        sequence.restart();
        let again: Vec<_> = sequence.by_ref().take(MAX_REMEMBERED + 5).collect();
        assert!(first == again, "the two differ");
    }
}
