//! What the hardware allows, from arms of the same run: the cores on private data in cache, and copies of the same bytes.
//!
//! A ceiling is one only where it bounds. The cores on private data bound every arm. A copy on one thread bounds by the cache that
//! its bytes lie in, or by memory; one on several threads does so too where handing out the work takes next to none of its time,
//! else it shows what its runtime costs, which bounds no other. And what an arm has beaten beyond noise bounds nothing there.

use std::fmt;

use super::figures::Estimate;
use super::{Analysis, Row, noise_floor};
use crate::record::machine::cpus;
use crate::record::{Cache, Of, Role, Size};

/// The share of a copy's time in cache, on several threads, that the copy of the fewest bytes on as many may take at most: that one
/// takes as long as handing out work does, at least.
const HANDING_OUT: f64 = 0.1;

/// How many times as fast as on the count below a copy on the most threads may be, that memory is said to give more threads no more.
const GROWS: f64 = 1.1;

/// What bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// The arithmetic of the cores.
    Cores,
    /// The cache of that level.
    Cache(u32),
    /// Memory.
    Memory,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cores => f.write_str("cores"),
            Self::Cache(level) => write!(f, "L{level}"),
            Self::Memory => f.write_str("memory"),
        }
    }
}

/// A bound, as a speedup against the baseline at the same size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bound {
    /// The highest speedup that is possible.
    pub speedup: Estimate,
    /// What bounds it.
    pub of: Limit,
}

/// The ceilings of a record.
#[derive(Debug)]
pub struct Ceilings<'a> {
    rows: &'a [Row],
    caches: &'a [Cache],
    cores: usize,
    /// The cores there were when it was measured.
    measured: usize,
    /// The baseline's least time of an element at any size, in nanoseconds, where it is on one thread.
    in_cache: Option<Estimate>,
    /// The baseline's time of an element where private data was measured, and on each thread count with a core each how many times as
    /// fast all threads together were.
    together: Option<(Estimate, Vec<(usize, Estimate)>)>,
}

impl<'a> Ceilings<'a> {
    /// What `of` says of a machine of so many such `cores`.
    pub fn new(of: &'a Analysis, cores: usize) -> Self {
        let rows = &of.rows[..];
        let baselines = || rows.iter().filter(|row| row.is_baseline());
        let times = baselines().filter_map(per_element);
        let alone = baselines().all(|row| row.key.threads == 1);
        let private = rows.iter().filter(|row| {
            row.role == Role::Ceiling(Of::Cores) && !row.oversubscribed && row.figures().is_some()
        });
        let size = private.clone().next().map(|row| row.key.size);
        let counts = private.filter(|row| Some(row.key.size) == size);
        let counts = counts.filter_map(|row| Some((row.key.threads, row.figures()?.speedup)));
        let baseline = baselines().find(|row| Some(row.key.size) == size);
        Self {
            rows,
            caches: &of.machine.caches,
            cores,
            measured: of.machine.available_cores,
            in_cache: times
                .min_by(|a, b| a.median.total_cmp(&b.median))
                .filter(|_| alone),
            together: baseline
                .and_then(per_element)
                .map(|per_element| (per_element, counts.collect())),
        }
    }

    /// The bound that the arithmetic sets: what the cores do together on private data in cache, as far as that was measured. Beyond
    /// the cores of the machine it was measured on, as much more as there are more cores. `None` where an arm has beaten it.
    ///
    /// A record without such a measurement has one thread's rate in cache for each thread that has a core, which is more than
    /// hardware threads that share a core can do.
    pub fn of_cores(&self, size: Size, threads: usize) -> Option<Bound> {
        let cores = threads.min(self.cores);
        let mut baselines = self.rows.iter().filter(|row| row.is_baseline());
        let here = per_element(baselines.find(|row| row.key.size == size)?)?;
        // An element takes no less time here than in cache: where it seems to, the host was slower in those minutes, or a call costs as
        // much as the little work there.
        let slower = |by: f64, in_cache: &Estimate| Estimate {
            median: by * (here.median / in_cache.median).max(1.0),
            low: by * (here.low / in_cache.high).max(1.0),
            high: by * (here.high / in_cache.low).max(1.0),
        };
        let speedup = match &self.together {
            None => slower(cores as f64, &self.in_cache?),
            Some((in_cache, counts)) => {
                let reached = counts.iter().filter(|(count, _)| *count <= cores);
                let reached = reached.map(|(_, rate)| rate);
                let together = reached.max_by(|a, b| a.median.total_cmp(&b.median))?;
                let &(most, _) = counts.iter().max_by_key(|(count, _)| *count)?;
                let more = (cores as f64 / most as f64).max(1.0);
                let slower = slower(more, in_cache);
                Estimate {
                    median: together.median * slower.median,
                    low: together.low * slower.low,
                    high: together.high * slower.high,
                }
            }
        };
        let of = Limit::Cores;
        self.seen(Bound { speedup, of }, size, threads)
    }

