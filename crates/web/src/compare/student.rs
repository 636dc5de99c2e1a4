//! Student's distribution: how likely a difference is that comes from noise alone.

/// The probability that |t| with so many degrees of freedom is at least `t`, 0 to 1.
///
/// By the incomplete beta function, as a continued fraction (Numerical Recipes, 3rd edition, 6.4).
pub(super) fn two_sided(t: f64, degrees: f64) -> f64 {
    if !t.is_finite() {
        return 0.0;
    }
    incomplete_beta(degrees / 2.0, 0.5, degrees / (degrees + t * t))
}

/// The value that |t| reaches with this probability, from above.
pub(super) fn quantile(two_sided_probability: f64, degrees: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while two_sided(high, degrees) > two_sided_probability && high < 1e9 {
        high *= 2.0;
    }
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if two_sided(middle, degrees) > two_sided_probability {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    let front =
        (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (1.0 - x).ln()).exp();
    // The fraction converges fast on one side of the mean; the other side is its mirror image.
    if x < (a + 1.0) / (a + b + 2.0) {
        front * fraction(a, b, x) / a
    } else {
        1.0 - front * fraction(b, a, 1.0 - x) / b
    }
}

#[expect(clippy::many_single_char_names, reason = "the names of the formula")]
fn fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let not_zero = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / not_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut h = d;
    for step in 1..300 {
        let m = f64::from(step);
        for term in [
            m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0)),
        ] {
            d = 1.0 / not_zero(1.0 + term * d);
            c = not_zero(1.0 + term / c);
            h *= d * c;
        }
        if (d * c - 1.0).abs() < 1e-14 {
            break;
        }
    }
    h
}

/// Lanczos' approximation, to 15 digits for positive numbers.
fn ln_gamma(x: f64) -> f64 {
    const COEFFICIENTS: [f64; 9] = [
        0.999_999_999_999_809_9,
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    if x < 0.5 {
        let pi = std::f64::consts::PI;
        return (pi / (pi * x).sin()).ln() - ln_gamma(1.0 - x);
    }
    let x = x - 1.0;
    let t = x + 7.5;
    let terms = COEFFICIENTS[1..].iter().zip(1..);
    let sum: f64 = terms.map(|(c, place)| c / (x + f64::from(place))).sum();
    0.5 * (2.0 * std::f64::consts::PI).ln() + (x + 0.5) * t.ln() - t + (COEFFICIENTS[0] + sum).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_values_of_printed_tables_come_out() {
        for (t, degrees, probability) in [
            (12.706, 1.0, 0.05),
            (2.571, 5.0, 0.05),
            (4.032, 5.0, 0.01),
            (2.228, 10.0, 0.05),
            (2.042, 30.0, 0.05),
            (3.646, 30.0, 0.001),
            (1.960, 1e7, 0.05),
        ] {
            assert!(
                (two_sided(t, degrees) / probability - 1.0).abs() < 2e-3,
                "{t} {degrees}"
            );
            assert!(
                (quantile(probability, degrees) / t - 1.0).abs() < 2e-3,
                "{t} {degrees}"
            );
        }
        assert!((two_sided(0.0, 7.0) - 1.0).abs() < 1e-12);
        assert!(two_sided(40.0, 30.0) > 0.0);
    }
}
