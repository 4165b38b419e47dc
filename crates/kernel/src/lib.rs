//! SiLU, `y = x * sigmoid(x) = x / (1 + exp(-x))`, on slices of `f32`.
//!
//! ```
//! let input = [-1.0, 0.0, 1.0];
//! let mut output = [0.0; 3];
//! sigmul_kernel::sigmul(&input, &mut output);
//! assert_eq!(output, [-0.26894143, 0.0, 0.7310586]);
//! ```
//!
//! Every result is within 1 ULP of the exact value, for every `f32` and at every
//! [`Level`], subnormal results included. NaN gives NaN, positive infinity
//! itself, a zero keeps its sign, and negative infinity gives NaN, as
//! `-inf * sigmoid(-inf) = -inf * 0` does. From about -108 down finite numbers
//! give -0.
//!
//! # Design
//!
//! There are three arithmetics, each written once and each worth its place by the
//! figures below. The vector levels have one of their own, for
//! magnitudes below 8, with tables of powers of two that are looked up in a
//! register. Beyond 8 they use one that takes every `f32`, and choose by element.
//! A target without a fused multiply-add computes in `f64`. Tails are padded to a
//! block and take the same path, so that at one level of one CPU a result depends
//! on its element alone. (The AVX-512 level starts from the CPU's estimate of a
//! reciprocal, whose last bits differ between makes; the bound does not.)
//!
//! The vectors are explicit, and every step is written for four of them (two with
//! AVX2, which has half the registers) before the next: the operations on one element form a chain too long for a
//! scheduler to look past, and the compiler keeps enough of the order. In cache,
//! against the naive loop, one thread of Zen 4, standard normal values:
//!
//! | design | AVX-512 | AVX2 |
//! |---|---|---|
//! | long arithmetic, staged loops, vectors by the compiler | 7.3 to 8.5 | 4.5 to 5.0 |
//! | the same in vectors, order enforced by empty `asm!` | 9.6 | 7.1 |
//! | a polynomial and a division with the crate fearless_simd, four vectors; 3.7 ULP | 12.4 | 9.2 |
//! | tables, one vector after the other | 10.7 to 11.2 | 6.3 to 6.6 |
//! | tables, steps across vectors (this) | 11.9 to 12.8 | 7.0 to 7.6 |
//! | the same, six vectors | 10.7 to 12.2 | 5.0 to 8.1 |
//! | the same, four vectors, order enforced by empty `asm!` | 10.9 to 11.2 | 7.4 to 7.6 |
//!
//! Six vectors spill registers, and are at the mercy of how the stack is aligned.
//! fearless_simd needs no `unsafe`, but its lookups are by byte (the tables then reach
//! 9.4), and it has neither stores past the cache nor reading ahead.
//!
//! What binds with AVX-512 are the two pipes that multiply: eleven operations of
//! each vector, and half of each of the two permutations. A block with a magnitude
//! beyond 8 computes both forms: 3.4 and 2.1 times the naive loop's speed.
//!
//! An array that exceeds the last-level cache is better stored past the cache:
//! an ordinary store reads the line first, a third of all traffic. Whether to do
//! so is decided from the length of the whole array ([`Sigmul::for_len`]),
//! because a caller that hands out pieces is the only one to know it.
//!
//! The derivative ([`Sigmul::gradient`]) is plain Rust that the compiler makes vectors of,
//! at three quarters of the forward kernel's speed with AVX2 (in cache, one thread).
//!
//! A second kernel, such as the gated `silu(gate) * up`, needs a `Task` of its own in
//! `block.rs`; the arithmetic of a vector stands apart from the loops.
//!
//! `unsafe` is what calls a level's function, loads and stores vectors, and reads
//! ahead; the arithmetic and the loops have none.
// The workspace denies it; see above for what needs it.
#![allow(unsafe_code)]

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod block;
mod cache;
mod double;
mod gradient;
mod level;
mod long;
#[cfg(target_arch = "x86_64")]
mod narrow;
pub mod reference;
mod stream;

use block::Task;
pub use level::Level;

/// No result is further than this from the exact value, in units of the `f32`
/// spacing there, at any level and for any input.
pub const MAX_ULP: f64 = 1.0;

