//! What the hardware allows, from arms of the same run: the cores on private data in cache, and copies of the same bytes.

use super::Row;
use crate::record::{Of, Role, Size};

/// A bound, as a speedup against the baseline at the same size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bound {
    /// The highest speedup that is possible.
    pub speedup: f64,
    /// What bounds it.
    pub of: Of,
}

/// The ceilings of a record.
#[derive(Debug)]
pub struct Ceilings<'a> {
    rows: &'a [Row],
    cores: usize,
    /// The baseline's least time of an element at any size, in nanoseconds, where it is on one thread.
    in_cache: Option<f64>,
    /// The baseline's time of an element where private data was measured, and on each thread count with a core each how many times as
    /// fast all threads together were.
    together: Option<(f64, Vec<(usize, f64)>)>,
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
            together: None,
        }
        .measured()
    }

    /// The same with what was measured on private data, where anything was.
    fn measured(mut self) -> Self {
        let private = self.rows.iter().filter(|row| {
            row.role == Role::Ceiling(Of::Cores) && !row.oversubscribed && row.figures().is_some()
        });
        let size = private.clone().next().map(|row| row.key.size);
        let counts = private.filter(|row| Some(row.key.size) == size);
        let counts =
            counts.filter_map(|row| Some((row.key.threads, row.figures()?.speedup.median)));
        let per_element = size.and_then(|size| self.per_element(size));
        self.together = per_element.map(|per_element| (per_element, counts.collect()));
        self
    }

    /// The bound that the arithmetic sets: what the cores do together on private data in cache, as far as that was measured. Beyond
    /// the cores of the machine it was measured on, as much more as there are more cores.
    ///
    /// A record without such a measurement has one thread's rate in cache for each thread that has a core, which is more than
    /// hardware threads that share a core can do.
    pub fn of_cores(&self, size: Size, threads: usize) -> Option<f64> {
        let threads = threads.min(self.cores);
        let per_element = self.per_element(size)?;
        let Some((in_cache, counts)) = &self.together else {
            return Some(threads as f64 * per_element / self.in_cache?);
        };
        let reached = counts.iter().filter(|(count, _)| *count <= threads);
        let together = reached.map(|(_, rate)| *rate).max_by(f64::total_cmp)?;
        let &(most, _) = counts.iter().max_by_key(|(count, _)| *count)?;
        let more = (threads as f64 / most as f64).max(1.0);
        Some(more * together * per_element / in_cache)
    }

    /// The baseline's time of an element at a size, in nanoseconds.
    fn per_element(&self, size: Size) -> Option<f64> {
        let mut rows = self.rows.iter();
        let baseline = rows.find(|row| row.role == Role::Baseline && row.key.size == size)?;
        Some(baseline.figures()?.ns.median / size.elements() as f64)
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