    /// The bound that memory sets, or the cache that the bytes of a call lie in: the fastest copy on as many threads or fewer. `None`
    /// where no copy was measured that bounds so many threads.
    pub fn of_copy(&self, size: Size, threads: usize) -> Option<Bound> {
        let cores = threads.min(self.cores);
        let copies = || {
            let of_memory = |row: &&Row| row.role == Role::Ceiling(Of::Memory);
            let rows = self.rows.iter().filter(of_memory);
            rows.filter_map(|row| Some((row, row.figures()?)))
        };
        let here = || copies().filter(|(row, _)| row.key.size == size);
        let bytes = here().find_map(|(row, _)| row.bytes);
        let of = self.limit(bytes, cores);
        // A copy on fewer threads than there are does not bound them: the next count that was measured does.
        let counts = here().map(|(row, _)| row.key.threads);
        let enough = counts.filter(|&count| count >= cores).min();
        let bounds = match enough {
            Some(count) if count == 1 || of == Limit::Memory && !self.caches.is_empty() => true,
            Some(count) => {
                let fewest = copies().filter(|(row, _)| row.key.threads == count);
                let fewest = fewest.min_by_key(|(row, _)| row.bytes);
                let same = here().find(|(row, _)| row.key.threads == count);
                fewest.zip(same).is_some_and(|((few, least), (_, copy))| {
                    few.bytes < bytes && least.ns.median <= HANDING_OUT * copy.ns.median
                })
            }
            // More cores than there were. What more of them get out of this memory is known where the last of these got no more.
            None => {
                let mut fitting: Vec<_> = here().filter(|(row, _)| !row.oversubscribed).collect();
                fitting.sort_by_key(|(row, _)| row.key.threads);
                let last = fitting.last_chunk().is_some_and(|[(_, a), (last, b)]| {
                    last.key.threads == self.measured
                        && b.speedup.median <= GROWS * a.speedup.median
                });
                of == Limit::Memory && last
            }
        };
        let most = enough.unwrap_or(threads).max(threads);
        let speedups = here().filter(|(row, _)| row.key.threads <= most);
        let speedups = speedups.map(|(_, figures)| figures.speedup);
        let speedup = speedups.max_by(|a, b| a.median.total_cmp(&b.median))?;
        self.seen(Bound { speedup, of }, size, threads)
            .filter(|_| bounds)
    }

    /// The lower of the two: what applies. `None` where none is known.
    pub fn bound(&self, size: Size, threads: usize) -> Option<Bound> {
        let bounds = [self.of_cores(size, threads), self.of_copy(size, threads)];
        let bounds = bounds.into_iter().flatten();
        bounds.min_by(|a, b| a.speedup.median.total_cmp(&b.speedup.median))
    }

    /// How much of what bounds it an arm reaches, at most all, and what that is. A ceiling has none.
    pub fn share(&self, row: &Row) -> Option<(f64, Limit)> {
        let speedup = row.figures().filter(|_| !row.role.is_ceiling())?.speedup;
        let bound = self.bound(row.key.size, row.key.threads)?;
        Some((speedup.median / bound.speedup.median, bound.of))
    }

    /// `bound`, or what an arm on so many `threads` or fewer did where that is more by no more than noise explains: so much is
    /// possible. `None` where it is more than that, and `bound` was none.
    fn seen(&self, bound: Bound, size: Size, threads: usize) -> Option<Bound> {
        let floor = noise_floor(self.rows, size).unwrap_or(0.0);
        let arms = self.rows.iter().filter(|row| {
            row.key.size == size && row.key.threads <= threads && !row.role.is_ceiling()
        });
        let speedups = arms.filter_map(|row| Some(row.figures()?.speedup));
        let speedups: Vec<_> = speedups.collect();
        let most = bound.speedup;
        let is_beaten =
            |of: &Estimate| of.low > most.high && of.median > most.median * (1.0 + floor);
        if speedups.iter().any(is_beaten) {
            return None;
        }
        let all = speedups.into_iter().chain([most]);
        let speedup = all.max_by(|a, b| a.median.total_cmp(&b.median))?;
        Some(Bound { speedup, ..bound })
    }

    /// Where so many bytes lie that so many threads with a core each work on: in the innermost caches that hold them all, each
    /// thread's own and those that it shares, else in memory. Where no cache is known, in memory.
    fn limit(&self, bytes: Option<u64>, threads: usize) -> Limit {
        let caches = self.caches.iter();
        let holding = caches.filter(|cache| {
            let sharers = cpus(&cache.shared_by).unwrap_or(self.measured);
            let there = self.cores.div_ceil(sharers.max(1));
            let reached = cache.bytes * threads.min(there) as u64;
            cache.kind != "Instruction" && bytes.is_some_and(|bytes| bytes <= reached)
        });
        let innermost = holding.map(|cache| cache.level).min();
        innermost.map_or(Limit::Memory, Limit::Cache)
    }
}

/// A baseline's time of an element, in nanoseconds.
fn per_element(row: &Row) -> Option<Estimate> {
    let elements = row.key.size.elements() as f64;
    Some(row.figures()?.ns.map(|ns| ns / elements))
}