/// No derivative of [`Sigmul::gradient`] is further than this from the exact one, in
/// units of the `f32` spacing there, at any level and for any finite `x`. Except that
/// within 0.3 of its zero at -1.278, where it is a difference by nature, the bound is
/// 2^-23.
pub const MAX_GRADIENT_ULP: f64 = 6.0;

/// The kernel as a value: a [`Level`] and a way of storing.
///
/// Cheap to copy and to send; every method may be called from any number of
/// threads. A result depends on the element and the level alone, never on where
/// a slice starts or ends nor on how results are stored, so an array may be cut
/// anywhere and its pieces computed in any order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sigmul {
    level: Level,
    streams: bool,
}

impl Sigmul {
    /// The kernel at `level`, with ordinary stores.
    #[must_use]
    pub fn new(level: Level) -> Sigmul {
        Sigmul {
            level,
            streams: false,
        }
    }

    /// The kernel for an array of `total` elements: the best level; streaming
    /// if input and output together, `8 * total` bytes, exceed the last-level
    /// cache that the CPU reports (8 MiB is assumed if it reports none).
    ///
    /// `total` is the length of the whole array, also for a caller that then
    /// hands out pieces of it: whether the output will still be in the cache
    /// when it is read depends on the whole.
    #[must_use]
    pub fn for_len(total: usize) -> Sigmul {
        let bytes = total.saturating_mul(2 * size_of::<f32>());
        Sigmul::new(Level::best()).streaming(bytes > cache::last_level_bytes())
    }

    /// The same kernel, with or without streaming: reading ahead, and storing
    /// whole cache lines past the cache where the target can (x86-64).
    #[must_use]
    pub fn streaming(self, streams: bool) -> Sigmul {
        Sigmul { streams, ..self }
    }

    /// Whether [`Sigmul::apply`] streams.
    #[must_use]
    pub fn streams(self) -> bool {
        self.streams
    }

    /// Sets `output[i]` to `x * sigmoid(x)` of `x = input[i]`, for every `i`.
    ///
    /// Any length, zero included, and any alignment.
    ///
    /// # Panics
    ///
    /// If the lengths differ.
    pub fn apply(&self, input: &[f32], output: &mut [f32]) {
        assert!(
            input.len() == output.len(),
            "sigmul: the input has {} elements and the output {}",
            input.len(),
            output.len(),
        );
        self.level.run(if self.streams {
            Task::Stream(input, output)
        } else {
            Task::Apply(input, output)
        });
    }

    /// Sets `dx[i]` to `dy[i]` times the derivative of `x * sigmoid(x)` at `x[i]`, for
    /// every `i`: what a gradient becomes on its way back through the kernel.
    ///
    /// The derivative is within [`MAX_GRADIENT_ULP`] of the exact one; at both
    /// infinities and at NaN it is NaN. Never streams.
    ///
    /// # Panics
    ///
    /// If the lengths differ.
    pub fn gradient(&self, dy: &[f32], x: &[f32], dx: &mut [f32]) {
        assert!(
            dy.len() == dx.len() && x.len() == dx.len(),
            "sigmul: dy has {} elements, x {} and dx {}",
            dy.len(),
            x.len(),
            dx.len(),
        );
        self.level.gradient(dy, x, dx);
    }

    /// Replaces every `x` of `data` by `x * sigmoid(x)`.
    ///
    /// Never streams: each line was read a moment before it is written.
    pub fn apply_in_place(&self, data: &mut [f32]) {
        self.level.run(Task::InPlace(data));
    }
}

/// Sets `output[i]` to `x * sigmoid(x)` of `x = input[i]`, for every `i`, on
/// the calling thread, as [`Sigmul::for_len`] sees fit.
///
/// # Panics
///
/// If the lengths differ.
pub fn sigmul(input: &[f32], output: &mut [f32]) {
    Sigmul::for_len(input.len()).apply(input, output);
}

/// Replaces every `x` of `data` by `x * sigmoid(x)`, on the calling thread.
pub fn sigmul_in_place(data: &mut [f32]) {
    Sigmul::for_len(data.len()).apply_in_place(data);
}
