//! What may be said: faster, slower, or not told apart.

use std::collections::HashMap;

use super::compare::ratio;
use super::figures::Estimate;
use super::{Row, noise_floor};
use crate::record::Sample;

/// What may be said of a speedup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Faster than the baseline.
    Faster,
    /// Slower than the baseline.
    Slower,
    /// Not told apart from it.
    NoDifference,
}

/// Whether `speedup` differs from 1: its interval must leave 1 out, and its median be further from 1 than `floor`, by how
/// much the baseline differs from itself in the same run.
pub fn verdict(speedup: Estimate, floor: f64) -> Verdict {
    if speedup.low > 1.0 && speedup.median > 1.0 + floor {
        Verdict::Faster
    } else if speedup.high < 1.0 && speedup.median < 1.0 - floor {
        Verdict::Slower
    } else {
        Verdict::NoDifference
    }
}

/// Rounds of a run that two arms must have in common to be compared by them: fewer have no interval worth the name.
const ROUNDS: usize = 6;

/// How many times as fast as `b` arm `a` is. `None` where one of them was not measured.
///
/// All arms of a round saw the same minute, so the ratio is that of the times in each round, not of two medians: what slows a
/// minute drops out. Arms that were not in the same rounds are compared by their speedups, as if their errors had nothing in common.
pub fn between(a: &Row, b: &Row) -> Option<Estimate> {
    let times: HashMap<_, _> = b
        .samples()
        .iter()
        .map(|sample| ((sample.run, sample.round), sample.pair.ns_per_call()))
        .collect();
    let of_run = |samples: &[Sample]| {
        let rounds = samples.iter().filter_map(|sample| {
            let other = times.get(&(sample.run, sample.round))?;
            Some(other / sample.pair.ns_per_call())
        });
        rounds.collect::<Vec<_>>()
    };
    let runs = a.samples().chunk_by(|a, b| a.run == b.run);
    let runs: Vec<_> = runs
        .map(of_run)
        .filter(|rounds| rounds.len() >= ROUNDS)
        .collect();
    if !runs.is_empty() {
        return Some(Estimate::of_runs(&runs));
    }
    Some(ratio(b.figures()?.speedup, a.figures()?.speedup, 1.0))
}

/// The arm of one size that is fastest, by its median speedup, and after it those that it is not told apart from, as
/// [`between`] and the noise floor say. References and ceilings don't compete. Empty where fewer than two arms do.
pub fn front<'a>(rows: impl IntoIterator<Item = &'a Row, IntoIter: Clone>) -> Vec<&'a Row> {
    let rows = rows.into_iter();
    let measured = rows.clone().filter(|row| row.role.competes());
    let mut measured: Vec<_> = measured
        .filter_map(|row| Some((row, row.figures()?.speedup.median)))
        .collect();
    if measured.len() < 2 {
        return Vec::new();
    }
    measured.sort_by(|a, b| b.1.total_cmp(&a.1));
    let (best, _) = measured[0];
    let floor = noise_floor(rows, best.key.size).unwrap_or(0.0);
    let is_level = |row: &Row| {
        let ratio = between(best, row);
        ratio.is_none_or(|ratio| verdict(ratio, floor) != Verdict::Faster)
    };
    let rows = measured.into_iter().map(|(row, _)| row);
    rows.filter(|row| row.key == best.key || is_level(row))
        .collect()
}
