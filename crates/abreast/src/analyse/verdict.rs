//! What may be said: faster, slower, or not told apart.

use super::figures::Estimate;
use super::{Row, noise_floor};

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

/// The arm of one size that is fastest against its baseline, and after it those that are not told apart from it: their
/// intervals reach into its own, or they are closer than the noise floor. References and ceilings don't compete.
/// Empty where fewer than two arms do.
pub fn front<'a>(rows: impl IntoIterator<Item = &'a Row, IntoIter: Clone>) -> Vec<&'a Row> {
    let rows = rows.into_iter();
    let measured = rows.clone().filter(|row| row.role.competes());
    let mut measured: Vec<_> = measured
        .filter_map(|row| Some((row, row.figures()?.speedup)))
        .collect();
    if measured.len() < 2 {
        return Vec::new();
    }
    measured.sort_by(|a, b| b.1.median.total_cmp(&a.1.median));
    let (best, speedup) = measured[0];
    let floor = noise_floor(rows, best.key.size).unwrap_or(0.0);
    let reach = speedup.low.min(speedup.median * (1.0 - floor));
    measured.retain(|(_, other)| other.high >= reach);
    measured.into_iter().map(|(row, _)| row).collect()
}
