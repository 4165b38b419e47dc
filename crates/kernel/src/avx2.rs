//! The level of 8 lanes.

use crate::block::{self, Task};
use crate::narrow::{EIGHT, LIMIT, ROUND, shift};
use crate::{gradient, long};
use core::arch::x86_64::*;

const LANES: usize = 8;

/// As many vectors are computed side by side, as measured best. More are as fast
/// until what does not fit the registers happens to straddle cache lines.
const V: usize = 2;

const BLOCK: usize = V * LANES;

pub(crate) fn is_available() -> bool {
    is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")
}

#[target_feature(enable = "avx2,fma")]
pub(crate) fn run(task: Task<'_>) {
    block::run::<BLOCK, LANES>(
        task,
        |x, y| any::<false, V, BLOCK>(x, y),
        |x, y| any::<true, V, BLOCK>(x, y),
        |x, y| any::<false, 1, LANES>(x, y),
    );
}

#[target_feature(enable = "avx2,fma")]
pub(crate) fn gradient(dy: &[f32], x: &[f32], dx: &mut [f32]) {
    gradient::fused(dy, x, dx);
}

/// Copies past the cache.
#[target_feature(enable = "avx2,fma")]
pub(crate) fn copy(input: &[f32], output: &mut [f32]) {
    block::run::<BLOCK, LANES>(
        Task::Stream(input, output),
        |x, y| *y = *x,
        |x, y| {
            for (x, y) in x.as_chunks().0.iter().zip(y.as_chunks_mut().0) {
                store::<true>(y, load(x));
            }
        },
        |x, y| *y = *x,
    );
}

/// `V` vectors of `B` elements in all, stored past the cache if `STREAM`.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn any<const STREAM: bool, const V: usize, const B: usize>(x: &[f32; B], y: &mut [f32; B]) {
    // Twice the representation is the magnitude's, and NaN the largest.
    let limit = _mm256_set1_epi32((LIMIT.to_bits() << 1) as i32);
    let mut largest = _mm256_setzero_si256();
    for x in x.as_chunks::<LANES>().0 {
        let bits = _mm256_castps_si256(load(x));
        largest = _mm256_max_epu32(largest, _mm256_add_epi32(bits, bits));
    }
    let beyond = _mm256_cmpeq_epi32(_mm256_max_epu32(largest, limit), largest);
    if _mm256_movemask_epi8(beyond) == 0 {
        narrow::<STREAM, V, B>(x, y);
    } else {
        wide::<STREAM, V, B>(x, y);
    }
}

#[inline]
#[target_feature(enable = "avx2,fma")]
fn narrow<const STREAM: bool, const V: usize, const B: usize>(x: &[f32; B], y: &mut [f32; B]) {
    let x: &[[f32; LANES]] = x.as_chunks().0;
    let y = y.as_chunks_mut().0;
    for (x, y) in x.chunks_exact(V).zip(y.chunks_exact_mut(V)) {
        let mut values = [_mm256_setzero_ps(); V];
        for (value, x) in values.iter_mut().zip(x) {
            *value = load(x);
        }
        for (value, y) in silu(values).into_iter().zip(y) {
            store::<STREAM>(y, value);
        }
    }
}

/// Both forms of every element, and a choice. Cold, lest the compiler favour it
/// over [`narrow`] in the use of registers.
#[cold]
#[inline(never)]
#[target_feature(enable = "avx2,fma")]
fn wide<const STREAM: bool, const V: usize, const B: usize>(x: &[f32; B], y: &mut [f32; B]) {
    let (mut near, mut far) = ([0.0; B], [0.0; B]);
    narrow::<false, V, B>(x, &mut near);
    long::block::<true, B>(x, &mut far);
    let (limit, sign) = (_mm256_set1_ps(LIMIT), _mm256_set1_ps(-0.0));
    for i in 0..V {
        let of = |values: &[f32; B]| load(&values.as_chunks().0[i]);
        let is_near = _mm256_cmp_ps::<_CMP_LT_OQ>(_mm256_andnot_ps(sign, of(x)), limit);
        let result = _mm256_blendv_ps(of(&far), of(&near), is_near);
        store::<STREAM>(&mut y.as_chunks_mut().0[i], result);
    }
}

/// `RECIPROCAL - bits(d)` are the bits of `1 / d` to within 6 %: negating the
/// representation negates the logarithm, near enough. It scales a correction of
/// at most one ULP.
const RECIPROCAL: u32 = 0x7ef3_11c7;

