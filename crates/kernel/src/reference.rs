//! What the kernel is held against: the naive loop's expression and the truth.

/// `x / (1 + exp(-x))` as one writes it, in `f32`.
///
/// Takes every `f32`. Its error reaches many ULP for negative `x`, and where
/// `exp(-x)` overflows, below about -88.7, it gives -0 in place of a number.
#[must_use]
#[inline]
pub fn naive(x: f32) -> f32 {
    x / (1.0 + (-x).exp())
}

/// `x * sigmoid(x)` in `f64`: good to about 2^-52 relative, which stands for
/// the exact value when an `f32` is judged.
///
/// Takes every `f32`. NaN and negative infinity give NaN, positive infinity
/// itself, a zero keeps its sign.
#[must_use]
#[inline]
pub fn exact(x: f32) -> f64 {
    let x = f64::from(x);
    if x < -700.0 {
        // exp(-x) would overflow; the exact value is far below any f32.
        x * 0.0
    } else {
        x / (1.0 + (-x).exp())
    }
}

/// The derivative of `x * sigmoid(x)` in `f64`: good to about 2^-52, which stands for
/// the exact value when an `f32` is judged. NaN at both infinities.
#[must_use]
#[inline]
pub fn exact_gradient(x: f32) -> f64 {
    let x = f64::from(x);
    let e = (-x.abs()).exp();
    let sigmoid = if x < 0.0 { e } else { 1.0 } / (1.0 + e);
    let rest = if x < 0.0 { 1.0 } else { e } / (1.0 + e);
    sigmoid * (1.0 + x * rest)
}

/// The distance of `got` from the exact value at `x`, in units of the `f32`
/// spacing there (2^-149 where the exact value is subnormal).
///
/// Zero where both are NaN or both the same infinity, infinite where only one
/// is.
#[must_use]
#[inline]
pub fn ulp_error(got: f32, x: f32) -> f64 {
    ulp_error_from(got, exact(x))
}

/// [`ulp_error`] with the exact value already at hand.
#[must_use]
#[inline]
pub fn ulp_error_from(got: f32, exact: f64) -> f64 {
    if got.is_nan() || exact.is_nan() {
        return if got.is_nan() && exact.is_nan() {
            0.0
        } else {
            f64::INFINITY
        };
    }
    if got.is_infinite() || exact.is_infinite() {
        return if f64::from(got) == exact {
            0.0
        } else {
            f64::INFINITY
        };
    }
    const F64_MANTISSA_BITS: u32 = f64::MANTISSA_DIGITS - 1;
    const F64_BIAS: i64 = 1023;
    // The exponents of the smallest normal f32 and of the spacing at 1.
    const LOWEST: i64 = f32::MIN_EXP as i64 - 1;
    const SPACING: i64 = f32::MANTISSA_DIGITS as i64 - 1;
    let exponent = (exact.abs().to_bits() >> F64_MANTISSA_BITS) as i64 - F64_BIAS;
    // One over the spacing, a power of two that f64 holds.
    let scale = SPACING - exponent.max(LOWEST);
    let scale = f64::from_bits(((scale + F64_BIAS) as u64) << F64_MANTISSA_BITS);
    (f64::from(got) - exact).abs() * scale
}
