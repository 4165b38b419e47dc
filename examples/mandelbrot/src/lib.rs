//! The upper half of the Mandelbrot set, a byte a pixel: rows near the real axis cost many times what those far from it do.
//!
//! Three ways to share rows between threads: a block of neighbours for each, one by one to whoever is free, and stolen from one
//! another on [`rayon`]'s pool.

use std::sync::{Mutex, PoisonError};
use std::thread;

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};

/// After how many steps a point counts as one of the set.
pub const LIMIT: u8 = u8::MAX;

/// A picture.
#[derive(PartialEq)]
pub struct Image {
    /// The pixels, row by row from the real axis upwards: after how many steps the point left.
    pub pixels: Vec<u8>,
    /// The number of rows.
    pub rows: usize,
    /// The number of columns.
    pub cols: usize,
}

impl Image {
    /// A black picture.
    pub fn new(rows: usize, cols: usize) -> Self {
        Self {
            pixels: vec![0; rows * cols],
            rows,
            cols,
        }
    }

    /// Paints every row in turn.
    pub fn serial(&mut self) {
        let rows = self.rows;
        for (i, row) in self.pixels.chunks_mut(self.cols).enumerate() {
            paint(i, rows, row);
        }
    }

    /// Paints on `threads` threads, a block of neighbouring rows each.
    pub fn blocks(&mut self, threads: usize) {
        let (rows, cols) = (self.rows, self.cols);
        let height = rows.div_ceil(threads);
        thread::scope(|scope| {
            for (i, block) in self.pixels.chunks_mut(height * cols).enumerate() {
                scope.spawn(move || {
                    for (j, row) in block.chunks_mut(cols).enumerate() {
                        paint(i * height + j, rows, row);
                    }
                });
            }
        });
    }

    /// Paints on `threads` threads, each taking the next row when it is done with one.
    pub fn queue(&mut self, threads: usize) {
        let rows = self.rows;
        let queue = Mutex::new(self.pixels.chunks_mut(self.cols).enumerate());
        let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    while let Some((i, row)) = next() {
                        paint(i, rows, row);
                    }
                });
            }
        });
    }

    /// Paints on the threads of `pool`, which steal rows from one another.
    pub fn rayon(&mut self, pool: &ThreadPool) {
        let rows = self.rows;
        pool.install(|| {
            let each = self.pixels.par_chunks_mut(self.cols);
            each.enumerate().for_each(|(i, row)| paint(i, rows, row));
        });
    }
}

/// A pool of so many threads.
///
/// # Errors
///
/// Where the system refuses them.
pub fn pool(threads: usize) -> Result<ThreadPool, ThreadPoolBuildError> {
    ThreadPoolBuilder::new().num_threads(threads).build()
}

/// Paints row `i` of `rows`: from -2 to 0.5, `i` of `rows` of the way from the real axis to 1.25i.
fn paint(i: usize, rows: usize, row: &mut [u8]) {
    let im = 1.25 * i as f64 / rows as f64;
    let scale = 2.5 / row.len() as f64;
    for (j, pixel) in row.iter_mut().enumerate() {
        *pixel = steps(-2.0 + scale * j as f64, im);
    }
}

/// How many steps of z² + c keep z within 2, at most [`LIMIT`].
fn steps(re: f64, im: f64) -> u8 {
    let (mut x, mut y) = (0.0, 0.0);
    for step in 0..LIMIT {
        let (xx, yy) = (x * x, y * y);
        if xx + yy > 4.0 {
            return step;
        }
        (x, y) = (xx - yy + re, 2.0 * x * y + im);
    }
    LIMIT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_of_the_set_stay_and_others_leave() {
        assert_eq!(steps(0.0, 0.0), LIMIT);
        assert_eq!(steps(-1.0, 0.0), LIMIT);
        assert_eq!(steps(-0.1, 0.7), LIMIT);
        assert_eq!(steps(2.0, 2.0), 1);
        assert_eq!(steps(1.0, 0.0), 3);
    }
    /// What is said of blocks in README.md.
    #[test]
    fn the_lower_half_of_the_rows_costs_most() {
        let mut image = Image::new(256, 256);
        image.serial();
        let steps = |pixels: &[u8]| pixels.iter().map(|&steps| f64::from(steps)).sum::<f64>();
        let share = |rows: usize| steps(&image.pixels[..rows * 256]) / steps(&image.pixels);
        let percent = [128, 64].map(|rows| (100.0 * share(rows)).round());
        assert_eq!(percent, [92.0, 57.0]);
    }
}
