//! Input and output in memory, the same for every arm.

use memmap2::MmapMut;
use rand::SeedableRng;
use rand::distr::Distribution;
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;

use abreast::Error;
use abreast::declare::Data;
use abreast::record::Size;

use crate::registry::SIGMUL;
use crate::verify::verify;

/// Where the inputs' random numbers start. Any value will do; this one is the study's year and course.
const SEED: u64 = 2024;

/// An input from N(0, 1) and an output of the same size.
///
/// Both are written by the calling thread before anything is timed, element by element: no page is touched for the
/// first time inside a measurement, and all lie where the serial baseline would have put them.
#[derive(Debug)]
pub struct Matrix {
    input: Pages,
    output: Pages,
}

impl Matrix {
    /// The input, and the output to be written.
    pub fn parts(&mut self) -> (&[f32], &mut [f32]) {
        (self.input.get(), self.output.get_mut())
    }

    /// Both, to be read.
    pub fn arrays(&self) -> (&[f32], &[f32]) {
        (self.input.get(), self.output.get())
    }
}

impl Data for Matrix {
    fn new(size: Size) -> Result<Self, Error> {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(SEED);
        let input = Pages::new(size.elements(), || StandardNormal.sample(&mut random))?;
        let output = Pages::new(size.elements(), || f32::NAN)?;
        Ok(Self { input, output })
    }

    fn reset(&mut self) {
        self.output.get_mut().fill(f32::NAN);
    }

    fn check(&self) -> Result<(), Error> {
        let (input, output) = self.arrays();
        verify(&SIGMUL, &(SIGMUL.prepare)(output.len()), input, output).map(drop)
    }

    fn memory(size: Size) -> u64 {
        bytes(size)
    }

    fn moved(size: Size) -> Option<u64> {
        Some(bytes(size))
    }
}

/// Bytes that one call must move: each input element read once, each output element written once.
fn bytes(size: Size) -> u64 {
    2 * (size.elements() * size_of::<f32>()) as u64
}

/// Elements in pages of their own: of 2 MiB, where the system grants them and the array is large enough to fill one.
///
/// A table entry a 2 MiB page instead of 512 is what lets a core read and write memory as fast as it comes, and all
/// runtimes share it.
#[derive(Debug)]
struct Pages(MmapMut);

impl Pages {
    fn new(len: usize, mut value: impl FnMut() -> f32) -> Result<Self, Error> {
        let refuse = |error| {
            Error::new(format!(
                "{len} elements can't be allocated ({error}): choose smaller sizes"
            ))
        };
        let mut pages = Self(MmapMut::map_anon(len * size_of::<f32>()).map_err(refuse)?);
        #[cfg(target_os = "linux")]
        // A refusal costs speed and nothing else, and the same for every arm.
        let _ = pages.0.advise(memmap2::Advice::HugePage);
        pages.get_mut().fill_with(&mut value);
        Ok(pages)
    }

    fn get(&self) -> &[f32] {
        bytemuck::cast_slice(&self.0)
    }

    fn get_mut(&mut self) -> &mut [f32] {
        bytemuck::cast_slice_mut(&mut self.0)
    }
}
