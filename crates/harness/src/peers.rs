//! How sigmulib does against PyTorch and NumPy, from the record that `python -m sigmulib.compare` leaves.

use std::ops::RangeInclusive;

use abreast::analyse::figures::Estimate;
use abreast::analyse::verdict::{Verdict, between, verdict};
use abreast::analyse::{Row, noise_floor};
use abreast::record::Size;
use abreast::show::table::{Cell, Column, Table};
use abreast::show::words::{interval, ratio};
use abreast::show::{Section, View};

/// Who is held against whom, by label: sigmulib first, then the peer that does the same work, asked for in the same way.
pub const PAIRS: [(&str, &str); 8] = [
    ("sigmulib", "sigmoid(A) * A"),
    ("sigmulib", "F.silu"),
    ("sigmulib", "F.silu compiled"),
    ("sigmulib out=", "silu.out"),
    ("sigmulib after matmul", "F.silu after matmul"),
    ("sigmulib with gradient", "F.silu with gradient"),
    ("sigmulib and backward", "F.silu and backward"),
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
    pub size: Size,
    /// How many times as long the peer takes.
    pub ratio: Estimate,
    /// What may be said of that.
    pub verdict: Verdict,
}

/// The sizes at which both of a pair were measured.
///
/// Both took a turn in the same rounds, so that the ratio is taken round by round. Where the peer is the baseline itself, its pairs
/// say it directly.
pub fn rounds(rows: &[Row], ours: &str, peer: &str) -> Vec<Round> {
    let mut rounds = Vec::new();
    for rows in rows.chunk_by(|a, b| a.key.size == b.key.size) {
        let of = |label: &str| {
            let row = rows.iter().find(|row| row.key.arm == label)?;
            row.figures().map(|figures| (row, figures.speedup))
        };
        let Some(((row, our), (peer, _))) = of(ours).zip(of(peer)) else {
            continue;
        };
        let ratio = match peer.is_baseline() {
            true => our,
            false => between(row, peer).unwrap_or(our),
        };
        let size = row.key.size;
        let floor = noise_floor(rows, size).unwrap_or(0.0);
        rounds.push(Round {
            size,
            ratio,
            verdict: verdict(ratio, floor),
        });
    }
    rounds
}

/// A line a size, a column a pair, and the worst of small, middling and large sizes.
pub const TABLE: View = View::new("peers", |of| Section {
    tables: vec![table(&of.rows)],
    ..Section::default()
});

fn table(rows: &[Row]) -> Table {
    let pairs = PAIRS.map(|(ours, peer)| rounds(rows, ours, peer));
    let mut columns = vec![Column::new("d", 16).gap(0).words()];
    columns.extend(PAIRS.map(|(_, peer)| Column::new(peer, 20)));
    let mut table = Table {
        above: vec!["all sizes, times as long as sigmulib [95 %] (silu.out: as sigmulib out=; after matmul: both right after one)".to_owned()],
        columns,
        ..Table::default()
    };
    let mut dimensions: Vec<_> = rows.iter().map(|row| row.key.size.rows).collect();
    dimensions.dedup();
    for d in dimensions {
        let mut cells = vec![Cell::number(d as f64, d.to_string())];
        cells.extend(pairs.iter().map(|rounds| {
            let round = rounds.iter().find(|round| round.size.rows == d);
            round.map_or_else(Cell::default, |round| {
                let mark = match round.verdict {
                    Verdict::NoDifference => " ≈",
                    Verdict::Faster | Verdict::Slower => "",
                };
                Cell::number(round.ratio.median, interval(round.ratio) + mark)
            })
        }));
        table.rows.push(cells);
    }
    for range in RANGES {
        let mut cells = vec![Cell::words(format!(
            "worst {}-{}",
            range.start(),
            range.end()
        ))];
        cells.extend(pairs.iter().map(|rounds| {
            let inside = rounds
                .iter()
                .filter(|round| range.contains(&round.size.rows));
            let worst = inside
                .map(|round| round.ratio.median)
                .min_by(f64::total_cmp);
            worst.map_or_else(Cell::default, |worst| Cell::number(worst, ratio(worst)))
        }));
        table.rows.push(cells);
    }
    table
}
