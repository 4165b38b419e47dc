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
    /// The median; of several runs, that of their medians.
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
            // Not every sample has them.
            let values: Vec<_> = samples.iter().filter_map(value).collect();
            (!values.is_empty()).then(|| median(values))
        };
        let estimate = |value: fn(&Pair) -> f64| {
            Estimate::of_runs(&by_run(samples, |sample| value(&sample.pair)))
        };
        let times: Vec<_> = of(Pair::ns_per_call).collect();
        let ns = estimate(Pair::ns_per_call);
        Some(Self {
            samples: samples.len(),
            ns,
            mad_ns: median(times.iter().map(|t| (t - ns.median).abs()).collect()),
            min_ns: times.iter().copied().fold(f64::INFINITY, f64::min),
            baseline_ns: median(of(Pair::baseline_ns_per_call).collect()),
            speedup: estimate(Pair::speedup),
            busy: medians(|sample| sample.busy),
            alone_cpu_ns: medians(|sample| sample.alone_cpu_ns),
            took_part: medians(|sample| sample.took_part),
            imbalance: medians(|sample| sample.imbalance),
            accuracy,
        })
    }
}

impl Estimate {
    /// The median of `values`, which were taken one after another, with its interval: [`of_runs`](Self::of_runs) for one run.
    ///
    /// # Panics
    ///
    /// For fewer than two values.
    pub fn of(values: &[f64]) -> Self {
        Self::of_runs(&[values.to_vec()])
    }

    /// The median of `runs`' medians with its bootstrap interval, from positive values that stand in the order in which they were
    /// taken. Seeded, so that the same samples give the same interval.
    ///
    /// A run is resampled in circular blocks (Politis and Romano 1992) as long as the values' order says: neighbours stay
    /// neighbours, or the interval of values that follow one another would be too narrow. Where there are several runs, these are drawn
    /// first, and then blocks within each (Kalibera and Jones 2013): how runs differ is in the interval, and is mostly what makes it.
    ///
    /// Resamples of few values spread too little. So one run's interval is cut where Hesterberg's expanded percentile interval is ("What
    /// Teachers Should Know About the Bootstrap", 2015), with the blocks as the values. Medians of few runs reach no further
    /// than the runs do, wherever they are cut: there the ends are moved out, as much as Student's distribution is wider than the normal one.
    ///
    /// # Panics
    ///
    /// Where there are no runs, or one of fewer than two values.
    pub fn of_runs(runs: &[Vec<f64>]) -> Self {
        let values: usize = runs.iter().map(Vec::len).sum();
        let mut random = Xoshiro256PlusPlus::seed_from_u64(values as u64);
        if let [run] = runs {
            let block = block(run);
            let wide = expanded(run.len() as f64 / block as f64);
            let tail = Normal::standard().cdf(-wide);
            let draws = (0..RESAMPLES).map(|_| resample(run, block, &mut random));
            return Self {
                median: median(run.clone()),
                ..spread(draws.collect(), tail)
            };
        }
        let medians: Vec<_> = runs.iter().map(|run| median(run.clone())).collect();
        let draws = runs.iter().map(|run| {
            let block = block(run);
            let draws = (0..RESAMPLES / 5).map(|_| resample(run, block, &mut random));
            draws.collect::<Vec<_>>()
        });
        let draws: Vec<_> = draws.collect();
        let mut any = |count: usize| random.random_range(0..count);
        let outer = (0..RESAMPLES).map(|_| {
            let drawn = runs.iter().map(|_| {
                let run = &draws[any(runs.len())];
                run[any(run.len())]
            });
            median(drawn.collect())
        });
        let around = spread(outer.collect(), TAIL);
        let median = median(medians);
        let wider = expanded(runs.len() as f64) / expanded(f64::INFINITY);
        let out = |end: f64| median * (end / median).powf(wider);
        Self {
            median,
            low: out(around.low.min(median)),
            high: out(around.high.max(median)),
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

/// How many standard errors of `count` values an interval reaches to either side: Student's quantile, and the bias of a
/// resample's variance.
fn expanded(count: f64) -> f64 {
    if count.is_infinite() {
        return -Normal::standard().inverse_cdf(TAIL);
    }
    // Blocks may be longer than half a short run.
    let others = (count - 1.0).max(1.0);
    let student =
        StudentsT::new(0.0, 1.0, others).expect("a positive number of degrees of freedom");
    -student.inverse_cdf(TAIL) * (count / others).sqrt()
}

/// The median of as many values as `run` has, drawn in circular blocks.
fn resample(run: &[f64], block: usize, random: &mut Xoshiro256PlusPlus) -> f64 {
    let mut drawn = Vec::with_capacity(run.len() + block);
    while drawn.len() < run.len() {
        let start = random.random_range(0..run.len());
        drawn.extend((start..start + block).map(|i| run[i % run.len()]));
    }
    drawn.truncate(run.len());
    median(drawn)
}

/// How long the blocks are in which `run` is resampled: what is best for the variance of a mean where each value is so much like the one before
/// it (Andrews 1991, for an autoregression of first order) as the ranks of these are, from 1 to a quarter of the run. Few
/// values look less alike than they are (Kendall 1954), which is made up for.
fn block(run: &[f64]) -> usize {
    let count = run.len() as f64;
    let seen = autocorrelation(run);
    let alike = (seen + (1.0 + 4.0 * seen) / count).clamp(0.0, 0.8);
    let best = (6.0 * count * (alike / (1.0 - alike * alike)).powi(2)).cbrt();
    (best.ceil() as usize).clamp(1, (run.len() / 4).max(1))
}

/// How much the ranks of `values` are like those before them: 0 where their order says nothing, 1 at most. Ranks, so that one value
/// far off counts no more than another.
pub fn autocorrelation(values: &[f64]) -> f64 {
    let ranks = ranks(values);
    let middle = (values.len() as f64 - 1.0) / 2.0;
    let squares: f64 = ranks.iter().map(|rank| (rank - middle).powi(2)).sum();
    let products = ranks.windows(2).map(|r| (r[0] - middle) * (r[1] - middle));
    match squares {
        0.0 => 0.0,
        squares => products.sum::<f64>() / squares,
    }
}

/// How many of `values` each is above, those that are equal shared.
pub fn ranks(values: &[f64]) -> Vec<f64> {
    let below = |value: f64| values.iter().filter(|&&v| v < value).count() as f64;
    let equal = |value: f64| values.iter().filter(|&&v| v == value).count() as f64;
    let rank = |&value: &f64| below(value) + (equal(value) - 1.0) / 2.0;
    values.iter().map(rank).collect()
}

/// A value of each of `samples`, run by run.
pub fn by_run(samples: &[Sample], value: impl Fn(&Sample) -> f64) -> Vec<Vec<f64>> {
    let runs = samples.chunk_by(|a, b| a.run == b.run);
    runs.map(|run| run.iter().map(&value).collect()).collect()
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
