//! The x86-64 levels: the portable code, compiled for wider vectors, and stores
//! of that width past the cache.
//!
//! Blocks are as long as measured best: eight vectors of either width.

use crate::block::{self, Task};
use crate::stream;
use core::arch::x86_64::{_mm256_loadu_ps, _mm256_stream_ps, _mm512_loadu_ps, _mm512_stream_ps};

pub(crate) fn has_avx512() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512bw")
}

pub(crate) fn has_avx2() -> bool {
    is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")
}

#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw")]
pub(crate) fn run_avx512(task: Task<'_>) {
    block::run::<true, 128>(task, |from, to| {
        assert_on_line(to);
        for (from, to) in from
            .as_chunks::<16>()
            .0
            .iter()
            .zip(to.as_chunks_mut::<16>().0)
        {
            // SAFETY: sixteen floats each, and `to` is a multiple of 64 bytes
            // past a cache line's start.
            unsafe { _mm512_stream_ps(to.as_mut_ptr(), _mm512_loadu_ps(from.as_ptr())) };
        }
    });
}

#[target_feature(enable = "avx2,fma")]
pub(crate) fn run_avx2(task: Task<'_>) {
    block::run::<true, 64>(task, |from, to| {
        assert_on_line(to);
        for (from, to) in from
            .as_chunks::<8>()
            .0
            .iter()
            .zip(to.as_chunks_mut::<8>().0)
        {
            // SAFETY: eight floats each, and `to` is a multiple of 32 bytes past
            // a cache line's start.
            unsafe { _mm256_stream_ps(to.as_mut_ptr(), _mm256_loadu_ps(from.as_ptr())) };
        }
    });
}

/// Non-temporal stores fault off their natural alignment.
#[inline(always)]
fn assert_on_line(block: &[f32]) {
    assert!(stream::unaligned_head(block) == 0);
}
