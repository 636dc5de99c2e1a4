//! Classes in an order that follows their weights as closely as possible at every length.
//!
//! Each step takes the class whose further user keeps the shares nearest to the weights, measured by
//! the divergence of Kullback and Leibler: the order that Locust uses.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// An endless sequence of places, each as often as its weight says. Empty if no weight is positive.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sequence {
    heap: BinaryHeap<Reverse<Candidate>>,
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
    /// Places with their weights, in the order in which ties are broken.
    pub(crate) fn new(weights: impl IntoIterator<Item = (usize, f64)>) -> Self {
        let candidates = weights.into_iter().filter(|(_, weight)| *weight > 0.0);
        let heap = candidates.map(|(place, weight)| Reverse(candidate(place, weight, weight)));
        Self {
            heap: heap.collect(),
        }
    }

    /// The next place.
    pub(crate) fn next(&mut self) -> Option<usize> {
        let mut top = self.heap.peek_mut()?;
        let Candidate {
            users,
            weight,
            place,
            ..
        } = top.0;
        top.0 = candidate(place, weight, users);
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
}
