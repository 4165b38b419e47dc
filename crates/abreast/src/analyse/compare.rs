//! Two records of one bench, held against each other.

use statrs::distribution::{ContinuousCDF, Normal};

use super::figures::{Estimate, TAIL};
use super::{Analysis, Row, noise_floor};
use crate::record::Key;

/// An arm that changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Which.
    pub key: Key,
    /// Its speedup before.
    pub before: Estimate,
    /// Its speedup after.
    pub after: Estimate,
    /// After over before.
    pub ratio: Estimate,
    /// The larger of the two noise floors.
    pub floor: f64,
}

/// What changed from one record to another, beyond what noise explains, and how many arms are in both.
///
/// Speedups are compared, not times: a machine is rarely as fast today as it was yesterday, and each speedup is against a
/// baseline that was timed beside it. An arm changed where the interval of after over before leaves 1 out, and the ratio is
/// further from 1 than the larger of the two noise floors. With so many arms some intervals would leave 1 out by chance, so they
/// are widened for the number of comparisons (Bonferroni).
pub fn changes(before: &Analysis, after: &Analysis) -> (Vec<Change>, usize) {
    let (old, new) = (&before.rows, &after.rows);
    let pairs: Vec<_> = old.iter().filter_map(|row| both(row, new)).collect();
    let normal = Normal::standard();
    let widened = normal.inverse_cdf(TAIL / pairs.len().max(1) as f64) / normal.inverse_cdf(TAIL);
    let changes = pairs.iter().filter_map(|&(old_row, new_row)| {
        let (a, b) = (old_row.figures()?.speedup, new_row.figures()?.speedup);
        let ratio = ratio(a, b, widened);
        let floor = [
            noise_floor(old, old_row.key.size),
            noise_floor(new, new_row.key.size),
        ];
        let floor = floor.into_iter().flatten().fold(0.0, f64::max);
        let changed = (ratio.low > 1.0 || ratio.high < 1.0) && (ratio.median - 1.0).abs() > floor;
        changed.then(|| Change {
            key: old_row.key.clone(),
            before: a,
            after: b,
            ratio,
            floor,
        })
    });
    (changes.collect(), pairs.len())
}

/// The row and its like among `others`, where both were measured.
pub fn both<'a>(row: &'a Row, others: &'a [Row]) -> Option<(&'a Row, &'a Row)> {
    row.figures()?;
    let other = others.iter().find(|other| other.key == row.key)?;
    other.figures().map(|_| (row, other))
}

/// `b` over `a`, with an interval `widened` times as wide as 95 % would take: on a logarithmic scale independent errors add
/// up as squares do.
pub fn ratio(a: Estimate, b: Estimate, widened: f64) -> Estimate {
    let median = b.median / a.median;
    let square = |upper: f64, lower: f64| (upper / lower).ln().powi(2);
    let up = (square(b.high, b.median) + square(a.median, a.low)).sqrt() * widened;
    let down = (square(b.median, b.low) + square(a.high, a.median)).sqrt() * widened;
    Estimate {
        median,
        low: median * (-down).exp(),
        high: median * up.exp(),
    }
}
