//! The instruction sets the kernel is compiled for, and the choice of one.

use crate::block::{self, Task};
#[cfg(target_arch = "x86_64")]
use crate::{avx2, avx512};
use crate::{double, gradient, long};

/// An instruction set the kernel is compiled for and this CPU has.
///
/// There is no way to make one but [`Level::best`] and [`Level::available`],
/// which ask the CPU: holding a `Level` is proof that its instructions may be
/// executed.
///
/// Every level keeps the bound of [`MAX_ULP`](crate::MAX_ULP), and within it they
/// may differ from each other in the last bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level(Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    Portable,
}

impl Level {
    /// The fastest level of this CPU.
    #[must_use]
    pub fn best() -> Level {
        Level::detect().next().unwrap_or(Level(Kind::Portable))
    }

    /// Every level of this CPU, fastest first. The last is the portable one,
    /// which is always there.
    #[must_use]
    pub fn available() -> Vec<Level> {
        Level::detect().collect()
    }

    fn detect() -> impl Iterator<Item = Level> {
        [
            #[cfg(target_arch = "x86_64")]
            avx512::is_available().then_some(Level(Kind::Avx512)),
            #[cfg(target_arch = "x86_64")]
            avx2::is_available().then_some(Level(Kind::Avx2)),
            Some(Level(Kind::Portable)),
        ]
        .into_iter()
        .flatten()
    }

    /// `"avx512"`, `"avx2"` or `"portable"`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => "avx512",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => "avx2",
            Kind::Portable => "portable",
        }
    }

    /// Copies `input` to `output` as [`Sigmul::streaming`](crate::Sigmul::streaming)
    /// stores: the ceiling for a kernel on data in memory. An ordinary copy at
    /// the portable level.
    ///
    /// # Panics
    ///
    /// If the lengths differ.
    pub fn copy_past_cache(self, input: &[f32], output: &mut [f32]) {
        assert!(input.len() == output.len(), "copy: the lengths differ");
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: this variant is made only where `avx512::is_available` is true.
            Kind::Avx512 => unsafe { avx512::copy(input, output) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: this variant is made only where `avx2::is_available` is true.
            Kind::Avx2 => unsafe { avx2::copy(input, output) },
            Kind::Portable => output.copy_from_slice(input),
        }
    }

    pub(crate) fn gradient(self, dy: &[f32], x: &[f32], dx: &mut [f32]) {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: this variant is made only where `avx512::is_available` is true.
            Kind::Avx512 => unsafe { avx512::gradient(dy, x, dx) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: this variant is made only where `avx2::is_available` is true.
            Kind::Avx2 => unsafe { avx2::gradient(dy, x, dx) },
            Kind::Portable if FUSED => gradient::fused(dy, x, dx),
            Kind::Portable => gradient::unfused(dy, x, dx),
        }
    }

    pub(crate) fn run(self, task: Task<'_>) {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: this variant is made only where `avx512::is_available` is true.
            Kind::Avx512 => unsafe { avx512::run(task) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: this variant is made only where `avx2::is_available` is true.
            Kind::Avx2 => unsafe { avx2::run(task) },
            Kind::Portable if FUSED => block::run::<64, 16>(task, long::any, long::any, long::any),
            Kind::Portable => {
                block::run::<64, 16>(task, double::block, double::block, double::block);
            }
        }
    }
}

/// Whether the target's baseline has a fused multiply-add instruction. Where it
/// has none, `f64` is faster than to imitate it.
const FUSED: bool = cfg!(any(target_arch = "aarch64", target_feature = "fma"));
