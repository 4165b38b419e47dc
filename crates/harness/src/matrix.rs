//! Input and output in memory, the same for every arm.

use memmap2::MmapMut;
use rand::SeedableRng;
use rand::distr::Distribution;
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::Error;
use crate::grid::Shape;

/// Where the inputs' random numbers start. Any value will do; this one is the study's year and course.
const SEED: u64 = 2024;

/// Memory left to everything else on the machine.
const RESERVE: u64 = 256 << 20;

/// An input from N(0, 1) and an output of the same shape.
///
/// Both are written by the calling thread before anything is timed, element by element: no page is touched for the
/// first time inside a measurement, and all lie where the serial baseline would have put them.
#[derive(Debug)]
pub struct Matrix {
    input: Pages,
    output: Pages,
}

impl Matrix {
    /// Allocates and fills both arrays.
    ///
    /// # Errors
    ///
    /// Where the system refuses the memory.
    pub fn new(shape: Shape) -> Result<Self, Error> {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(SEED);
        let input = Pages::new(shape.elements(), || StandardNormal.sample(&mut random))?;
        let output = Pages::new(shape.elements(), || f32::NAN)?;
        Ok(Self { input, output })
    }

    /// The input, and the output to be written.
    pub fn parts(&mut self) -> (&[f32], &mut [f32]) {
        (self.input.get(), self.output.get_mut())
    }
}

/// Checks, before anything is allocated, that the largest of `shapes` fits in the `available` bytes of memory.
///
/// # Errors
///
/// Where it does not: a sentence with both figures.
pub fn check_memory(shapes: &[Shape], available: u64) -> Result<(), Error> {
    let Some(largest) = shapes.iter().max() else {
        return Ok(());
    };
    let needed = largest.bytes() as u64 + RESERVE;
    if needed <= available {
        return Ok(());
    }
    let gb = |bytes: u64| bytes as f64 / 1e9;
    Err(Error::new(format!(
        "{largest} needs {:.1} GB of memory (input, output and a reserve), and {:.1} GB are available: \
         choose smaller shapes with SIGMUL_SHAPES, or free memory",
        gb(needed),
        gb(available)
    )))
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
                "{len} elements can't be allocated ({error}): choose smaller shapes"
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
