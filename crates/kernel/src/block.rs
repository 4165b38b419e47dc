//! The loops over slices: blocks of `B` elements, the last one padded.
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
/// past the cache where the target can.
#[inline(always)]
pub(crate) fn run<const B: usize>(
    task: Task<'_>,
    compute: impl Fn(&[f32; B], &mut [f32; B]),
    past_cache: impl Fn(&[f32; B], &mut [f32; B]),
) {
    match task {
        Task::Apply(input, output) => apply(input, output, compute),
        Task::Stream(input, output) => streamed(input, output, compute, past_cache),
        Task::InPlace(data) => in_place(data, compute),
    }
}

#[inline(always)]
fn apply<const B: usize>(
    input: &[f32],
    output: &mut [f32],
    compute: impl Fn(&[f32; B], &mut [f32; B]),
) {
    let (input, input_tail) = input.as_chunks();
    let (output, output_tail) = output.as_chunks_mut();
    for (x, y) in input.iter().zip(output) {
        compute(x, y);
    }
    padded(input_tail, output_tail, compute);
}

#[inline(always)]
fn in_place<const B: usize>(data: &mut [f32], compute: impl Fn(&[f32; B], &mut [f32; B])) {
    let (data, tail) = data.as_chunks_mut();
    for xy in data {
        let x = *xy;
        compute(&x, xy);
    }
    let mut x = [0.0; B];
    let x = &mut x[..tail.len()];
    x.copy_from_slice(tail);
    padded(x, tail, compute);
}

/// As [`apply`], but whole cache lines of the output bypass the cache.
#[inline(always)]
fn streamed<const B: usize>(
    input: &[f32],
    output: &mut [f32],
    compute: impl Fn(&[f32; B], &mut [f32; B]),
    past_cache: impl Fn(&[f32; B], &mut [f32; B]),
) {
    let head = stream::unaligned_head(output);
    let (input_head, input) = input.split_at(head);
    let (output_head, output) = output.split_at_mut(head);
    padded(input_head, output_head, &compute);

    let (input, input_tail) = input.as_chunks();
    let (output, output_tail) = output.as_chunks_mut();
    for (x, y) in input.iter().zip(output) {
        stream::prefetch_ahead(x);
        past_cache(x, y);
    }
    stream::fence();
    padded(input_tail, output_tail, compute);
}

/// At most `B` elements, through the arithmetic of a whole block.
#[inline(always)]
fn padded<const B: usize>(
    input: &[f32],
    output: &mut [f32],
    compute: impl Fn(&[f32; B], &mut [f32; B]),
) {
    if input.is_empty() {
        return;
    }
    let mut x = [0.0; B];
    let mut y = [0.0; B];
    x[..input.len()].copy_from_slice(input);
    compute(&x, &mut y);
    output.copy_from_slice(&y[..input.len()]);
}
