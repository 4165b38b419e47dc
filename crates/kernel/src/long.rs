//! The arithmetic that serves every `f32`, in plain Rust on one element.
//!
//! The vector levels use it beyond their limit; on targets whose baseline has a
//! fused multiply-add it is the portable level. The compiler makes vectors of it.
//!
//! With `N = round(x log2 e)` and `r = x - N ln 2`, so that `|r| <= ln 2 / 2`,
//! `exp(-x) = 2^-N (1 + p)` where `p = exp(-r) - 1`, and
//!
//! ```text
//! x / (1 + exp(-x)) = 2^N x / (2^N + 1 + p)
//! ```
//!
//! Nothing on the right overflows where the result is finite, and the terms
//! whose rounding would cost most round to nothing: `c = 2^N + 1` is exact for
//! `|N| <= 23`, and what the denominator loses in rounding is itself an `f32`,
//! found by a few additions. The quotient by the rounded denominator is then
//! corrected by what its remainder over the full one asks for. What stays is the
//! half ULP of that last addition, the polynomial's error, and the rounding of
//! `s = p + r`, which is small beside 1.

/// `1.5 * 2^23`: adding it to `|v| < 2^22` rounds `v` to an integer, which the
/// low bits of the sum's representation then hold in two's complement.
pub(crate) const ROUND: f32 = 12_582_912.0;

/// `ln 2` in two parts. The high part is `ln 2` rounded to `f32`; its product
/// with `N` is exact inside a fused multiply-add.
pub(crate) const LN_2_HI: f32 = core::f32::consts::LN_2;
pub(crate) const LN_2_LO: f32 = (core::f64::consts::LN_2 - LN_2_HI as f64) as f32;

/// `exp(-r) - 1 = r^2 Q(r) - r`, `Q` of degree 4 with these coefficients,
/// constant term first.
///
/// From the Remez exchange on `[-ln 2 / 2, ln 2 / 2]` widened by 0.05 %, with
/// `(exp(-r) - 1 + r) / r^2` as the target and `r^2` as the weight, so that the
/// absolute error of `exp(-r) - 1` is what is minimised. The coefficients were
/// rounded to `f32` one after the other, lowest first, and the rest refitted
/// after each. The absolute error is `3.27e-9`, a twentieth of the ULP of 1.
pub(crate) const Q: [f32; 5] = [
    f32::from_bits(0x3f00_0000), // 0.5
    f32::from_bits(0xbe2a_aa45), // -0.166665152
    f32::from_bits(0x3d2a_aa94), // 0.0416665822
    f32::from_bits(0xbc09_1f6a), // -0.0083693061
    f32::from_bits(0x3ab6_7a56), // 0.0013921957
];

/// `RECIPROCAL - bits(d)` are the bits of `1 / d` to within 9 %: negating the
/// representation negates the logarithm, near enough. It scales a correction of
/// one ULP, where 9 % hardly matters. The constant, 1.835 * 2^126, makes it 1 %
/// for `d` from 0.7 to 0.8, where the other errors are largest.
const RECIPROCAL: u32 = 0x7eea_e148;

/// The forms of the stages without `WIDE` serve magnitudes below this. It implies
/// `|N| <= 23`, where `2^N + 1` is exact and no result is subnormal by scaling.
const NARROW: f32 = 16.0;

/// From here up `x sigmoid(x)` rounds to `x`: `exp(-32)` is 2^-46.
const IDENTITY: f32 = 32.0;

/// From here down `x sigmoid(x)` rounds to zero: `110 exp(-110)` is 2^-152.
const VANISHING: f32 = -110.0;

const EXPONENT_SHIFT: u32 = f32::MANTISSA_DIGITS - 1;
const ONE_BITS: u32 = 1.0_f32.to_bits();

/// One block, in the form that it needs.
#[inline(always)]
pub(crate) fn any<const B: usize>(x: &[f32; B], y: &mut [f32; B]) {
    if is_wide(x) {
        block::<true, B>(x, y);
    } else {
        block::<false, B>(x, y);
    }
}

/// The stages in loops of their own. An element's operations form one chain, of
/// more cycles than a scheduler can look ahead; side by side, short pieces of
/// many chains fill the units.
#[inline(always)]
pub(crate) fn block<const WIDE: bool, const B: usize>(x: &[f32; B], y: &mut [f32; B]) {
    let mut r_hi = [0.0; B];
    let mut r_lo = [0.0; B];
    let mut rounded = [0.0; B];
    let mut d = [0.0; B];
    let mut lost = [0.0; B];
    for i in 0..B {
        (r_hi[i], r_lo[i], rounded[i]) = reduce::<WIDE>(x[i]);
    }
    for i in 0..B {
        (d[i], lost[i]) = denominator::<WIDE>(r_hi[i], r_lo[i], rounded[i]);
    }
    for i in 0..B {
        y[i] = quotient::<WIDE>(x[i], rounded[i], d[i], lost[i]);
    }
}

/// Whether any of `block` needs the `WIDE` form.
///
/// Comparing representations takes NaN and the infinities in.
#[inline(always)]
fn is_wide(block: &[f32]) -> bool {
    let largest = block.iter().fold(0, |m, x| m.max(x.abs().to_bits()));
    largest >= NARROW.to_bits()
}

