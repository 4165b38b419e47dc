//! The derivative, in plain Rust on one element; the compiler makes vectors of it at every level.
//!
//! With `a = |x|` and `e = exp(-a)`, which is at most 1,
//!
//! ```text
//! g = e (1 + e - a) / (1 + e)^2
//! ```
//!
//! is the derivative at `-a`. That at `a` is `1 - g`, since
//! `x sigmoid(x) = x + (-x) sigmoid(-x)`. So one exponential that can't overflow and
//! one division serve both signs, and the only loss of digits is that of the zero at
//! `x = -1.278...`, where the derivative is a difference by nature.

use crate::double;
use crate::long::{LN_2_HI, LN_2_LO, Q, ROUND, exp2};

/// Elements computed side by side.
const BLOCK: usize = 64;

/// From here on the derivative at `-a` rounds to zero: `110 exp(-110)` is 2^-152.
const VANISHED: f32 = 110.0;

/// Exponentials are held times 2^64, where none is subnormal and none overflows, so that a subnormal result is
/// rounded once.
const SCALE: i32 = 64;

const UNSCALE: f32 = 1.0 / (1_u128 << SCALE) as f32;

/// `dx = dy` times the derivative at `x`, on targets with a fused multiply-add.
#[inline(always)]
pub(crate) fn fused(dy: &[f32], x: &[f32], dx: &mut [f32]) {
    run(dy, x, dx, |a, e| {
        for i in 0..BLOCK {
            e[i] = exp_minus(a[i]);
        }
    });
}

/// The same where there is none: the exponential in `f64`.
#[inline(always)]
pub(crate) fn unfused(dy: &[f32], x: &[f32], dx: &mut [f32]) {
    run(dy, x, dx, |a, e| {
        for i in 0..BLOCK {
            e[i] = (double::exp_minus(a[i]) * f64::from(1.0 / UNSCALE)) as f32;
        }
    });
}

#[inline(always)]
fn run(dy: &[f32], x: &[f32], dx: &mut [f32], exp: impl Fn(&[f32; BLOCK], &mut [f32; BLOCK])) {
    let (dy, dy_tail) = dy.as_chunks();
    let (x, x_tail) = x.as_chunks();
    let (dx, dx_tail) = dx.as_chunks_mut();
    for ((dy, x), dx) in dy.iter().zip(x).zip(dx) {
        block(dy, x, dx, &exp);
    }
    if !x_tail.is_empty() {
        let padded = |tail: &[f32]| {
            let mut whole = [0.0; BLOCK];
            whole[..tail.len()].copy_from_slice(tail);
            whole
        };
        let mut results = [0.0; BLOCK];
        block(&padded(dy_tail), &padded(x_tail), &mut results, &exp);
        dx_tail.copy_from_slice(&results[..dx_tail.len()]);
    }
}

#[inline(always)]
fn block(
    dy: &[f32; BLOCK],
    x: &[f32; BLOCK],
    dx: &mut [f32; BLOCK],
    exp: impl Fn(&[f32; BLOCK], &mut [f32; BLOCK]),
) {
    let (mut a, mut scaled) = ([0.0; BLOCK], [0.0; BLOCK]);
    for i in 0..BLOCK {
        // A comparison rather than `min`: NaN passes through it.
        a[i] = if x[i].abs() > VANISHED {
            VANISHED
        } else {
            x[i].abs()
        };
    }
    exp(&a, &mut scaled);
    for i in 0..BLOCK {
        let one_plus = 1.0 + scaled[i] * UNSCALE;
        // The last term is NaN for infinities, as in the composition of the parts, and else zero.
        let rest = (one_plus - a[i]) + x[i] * 0.0;
        let g = scaled[i] * rest / (one_plus * one_plus) * UNSCALE;
        let derivative = if x[i] < 0.0 { g } else { 1.0 - g };
        dx[i] = dy[i] * derivative;
    }
}

/// `exp(-a)`, scaled, for `0 <= a <= VANISHED`, to within an ULP; as [`crate::long`] has it.
#[inline(always)]
fn exp_minus(a: f32) -> f32 {
    let rounded = a.mul_add(core::f32::consts::LOG2_E, ROUND);
    let n = rounded - ROUND;
    let r = n.mul_add(-LN_2_LO, n.mul_add(-LN_2_HI, a));
    let r2 = r * r;
    let low = Q[1].mul_add(r, Q[0]);
    let high = Q[4].mul_add(r2, Q[3].mul_add(r, Q[2]));
    let power = 1.0 + r2.mul_add(high.mul_add(r2, low), -r);
    let n = rounded.to_bits().wrapping_sub(ROUND.to_bits()) as i32;
    power * exp2(SCALE - n)
}
