//! Stores that bypass the cache, and reading ahead.
//!
//! An ordinary store to a line that is not in the cache first reads the line.
//! For an array larger than the cache that is a third of the traffic, all of it
//! wasted. A non-temporal store of a whole line does not read it.
//!
//! Stable Rust has such stores on x86-64 only, and each width needs the CPU to
//! have it, so they are with the levels; here is what all levels share.

#[cfg(target_arch = "x86_64")]
use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch, _mm_sfence};

/// A cache line, in `f32`s.
pub(crate) const LINE: usize = 16;

/// How far ahead of the block in hand to read, in `f32`s: 4 KiB. Beyond what
/// the hardware prefetches, which stops at the end of a page.
#[cfg(target_arch = "x86_64")]
const AHEAD: usize = 1024;

/// How many elements precede the first whole cache line of `output`.
#[inline(always)]
pub(crate) fn unaligned_head(output: &[f32]) -> usize {
    let line = LINE * size_of::<f32>();
    let past = output.as_ptr().addr() % line;
    let head = (line - past) % line / size_of::<f32>();
    head.min(output.len())
}

/// Asks for the block [`AHEAD`] of `block`. It may lie past the end.
#[inline(always)]
pub(crate) fn prefetch_ahead<const B: usize>(block: &[f32; B]) {
    #[cfg(target_arch = "x86_64")]
    for line in (0..B).step_by(LINE) {
        let ahead = block.as_ptr().wrapping_add(AHEAD + line);
        // SAFETY: a prefetch does not access memory in any way that can fail;
        // every address is allowed.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(ahead.cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = block;
}

/// Orders non-temporal stores before all that follow. It must come before control
/// leaves the kernel: the language's memory model does not know such stores.
#[inline(always)]
pub(crate) fn fence() {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a fence has no requirements; every x86-64 CPU has it.
    unsafe {
        _mm_sfence();
    }
}
