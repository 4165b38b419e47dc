//! The instruction sets the loop is compiled for, and the choice between them at run time.

use std::sync::OnceLock;

use crate::arithmetic;

/// An instruction set that this CPU has. Holding one is the proof: there is no other way to make one than to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Level(Set);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Set {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    Portable,
}

/// The loop, to be compiled for each instruction set.
#[inline(always)]
fn each<const FMA: bool>(input: &[f32], output: &mut [f32]) {
    for (y, &x) in output.iter_mut().zip(input) {
        *y = arithmetic::sigmul::<FMA>(x);
    }
}

/// The loop in place, likewise.
#[inline(always)]
fn each_in_place<const FMA: bool>(data: &mut [f32]) {
    for x in data {
        *x = arithmetic::sigmul::<FMA>(*x);
    }
}

/// One instantiation of both loops under a set of target features.
macro_rules! instantiate {
    ($module:ident, $fma:expr $(, #[$feature:meta])?) => {
        mod $module {
            $(#[$feature])?
            pub(super) fn sigmul(input: &[f32], output: &mut [f32]) {
                super::each::<{ $fma }>(input, output);
            }
            $(#[$feature])?
            pub(super) fn sigmul_in_place(data: &mut [f32]) {
                super::each_in_place::<{ $fma }>(data);
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
instantiate!(avx512, true, #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw")]);
#[cfg(target_arch = "x86_64")]
instantiate!(avx2, true, #[target_feature(enable = "avx2,fma")]);
// Every aarch64 has fused multiply-add; an x86-64 without AVX2 has not.
instantiate!(portable, cfg!(target_arch = "aarch64"));

impl Level {
    /// The fastest level of this CPU. Asks once per process.
    pub fn best() -> Self {
        static BEST: OnceLock<Level> = OnceLock::new();
        *BEST.get_or_init(|| Self::available()[0])
    }

    /// Every level of this CPU, fastest first. The portable one is always there, and last.
    pub fn available() -> Vec<Self> {
        let mut levels = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512vl")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512bw")
            {
                levels.push(Self(Set::Avx512));
            }
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                levels.push(Self(Set::Avx2));
            }
        }
        levels.push(Self(Set::Portable));
        levels
    }

    /// The level's name in records and charts: `avx512`, `avx2` or `portable`.
    pub fn name(self) -> &'static str {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => "avx512",
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => "avx2",
            Set::Portable => "portable",
        }
    }

    /// Writes `sigmoid(x) * x` for each `x` of `input` to the same place in `output`.
    ///
    /// # Panics
    ///
    /// Where the two lengths differ.
    pub fn sigmul(self, input: &[f32], output: &mut [f32]) {
        assert_eq!(
            input.len(),
            output.len(),
            "input and output differ in length"
        );
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: a `Level` of this set is made only where the CPU has the set.
            Set::Avx512 => unsafe { avx512::sigmul(input, output) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            Set::Avx2 => unsafe { avx2::sigmul(input, output) },
            Set::Portable => portable::sigmul(input, output),
        }
    }

    /// Replaces each `x` of `data` by `sigmoid(x) * x`.
    pub fn sigmul_in_place(self, data: &mut [f32]) {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            // SAFETY: a `Level` of this set is made only where the CPU has the set.
            Set::Avx512 => unsafe { avx512::sigmul_in_place(data) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            Set::Avx2 => unsafe { avx2::sigmul_in_place(data) },
            Set::Portable => portable::sigmul_in_place(data),
        }
    }
}

/// [`Level::sigmul`] at the best level of this CPU.
///
/// # Panics
///
/// Where the two lengths differ.
pub fn sigmul(input: &[f32], output: &mut [f32]) {
    Level::best().sigmul(input, output);
}

/// [`Level::sigmul_in_place`] at the best level of this CPU.
pub fn sigmul_in_place(data: &mut [f32]) {
    Level::best().sigmul_in_place(data);
}
