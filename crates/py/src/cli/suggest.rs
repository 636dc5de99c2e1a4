//! The nearest known word to one that is not known.

/// The candidate nearest to `word`, if it is near enough to be what was meant.
///
/// Near enough is a third of the longer word; case does not count.
pub(crate) fn closest<'a>(
    word: &str,
    candidates: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    let wanted = word.to_lowercase();
    candidates
        .map(|candidate| (distance(&wanted, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| {
            let longer = wanted.chars().count().max(candidate.chars().count());
            // The dashes in front of an option say nothing about what was meant.
            distance * 3 <= longer.saturating_sub(if wanted.starts_with("--") { 2 } else { 0 })
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How many letters have to be changed, added, dropped or swapped with their neighbour.
fn distance(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.chars().collect();
    let right: Vec<char> = right.chars().collect();
    let mut earlier: Vec<usize> = Vec::new();
    let mut previous: Vec<usize> = (0..=right.len()).collect();
    for row in 0..left.len() {
        let mut this = vec![row + 1];
        for column in 0..right.len() {
            let is_change = usize::from(left[row] != right[column]);
            let mut fewest = (previous[column] + is_change)
                .min(previous[column + 1] + 1)
                .min(this[column] + 1);
            if row > 0
                && column > 0
                && left[row] == right[column - 1]
                && left[row - 1] == right[column]
            {
                fewest = fewest.min(earlier[column - 1] + 1);
            }
            this.push(fewest);
        }
        earlier = previous;
        previous = this;
    }
    previous[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_understood() {
        let names = ["--headless", "--users", "--host", "--tags"];
        for (slip, meant) in [
            ("--headlss", "--headless"),
            ("--haedless", "--headless"),
            ("--user", "--users"),
            ("--HOST", "--host"),
        ] {
            assert_eq!(closest(slip, names.into_iter()), Some(meant), "{slip}");
        }
    }

    #[test]
    fn nothing_is_suggested_for_something_else() {
        let names = ["--headless", "--users", "--host", "--tags"];
        for other in ["--nope", "-x", "--no", ""] {
            assert_eq!(closest(other, names.into_iter()), None, "{other}");
        }
    }

    #[test]
    fn the_nearest_of_several_wins() {
        assert_eq!(
            closest("BuyinUser", ["BuyingUsers", "BuyingUser"].into_iter()),
            Some("BuyingUser")
        );
    }
}
