//! Input and output in memory, the same for every arm.

use rand::SeedableRng;
use rand::distr::Distribution;
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::Error;
use crate::grid::Shape;

/// Where the inputs' random numbers start. Any value will do; this one is the study's year and course.
const SEED: u64 = 2024;

/// Both arrays start on a page, so that no arm meets an alignment that another does not.
const ALIGNMENT: usize = 4096;

/// Memory left to everything else on the machine.
const RESERVE: u64 = 256 << 20;

/// An input from N(0, 1) and an output of the same shape.
///
/// Both are written by the calling thread before anything is timed, element by element: no page is touched for the
/// first time inside a measurement, and all lie where the serial baseline would have put them.
#[derive(Debug)]
pub struct Matrix {
    input: Aligned,
    output: Aligned,
}

impl Matrix {
    /// Allocates and fills both arrays.
    pub fn new(shape: Shape) -> Self {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(SEED);
        let input = Aligned::new(shape.len(), || StandardNormal.sample(&mut random));
        let output = Aligned::new(shape.len(), || f32::NAN);
        Self { input, output }
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

/// Elements that start on a page: a longer vector, and where in it they start.
#[derive(Debug)]
struct Aligned {
    storage: Vec<f32>,
    start: usize,
}

impl Aligned {
    fn new(len: usize, mut value: impl FnMut() -> f32) -> Self {
        let mut storage = Vec::<f32>::with_capacity(len + ALIGNMENT / size_of::<f32>());
        let start = storage.as_ptr().align_offset(ALIGNMENT);
        storage.resize(start, 0.0);
        storage.extend((0..len).map(|_| value()));
        Self { storage, start }
    }

    fn get(&self) -> &[f32] {
        &self.storage[self.start..]
    }

    fn get_mut(&mut self) -> &mut [f32] {
        &mut self.storage[self.start..]
    }
}
