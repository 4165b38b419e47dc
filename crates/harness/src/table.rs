//! The record as a table to read on a terminal.

use std::fmt::Write;

use crate::analyse::{Estimate, Figures, Verdict, verdict};
use crate::ceiling::Ceilings;
use crate::doubt::doubts;
use crate::machine::Machine;
use crate::record::{Outcome, Row, noise_floor};
use crate::role::Role;

/// What a run says: the machine, what makes it doubtful, and the `report` of its bench.
pub fn table(report: &str, rows: &[Row], machine: &Machine) -> String {
    let mut text = String::new();
    for doubt in doubts(machine, rows) {
        let _ = writeln!(text, "DOUBTFUL: {doubt}");
    }
    let _ = writeln!(text, "{}", machine.summary());
    text += report;
    if rows.iter().any(|row| row.oversubscribed) {
        let _ = writeln!(
            text,
            "\n* oversubscribed: more threads than the {} available",
            machine.available_cores
        );
    }
    text
}

/// Who wins among arms of one size, in a sentence.
pub type Verdicts = fn(&[Row]) -> Option<String>;

/// One block a size, a line an arm, and the `verdict`.
pub fn sizes(verdict: Verdicts, rows: &[Row], machine: &Machine) -> String {
    let mut text = String::new();
    let ceilings = Ceilings::new(rows, machine.available_cores);
    for rows in rows.chunk_by(|a, b| a.key.shape == b.key.shape) {
        let shape = rows[0].key.shape;
        let floor = noise_floor(rows, shape);
        let noise = floor.map_or_else(
            || "noise floor not measured".to_owned(),
            |floor| format!("noise floor {}", percent(floor)),
        );
        let _ = writeln!(
            text,
            "\n{shape}, {} moved per call, {noise}\n  {:<17}{:>7}  {:>10}  {:>9}  {:>24}  {:>7}  {:>12}  {:>5}  {:>9}  {:>10}",
            bytes(shape.bytes()),
            "",
            "threads",
            "time",
            "± MAD",
            format!("times {} [95 %]  ", rows[0].baseline),
            "GB/s",
            "of ceiling",
            "busy",
            "imbalance",
            "CPU alone"
        );
        for row in rows {
            let mark = if row.oversubscribed { "*" } else { " " };
            let cells = match &row.outcome {
                Outcome::Measured(figures) => {
                    let bound = ceilings
                        .bound(shape, row.key.threads)
                        .filter(|_| !row.role.is_ceiling());
                    let share = bound.map(|bound| {
                        let share = 100.0 * figures.speedup.median / bound.speedup;
                        format!("{share:.0} % {}", bound.of)
                    });
                    cells(
                        row,
                        figures,
                        floor.unwrap_or(0.0),
                        &share.unwrap_or_default(),
                    )
                }
                Outcome::Skipped => continue,
                other => other.to_string(),
            };
            let name = match row.is_baseline() {
                true => format!("{} (A/A)", row.key.name()),
                false => row.key.name(),
            };
            let _ = writeln!(
                text,
                "  {name:<17}{:>7}{mark} {}",
                row.key.threads,
                cells.trim_end()
            );
        }
        let skipped = rows.iter().filter(|row| row.outcome == Outcome::Skipped);
        let mut skipped: Vec<_> = skipped.map(|row| &*row.key.arm).collect();
        skipped.dedup();
        if !skipped.is_empty() {
            let _ = writeln!(
                text,
                "  skipped, left out by the filter: {}",
                skipped.join(", ")
            );
        }
        if let Some(verdict) = verdict(rows) {
            let _ = writeln!(text, "  {verdict}");
        }
    }
    text + "\n≈ no difference from the baseline: 1 lies in the interval, or closer than the noise floor\n\
            busy: cores at work · imbalance: the busiest thread's time over the mean share\n\
            CPU alone: CPU time of one call on its own, what its threads then spend on waiting for more included\n"
}

fn cells(row: &Row, figures: &Figures, floor: f64, share: &str) -> String {
    let same = match verdict(figures.speedup, floor) {
        Verdict::NoDifference => "≈",
        Verdict::Faster | Verdict::Slower => " ",
    };
    let two = |value: Option<f64>| value.map(|value| format!("{value:.2}"));
    format!(
        "{:>10}  {:>9}  {:>22} {same}  {:>7}  {share:>12}  {:>5}  {:>9}  {:>10}",
        time(figures.ns.median),
        time(figures.mad_ns),
        interval(figures.speedup),
        ratio(row.gb_per_s(figures.ns.median)),
        two(figures.busy).unwrap_or_default(),
        two(figures.imbalance).unwrap_or_default(),
        figures.alone_cpu_ns.map(time).unwrap_or_default()
    )
}

