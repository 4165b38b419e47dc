//! The arithmetic in `f64`, for targets without a fused multiply-add.
//!
//! `f64` has the range and the digits for the formula as it stands: with
//! `n = round(-x log2 e)` and `r = x + n ln 2`, the denominator is
//! `1 + 2^n exp(-r)`. The result is rounded twice, the first time to 2^-53; its
//! error is half an ULP and the polynomial's, less than two thousandths.

/// `exp(-r) = c_0 + c_1 r + ...` with an absolute error of at most 8.5e-11 on
/// `[-ln 2 / 2, ln 2 / 2]`: `(exp(-r) - 1) / r` through the Chebyshev points.
const EXP: [f64; 8] = [
    1.0,
    -1.0,
    0.5000000047146057,
    -0.16666666719028936,
    0.04166635277111221,
    -0.00833329846980059,
    0.0013941118895837,
    -0.00019899285575896282,
];

/// `1.5 * 2^52`: adding it to `|v| < 2^51` rounds `v` to an integer, which the
/// low bits of the sum's representation then hold in two's complement.
const ROUND: f64 = 6_755_399_441_055_744.0;

/// From this magnitude up the result does not depend on `exp(-x)` any more, and
/// up to it `exp` does not overflow.
const FAR: f32 = 700.0;

/// One block, in stages as in [`crate::long`].
#[inline(always)]
pub(crate) fn block<const B: usize>(x: &[f32; B], y: &mut [f32; B]) {
    let mut r = [0.0; B];
    let mut rounded = [0.0; B];
    let mut d = [0.0; B];
    for i in 0..B {
        (r[i], rounded[i]) = reduce(x[i]);
    }
    for i in 0..B {
        d[i] = 1.0 + exp(r[i], rounded[i]);
    }
    for i in 0..B {
        let quotient = (f64::from(x[i]) / d[i]) as f32;
        // As -inf * sigmoid(-inf) = -inf * 0 does.
        y[i] = if x[i] < f32::MIN { f32::NAN } else { quotient };
    }
}

/// `exp(-a)`.
#[inline(always)]
pub(crate) fn exp_minus(a: f32) -> f64 {
    let (r, rounded) = reduce(a);
    exp(r, rounded)
}

/// `r`, and [`ROUND`]` + n`, of which the bits matter.
#[inline(always)]
fn reduce(x: f32) -> (f64, f64) {
    // Comparisons rather than `clamp`: NaN passes through them.
    let near = if x < -FAR { -FAR } else { x };
    let near = if near > FAR { FAR } else { near };
    let near = f64::from(near);
    let rounded = near * -core::f64::consts::LOG2_E + ROUND;
    let n = rounded - ROUND;
    (near + n * core::f64::consts::LN_2, rounded)
}

/// `2^n exp(-r)`.
#[inline(always)]
fn exp(r: f64, rounded: f64) -> f64 {
    let r2 = r * r;
    let low = (EXP[0] + EXP[1] * r) + (EXP[2] + EXP[3] * r) * r2;
    let high = (EXP[4] + EXP[5] * r) + (EXP[6] + EXP[7] * r) * r2;
    let power = low + high * (r2 * r2);
    let shifted = rounded.to_bits() << (f64::MANTISSA_DIGITS - 1);
    f64::from_bits(power.to_bits().wrapping_add(shifted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_close() {
        let steps = 100_000;
        for k in 0..=steps {
            let x = (k as f32 / steps as f32 * 2.0 - 1.0) * FAR;
            let (r, rounded) = reduce(x);
            let error = (exp(r, rounded) / (-f64::from(x)).exp() - 1.0).abs();
            assert!(error < 1.21e-10, "{x}: {error:e}");
        }
    }
}
