//! The constants of the vector levels, which serve `|x| < LIMIT`.
//!
//! Cut the powers of two into `S` steps each, `S` being 16 or 8, and let
//! `S n + j = round(-x S log2 e)` with `0 <= j < S`. Then
//!
//! ```text
//! exp(-x) = 2^n 2^(j/S) exp(r1)     r1 = -x - (S n + j) (ln 2 / S)
//!         = 2^n W_j exp(r)          r = r1 - DELTA_j
//! ```
//!
//! for any `W_j`, if `DELTA_j = ln W_j - j ln 2 / S`. Here `W_j` is `2^(j/S)`
//! rounded to 10 fractional bits, so that `c = 1 + w`, where `w = 2^n W_j`, is
//! exact for `|n| <= 13`. With `v = w (exp(r) - 1)`, which is small beside `w`,
//!
//! ```text
//! y = x / (c + v)
//! ```
//!
//! is corrected from its estimate `q = x / d`, `d = round(c + v)`, by the
//! remainder `(q c - x) + q v`. The first difference is near `-q v` and
//! loses next to nothing in a fused multiply-add: what `d` lost in rounding
//! need not be found, and each rounding but the last weighs a fortieth of an ULP
//! or less.
//!
//! The one error of weight is that of `ln 2 / S` in `f32`, 2.8e-9 of `x`. At
//! -8 that is 0.37 ULP, beside the 0.5 of the last rounding; a second part of
//! `ln 2` would cost one operation more.

/// The vector form serves magnitudes below this. Whatever is in a block beyond
/// it comes from [`crate::long`].
pub(crate) const LIMIT: f32 = 8.0;

/// `1.5 * 2^23`: adding it to `|v| < 2^22` rounds `v` to an integer, which the
/// low bits of the sum's representation then hold in two's complement.
pub(crate) const ROUND: f32 = 12_582_912.0;

/// What depends on the number of steps per power of two.
pub(crate) struct Steps<const S: usize, const C: usize> {
    /// `S log2 e`.
    pub(crate) per_unit: f32,
    /// `ln 2 / S`.
    pub(crate) step: f32,
    /// The representations of `W_j`, less `j` in the place of `n + j / S`: the
    /// bits of `S n + j`, shifted there, add `n` to the exponent and restore `j`.
    pub(crate) powers: [u32; S],
    /// `DELTA_j`: at most 3.2e-4, so that `f32` holds it to 2^-36.
    pub(crate) delta: [f32; S],
    /// `exp(r) - 1 = r + r^2 (c_0 + c_1 r + ...)`.
    pub(crate) coefficients: [f32; C],
}

/// By how much to shift `S n + j` so that `n` lands on an exponent's lowest bit.
pub(crate) const fn shift(steps: usize) -> u32 {
    f32::MANTISSA_DIGITS - 1 - steps.ilog2()
}

/// Sixteen steps: `|r| < 0.02202`, where the cubic's absolute error is at most
/// 1.69e-9, a thirty-fifth of 2^-24. The coefficients minimise it.
pub(crate) static SIXTEEN: Steps<16, 2> = Steps {
    per_unit: 16.0 * core::f32::consts::LOG2_E,
    step: core::f32::consts::LN_2 / 16.0,
    powers: biased([
        1024, 1069, 1117, 1166, 1218, 1272, 1328, 1387, 1448, 1512, 1579, 1649, 1722, 1798, 1878,
        1961,
    ]),
    delta: bits([
        0x0000_0000,
        0xb9a4_f002,
        0x3996_4240,
        0xb8d7_0815,
        0x3958_e536,
        0x398b_2b57,
        0x37e5_4670,
        0x3937_35e8,
        0xb8e0_0620,
        0xb93b_35e9,
        0xb914_aa90,
        0xb8b4_b5fe,
        0xb8bd_ce0e,
        0xb96a_8a3d,
        0xb758_e8dd,
        0xb8b7_6b5d,
    ]),
    coefficients: bits([
        0x3f00_0119, // 0.50001675
        0x3e2a_ab84, // 0.1666699
    ]),
};

