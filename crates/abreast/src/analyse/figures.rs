//! From samples to figures: medians, their intervals, speedups from pairs.

use rand::distr::Distribution;
use rand::{RngExt, SeedableRng};
use rand_distr::StandardNormal;
use rand_xoshiro::Xoshiro256PlusPlus;
use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

use crate::record::{Accuracy, Pair, Sample};

/// Resamples a bootstrap draws: its interval's ends then move by less than the figures' last printed digit.
const RESAMPLES: usize = 2000;

/// The confidence of every interval: 95 %.
pub const CONFIDENCE: f64 = 0.95;

/// A value and the interval that holds the true one with [`CONFIDENCE`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The median.
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
    /// Median time of one call of the baseline beside it, in nanoseconds.
    pub baseline_ns: f64,
    /// How many times faster than the baseline, pair by pair.
    pub speedup: Estimate,
    /// Cores at work.
    pub busy: Option<f64>,
    /// CPU time of one call on its own, in nanoseconds: what threads spend on waiting for more is in it.
    pub alone_cpu_ns: Option<f64>,
    /// Threads that computed anything.
    pub took_part: Option<f64>,
    /// The busiest thread's time over the mean share.
    pub imbalance: Option<f64>,
    /// How far the output was from the exact values, where the kernel computes any.
    pub accuracy: Option<Accuracy>,
}

impl Figures {
    /// What `samples` say. `None` for fewer than two: one sample has no spread.
    pub fn new(samples: &[Sample], accuracy: Option<Accuracy>) -> Option<Self> {
        if samples.len() < 2 {
            return None;
        }
        let of = |value: fn(&Pair) -> f64| samples.iter().map(move |sample| value(&sample.pair));
        let medians = |value: fn(&Sample) -> Option<f64>| {
            let values: Option<Vec<_>> = samples.iter().map(value).collect();
            values.map(median)
        };
        let times: Vec<_> = of(Pair::ns_per_call).collect();
        let ns = Estimate::of(&times);
        Some(Self {
            samples: samples.len(),
            ns,
            mad_ns: median(times.iter().map(|t| (t - ns.median).abs()).collect()),
            min_ns: times.iter().copied().fold(f64::INFINITY, f64::min),
            baseline_ns: median(of(Pair::baseline_ns_per_call).collect()),
            speedup: Estimate::of(&of(Pair::speedup).collect::<Vec<_>>()),
            busy: medians(|sample| sample.busy),
            alone_cpu_ns: medians(|sample| sample.alone_cpu_ns),
            took_part: medians(|sample| sample.took_part),
            imbalance: medians(|sample| sample.imbalance),
            accuracy,
        })
    }
}

impl Estimate {
    /// The median of `values` with its bootstrap interval (Efron 1979): medians of resamples drawn with replacement, cut at
    /// both ends. Seeded, so that the same samples give the same interval.
    ///
    /// Cut where Hesterberg's expanded percentile interval is ("What Teachers Should Know About the Bootstrap", 2015): resamples
    /// of few values spread too little, and plain percentiles hold the truth less often than they say.
    ///
    /// # Panics
    ///
    /// For fewer than two values.
    pub fn of(values: &[f64]) -> Self {
        let count = values.len() as f64;
        let student = StudentsT::new(0.0, 1.0, count - 1.0).expect("at least 2 values");
        let wide = student.inverse_cdf(TAIL) * (count / (count - 1.0)).sqrt();
        let tail = Normal::standard().cdf(wide);
        let mut random = Xoshiro256PlusPlus::seed_from_u64(values.len() as u64);
        let mut resample = || {
            let drawn = values
                .iter()
                .map(|_| values[random.random_range(0..values.len())]);
            median(drawn.collect())
        };
        Self {
            median: median(values.to_vec()),
            ..spread((0..RESAMPLES).map(|_| resample()).collect(), tail)
        }
    }

    /// The same value with every end as `f` maps it; `f` must grow.
    pub fn map(self, f: impl Fn(f64) -> f64) -> Self {
        Self {
            median: f(self.median),
            low: f(self.low),
            high: f(self.high),
        }
    }

    /// A value that the interval allows: log-normal around the median, as wide as the interval says. How what is computed
    /// from several estimates gets an interval of its own: from many draws of all of them.
    pub fn draw(self, random: &mut Xoshiro256PlusPlus) -> f64 {
        // 95 % of a normal distribution lie within 1.96 standard deviations on either side.
        let deviation = (self.high / self.low).ln() / (2.0 * 1.96);
        let step: f64 = StandardNormal.sample(random);
        self.median * (deviation * step).exp()
    }
}

/// The median of `draws`, and the interval that holds all but a share of `tail` on either side.
///
/// # Panics
///
/// Where there are none.
pub fn spread(mut draws: Vec<f64>, tail: f64) -> Estimate {
    draws.sort_unstable_by(f64::total_cmp);
    let cut = (tail * draws.len() as f64) as usize;
    Estimate {
        low: draws[cut],
        high: draws[draws.len() - 1 - cut],
        median: median(draws),
    }
}

/// The share of draws beyond either end of an interval.
pub const TAIL: f64 = (1.0 - CONFIDENCE) / 2.0;

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
