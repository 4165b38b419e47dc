//! What the fast kernel is held against: the formula people write, and the truth.

/// `x / (1 + exp(-x))` with the standard library's `exp`: the formula as everybody writes it.
///
/// Overflow of `exp` makes it return -0 below about -88.7, where the exact value is still a normal number.
#[inline]
pub fn naive(x: f32) -> f32 {
    x / (1.0 + (-x).exp())
}

/// [`naive`] on a slice, one element after another.
///
/// # Panics
///
/// Where the two lengths differ.
pub fn naive_slice(input: &[f32], output: &mut [f32]) {
    assert_eq!(
        input.len(),
        output.len(),
        "input and output differ in length"
    );
    for (y, &x) in output.iter_mut().zip(input) {
        *y = naive(x);
    }
}

/// The exact value to f64 precision, more than 500 million times finer than an f32.
///
/// Special values are those of `sigmoid(x) * x`: -inf gives NaN.
pub fn exact(x: f32) -> f64 {
    let x = f64::from(x);
    x * (1.0 / (1.0 + (-x).exp()))
}

/// The distance of `got` from the exact value at `x`, in units in the last place of an f32 there (2^-149 for subnormals).
///
/// Zero where both are NaN or the same infinity; infinite where only one is.
pub fn ulp_error(got: f32, x: f32) -> f64 {
    let exact = exact(x);
    if exact.is_nan() || got.is_nan() {
        return if exact.is_nan() && got.is_nan() {
            0.0
        } else {
            f64::INFINITY
        };
    }
    if exact.is_infinite() || got.is_infinite() {
        return if exact == f64::from(got) {
            0.0
        } else {
            f64::INFINITY
        };
    }
    // The exponent of an f64, never below that of the smallest normal f32: subnormals share its spacing.
    let exponent = ((exact.to_bits() >> 52) & 0x7ff) as i32 - 1023;
    let ulp = f64::powi(2.0, exponent.max(-126) - 23);
    (f64::from(got) - exact).abs() / ulp
}
