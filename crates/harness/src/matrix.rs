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
    /// How many of the elements, from the first on, are worked on: all, where nothing else is said.
    len: usize,
}

impl Matrix {
    /// The input, and the output to be written.
    pub fn parts(&mut self) -> (&[f32], &mut [f32]) {
        let len = self.len;
        (&self.input.get()[..len], &mut self.output.get_mut()[..len])
    }

    /// Both, to be read.
    pub fn arrays(&self) -> (&[f32], &[f32]) {
        let len = self.len;
        (&self.input.get()[..len], &self.output.get()[..len])
    }
}

/// The same with a few more elements than its size has, so that an arm can be given more to do by so much: elements that were not
/// just done, which are where all the others are, in a cache or in memory.
#[derive(Debug)]
pub struct Longer {
    matrix: Matrix,
    size: Size,
}

impl Longer {
    /// By how much, in percent.
    pub const MOST: f64 = 3.0;

    /// The matrix, where so many `percent` more elements than its size has are worked on.
    pub fn with(&mut self, percent: f64) -> &mut Matrix {
        self.matrix.len = longer(self.size, percent);
        &mut self.matrix
    }
}

/// So many `percent` more elements than `size` has, in whole cache lines.
fn longer(size: Size, percent: f64) -> usize {
    let more = size.elements() as f64 * percent / 100.0;
    size.elements() + (more / 16.0).round() as usize * 16
}

impl Data for Matrix {
    fn new(size: Size) -> Result<Self, Error> {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(SEED);
        let input = Pages::new(size.elements(), || StandardNormal.sample(&mut random))?;
        let output = Pages::new(size.elements(), || f32::NAN)?;
        let len = size.elements();
        Ok(Self { input, output, len })
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

impl Data for Longer {
    fn new(size: Size) -> Result<Self, Error> {
        let matrix = Matrix::new(Size::row(longer(size, Self::MOST)))?;
        Ok(Self { matrix, size })
    }

    fn reset(&mut self) {
        self.with(Self::MOST).reset();
    }

    /// Of what the call before worked on.
    fn check(&self) -> Result<(), Error> {
        self.matrix.check()
    }

    fn memory(size: Size) -> u64 {
        bytes(Size::row(longer(size, Self::MOST)))
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
