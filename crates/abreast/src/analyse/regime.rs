//! Arms whose samples are not of one kind: what their interval says of one regime of the machine may not hold in another.

use std::fmt;

use statrs::distribution::{Binomial, ContinuousCDF, DiscreteCDF, Normal};

use super::Row;
use super::figures::{autocorrelation, by_run, ranks};
use crate::record::{Key, Pair};

/// How often any arm of a record whose samples are independent and of one kind is said to be uneven, at most.
const FALSE_ALARMS: f64 = 0.05;

/// What is less different than this between two parts of a run is left at that: half of it is within the noise floor of a run that
/// nobody doubts.
const MATTERS: f64 = 0.05;

/// How the samples of an arm are of more than one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Those before a certain moment differ from those after it.
    Break,
    /// They have two modes, with next to nothing between.
    Modes,
    /// Each is like the one before it.
    Drift,
}

/// An arm whose samples are not of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Uneven {
    /// Which.
    pub key: Key,
    /// How.
    pub kind: Kind,
    /// How rarely samples of one kind look like that by chance.
    pub chance: f64,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Break => "a break in time",
            Self::Modes => "two modes",
            Self::Drift => "each sample like the one before",
        })
    }
}

/// The arms among `rows` whose speedups, in any run, are not of one kind, and by so much that it matters. Three tests, none of
/// which assumes a distribution, each give all arms and runs together a false alarm that often at most (Bonferroni); they are so much on the
/// safe side that all three do it less often, which is simulated in the tests.
pub fn uneven(rows: &[Row]) -> Vec<Uneven> {
    let runs = |row: &Row| by_run(row.samples(), |sample| Pair::speedup(&sample.pair));
    let all: Vec<_> = rows.iter().map(|row| (row, runs(row))).collect();
    let tests: usize = all.iter().map(|(_, runs)| runs.len()).sum();
    let rare = FALSE_ALARMS / tests.max(1) as f64;
    let worst = |(row, runs): &(&Row, Vec<Vec<f64>>)| {
        let found = runs.iter().filter_map(|run| most_uneven(run));
        let (chance, kind) = found.min_by(|a, b| a.0.total_cmp(&b.0))?;
        (chance < rare).then(|| Uneven {
            key: row.key.clone(),
            kind,
            chance,
        })
    };
    all.iter().filter_map(worst).collect()
}

/// By which test a run is most clearly uneven, and how rarely that is chance. `None` where too little differs to matter.
fn most_uneven(run: &[f64]) -> Option<(f64, Kind)> {
    let mut sorted = run.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let eighth = run.len() / 8;
    let (low, high) = (sorted.get(eighth)?, sorted.get(run.len() - 1 - eighth)?);
    if high / low < 1.0 + MATTERS {
        return None;
    }
    let tests = [
        (two_modes(&sorted), Kind::Modes),
        (breaks(run), Kind::Break),
        (drifts(run), Kind::Drift),
    ];
    tests.into_iter().min_by(|a, b| a.0.total_cmp(&b.0))
}

/// Pettitt's test (1979): whether the values before some moment are larger, or smaller, than those after it.
fn breaks(run: &[f64]) -> f64 {
    let count = run.len() as f64;
    let middle = (count - 1.0) / 2.0;
    let sums = ranks(run).into_iter().scan(0.0, |sum, rank| {
        *sum += 2.0 * (rank - middle);
        Some(f64::abs(*sum))
    });
    let most = sums.fold(0.0, f64::max);
    (2.0 * (-6.0 * most.powi(2) / (count.powi(3) + count.powi(2))).exp()).min(1.0)
}

/// Whether ranks are like those before them more than by chance, which makes them so with a mean of -1/n and a variance of about 1/n.
fn drifts(run: &[f64]) -> f64 {
    let count = run.len() as f64;
    let alike = (autocorrelation(run) + 1.0 / count) * count.sqrt();
    Normal::standard().sf(alike)
}

/// Whether the middle third of the range, the farthest values on either side left out, holds fewer values than either outer third. A
/// distribution with one mode has there as many at least as in one of the two.
fn two_modes(sorted: &[f64]) -> f64 {
    let off = sorted.len() / 15;
    let kept = &sorted[off..sorted.len() - off];
    let (Some(first), Some(last)) = (kept.first(), kept.last()) else {
        return 1.0;
    };
    let third = (last - first) / 3.0;
    let below = kept.iter().filter(|&&v| v < first + third).count() as u64;
    let above = kept.iter().filter(|&&v| v > last - third).count() as u64;
    let (outer, middle) = (below.min(above), kept.len() as u64 - below - above);
    Binomial::new(0.5, outer + middle).map_or(1.0, |chance| chance.cdf(middle))
}
