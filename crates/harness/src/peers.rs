//! How sigmulib does against PyTorch and NumPy, from the record that `python -m sigmulib.compare` leaves.

use std::fmt::Write;
use std::ops::RangeInclusive;

use crate::analyse::{Estimate, Verdict, verdict};
use crate::compare;
use crate::grid::Shape;
use crate::record::{Row, noise_floor};
use crate::table::{interval, ratio};

/// Who is held against whom, by label: sigmulib first, then the peer that does the same work, asked for in the same way.
pub const PAIRS: [(&str, &str); 6] = [
    ("sigmulib", "sigmoid(A) * A"),
    ("sigmulib", "F.silu"),
    ("sigmulib", "F.silu compiled"),
    ("sigmulib out=", "silu.out"),
    ("sigmulib after matmul", "F.silu after matmul"),
    ("sigmulib NumPy", "NumPy"),
];

/// Dimensions whose worst ratio is told: a call costs more than its work, the work fits in cache, the work is in memory.
const RANGES: [RangeInclusive<usize>; 3] = [1..=64, 128..=2048, 4096..=32768];

/// Whether it is a peer from PyTorch that goes by `label`.
pub fn is_pytorch(label: &str) -> bool {
    label != "NumPy" && PAIRS.iter().any(|(_, peer)| *peer == label)
}

/// One size of a pair.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Round {
    /// On what.
    pub shape: Shape,
    /// How many times as long the peer takes.
    pub ratio: Estimate,
    /// What may be said of that.
    pub verdict: Verdict,
}

/// The sizes at which both of a pair were measured.
///
/// Both were timed beside the same baseline, so that the ratio is that of their speedups. Where the peer is the baseline
/// itself, its pairs say it directly.
pub fn rounds(rows: &[Row], ours: &str, peer: &str) -> Vec<Round> {
    let mut rounds = Vec::new();
    for rows in rows.chunk_by(|a, b| a.key.shape == b.key.shape) {
        let of = |label: &str| {
            let row = rows.iter().find(|row| row.key.arm == label)?;
            Some((row, row.figures()?.speedup))
        };
        let Some(((row, our), (peer, their))) = of(ours).zip(of(peer)) else {
            continue;
        };
        let ratio = if peer.is_baseline() {
            our
        } else {
            compare::ratio(their, our, 1.0)
        };
        let shape = row.key.shape;
        let floor = noise_floor(rows, shape).unwrap_or(0.0);
        rounds.push(Round {
            shape,
            ratio,
            verdict: verdict(ratio, floor),
        });
    }
    rounds
}

/// A line a size, a column a pair, and the worst of small, middling and large sizes.
pub fn table(rows: &[Row]) -> String {
    let columns = PAIRS.map(|(ours, peer)| rounds(rows, ours, peer));
    let mut text = format!(
        "\nall sizes, times as long as sigmulib [95 %] (silu.out: as sigmulib out=; after matmul: both right after one)\n  {:<16}",
        "d"
    );
    for (_, peer) in PAIRS {
        let _ = write!(text, "  {peer:>20}");
    }
    let mut dimensions: Vec<_> = rows.iter().map(|row| row.key.shape.rows).collect();
    dimensions.dedup();
    for d in dimensions {
        let _ = write!(text, "\n  {d:<16}");
        for rounds in &columns {
            let round = rounds.iter().find(|round| round.shape.rows == d);
            let cell = round.map_or_else(String::new, |round| {
                let mark = if round.verdict == Verdict::NoDifference {
                    " ≈"
                } else {
                    ""
                };
                interval(round.ratio) + mark
            });
            let _ = write!(text, "  {cell:>20}");
        }
    }
    for range in RANGES {
        let _ = write!(
            text,
            "\n  {:<16}",
            format!("worst {}-{}", range.start(), range.end())
        );
        for rounds in &columns {
            let medians = rounds
                .iter()
                .filter(|round| range.contains(&round.shape.rows))
                .map(|round| round.ratio.median);
            let worst = medians.min_by(f64::total_cmp).map(ratio);
            let _ = write!(text, "  {:>20}", worst.unwrap_or_default());
        }
    }
    text + "\n"
}
