//! Which class the next user is of: fixed counts first, then weights for ever.

use std::sync::Arc;

use crate::sequence::Sequence;

/// A user class, as far as spreading users goes.
#[derive(Clone, Debug, PartialEq)]
pub struct UserClass {
    /// Its name, unique in a run.
    pub name: Arc<str>,
    /// Its share of the users, relative to the other classes. Not used if `fixed_count` is set.
    pub weight: f64,
    /// If not zero: exactly so many users, and they are started before those of weighted classes.
    pub fixed_count: u32,
}

/// Which class the next user is of.
#[derive(Clone, Debug)]
pub(crate) struct ClassOrder {
    /// Places of the classes to draw from, rising.
    pub(crate) chosen: Vec<usize>,
    /// Users may be missing from a fixed count.
    pub(crate) must_try_fixed: bool,
    /// Missing users of fixed counts that are still to be given out.
    fixed: Option<(Sequence, u32)>,
    weighted: Sequence,
}

impl ClassOrder {
    pub(crate) fn new(classes: &[UserClass], chosen: Vec<usize>) -> Self {
        let weighted = chosen
            .iter()
            .copied()
            .filter(|&place| classes[place].fixed_count == 0);
        Self {
            weighted: Sequence::new(weighted.map(|place| (place, classes[place].weight))),
            must_try_fixed: true,
            fixed: None,
            chosen,
        }
    }

    /// Begins again, as if no user had been drawn.
    pub(crate) fn restart(&mut self) {
        self.weighted.restart();
        self.must_try_fixed = true;
        self.fixed = None;
    }

    /// The next class, `running` users of each being placed; `None` if there is no other user.
    pub(crate) fn next(
        &mut self,
        classes: &[UserClass],
        running: impl Fn(usize) -> u32,
    ) -> Option<usize> {
        loop {
            if let Some((sequence, left)) = &mut self.fixed
                && *left > 0
            {
                *left -= 1;
                return sequence.next();
            }
            self.fixed = None;
            if !std::mem::take(&mut self.must_try_fixed) {
                return self.weighted.next();
            }
            let missing: Vec<(usize, u32)> = self
                .chosen
                .iter()
                .map(|&place| {
                    (
                        place,
                        classes[place].fixed_count.saturating_sub(running(place)),
                    )
                })
                .filter(|(_, missing)| *missing > 0)
                .collect();
            let left = missing.iter().map(|(_, missing)| missing).sum();
            let weights = missing
                .into_iter()
                .map(|(place, missing)| (place, f64::from(missing)));
            self.fixed = Some((Sequence::new(weights), left));
        }
    }
}
