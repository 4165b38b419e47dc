//! The instruction sets the kernel is compiled for, and the choice of one.

use crate::block::{self, Task};
#[cfg(target_arch = "x86_64")]
use crate::x86;

/// An instruction set the kernel is compiled for and this CPU has.
///
/// There is no way to make one but [`Level::best`] and [`Level::available`],
/// which ask the CPU: holding a `Level` is proof that its instructions may be
/// executed.
///
/// All levels give the same bits on targets whose portable level fuses multiply
/// and add (aarch64). On x86-64 it does not, and may differ from the others in
/// the last bit; the bound of 1 ULP holds for it as well.
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
        Level::detect()
            .next()
            .expect("the portable level is always there")
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
            x86::has_avx512().then_some(Level(Kind::Avx512)),
            #[cfg(target_arch = "x86_64")]
            x86::has_avx2().then_some(Level(Kind::Avx2)),
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

    /// How many `f32` one vector register holds at this level: 16, 8 or 4.
    #[must_use]
    pub fn lanes(self) -> usize {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => 16,
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => 8,
            Kind::Portable => 4,
        }
    }

    pub(crate) fn run(self, task: Task<'_>) {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: this variant is made only where `has_avx512` is true.
            Kind::Avx512 => unsafe { x86::run_avx512(task) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: this variant is made only where `has_avx2` is true.
            Kind::Avx2 => unsafe { x86::run_avx2(task) },
            Kind::Portable => {
                block::run::<PORTABLE_FUSED, 64>(task, |from, to| to.copy_from_slice(from));
            }
        }
    }
}

/// Whether the target's baseline has a fused multiply-add instruction.
const PORTABLE_FUSED: bool = cfg!(any(target_arch = "aarch64", target_feature = "fma"));