/// A ratio with its interval.
pub fn interval(estimate: Estimate) -> String {
    let Estimate { median, low, high } = estimate;
    format!("{} [{}, {}]", ratio(median), ratio(low), ratio(high))
}

/// Two decimals, four where they would say nothing, fewer where they would say too much.
pub fn ratio(value: f64) -> String {
    match value {
        0.0 => "0".to_owned(),
        v if v < 0.1 => format!("{v:.4}"),
        v if v < 100.0 => format!("{v:.2}"),
        v => format!("{v:.0}"),
    }
}

/// A small share.
pub fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// The arm of one size that is fastest against its baseline, and after it those that are not told apart from it: their
/// intervals reach into its own, or they are closer than the noise floor. References and ceilings don't compete.
/// Empty where fewer than two arms do.
pub fn front(rows: &[Row]) -> Vec<&Row> {
    let speedup = |row: &Row| row.figures().map(|figures| figures.speedup);
    let measured = rows.iter().filter(|row| row.role.competes());
    let mut measured: Vec<_> = measured
        .filter_map(|row| Some((row, speedup(row)?)))
        .collect();
    if measured.len() < 2 {
        return Vec::new();
    }
    measured.sort_by(|a, b| b.1.median.total_cmp(&a.1.median));
    let (best, speedup) = measured[0];
    let floor = noise_floor(rows, best.key.shape).unwrap_or(0.0);
    let reach = speedup.low.min(speedup.median * (1.0 - floor));
    measured.retain(|(_, other)| other.high >= reach);
    measured.into_iter().map(|(row, _)| row).collect()
}

/// The fastest arm of one size, and those that are as fast.
pub fn fastest(rows: &[Row]) -> Option<String> {
    let front = front(rows);
    let (best, level) = front.split_first()?;
    let mut verdict = format!("fastest: {}", name(best));
    if !level.is_empty() {
        let names: Vec<_> = level.iter().map(|row| name(row)).collect();
        let _ = write!(verdict, "; no difference: {}", names.join(", "));
    }
    Some(verdict)
}

/// For each thread count, how the first contender, the best level of the CPU, compares.
pub fn best_level(rows: &[Row]) -> Option<String> {
    let sentences = rows
        .chunk_by(|a, b| a.key.threads == b.key.threads)
        .filter_map(|rows| {
            let best = rows.iter().find(|row| row.role == Role::Contender)?;
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
pub(crate) fn name(row: &Row) -> String {
    on_threads(&row.key.name(), row.key.threads)
}

/// A runtime on so many threads.
pub(crate) fn on_threads(runtime: &str, threads: usize) -> String {
    format!("{runtime} on {}", self::threads(threads))
}

/// So many threads.
pub(crate) fn threads(count: usize) -> String {
    match count {
        1 => "1 thread".to_owned(),
        count => format!("{count} threads"),
    }
}

/// Nanoseconds in the unit that gives one to three digits before the point.
pub fn time(ns: f64) -> String {
    match ns {
        ns if ns < 1e3 => format!("{ns:.1} ns"),
        ns if ns < 1e6 => format!("{:.2} µs", ns / 1e3),
        ns if ns < 1e9 => format!("{:.2} ms", ns / 1e6),
        ns => format!("{:.2} s", ns / 1e9),
    }
}

/// Bytes in the decimal unit that gives one to three digits before the point.
pub fn bytes(bytes: usize) -> String {
    match bytes as f64 {
        b if b < 1e3 => format!("{b:.0} B"),
        b if b < 1e6 => format!("{:.1} kB", b / 1e3),
        b if b < 1e9 => format!("{:.1} MB", b / 1e6),
        b => format!("{:.1} GB", b / 1e9),
    }
}

/// A number of elements with three digits: more than any break-even is known to.
pub fn elements(count: f64) -> String {
    match count {
        n if n < 1e3 => format!("{n:.0}"),
        n if n < 1e4 => format!("{:.2}k", n / 1e3),
        n if n < 1e5 => format!("{:.1}k", n / 1e3),
        n if n < 1e6 => format!("{:.0}k", n / 1e3),
        n if n < 1e7 => format!("{:.2}M", n / 1e6),
        n => format!("{:.1}M", n / 1e6),
    }
}
