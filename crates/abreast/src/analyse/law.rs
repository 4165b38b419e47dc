//! Laws for the curve of speedup against thread count, and what they forecast.
//!
//! The Universal Scalability Law (Gunther 1993) says of the speedup on `n` threads
//!
//! ```text
//! S(n) = λ n / (1 + σ (n - 1) + κ n (n - 1))
//! ```
//!
//! with λ the speedup on one thread, σ the share that must be done one after another (contention), and κ what threads
//! spend on agreeing with each other (coherence). A share is 1 at most: where the points want more, two threads are slower than one,
//! and the law does not hold. Amdahl's law is the same with κ = 0. Written as `n / S(n)` it is linear
//! in 1/λ, σ/λ and κ/λ: least squares, weighted so that relative errors count alike, find the best three, none below 0.

use nalgebra::{DMatrix, DVector};
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::ceiling::Ceilings;
use super::figures::{Estimate, TAIL, spread};
use super::{Analysis, Row};
use crate::record::{Role, Size};

/// Draws of the points behind the intervals of parameters and forecasts.
const DRAWS: usize = 400;

/// Which law.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    /// Amdahl's: contention alone.
    Amdahl,
    /// The Universal Scalability Law: contention and coherence.
    Usl,
}

impl Law {
    /// Thread counts that it takes to fit the law and have one left to hold it against. Amdahl's is fitted from two, which
    /// it then meets exactly: a forecast that nothing has tested.
    pub const fn least_points(self) -> usize {
        match self {
            Self::Amdahl => 2,
            Self::Usl => 4,
        }
    }
}

/// The parameters of a law.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parameters {
    /// λ: the speedup on one thread.
    pub rate: f64,
    /// σ: contention.
    pub contention: f64,
    /// κ: coherence.
    pub coherence: f64,
}

impl Parameters {
    /// The speedup on `threads` threads.
    pub fn at(&self, threads: f64) -> f64 {
        let others = threads - 1.0;
        self.rate * threads / (1.0 + self.contention * others + self.coherence * threads * others)
    }
}

/// A law fitted to a curve.
#[derive(Clone, Debug)]
pub struct Fit {
    /// Which law.
    pub law: Law,
    /// The parameters that fit the medians best.
    pub best: Parameters,
    /// How many points it was fitted to.
    pub points: usize,
    /// Root mean square of the relative distance between the points and the law.
    pub residual: f64,
    /// The parameters that fit other values which the points' intervals allow.
    draws: Vec<Parameters>,
}

impl Fit {
    /// Fits `law` to `points`, thread counts with their speedups. `None` where there are too few.
    pub fn new(law: Law, points: &[(usize, Estimate)]) -> Option<Self> {
        if points.len() < law.least_points() {
            return None;
        }
        let threads: Vec<_> = points.iter().map(|&(threads, _)| threads as f64).collect();
        let mut random = Xoshiro256PlusPlus::seed_from_u64(points.len() as u64);
        let mut draw = || {
            let drawn: Vec<_> = points.iter().map(|(_, s)| s.draw(&mut random)).collect();
            least_squares(law, &threads, &drawn)
        };
        let draws = (0..DRAWS).map(|_| draw()).collect();
        let medians: Vec<_> = points.iter().map(|(_, speedup)| speedup.median).collect();
        let best = least_squares(law, &threads, &medians);
        let squares = threads
            .iter()
            .zip(&medians)
            .map(|(&n, s)| (best.at(n) / s - 1.0).powi(2));
        let residual = (squares.sum::<f64>() / points.len() as f64).sqrt();
        Some(Self {
            law,
            best,
            points: points.len(),
            residual,
            draws,
        })
    }

    /// Whether the law holds: more than all of the work can't be what is done one after another.
    pub fn holds(&self) -> bool {
        self.best.contention <= 1.0
    }

    /// A value that follows from the parameters, with its interval.
    pub fn estimate(&self, value: impl Fn(&Parameters) -> f64) -> Estimate {
        let median = value(&self.best);
        let around = spread(self.draws.iter().map(value).collect(), TAIL);
        Estimate {
            median,
            low: around.low.min(median),
            high: around.high.max(median),
        }
    }
}

