//! What a record says beyond its rows, in words: from which size on a runtime pays, and what the laws make of its curve.

use std::fmt::Write;

use crate::break_even::{BreakEven, From, break_evens, earliest, on_all_cores};
use crate::ceiling::Ceilings;
use crate::grid::Shape;
use crate::law::{Fit, Law, Parameters};
use crate::machine::Machine;
use crate::record::Row;
use crate::role::Role;
use crate::table::{elements, interval, on_threads, percent, ratio};

/// The numbers of cores that laws are asked about.
pub const FORECASTS: [usize; 3] = [4, 16, 64];

/// The break-even of each runtime and thread count, and what to do.
pub fn break_even(rows: &[Row]) -> String {
    let found = break_evens(rows);
    if found.is_empty() {
        return String::new();
    }
    let mut text = format!("\n  {:<11}{:>7}   beats serial from\n", "", "threads");
    for b in &found {
        let mark = if b.oversubscribed { "*" } else { " " };
        let from = match b.from {
            From::Always(size) => format!(
                "{} elements on, the smallest size measured",
                elements(size as f64)
            ),
            From::Size(size) => format!(
                "{} [{}, {}] elements on",
                elements(size.median),
                elements(size.low),
                elements(size.high)
            ),
            From::Never(size) => format!("no size up to {} elements", elements(size as f64)),
        };
        let _ = writeln!(text, "  {:<11}{:>7}{mark}  {from}", b.arm, b.threads);
    }
    let _ = writeln!(text, "\n  {}", advice(rows, &found));
    text
}

/// The one sentence a user needs.
pub fn advice(rows: &[Row], found: &[BreakEven]) -> String {
    let largest = rows.iter().map(|row| row.key.shape.elements()).max();
    match earliest(found) {
        None => format!(
            "On this machine, stay serial up to {} elements at least: nothing beat it.",
            elements(largest.unwrap_or(0) as f64)
        ),
        Some(best) => {
            let name = on_threads(&best.arm, best.threads);
            let more = on_all_cores(rows, best).map_or_else(String::new, |(threads, from)| {
                format!(", and on {threads} from {} on", elements(from as f64))
            });
            match best.from {
                From::Size(size) => format!(
                    "On this machine, below {} elements stay serial; from there on use {name}{more}.",
                    elements(size.median)
                ),
                From::Always(size) | From::Never(size) => format!(
                    "On this machine, use {name} from {} elements on, the smallest size measured{more}.",
                    elements(size as f64)
                ),
            }
        }
    }
}

/// A curve of the record and the law that was fitted to it.
pub struct Curve {
    /// The size.
    pub shape: Shape,
    /// The arm.
    pub arm: String,
    /// The law with the most parameters that has enough points.
    pub fit: Fit,
}

/// The curves of `rows` that a law can be fitted to: speedups on thread counts that have a core each.
pub fn curves(rows: &[Row]) -> Vec<Curve> {
    let mut curves: Vec<Curve> = Vec::new();
    for row in rows.iter().filter(|row| row.role == Role::Contender) {
        let (shape, arm) = (row.key.shape, &row.key.arm);
        if curves
            .iter()
            .any(|curve| curve.shape == shape && curve.arm == *arm)
        {
            continue;
        }
        let points = rows.iter().filter(|row| {
            row.role == Role::Contender
                && row.key.shape == shape
                && row.key.arm == *arm
                && !row.oversubscribed
        });
        let points: Vec<_> = points
            .filter_map(|row| Some((row.key.threads, row.figures()?.speedup)))
            .collect();
        let fit = Fit::new(Law::Usl, &points).or_else(|| Fit::new(Law::Amdahl, &points));
        curves.extend(fit.map(|fit| Curve {
            shape,
            arm: arm.clone(),
            fit,
        }));
    }
    curves
}

/// What `parameters` forecast for `cores` at a size, within the ceilings of a machine with so many cores of this kind and this
/// memory, and whether a ceiling is below what the law allows.
pub fn forecast(
    rows: &[Row],
    machine: &Machine,
    shape: Shape,
    cores: usize,
    parameters: &Parameters,
) -> (f64, bool) {
    let ceilings = Ceilings::new(rows, cores);
    let memory = ceilings
        .of_memory(shape, cores)
        .filter(|_| machine.is_in_memory(shape));
    let bounds = ceilings.of_cores(shape, cores).into_iter().chain(memory);
    let ceiling = bounds.fold(f64::INFINITY, f64::min);
    let law = parameters.at(cores as f64);
    (law.min(ceiling), law > ceiling)
}

/// The laws, their parameters, how far the points lie from them, and what they forecast.
pub fn laws(rows: &[Row], machine: &Machine) -> String {
    let curves = curves(rows);
    let Some(most) = curves.iter().map(|curve| curve.fit.points).max() else {
        return "\nNo law was fitted: that takes two thread counts with a core each at least.\n"
            .to_owned();
    };
    let mut text = "\nThe law of the curves, S(n) = λ n / (1 + σ (n - 1) + κ n (n - 1)), fitted where threads have a core each.\n".to_owned();
    if most < Law::Usl.least_points() {
        let _ = writeln!(
            text,
            "κ takes {} such thread counts and there are {most}: this is Amdahl's law, κ = 0.{}",
            Law::Usl.least_points(),
            if most == Law::Amdahl.least_points() {
                " It meets two points exactly, so nothing tests it."
            } else {
                ""
            }
        );
    }
    let has_usl = curves.iter().any(|curve| curve.fit.law == Law::Usl);
    let coherence = if has_usl { "κ [95 %]" } else { "" };
    let width = if has_usl { 24 } else { 0 };
    let _ = write!(
        text,
        "Forecast, not measured: times serial on 4, 16 and 64 such cores with the memory of this machine.\n\n  \
         {:<22}{:>19}  {:>22}{coherence:>width$}  {:>8}",
        "", "λ [95 %]", "σ [95 %]", "residual"
    );
    for cores in FORECASTS {
        let _ = write!(text, "  {:>11}", format!("{cores} cores"));
    }
    for Curve { shape, arm, fit } in &curves {
        let coherence = match fit.law {
            Law::Amdahl => String::new(),
            Law::Usl => interval(fit.estimate(|p| p.coherence)),
        };
        let residual = if fit.points == Law::Amdahl.least_points() {
            "-".to_owned()
        } else {
            percent(fit.residual)
        };
        let _ = write!(
            text,
            "\n  {:<22}{:>19}  {:>22}{coherence:>width$}  {residual:>8}",
            format!("{shape} {arm}"),
            interval(fit.estimate(|p| p.rate)),
            interval(fit.estimate(|p| p.contention)),
        );
        for cores in FORECASTS {
            let (speedup, bounded) = forecast(rows, machine, *shape, cores, &fit.best);
            let mark = if bounded { "≤" } else { "" };
            let _ = write!(text, "  {:>11}", format!("{mark} {}", ratio(speedup)));
        }
    }
    text + "\n\n≤ the law allows more, the ceiling of cores or memory does not\n"
}
