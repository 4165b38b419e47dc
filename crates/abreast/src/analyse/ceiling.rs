//! What the hardware allows, from arms of the same run: the kernel's rate in cache, and copies of the same bytes.

use super::Row;
use crate::record::{Of, Role, Size};

/// A bound, as a speedup against the serial kernel at the same size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bound {
    /// The highest speedup that is possible.
    pub speedup: f64,
    /// What bounds it.
    pub of: Of,
}

/// The ceilings of a record of the main bench.
#[derive(Debug)]
pub struct Ceilings<'a> {
    rows: &'a [Row],
    cores: usize,
    /// The baseline's least time of an element at any size, in nanoseconds, where it is on one thread.
    in_cache: Option<f64>,
}

impl<'a> Ceilings<'a> {
    /// What `rows` say on a machine of so many available `cores`.
    pub fn new(rows: &'a [Row], cores: usize) -> Self {
        let baselines = || rows.iter().filter(|row| row.role == Role::Baseline);
        let times = baselines()
            .filter_map(|row| Some(row.figures()?.ns.median / row.key.size.elements() as f64));
        let alone = baselines().all(|row| row.key.threads == 1);
        Self {
            rows,
            cores,
            in_cache: times.min_by(f64::total_cmp).filter(|_| alone),
        }
    }

    /// The bound that the arithmetic sets.
    pub fn of_cores(&self, size: Size, threads: usize) -> Option<f64> {
        let mut rows = self.rows.iter();
        let serial = rows.find(|row| row.role == Role::Baseline && row.key.size == size)?;
        let per_element = serial.figures()?.ns.median / size.elements() as f64;
        Some(threads.min(self.cores) as f64 * per_element / self.in_cache?)
    }

    /// The bound that memory, or the cache a matrix fits in, sets: the fastest copy on at most as many threads.
    pub fn of_memory(&self, size: Size, threads: usize) -> Option<f64> {
        let copies = self.rows.iter().filter(|row| {
            row.role == Role::Ceiling(Of::Memory)
                && row.key.size == size
                && row.key.threads <= threads
        });
        let speedups = copies.filter_map(|row| Some(row.figures()?.speedup.median));
        speedups.max_by(f64::total_cmp)
    }

    /// The lower of the two: what applies. `None` where either was not measured.
    pub fn bound(&self, size: Size, threads: usize) -> Option<Bound> {
        let cores = self.of_cores(size, threads)?;
        let memory = self.of_memory(size, threads)?;
        Some(if cores <= memory {
            Bound {
                speedup: cores,
                of: Of::Cores,
            }
        } else {
            Bound {
                speedup: memory,
                of: Of::Memory,
            }
        })
    }
}
