//! How much a figure of a run varies by itself, measured in the run.
//!
//! Every figure is a ratio of sums over windows: requests per second, failures per request, and for
//! a percentile the part of the requests that took longer than it. The standard error of such a
//! ratio is found by *blocking* (Flyvbjerg and Petersen, J. Chem. Phys. 91, 461, 1989): from the
//! scatter of the windows, then of pairs of windows, of fours, and so on. Neighbouring windows are
//! alike (garbage is collected, a cache fills, a neighbour is busy), which makes the first values
//! too small; they grow with the length of the blocks until blocks are independent of each other.
//! The largest is taken. What changes more slowly than a sixth of the run cannot be seen in it: only
//! [`RUN_TO_RUN`](super::RUN_TO_RUN) stands against it, and repeated runs.
//!
//! A standard error of a part becomes one of the percentile by looking up the two neighbouring
//! percentiles in the histogram (Woodruff, JASA 47, 635, 1952). This needs no assumption on the
//! shape of the distribution.

use super::course::Window;

/// Blocks below which a scatter says nothing.
const FEWEST_BLOCKS: usize = 6;

/// Shortest window: two reports of a worker, which come every three seconds.
const SHORTEST_SECONDS: f64 = 6.0;

/// A standard error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Noise {
    /// Of the ratio.
    pub(super) error: f64,
    /// Blocks that it was measured between, less one.
    pub(super) degrees: f64,
}

/// The standard error of `Σ over / Σ under` over windows of `seconds` each on average. `None` if
/// there are too few windows, or nothing under the line.
pub(super) fn of_ratio(
    windows: &[Window],
    over: impl Fn(&Window) -> f64,
    under: impl Fn(&Window) -> f64,
) -> Option<Noise> {
    let seconds: f64 = windows.iter().map(|window| window.seconds).sum();
    let mean_seconds = seconds / windows.len().max(1) as f64;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a small positive number"
    )]
    let first = (SHORTEST_SECONDS / mean_seconds.max(1e-3)).ceil().max(1.0) as usize;
    let pairs: Vec<(f64, f64)> = windows.iter().map(|one| (over(one), under(one))).collect();
    let total_under: f64 = pairs.iter().map(|(_, under)| under).sum();
    if total_under <= 0.0 {
        return None;
    }
    let ratio = pairs.iter().map(|(over, _)| over).sum::<f64>() / total_under;
    let mut largest: Option<Noise> = None;
    let mut length = first;
    while windows.len() / length >= FEWEST_BLOCKS {
        let blocks = windows.len() / length;
        // What does not fill a block is left out at the beginning.
        let used = &pairs[pairs.len() - blocks * length..];
        let mut under_used = 0.0;
        let mut squares = 0.0;
        for block in used.chunks(length) {
            let over: f64 = block.iter().map(|pair| pair.0).sum();
            let under: f64 = block.iter().map(|pair| pair.1).sum();
            under_used += under;
            squares += (over - ratio * under).powi(2);
        }
        if under_used > 0.0 {
            // The linearised variance of a ratio.
            let count = blocks as f64;
            let error = (squares * count / (count - 1.0)).sqrt() / under_used;
            if largest.is_none_or(|noise| error > noise.error) {
                let degrees = count - 1.0;
                largest = Some(Noise { error, degrees });
            }
        }
        length *= 2;
    }
    largest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn windows(counts: impl IntoIterator<Item = u64>) -> Vec<Window> {
        let window = |requests| Window {
            seconds: 10.0,
            requests,
            ..Window::default()
        };
        counts.into_iter().map(window).collect()
    }

    fn rate_noise(windows: &[Window]) -> Option<Noise> {
        of_ratio(windows, |one| one.requests as f64, |one| one.seconds)
    }

    #[test]
    fn windows_that_are_all_alike_have_no_noise() {
        assert!(rate_noise(&windows([50; 20])).unwrap().error.abs() < 1e-12);
    }

    #[test]
    fn slow_waves_make_more_noise_than_fast_ones_of_the_same_height() {
        let wave = |period: usize| {
            rate_noise(&windows((0..64).map(|at| {
                if (at / period).is_multiple_of(2) {
                    80
                } else {
                    120
                }
            })))
            .unwrap()
            .error
        };
        assert!(wave(4) > 1.8 * wave(1));
    }

    #[test]
    fn a_handful_of_windows_says_nothing() {
        assert_eq!(rate_noise(&windows([1, 2, 3, 4, 5])), None);
        assert_eq!(rate_noise(&[]), None);
    }
}
