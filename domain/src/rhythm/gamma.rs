//! The logarithm of the Gamma function and its derivative.

/// ln Γ(z) for z > 0, from `libm`.
pub fn ln_gamma(z: f64) -> f64 {
    libm::lgamma(z)
}

/// ln(Γ(z + n) / Γ(z)): the logarithm of the rising factorial.
pub fn ln_rising(z: f64, n: u32) -> f64 {
    if n < 8 {
        // Few factors lose less than the difference of two large logarithms.
        return (0..n).map(|i| (z + f64::from(i)).ln()).sum();
    }
    ln_gamma(z + f64::from(n)) - ln_gamma(z)
}

/// ψ(z) for z > 0: shifted above 10 by the recurrence, then the asymptotic series (Abramowitz, Stegun 1964, 6.3.5 and
/// 6.3.18); absolute error below 1e-13.
pub fn digamma(z: f64) -> f64 {
    let (mut z, mut sum) = (z, 0.0);
    while z < 10.0 {
        sum -= z.recip();
        z += 1.0;
    }
    let inverse = z.recip();
    let square = inverse * inverse;
    // Bernoulli numbers over their indices.
    let series = [
        1.0 / 12.0,
        -1.0 / 120.0,
        1.0 / 252.0,
        -1.0 / 240.0,
        1.0 / 132.0,
        -691.0 / 32_760.0,
        1.0 / 12.0,
    ];
    let tail = series.iter().rev().fold(0.0, |tail, term| (tail + term) * square);
    sum + z.ln() - inverse / 2.0 - tail
}

/// ln(e^a + e^b), also where both are far away.
pub fn ln_add(a: f64, b: f64) -> f64 {
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    if low == f64::NEG_INFINITY {
        return high;
    }
    high + (low - high).exp().ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digamma_function_is_as_tabulated() {
        // Abramowitz, Stegun 1964, table 6.1; and ψ(1/2) = −γ − 2 ln 2.
        let known = [
            (1.0, -0.577_215_664_901_532_9),
            (2.0, 0.422_784_335_098_467_1),
            (0.5, -1.963_510_026_021_423_5),
        ];
        for (z, psi) in known {
            assert!((digamma(z) - psi).abs() < 1e-13, "{z}");
        }
        assert!((digamma(0.1) - (digamma(1.1) - 10.0)).abs() < 1e-12);
    }

    #[test]
    fn a_rising_factorial_is_the_same_both_ways() {
        for z in [0.01, 0.3, 7.5, 5_000.0] {
            for n in [0_u32, 1, 7, 8, 40] {
                let product: f64 = (0..n).map(|i| (z + f64::from(i)).ln()).sum();
                assert!(
                    (ln_rising(z, n) - product).abs() < 1e-10 * product.abs().max(1.0),
                    "{z} {n}"
                );
            }
        }
    }
}
