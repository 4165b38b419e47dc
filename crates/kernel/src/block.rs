//! The loops over slices: blocks of `B` elements, the last one padded.
//!
//! Everything here is inlined into one function per level, where the compiler
//! turns each loop of fixed length into vector code.

use crate::arithmetic::{denominator, is_wide, quotient, reduce};
use crate::stream;

/// What to apply the kernel to. The two slices of a pair have the same length.
pub(crate) enum Task<'a> {
    Apply(&'a [f32], &'a mut [f32]),
    Stream(&'a [f32], &'a mut [f32]),
    InPlace(&'a mut [f32]),
}

/// Runs `task` in blocks of `B`, a multiple of [`stream::LINE`]; `FUSED` as in
/// [`crate::arithmetic`]. `store` copies a block to one that starts on a cache
/// line, past the cache where the target can.
#[inline(always)]
pub(crate) fn run<const FUSED: bool, const B: usize>(
    task: Task<'_>,
    store: impl Fn(&[f32; B], &mut [f32; B]),
) {
    match task {
        Task::Apply(input, output) => apply::<FUSED, B>(input, output),
        Task::Stream(input, output) => streamed::<FUSED, B>(input, output, store),
        Task::InPlace(data) => in_place::<FUSED, B>(data),
    }
}

/// One block.
#[inline(always)]
fn block<const FUSED: bool, const B: usize>(input: &[f32; B], output: &mut [f32; B]) {
    if is_wide(input) {
        stages::<FUSED, true, B>(input, output);
    } else {
        stages::<FUSED, false, B>(input, output);
    }
}

/// The stages in loops of their own. An element's operations form one chain, of
/// more cycles than a scheduler can look ahead; side by side, short pieces of
/// many chains fill the units.
#[inline(always)]
fn stages<const FUSED: bool, const WIDE: bool, const B: usize>(x: &[f32; B], y: &mut [f32; B]) {
    let mut r_hi = [0.0; B];
    let mut r_lo = [0.0; B];
    let mut rounded = [0.0; B];
    let mut d = [0.0; B];
    let mut lost = [0.0; B];
    for i in 0..B {
        (r_hi[i], r_lo[i], rounded[i]) = reduce::<FUSED, WIDE>(x[i]);
    }
    for i in 0..B {
        (d[i], lost[i]) = denominator::<FUSED, WIDE>(r_hi[i], r_lo[i], rounded[i]);
    }
    for i in 0..B {
        y[i] = quotient::<FUSED, WIDE>(x[i], rounded[i], d[i], lost[i]);
    }
}

#[inline(always)]
fn apply<const FUSED: bool, const B: usize>(input: &[f32], output: &mut [f32]) {
    let (input, input_tail) = input.as_chunks::<B>();
    let (output, output_tail) = output.as_chunks_mut::<B>();
    for (x, y) in input.iter().zip(output) {
        block::<FUSED, B>(x, y);
    }
    padded::<FUSED, B>(input_tail, output_tail);
}

#[inline(always)]
fn in_place<const FUSED: bool, const B: usize>(data: &mut [f32]) {
    let (data, tail) = data.as_chunks_mut::<B>();
    for xy in data {
        let x = *xy;
        block::<FUSED, B>(&x, xy);
    }
    let mut x = [0.0; B];
    let x = &mut x[..tail.len()];
    x.copy_from_slice(tail);
    padded::<FUSED, B>(x, tail);
}

/// As [`apply`], but whole cache lines of the output bypass the cache.
#[inline(always)]
fn streamed<const FUSED: bool, const B: usize>(
    input: &[f32],
    output: &mut [f32],
    store: impl Fn(&[f32; B], &mut [f32; B]),
) {
    let head = stream::unaligned_head(output);
    let (input_head, input) = input.split_at(head);
    let (output_head, output) = output.split_at_mut(head);
    padded::<FUSED, B>(input_head, output_head);

    let (input, input_tail) = input.as_chunks::<B>();
    let (output, output_tail) = output.as_chunks_mut::<B>();
    for (x, y) in input.iter().zip(output) {
        stream::prefetch_ahead(x);
        let mut result = [0.0; B];
        block::<FUSED, B>(x, &mut result);
        store(&result, y);
    }
    stream::fence();
    padded::<FUSED, B>(input_tail, output_tail);
}

/// At most `B` elements, through the arithmetic of a whole block.
#[inline(always)]
fn padded<const FUSED: bool, const B: usize>(input: &[f32], output: &mut [f32]) {
    if input.is_empty() {
        return;
    }
    let mut x = [0.0; B];
    let mut y = [0.0; B];
    x[..input.len()].copy_from_slice(input);
    block::<FUSED, B>(&x, &mut y);
    output.copy_from_slice(&y[..input.len()]);
}
