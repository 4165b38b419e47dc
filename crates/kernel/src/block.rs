//! The loops over slices: blocks of `B` elements, and for what is left shorter ones
//! of `T`, the last one padded.
//!
//! Everything here is inlined into one function per level, where the compiler
//! turns each loop of fixed length into vector code.

use crate::stream;

/// What to apply the kernel to. The two slices of a pair have the same length.
pub(crate) enum Task<'a> {
    Apply(&'a [f32], &'a mut [f32]),
    Stream(&'a [f32], &'a mut [f32]),
    InPlace(&'a mut [f32]),
}

/// Runs `task` in blocks of `B`, a multiple of [`stream::LINE`]. `compute` does one
/// block; so does `past_cache`, on an output that starts on a cache line, storing
/// past the cache where the target can. `rest` does one of the shorter blocks.
#[inline(always)]
pub(crate) fn run<const B: usize, const T: usize>(
    task: Task<'_>,
    compute: impl Fn(&[f32; B], &mut [f32; B]),
    past_cache: impl Fn(&[f32; B], &mut [f32; B]),
    rest: impl Fn(&[f32; T], &mut [f32; T]),
) {
    match task {
        Task::Apply(input, output) => apply(input, output, compute, rest),
        Task::Stream(input, output) => streamed(input, output, past_cache, rest),
        Task::InPlace(data) => in_place(data, compute, rest),
    }
}

#[inline(always)]
fn apply<const B: usize, const T: usize>(
    input: &[f32],
    output: &mut [f32],
    compute: impl Fn(&[f32; B], &mut [f32; B]),
    rest: impl Fn(&[f32; T], &mut [f32; T]),
) {
    let (input, input_tail) = input.as_chunks();
    let (output, output_tail) = output.as_chunks_mut();
    for (x, y) in input.iter().zip(output) {
        compute(x, y);
    }
    padded(input_tail, output_tail, rest);
}

#[inline(always)]
fn in_place<const B: usize, const T: usize>(
    data: &mut [f32],
    compute: impl Fn(&[f32; B], &mut [f32; B]),
    rest: impl Fn(&[f32; T], &mut [f32; T]),
) {
    let (data, tail) = data.as_chunks_mut();
    for xy in data {
        let x = *xy;
        compute(&x, xy);
    }
    let mut x = [0.0; B];
    let x = &mut x[..tail.len()];
    x.copy_from_slice(tail);
    padded(x, tail, rest);
}

/// As [`apply`], but whole cache lines of the output bypass the cache.
#[inline(always)]
fn streamed<const B: usize, const T: usize>(
    input: &[f32],
    output: &mut [f32],
    past_cache: impl Fn(&[f32; B], &mut [f32; B]),
    rest: impl Fn(&[f32; T], &mut [f32; T]),
) {
    let head = stream::unaligned_head(output);
    let (input_head, input) = input.split_at(head);
    let (output_head, output) = output.split_at_mut(head);
    padded(input_head, output_head, &rest);

    let (input, input_tail) = input.as_chunks();
    let (output, output_tail) = output.as_chunks_mut();
    for (x, y) in input.iter().zip(output) {
        stream::prefetch_ahead(x);
        past_cache(x, y);
    }
    stream::fence();
    padded(input_tail, output_tail, rest);
}

/// Less than a block, through the arithmetic of the shorter ones.
#[inline(always)]
fn padded<const T: usize>(
    input: &[f32],
    output: &mut [f32],
    rest: impl Fn(&[f32; T], &mut [f32; T]),
) {
    let (input, input_tail) = input.as_chunks();
    let (output, output_tail) = output.as_chunks_mut();
    for (x, y) in input.iter().zip(output) {
        rest(x, y);
    }
    if !input_tail.is_empty() {
        let mut x = [0.0; T];
        let mut y = [0.0; T];
        x[..input_tail.len()].copy_from_slice(input_tail);
        rest(&x, &mut y);
        output_tail.copy_from_slice(&y[..input_tail.len()]);
    }
}
