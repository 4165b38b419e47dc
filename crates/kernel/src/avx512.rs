//! The level of 16 lanes.

use crate::block::{self, Task};
use crate::narrow::{LIMIT, ROUND, SIXTEEN, shift};
use crate::{gradient, long};
use core::arch::x86_64::*;

const LANES: usize = 16;

/// As many vectors are computed side by side, as measured best.
const V: usize = 4;

const BLOCK: usize = V * LANES;

pub(crate) fn is_available() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512bw")
}

#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw")]
pub(crate) fn run(task: Task<'_>) {
    block::run::<BLOCK, LANES>(
        task,
        |x, y| any::<false, V, BLOCK>(x, y),
        |x, y| any::<true, V, BLOCK>(x, y),
        |x, y| any::<false, 1, LANES>(x, y),
    );
}

#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw")]
pub(crate) fn gradient(dy: &[f32], x: &[f32], dx: &mut [f32]) {
    gradient::fused(dy, x, dx);
}

/// Copies past the cache.
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw")]
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
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw")]
fn any<const STREAM: bool, const V: usize, const B: usize>(x: &[f32; B], y: &mut [f32; B]) {
    // Twice the representation is the magnitude's, and NaN the largest.
    let limit = _mm512_set1_epi32((LIMIT.to_bits() << 1) as i32);
    let mut largest = _mm512_setzero_si512();
    for x in x.as_chunks::<LANES>().0 {
        let bits = _mm512_castps_si512(load(x));
        largest = _mm512_max_epu32(largest, _mm512_add_epi32(bits, bits));
    }
    if _mm512_cmpge_epu32_mask(largest, limit) == 0 {
        narrow::<STREAM, V, B>(x, y);
    } else {
        wide::<STREAM, V, B>(x, y);
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw")]
fn narrow<const STREAM: bool, const V: usize, const B: usize>(x: &[f32; B], y: &mut [f32; B]) {
    let x: &[[f32; LANES]] = x.as_chunks().0;
    let y = y.as_chunks_mut().0;
    for (x, y) in x.chunks_exact(V).zip(y.chunks_exact_mut(V)) {
        let mut values = [_mm512_setzero_ps(); V];
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
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw")]
fn wide<const STREAM: bool, const V: usize, const B: usize>(x: &[f32; B], y: &mut [f32; B]) {
    let (mut near, mut far) = ([0.0; B], [0.0; B]);
    narrow::<false, V, B>(x, &mut near);
    long::block::<true, B>(x, &mut far);
    let limit = _mm512_set1_ps(LIMIT);
    for i in 0..V {
        let of = |values: &[f32; B]| load(&values.as_chunks().0[i]);
        let is_near = _mm512_cmp_ps_mask::<_CMP_LT_OQ>(_mm512_abs_ps(of(x)), limit);
        let result = _mm512_mask_blend_ps(is_near, of(&far), of(&near));
        store::<STREAM>(&mut y.as_chunks_mut().0[i], result);
    }
}

/// An array of one value for each vector.
macro_rules! each {
    ($i:ident => $value:expr) => {{
        let mut of = [_mm512_setzero_ps(); V];
        for $i in 0..V {
            of[$i] = $value;
        }
        of
    }};
}

/// See [`crate::narrow`]; eleven operations here go to the pipes that multiply.
///
/// Each step is done for all the vectors before the next: an element's operations
/// form one chain, of more cycles than a scheduler can look ahead.
#[inline]
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw")]
fn silu<const V: usize>(x: [__m512; V]) -> [__m512; V] {
    let [c0, c1] = SIXTEEN.coefficients.map(|c| _mm512_set1_ps(c));
    let (round, one) = (_mm512_set1_ps(ROUND), _mm512_set1_ps(1.0));
    let (per_unit, step) = (
        _mm512_set1_ps(SIXTEEN.per_unit),
        _mm512_set1_ps(SIXTEEN.step),
    );
    let (powers, deltas) = (load_bits(&SIXTEEN.powers), load(&SIXTEEN.delta));

    let rounded = each!(i => _mm512_fnmadd_ps(x[i], per_unit, round));
    let steps = each!(i => _mm512_sub_ps(rounded[i], round));
    // The permutations look at the lowest four bits, which are j.
    let bits = rounded.map(|rounded| _mm512_castps_si512(rounded));
    let delta = each!(i => _mm512_permutexvar_ps(bits[i], deltas));
    let r = each!(i => _mm512_fnmsub_ps(steps[i], step, x[i]));
    let w = each!(i => _mm512_castsi512_ps(_mm512_permutexvar_epi32(bits[i], powers)));
    let r = each!(i => _mm512_sub_ps(r[i], delta[i]));
    let n = each!(i => _mm512_castsi512_ps(_mm512_slli_epi32::<{ shift(16) }>(bits[i])));
    let r2 = each!(i => _mm512_mul_ps(r[i], r[i]));
    let w = each!(i => add_bits(w[i], n[i]));
    let p = each!(i => _mm512_fmadd_ps(r[i], c1, c0));
    let c = each!(i => _mm512_add_ps(w[i], one));
    let p = each!(i => _mm512_fmadd_ps(r2[i], p[i], r[i]));
    let v = each!(i => _mm512_mul_ps(w[i], p[i]));
    let d = each!(i => _mm512_add_ps(c[i], v[i]));

    // Within 2^-14, so the corrected quotient within 2^-28.
    let reciprocal = each!(i => _mm512_rcp14_ps(d[i]));
    let q = each!(i => _mm512_mul_ps(x[i], reciprocal[i]));
    let excess = each!(i => _mm512_fmsub_ps(q[i], c[i], x[i]));
    let excess = each!(i => _mm512_fmadd_ps(q[i], v[i], excess[i]));
    each!(i => _mm512_fnmadd_ps(excess[i], reciprocal[i], q[i]))
}

#[inline]
#[target_feature(enable = "avx512f")]
fn add_bits(a: __m512, b: __m512) -> __m512 {
    let sum = _mm512_add_epi32(_mm512_castps_si512(a), _mm512_castps_si512(b));
    _mm512_castsi512_ps(sum)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load(from: &[f32; LANES]) -> __m512 {
    // SAFETY: sixteen floats, at any alignment.
    unsafe { _mm512_loadu_ps(from.as_ptr()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load_bits(from: &[u32; LANES]) -> __m512i {
    // SAFETY: sixteen words, at any alignment.
    unsafe { _mm512_loadu_si512(from.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn store<const STREAM: bool>(to: &mut [f32; LANES], value: __m512) {
    if STREAM {
        // The compiler sees it from the first of a block to the last.
        assert!(to.as_ptr().addr().is_multiple_of(size_of::<__m512>()));
        // SAFETY: sixteen floats, aligned to 64 bytes.
        unsafe { _mm512_stream_ps(to.as_mut_ptr(), value) }
    } else {
        // SAFETY: sixteen floats, at any alignment.
        unsafe { _mm512_storeu_ps(to.as_mut_ptr(), value) }
    }
}