/// The parameters with the least sum of squared relative errors of `n / S(n)`, contention and coherence not below 0: the best
/// of the fits with some of them left at 0.
fn least_squares(law: Law, threads: &[f64], speedups: &[f64]) -> Parameters {
    // The columns: what 1/λ, σ/λ and κ/λ are multiplied by.
    let column = |which: usize, n: f64| [1.0, n - 1.0, n * (n - 1.0)][which];
    let candidates: &[&[usize]] = match law {
        Law::Amdahl => &[&[0], &[0, 1]],
        Law::Usl => &[&[0], &[0, 1], &[0, 2], &[0, 1, 2]],
    };
    let fits = candidates.iter().filter_map(|columns| {
        // Each row is divided by its own n / S(n), which makes the right-hand side 1 and the errors relative.
        let rows = DMatrix::from_fn(threads.len(), columns.len(), |row, i| {
            column(columns[i], threads[row]) * speedups[row] / threads[row]
        });
        let ones = DVector::from_element(threads.len(), 1.0);
        let solution = rows.clone().svd(true, true).solve(&ones, 1e-12).ok()?;
        let mut of = [0.0; 3];
        columns
            .iter()
            .zip(&solution)
            .for_each(|(&column, &value)| of[column] = value);
        let rate = 1.0 / of[0];
        let parameters = Parameters {
            rate,
            contention: of[1] * rate,
            coherence: of[2] * rate,
        };
        let feasible = of.iter().all(|&value| value >= 0.0) && rate.is_finite();
        feasible.then(|| ((rows * solution - ones).norm_squared(), parameters))
    });
    let best = fits.min_by(|a, b| a.0.total_cmp(&b.0));
    best.expect("a positive rate alone always fits").1
}

/// The most cores that a law which points have tested is asked about.
const FAR: usize = 64;

/// The numbers of cores that the laws of `curves` which hold are asked about: twice those that were measured; and 16 and 64, where a
/// law may say anything of so many.
pub fn asked(curves: &[Curve]) -> Vec<usize> {
    let holding = || curves.iter().filter(|curve| curve.fit.holds());
    let most = holding().map(|curve| curve.most).max().unwrap_or(1);
    let reach = holding().map(Curve::reach).max().unwrap_or(1);
    let mut cores = vec![2 * most, 16, FAR];
    cores.retain(|&cores| most < cores && cores <= reach);
    cores.sort_unstable();
    cores.dedup();
    cores
}

/// A curve of the record and the law that was fitted to it.
#[derive(Clone, Debug)]
pub struct Curve {
    /// The size.
    pub size: Size,
    /// The arm.
    pub arm: String,
    /// The law with the most parameters that has enough points.
    pub fit: Fit,
    /// The most threads among its points.
    pub most: usize,
}

impl Curve {
    /// Up to how many cores its law may be asked: twice those that were measured, and more only where points have tested it, which
    /// two or three that it was fitted to have not.
    pub fn reach(&self) -> usize {
        match self.fit.law {
            Law::Amdahl => 2 * self.most,
            Law::Usl => FAR.max(2 * self.most),
        }
    }
}

/// The curves of `rows` that a law can be fitted to: speedups on thread counts that have a core each.
pub fn curves(rows: &[Row]) -> Vec<Curve> {
    let mut curves: Vec<Curve> = Vec::new();
    for row in rows.iter().filter(|row| row.role == Role::Contender) {
        let (size, arm) = (row.key.size, &row.key.arm);
        if curves
            .iter()
            .any(|curve| curve.size == size && curve.arm == *arm)
        {
            continue;
        }
        let points = rows.iter().filter(|row| {
            row.role == Role::Contender
                && row.key.size == size
                && row.key.arm == *arm
                && !row.oversubscribed
        });
        let points: Vec<_> = points
            .filter_map(|row| Some((row.key.threads, row.figures()?.speedup)))
            .collect();
        let fit = Fit::new(Law::Usl, &points).or_else(|| Fit::new(Law::Amdahl, &points));
        curves.extend(fit.map(|fit| {
            Curve {
                size,
                arm: arm.clone(),
                fit,
                most: points
                    .iter()
                    .map(|(threads, _)| *threads)
                    .max()
                    .unwrap_or(1),
            }
        }));
    }
    curves
}

/// What a curve's law forecasts for so many cores, with its interval, within the ceilings of a machine with so many cores of this kind
/// and this memory, and whether a ceiling is below what the law allows. `None` where the law does not hold, or may not be asked.
pub fn forecast(of: &Analysis, curve: &Curve, cores: usize) -> Option<(Estimate, bool)> {
    if !curve.fit.holds() || cores > curve.reach() {
        return None;
    }
    let ceiling = Ceilings::new(of, cores).bound(curve.size, cores);
    let ceiling = ceiling.map_or(f64::INFINITY, |bound| bound.speedup.median);
    let law = |parameters: &Parameters| parameters.at(cores as f64);
    let within = curve
        .fit
        .estimate(|parameters| law(parameters).min(ceiling));
    Some((within, law(&curve.fit.best) > ceiling))
}