/// Eight steps: `|r| < 0.0437`, where the quartic's absolute error is at most
/// 1.91e-10.
pub(crate) static EIGHT: Steps<8, 3> = Steps {
    per_unit: 8.0 * core::f32::consts::LOG2_E,
    step: core::f32::consts::LN_2 / 8.0,
    powers: biased([1024, 1117, 1218, 1328, 1448, 1579, 1722, 1878]),
    delta: bits([
        0x0000_0000,
        0x3996_4240,
        0x3958_e536,
        0x37e5_4670,
        0xb8e0_0620,
        0xb914_aa90,
        0xb8bd_ce0e,
        0xb758_e8dd,
    ]),
    coefficients: bits([
        0x3f00_0000, // 0.5
        0x3e2a_ae6c, // 0.16668099
        0x3d2a_ad2b, // 0.041669052
    ]),
};

/// [`Steps::powers`] from `1024 W_j`.
const fn biased<const S: usize>(scaled: [u16; S]) -> [u32; S] {
    let mut powers = [0; S];
    let mut j = 0;
    while j < S {
        let power = scaled[j] as f32 / 1024.0;
        powers[j] = power.to_bits() - ((j as u32) << shift(S));
        j += 1;
    }
    powers
}

const fn bits<const S: usize>(bits: [u32; S]) -> [f32; S] {
    let mut values = [0.0; S];
    let mut j = 0;
    while j < S {
        values[j] = f32::from_bits(bits[j]);
        j += 1;
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::f64::consts::LN_2;

    fn check<const S: usize, const C: usize>(steps: &Steps<S, C>, error: core::ops::Range<f64>) {
        let mut reach = 0.0_f64;
        for (j, (power, delta)) in steps.powers.iter().zip(steps.delta).enumerate() {
            let power = f32::from_bits(power + ((j as u32) << shift(S)));
            assert_eq!((power * 1024.0).fract(), 0.0, "{j}");
            let exact = j as f64 / S as f64;
            assert!(
                (f64::from(power) - exact.exp2()).abs() <= 1.0 / 2048.0,
                "{j}"
            );
            let exact = f64::from(power).ln() - exact * LN_2;
            assert!(
                (f64::from(delta) - exact).abs() <= 1.0 / (1_u64 << 36) as f64,
                "{j}"
            );
            reach = reach.max(exact.abs());
        }
        reach += LN_2 / S as f64 / 2.0;
        let count = 100_000;
        let worst = (0..=count)
            .map(|k| {
                let r = (f64::from(k) / f64::from(count) * 2.0 - 1.0) * reach;
                let tail = steps.coefficients.iter().rev();
                let tail = tail.fold(0.0, |sum, c| sum * r + f64::from(*c));
                (r + r * r * tail - r.exp_m1()).abs()
            })
            .fold(0.0, f64::max);
        assert!(error.contains(&worst), "{worst:e}");
    }

    #[test]
    fn sixteen_steps() {
        check(&SIXTEEN, 1.6e-9..1.70e-9);
    }

    #[test]
    fn eight_steps() {
        check(&EIGHT, 1.8e-10..1.92e-10);
    }

    #[test]
    fn the_sum_with_one_is_exact_below_the_limit() {
        let largest = (f64::from(LIMIT) * core::f64::consts::LOG2_E + 1.0) as i32;
        assert!(largest <= 13);
        for j in SIXTEEN.powers.iter().enumerate() {
            let power = f32::from_bits(j.1 + ((j.0 as u32) << shift(16)));
            for n in -13..=13 {
                let w = power * (n as f32).exp2();
                assert_eq!(f64::from(1.0 + w), 1.0 + f64::from(w));
            }
        }
    }
}