/// An array of one value for each vector.
macro_rules! each {
    ($i:ident => $value:expr) => {{
        let mut of = [_mm256_setzero_ps(); V];
        for $i in 0..V {
            of[$i] = $value;
        }
        of
    }};
}

/// See [`crate::narrow`].
///
/// Each step is done for all the vectors before the next: an element's operations
/// form one chain, of more cycles than a scheduler can look ahead.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn silu<const V: usize>(x: [__m256; V]) -> [__m256; V] {
    let [c0, c1, c2] = EIGHT.coefficients.map(|c| _mm256_set1_ps(c));
    let (round, one) = (_mm256_set1_ps(ROUND), _mm256_set1_ps(1.0));
    let (per_unit, step) = (_mm256_set1_ps(EIGHT.per_unit), _mm256_set1_ps(EIGHT.step));
    let (powers, deltas) = (load_bits(&EIGHT.powers), load(&EIGHT.delta));

    let rounded = each!(i => _mm256_fnmadd_ps(x[i], per_unit, round));
    let steps = each!(i => _mm256_sub_ps(rounded[i], round));
    // The permutations look at the lowest three bits, which are j.
    let bits = rounded.map(|rounded| _mm256_castps_si256(rounded));
    let delta = each!(i => _mm256_permutevar8x32_ps(deltas, bits[i]));
    let r = each!(i => _mm256_fnmsub_ps(steps[i], step, x[i]));
    let r = each!(i => _mm256_sub_ps(r[i], delta[i]));
    let w = each!(i => _mm256_castsi256_ps(_mm256_permutevar8x32_epi32(powers, bits[i])));
    let n = each!(i => _mm256_castsi256_ps(_mm256_slli_epi32::<{ shift(8) as i32 }>(bits[i])));
    let w = each!(i => add_bits(w[i], n[i]));
    let r2 = each!(i => _mm256_mul_ps(r[i], r[i]));
    let p = each!(i => _mm256_fmadd_ps(r[i], c2, c1));
    let p = each!(i => _mm256_fmadd_ps(r[i], p[i], c0));
    let p = each!(i => _mm256_fmadd_ps(r2[i], p[i], r[i]));
    let c = each!(i => _mm256_add_ps(w[i], one));
    let v = each!(i => _mm256_mul_ps(w[i], p[i]));
    let d = each!(i => _mm256_add_ps(c[i], v[i]));

    let q = each!(i => _mm256_div_ps(x[i], d[i]));
    let reciprocal = each!(i => reciprocal(d[i]));
    let excess = each!(i => _mm256_fmsub_ps(q[i], c[i], x[i]));
    let excess = each!(i => _mm256_fmadd_ps(q[i], v[i], excess[i]));
    each!(i => _mm256_fnmadd_ps(excess[i], reciprocal[i], q[i]))
}

#[inline]
#[target_feature(enable = "avx2")]
fn add_bits(a: __m256, b: __m256) -> __m256 {
    let sum = _mm256_add_epi32(_mm256_castps_si256(a), _mm256_castps_si256(b));
    _mm256_castsi256_ps(sum)
}

/// About `1 / d`: see [`RECIPROCAL`].
#[inline]
#[target_feature(enable = "avx2")]
fn reciprocal(d: __m256) -> __m256 {
    let bits = _mm256_set1_epi32(RECIPROCAL as i32);
    _mm256_castsi256_ps(_mm256_sub_epi32(bits, _mm256_castps_si256(d)))
}

#[inline]
#[target_feature(enable = "avx2")]
fn load(from: &[f32; LANES]) -> __m256 {
    // SAFETY: eight floats, at any alignment.
    unsafe { _mm256_loadu_ps(from.as_ptr()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn load_bits(from: &[u32; LANES]) -> __m256i {
    // SAFETY: eight words, at any alignment.
    unsafe { _mm256_loadu_si256(from.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn store<const STREAM: bool>(to: &mut [f32; LANES], value: __m256) {
    if STREAM {
        // The compiler sees it from the first of a block to the last.
        assert!(to.as_ptr().addr().is_multiple_of(size_of::<__m256>()));
        // SAFETY: eight floats, aligned to 32 bytes.
        unsafe { _mm256_stream_ps(to.as_mut_ptr(), value) }
    } else {
        // SAFETY: eight floats, at any alignment.
        unsafe { _mm256_storeu_ps(to.as_mut_ptr(), value) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reciprocal() {
        for k in 0..4000 {
            let d = 1.0 + k as f32 / 1000.0;
            let estimate = f32::from_bits(RECIPROCAL - d.to_bits());
            assert!((estimate * d - 1.0).abs() < 0.06, "{d}");
        }
    }
}
