//! Two records of one bench, held against each other.

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

use super::figures::{Estimate, TAIL, by_run, median};
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
/// further from 1 than the larger of the two noise floors, and the two speedups' own intervals have nothing in common: a run that
/// changed its pace on the way may be where the others were. With so many arms some intervals would leave 1 out by chance, so they
/// are widened for the number of comparisons (Bonferroni): one comparison of records in twenty finds a change that is none.
///
/// That holds where one of the records is of [several runs](knows_runs): how these differ is then in the interval. That of one
/// run against one does not know it, and holds 1 less often than it says.
pub fn changes(before: &Analysis, after: &Analysis) -> (Vec<Change>, usize) {
    let (old, new) = (&before.rows, &after.rows);
    let pairs: Vec<_> = old.iter().filter_map(|row| both(row, new)).collect();
    let tail = TAIL / pairs.len().max(1) as f64;
    let changes = pairs.iter().filter_map(|&(old_row, new_row)| {
        let (a, b) = (old_row.figures()?.speedup, new_row.figures()?.speedup);
        let ratio = runs_ratio(old_row, new_row, tail).unwrap_or_else(|| {
            let normal = Normal::standard();
            ratio(a, b, normal.inverse_cdf(tail) / normal.inverse_cdf(TAIL))
        });
        let floor = [
            noise_floor(old, old_row.key.size),
            noise_floor(new, new_row.key.size),
        ];
        let floor = floor.into_iter().flatten().fold(0.0, f64::max);
        let apart = a.high < b.low || b.high < a.low;
        let changed =
            apart && (ratio.low > 1.0 || ratio.high < 1.0) && (ratio.median - 1.0).abs() > floor;
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

/// Whether a comparison of the two knows how runs differ: where one of them has several.
pub fn knows_runs(before: &Analysis, after: &Analysis) -> bool {
    let rows = before.rows.iter().chain(&after.rows);
    rows.flat_map(Row::samples).any(|sample| sample.run > 0)
}

/// `after` over `before`, from what each run's median says: Student's interval for the difference of two means, of logarithms, with
/// so much left out at either `tail`. What one record's runs differ by holds for those of the other too, even where that is
/// one. `None` where both are.
fn runs_ratio(before: &Row, after: &Row, tail: f64) -> Option<Estimate> {
    let logarithms = |row: &Row| {
        let runs = by_run(row.samples(), |sample| sample.pair.speedup());
        let logarithms = runs.into_iter().map(|run| median(run).ln());
        logarithms.collect::<Vec<_>>()
    };
    let (a, b) = (logarithms(before), logarithms(after));
    let degrees = (a.len() + b.len()).checked_sub(2).filter(|&n| n > 0)? as f64;
    let mean = |of: &[f64]| of.iter().sum::<f64>() / of.len() as f64;
    let squares = |of: &[f64]| of.iter().map(|v| (v - mean(of)).powi(2)).sum::<f64>();
    let variance = (squares(&a) + squares(&b)) / degrees;
    let error = (variance * (1.0 / a.len() as f64 + 1.0 / b.len() as f64)).sqrt();
    let student = StudentsT::new(0.0, 1.0, degrees).ok()?;
    let (reach, median) = (-student.inverse_cdf(tail) * error, mean(&b) - mean(&a));
    Some(Estimate {
        median: median.exp(),
        low: (median - reach).exp(),
        high: (median + reach).exp(),
    })
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
