//! A row of counters that starts with 4 bytes each and is widened when one of them overflows.

/// Counters by index. Reading past the end gives zero; adding past the end makes the row longer.
#[derive(Clone, Debug)]
pub(crate) enum Counts {
    Narrow(Vec<u32>),
    Wide(Vec<u64>),
}

impl Default for Counts {
    fn default() -> Self {
        Self::Narrow(Vec::new())
    }
}

impl Counts {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Narrow(counts) => counts.len(),
            Self::Wide(counts) => counts.len(),
        }
    }

    pub(crate) fn get(&self, index: usize) -> u64 {
        match self {
            Self::Narrow(counts) => counts.get(index).copied().map_or(0, u64::from),
            Self::Wide(counts) => counts.get(index).copied().unwrap_or(0),
        }
    }

    /// Adds to the counter at `index`, which must exist.
    #[inline]
    pub(crate) fn add(&mut self, index: usize, count: u64) {
        match self {
            Self::Narrow(counts) => {
                match u32::try_from(u64::from(counts[index]).saturating_add(count)) {
                    Ok(sum) => counts[index] = sum,
                    Err(_) => self.add_widened(index, count),
                }
            }
            Self::Wide(counts) => counts[index] = counts[index].saturating_add(count),
        }
    }

    #[cold]
    fn add_widened(&mut self, index: usize, count: u64) {
        let mut wide: Vec<u64> = (0..self.len()).map(|at| self.get(at)).collect();
        wide[index] = wide[index].saturating_add(count);
        *self = Self::Wide(wide);
    }

    /// Adds each counter of `other` to the one `offset` further on, which must exist.
    pub(crate) fn add_all(&mut self, offset: usize, other: &Self) {
        if let (Self::Narrow(ours), Self::Narrow(theirs)) = (&mut *self, other) {
            // Two plain loops over neighbours, which the compiler turns into vector instructions: a
            // master spends most of its time here.
            let ours = &mut ours[offset..offset + theirs.len()];
            let pairs = ours.iter().zip(theirs);
            let overflows = pairs.fold(false, |any, (ours, more)| {
                any | ours.overflowing_add(*more).1
            });
            if !overflows {
                for (ours, more) in ours.iter_mut().zip(theirs) {
                    *ours += more;
                }
                return;
            }
        }
        for (index, count) in other.iter() {
            self.add(offset + index, count);
        }
    }

    /// Makes the row at least `len` long.
    pub(crate) fn grow(&mut self, len: usize) {
        if len <= self.len() {
            return;
        }
        // Exact: a row grows a few times in its life and is then kept for the rest of the run.
        match self {
            Self::Narrow(counts) => {
                counts.reserve_exact(len - counts.len());
                counts.resize(len, 0);
            }
            Self::Wide(counts) => {
                counts.reserve_exact(len - counts.len());
                counts.resize(len, 0);
            }
        }
    }

    /// Puts `zeros` counters in front of the first.
    pub(crate) fn grow_front(&mut self, zeros: usize) {
        match self {
            Self::Narrow(counts) => {
                counts.reserve_exact(zeros);
                counts.splice(0..0, std::iter::repeat_n(0, zeros));
            }
            Self::Wide(counts) => {
                counts.reserve_exact(zeros);
                counts.splice(0..0, std::iter::repeat_n(0, zeros));
            }
        }
    }

    /// Counters that are not zero, in the order of their index.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = (usize, u64)> + '_ {
        (0..self.len()).filter_map(|index| match self.get(index) {
            0 => None,
            count => Some((index, count)),
        })
    }

    /// Bytes on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        match self {
            Self::Narrow(counts) => counts.capacity() * size_of::<u32>(),
            Self::Wide(counts) => counts.capacity() * size_of::<u64>(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_past_four_bytes_widens_the_row_and_keeps_the_others() {
        let mut counts = Counts::default();
        counts.grow(3);
        counts.add(0, 7);
        counts.add(2, u64::from(u32::MAX));
        assert!(matches!(counts, Counts::Narrow(_)));
        counts.add(2, 1);
        assert!(matches!(counts, Counts::Wide(_)));
        assert_eq!(counts.iter().collect::<Vec<_>>(), [(0, 7), (2, 1 << 32)]);
        counts.grow_front(2);
        counts.grow(9);
        assert_eq!(counts.iter().collect::<Vec<_>>(), [(2, 7), (4, 1 << 32)]);
    }

    #[test]
    fn rows_are_added_and_widened_where_they_overflow() {
        let mut ours = Counts::default();
        ours.grow(4);
        ours.add(1, 5);
        let mut more = Counts::default();
        more.grow(3);
        more.add(0, 2);
        more.add(2, u64::from(u32::MAX));
        ours.add_all(1, &more);
        assert!(matches!(ours, Counts::Narrow(_)));
        ours.add_all(1, &more);
        let max = u64::from(u32::MAX);
        assert_eq!(ours.iter().collect::<Vec<_>>(), [(1, 9), (3, 2 * max)]);
        ours.add_all(1, &more);
        assert_eq!(ours.iter().collect::<Vec<_>>(), [(1, 11), (3, 3 * max)]);
    }
}
