//! The record as a table to read on a terminal.

use std::fmt::Write;

use crate::analyse::Figures;
use crate::benches::Bench;
use crate::machine::Machine;
use crate::record::{Outcome, Row};
use crate::registry::LEVELS;

/// One block a size, a line an arm, and who is fastest.
pub fn table(bench: &Bench, rows: &[Row], machine: &Machine) -> String {
    let mut text = format!("{}\n", machine.summary());
    for rows in rows.chunk_by(|a, b| a.key.shape == b.key.shape) {
        let shape = rows[0].key.shape;
        let _ = writeln!(text, "\n{shape}, {} moved per call", bytes(shape.bytes()));
        let _ = writeln!(
            text,
            "  {:<11}{:>7}  {:>10}  {:>9}  {:>23}  {:>7}",
            "",
            "threads",
            "time",
            "± MAD",
            format!("times {} [95 %]", rows[0].baseline),
            "GB/s"
        );
        for row in rows {
            let mark = if row.oversubscribed { "*" } else { " " };
            let cells = match &row.outcome {
                Outcome::Measured(figures) => cells(row, figures),
                Outcome::Failed(why) => format!("FAILED: {why}"),
                Outcome::Skipped => continue,
            };
            let _ = writeln!(
                text,
                "  {:<11}{:>7}{mark} {cells}",
                row.key.label(),
                row.key.threads
            );
        }
        let skipped = rows.iter().filter(|row| row.outcome == Outcome::Skipped);
        let mut skipped: Vec<_> = skipped.map(|row| row.key.label()).collect();
        skipped.dedup();
        if !skipped.is_empty() {
            let _ = writeln!(
                text,
                "  skipped, left out by the filter: {}",
                skipped.join(", ")
            );
        }
        if let Some(verdict) = (bench.verdict)(rows) {
            let _ = writeln!(text, "  {verdict}");
        }
    }
    if rows.iter().any(|row| row.oversubscribed) {
        let _ = writeln!(
            text,
            "\n* oversubscribed: more threads than the {} available",
            machine.available_cores
        );
    }
    text
}

fn cells(row: &Row, figures: &Figures) -> String {
    let speedup = figures.speedup;
    let interval = format!(
        "{} [{}, {}]",
        ratio(speedup.median),
        ratio(speedup.low),
        ratio(speedup.high)
    );
    format!(
        "{:>10}  {:>9}  {interval:>23}  {:>7}",
        time(figures.ns.median),
        time(figures.mad_ns),
        ratio(row.gb_per_s(figures.ns.median))
    )
}

/// Two decimals, four where they would say nothing.
fn ratio(value: f64) -> String {
    if value < 0.1 {
        format!("{value:.4}")
    } else {
        format!("{value:.2}")
    }
}

/// The arm that is fastest against its baseline at a size, and those whose intervals reach into its own.
pub fn fastest(rows: &[Row]) -> Option<String> {
    let mut measured: Vec<_> = rows
        .iter()
        .filter_map(|row| Some((row, row.figures()?.speedup)))
        .collect();
    measured.sort_by(|a, b| b.1.median.total_cmp(&a.1.median));
    let (best, speedup) = *measured.first()?;
    let level: Vec<_> = measured[1..]
        .iter()
        .filter(|(_, other)| other.high >= speedup.low)
        .map(|(row, _)| name(row))
        .collect();
    let mut verdict = format!("fastest: {}", name(best));
    if !level.is_empty() {
        let _ = write!(verdict, "; not told apart from it: {}", level.join(", "));
    }
    Some(verdict)
}

/// For each thread count, how the best level of the CPU compares.
pub fn best_level(rows: &[Row]) -> Option<String> {
    let sentences = rows
        .chunk_by(|a, b| a.key.threads == b.key.threads)
        .filter_map(|rows| {
            let is_level = |row: &&Row| LEVELS.iter().any(|level| level.name == row.key.label());
            let best = rows.iter().find(is_level)?;
            Some(format!(
                "{}: {} times {}",
                name(best),
                ratio(best.figures()?.speedup.median),
                best.baseline
            ))
        });
    let sentences: Vec<_> = sentences.collect();
    (!sentences.is_empty()).then(|| sentences.join("; "))
}

/// An arm within its table.
fn name(row: &Row) -> String {
    match row.key.threads.get() {
        1 => format!("{} on 1 thread", row.key.label()),
        threads => format!("{} on {threads} threads", row.key.label()),
    }
}

/// Nanoseconds in the unit that gives one to three digits before the point.
fn time(ns: f64) -> String {
    match ns {
        ns if ns < 1e3 => format!("{ns:.1} ns"),
        ns if ns < 1e6 => format!("{:.2} µs", ns / 1e3),
        ns if ns < 1e9 => format!("{:.2} ms", ns / 1e6),
        ns => format!("{:.2} s", ns / 1e9),
    }
}

/// Bytes in the decimal unit that gives one to three digits before the point.
pub(crate) fn bytes(bytes: usize) -> String {
    match bytes as f64 {
        b if b < 1e3 => format!("{b:.0} B"),
        b if b < 1e6 => format!("{:.1} kB", b / 1e3),
        b if b < 1e9 => format!("{:.1} MB", b / 1e6),
        b => format!("{:.1} GB", b / 1e9),
    }
}
