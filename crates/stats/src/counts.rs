//! A row of counters of 2 bytes each, which is widened to 4 and then 8 when one of them overflows.
//!
//! A run with thousands of names has few requests for each of them, and a run with many requests has
//! few names, so the narrow start halves the memory of the former.

/// Counters by index. Reading past the end gives zero.
#[derive(Clone, Debug)]
pub(crate) enum Counts {
    Two(Vec<u16>),
    Four(Vec<u32>),
    Eight(Vec<u64>),
}

impl Default for Counts {
    fn default() -> Self {
        Self::Two(Vec::new())
    }
}

impl Counts {
    #[inline]
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Two(counts) => counts.len(),
            Self::Four(counts) => counts.len(),
            Self::Eight(counts) => counts.len(),
        }
    }

    pub(crate) fn get(&self, index: usize) -> u64 {
        match self {
            Self::Two(counts) => counts.get(index).copied().map_or(0, u64::from),
            Self::Four(counts) => counts.get(index).copied().map_or(0, u64::from),
            Self::Eight(counts) => counts.get(index).copied().unwrap_or(0),
        }
    }

    /// Adds to the counter at `index`, which must exist.
    #[inline]
    pub(crate) fn add(&mut self, index: usize, count: u64) {
        let has_room = match self {
            Self::Two(counts) => add(&mut counts[index], count),
            Self::Four(counts) => add(&mut counts[index], count),
            Self::Eight(counts) => add(&mut counts[index], count),
        };
        if !has_room {
            self.add_widened(index, count);
        }
    }

    #[cold]
    fn add_widened(&mut self, index: usize, count: u64) {
        let sum = self.get(index).saturating_add(count);
        *self = match self {
            Self::Two(counts) if u32::try_from(sum).is_ok() => {
                Self::Four(counts.iter().copied().map(u32::from).collect())
            }
            _ => Self::Eight((0..self.len()).map(|at| self.get(at)).collect()),
        };
        match self {
            Self::Two(_) => {}
            Self::Four(counts) => counts[index] = u32::try_from(sum).unwrap_or(u32::MAX),
            Self::Eight(counts) => counts[index] = sum,
        }
    }

    /// Makes the row at least `len` long.
    pub(crate) fn grow(&mut self, len: usize) {
        if len <= self.len() {
            return;
        }
        match self {
            Self::Two(counts) => grow(counts, len),
            Self::Four(counts) => grow(counts, len),
            Self::Eight(counts) => grow(counts, len),
        }
    }

    /// Puts `zeros` counters in front of the first.
    pub(crate) fn grow_front(&mut self, zeros: usize) {
        match self {
            Self::Two(counts) => grow_front(counts, zeros),
            Self::Four(counts) => grow_front(counts, zeros),
            Self::Eight(counts) => grow_front(counts, zeros),
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
            Self::Two(counts) => size_of::<u16>() * counts.capacity(),
            Self::Four(counts) => size_of::<u32>() * counts.capacity(),
            Self::Eight(counts) => size_of::<u64>() * counts.capacity(),
        }
    }
}

/// Adds to one counter, unless the sum is too large for it.
#[inline]
fn add<T: Copy + TryFrom<u64>>(counter: &mut T, count: u64) -> bool
where
    u64: From<T>,
{
    let sum = u64::from(*counter)
        .checked_add(count)
        .and_then(|sum| T::try_from(sum).ok());
    sum.map(|sum| *counter = sum).is_some()
}

fn grow<T: Copy + Default>(counts: &mut Vec<T>, len: usize) {
    // Exact: a row grows a few times in its life and is then kept for the rest of the run.
    counts.reserve_exact(len - counts.len());
    counts.resize(len, T::default());
}

fn grow_front<T: Copy + Default>(counts: &mut Vec<T>, zeros: usize) {
    counts.reserve_exact(zeros);
    counts.splice(0..0, std::iter::repeat_n(T::default(), zeros));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_that_overflows_widens_the_row_and_keeps_the_others() {
        let mut counts = Counts::default();
        counts.grow(3);
        counts.add(0, 7);
        counts.add(2, u64::from(u16::MAX));
        assert!(matches!(counts, Counts::Two(_)));
        counts.add(2, 1);
        assert!(matches!(counts, Counts::Four(_)));
        assert_eq!(counts.iter().collect::<Vec<_>>(), [(0, 7), (2, 1 << 16)]);
        counts.add(2, u64::from(u32::MAX));
        assert!(matches!(counts, Counts::Eight(_)));
        counts.grow_front(2);
        counts.grow(9);
        assert_eq!(
            counts.iter().collect::<Vec<_>>(),
            [(2, 7), (4, (1 << 32) + (1 << 16) - 1)]
        );
    }

    #[test]
    fn a_count_too_large_for_the_next_width_widens_twice() {
        let mut counts = Counts::default();
        counts.grow(1);
        counts.add(0, 1 << 40);
        assert_eq!(counts.get(0), 1 << 40);
    }
}
