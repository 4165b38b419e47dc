//! From samples to figures: medians, their intervals, and speedups from pairs.

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// Resamples a bootstrap draws: its interval's ends then move by less than the figures' last printed digit.
const RESAMPLES: usize = 2000;

/// The confidence of every interval: 95 %.
pub const CONFIDENCE: f64 = 0.95;

/// One sample of an arm and, right beside it in time, of its baseline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// Calls of the arm that were timed as one.
    pub iterations: u64,
    /// Their time together, in nanoseconds.
    pub ns: f64,
    /// Calls of the baseline.
    pub baseline_iterations: u64,
    /// Their time together, in nanoseconds.
    pub baseline_ns: f64,
}

impl Pair {
    /// Time of one call of the arm, in nanoseconds.
    pub fn ns_per_call(&self) -> f64 {
        self.ns / self.iterations as f64
    }

    /// How many times faster the arm was than the baseline beside it.
    pub fn speedup(&self) -> f64 {
        self.baseline_ns / self.baseline_iterations as f64 / self.ns_per_call()
    }
}

/// A median and the interval that holds the true one with [`CONFIDENCE`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The median of the samples.
    pub median: f64,
    /// The interval's lower end.
    pub low: f64,
    /// The interval's upper end.
    pub high: f64,
}

/// What the samples of one arm say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figures {
    /// How many samples there were.
    pub samples: usize,
    /// Time of one call, in nanoseconds.
    pub ns: Estimate,
    /// Median absolute deviation of that time from its median, in nanoseconds, not scaled.
    pub mad_ns: f64,
    /// The fastest sample's time of one call, in nanoseconds.
    pub min_ns: f64,
    /// How many times faster than the baseline, pair by pair.
    pub speedup: Estimate,
}

/// What `pairs` say. `None` for fewer than two: one sample has no spread.
pub fn analyse(pairs: &[Pair]) -> Option<Figures> {
    if pairs.len() < 2 {
        return None;
    }
    let times: Vec<_> = pairs.iter().map(Pair::ns_per_call).collect();
    let speedups: Vec<_> = pairs.iter().map(Pair::speedup).collect();
    let ns = estimate(&times);
    Some(Figures {
        samples: pairs.len(),
        ns,
        mad_ns: median(times.iter().map(|t| (t - ns.median).abs()).collect()),
        min_ns: times.iter().copied().fold(f64::INFINITY, f64::min),
        speedup: estimate(&speedups),
    })
}

/// The median of `values` with its percentile bootstrap interval (Efron 1979): medians of resamples drawn with
/// replacement, cut at both ends. Seeded, so that the same samples give the same interval.
fn estimate(values: &[f64]) -> Estimate {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(values.len() as u64);
    let mut medians: Vec<_> = (0..RESAMPLES)
        .map(|_| {
            median(
                (0..values.len())
                    .map(|_| values[random.random_range(0..values.len())])
                    .collect(),
            )
        })
        .collect();
    medians.sort_unstable_by(f64::total_cmp);
    let cut = ((1.0 - CONFIDENCE) / 2.0 * RESAMPLES as f64) as usize;
    Estimate {
        median: median(values.to_vec()),
        low: medians[cut],
        high: medians[RESAMPLES - 1 - cut],
    }
}

/// The middle value, or the mean of the middle two.
///
/// # Panics
///
/// Where there are no values.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 {
        values[middle]
    } else {
        f64::midpoint(values[middle - 1], values[middle])
    }
}