// The three stages below, one after the other, are the kernel. Their forms with
// `WIDE` take every `f32`. Those without leave out what does nothing for
// magnitudes below `NARROW`, so both give the same bits there, and which one an
// element meets cannot be seen in the result.

/// First stage: `r` in two parts, the first exact, and [`ROUND`]` + N`, of which
/// the bits matter.
#[inline(always)]
fn reduce<const WIDE: bool>(x: f32) -> (f32, f32, f32) {
    let near = if WIDE {
        // Comparisons rather than `clamp` or `max`: NaN passes through them.
        let near = if x < VANISHING { VANISHING } else { x };
        if near > IDENTITY { IDENTITY } else { near }
    } else {
        x
    };
    let rounded = near.mul_add(core::f32::consts::LOG2_E, ROUND);
    let n = rounded - ROUND;
    (n.mul_add(-LN_2_HI, near), n * -LN_2_LO, rounded)
}

/// Second stage: the denominator, rounded, and what the rounding lost.
#[inline(always)]
fn denominator<const WIDE: bool>(r_hi: f32, r_lo: f32, rounded: f32) -> (f32, f32) {
    let r = r_hi + r_lo;
    let r2 = r * r;
    let low = Q[1].mul_add(r, Q[0]);
    let high = Q[3].mul_add(r, Q[2]);
    let high = Q[4].mul_add(r2, high);
    let q = high.mul_add(r2, low);
    let s = r2 * q;

    let (power, _) = powers::<WIDE>(rounded);
    let c = power + 1.0;
    let d = c + (s - r);
    // c - r_hi - r_lo + s - d. The first two differences are exact, so that the
    // roundings of r and of s - r, up to a quarter of 2^-24 each, do not count.
    let lost = (((c - d) - r_hi) + s) - r_lo;
    let lost = if WIDE {
        // Outside the narrow range `c` may have lost its smaller term: at
        // N = -24 and -25 that would cost an ULP.
        lost + (power - (c - 1.0))
    } else {
        lost
    };
    (d, lost)
}

/// Third stage: the corrected quotient, scaled.
#[inline(always)]
fn quotient<const WIDE: bool>(x: f32, rounded: f32, d: f32, lost: f32) -> f32 {
    let reciprocal = f32::from_bits(RECIPROCAL.wrapping_sub(d.to_bits()));
    let quotient = x / d;
    // quotient (d + lost) - x; its first half is exact. Subtracted in this
    // form, the correction of a zero leaves the zero its sign.
    let excess = quotient.mul_add(d, -x);
    let excess = quotient.mul_add(lost, excess);
    let y = (-excess).mul_add(reciprocal, quotient);

    if WIDE {
        let (power, rest) = powers::<WIDE>(rounded);
        // The first product is exact, so a subnormal result is rounded once.
        let y = y * power * rest;
        // -inf times zero is NaN, a finite number times zero is -0.
        let y = if x < VANISHING { x * 0.0 } else { y };
        if x > IDENTITY { x } else { y }
    } else {
        // N is 0 unless |y| is far from both ends of the exponent range.
        let shifted = rounded.to_bits() << EXPONENT_SHIFT;
        f32::from_bits(y.to_bits().wrapping_add(shifted))
    }
}

/// `2^N` in two factors. Only the `WIDE` form meets `N < -126`, and needs the
/// second; the first stays at 2^-126 there, which is nothing beside 1.
#[inline(always)]
fn powers<const WIDE: bool>(rounded: f32) -> (f32, f32) {
    let n = rounded.to_bits().wrapping_sub(ROUND.to_bits()) as i32;
    if WIDE {
        let first = n.max(f32::MIN_EXP - 1);
        (exp2(first), exp2(n.wrapping_sub(first)))
    } else {
        (
            f32::from_bits((rounded.to_bits() << EXPONENT_SHIFT).wrapping_add(ONE_BITS)),
            1.0,
        )
    }
}

/// `2^n` for a normal result.
#[inline(always)]
pub(crate) fn exp2(n: i32) -> f32 {
    f32::from_bits(((n as u32) << EXPONENT_SHIFT).wrapping_add(ONE_BITS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ln_2_in_two_parts() {
        let sum = f64::from(LN_2_HI) + f64::from(LN_2_LO);
        assert!((sum - core::f64::consts::LN_2).abs() < f64::EPSILON);
    }

    #[test]
    fn polynomial() {
        let q = Q.map(f64::from);
        let limit = core::f64::consts::LN_2 / 2.0;
        let steps = 100_000;
        let worst = (0..=steps)
            .map(|k| {
                let r = (f64::from(k) / f64::from(steps) * 2.0 - 1.0) * limit;
                let p = r * r * q.iter().rev().fold(0.0, |sum, c| sum * r + c) - r;
                (p - (-r).exp_m1()).abs()
            })
            .fold(0.0, f64::max);
        assert!((3.269e-9..3.270e-9).contains(&worst), "{worst:e}");
    }

    #[test]
    fn reciprocal() {
        for k in 0..1000 {
            let d = 0.7 + k as f32 / 100.0;
            let estimate = f32::from_bits(RECIPROCAL.wrapping_sub(d.to_bits()));
            assert!((estimate * d - 1.0).abs() < 0.09, "{d}");
        }
    }
}
