//! The arithmetic, once: a scalar function that every instruction set's loop is compiled from.

use core::f32::consts::LOG2_E;

/// `ln 2` cut to 15 bits, so that its product with an exponent is exact, and what the cut left.
const LN2_HI: f32 = 0.693_145_75;
const LN2_LO: f32 = 1.428_606_8e-6;

/// 1.5 * 2^23: adding it leaves the nearest integer in the low bits of the sum.
const TO_INTEGER: f32 = 12_582_912.0;

/// `a * b + c`, fused where the level has the instruction; without it `f32::mul_add` is a slow library call.
#[inline(always)]
fn mul_add<const FMA: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FMA { a.mul_add(b, c) } else { a * b + c }
}

/// `sigmoid(x) * x`, computed as `x / (1 + exp(-x))`.
///
/// `exp(-x)` is `2^n * exp(r)` with `|r| <= ln(2) / 2`, and `exp(r)` the Taylor polynomial of degree 7, whose error
/// there is below 2^-27. To stay in range, both sides of the fraction are divided by `2^n`, and the quotient is
/// scaled back in two steps, so that results round once where they are subnormal.
#[inline(always)]
pub(crate) fn sigmul<const FMA: bool>(x: f32) -> f32 {
    // Beyond these bounds the result is x, or rounds to -0. `clamp` would not keep a NaN on every level.
    let t = if x > 30.0 { -30.0 } else { -x };
    let t = if t > 120.0 { 120.0 } else { t };
    let shifted = mul_add::<FMA>(t, LOG2_E, TO_INTEGER);
    let n = shifted - TO_INTEGER;
    let r = mul_add::<FMA>(n, -LN2_LO, mul_add::<FMA>(n, -LN2_HI, t));
    let mut p = 1.0 / 5040.0;
    for c in [
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
        1.0,
        1.0,
    ] {
        p = mul_add::<FMA>(p, r, c);
    }
    // A NaN shifts to nonsense here; the quotient below is NaN whatever the scale.
    let n = (shifted.to_bits() as i32).wrapping_sub(TO_INTEGER.to_bits() as i32);
    let half = n >> 1;
    let scaled = x / (power_of_two(-(n.min(126))) + p);
    scaled * power_of_two(-half) * power_of_two(half.wrapping_sub(n))
}

/// `2^n` for `-126 <= n <= 127`, by its bits.
#[inline(always)]
fn power_of_two(n: i32) -> f32 {
    f32::from_bits((n.wrapping_add(127) as u32) << 23)
}
