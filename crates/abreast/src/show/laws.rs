//! Break-even and laws as tables and sentences.

use super::table::{Cell, Column, Table};
use super::words::{elements, interval, name, percent};
use crate::analyse::Analysis;
use crate::analyse::break_even::{BreakEven, PaysFrom, below, break_evens, choices};
use crate::analyse::law::{Curve, Law, Parameters, asked, curves, forecast};

/// The break-even of each contender and thread count, and below it what to do. `None` where none has any.
pub fn break_even(of: &Analysis) -> Option<Table> {
    let found = break_evens(&of.rows);
    if found.is_empty() {
        return None;
    }
    let mut table = Table {
        columns: vec![
            Column::new("", 11).gap(0).words(),
            Column::new("threads ", 8).gap(0),
            Column::new(format!("beats {} from", of.baseline()), 0).words(),
        ],
        below: vec![String::new(), advice(of, &found)],
        ..Table::default()
    };
    for b in &found {
        let mark = if b.oversubscribed { "*" } else { " " };
        let from = match b.from {
            PaysFrom::Always(size) => Cell::number(
                0.0,
                format!(
                    "{} elements on, the smallest size measured",
                    elements(size as f64)
                ),
            ),
            PaysFrom::Size(size) => Cell::number(
                size.median,
                format!(
                    "{} [{}{}, {}{}] elements on",
                    elements(size.median),
                    elements(size.low),
                    end(size.low <= b.measured.0 as f64, "or less: the smallest"),
                    elements(size.high),
                    end(size.high >= b.measured.1 as f64, "or more: the largest"),
                ),
            ),
            PaysFrom::Never(size) => Cell::number(
                f64::INFINITY,
                format!("no size up to {} elements", elements(size as f64)),
            ),
        };
        table.rows.push(vec![
            Cell::words(&*b.arm),
            Cell::number(b.threads as f64, format!("{}{mark}", b.threads)),
            from,
        ]);
    }
    Some(table)
}

/// What is said of the end of an interval that is merely the last size measured.
fn end(is_last: bool, which: &str) -> String {
    match is_last {
        true => format!(" {which} size measured"),
        false => String::new(),
    }
}

/// The one sentence a user needs.
pub fn advice(of: &Analysis, found: &[BreakEven]) -> String {
    let baseline = of.baseline();
    let choices = choices(of);
    let largest = choices.last().map_or(0, |choice| choice.to);
    let largest = elements(largest as f64);
    if choices.iter().all(|choice| choice.best.is_empty()) {
        return format!(
            "On this machine, stay {baseline} up to {largest} elements at least: nothing beat it."
        );
    }
    let mut said: Vec<String> = Vec::new();
    for (i, choice) in choices.iter().enumerate() {
        let from = elements(choice.from as f64);
        let Some((best, level)) = choice.best.split_first() else {
            // Where it ends is known by what follows.
            let next = choices.get(i + 1).filter(|_| i == 0);
            let until = next.map(|next| match below(found, choice, next) {
                Some(size) => format!("below {} elements stay {baseline}", elements(size.median)),
                None => format!(
                    "up to {} elements stay {baseline}",
                    elements(choice.to as f64)
                ),
            });
            said.push(until.unwrap_or_else(|| format!("from {from} on stay {baseline}")));
            continue;
        };
        let level: Vec<_> = level.iter().map(|row| name(row)).collect();
        let level = match level.is_empty() {
            true => String::new(),
            false => format!(" (as fast: {})", level.join(", ")),
        };
        let begins = match i {
            0 => format!("from {from} elements on, the smallest size measured,"),
            1 if choices[0].best.is_empty() && below(found, &choices[0], choice).is_some() => {
                "from there on".to_owned()
            }
            _ => format!("from {from} on"),
        };
        said.push(format!("{begins} use {}{level}", name(best)));
    }
    format!(
        "On this machine, {}. Measured up to {largest} elements.",
        said.join("; ")
    )
}

/// The laws, their parameters, how far the points lie from them, and what they forecast.
pub fn laws(of: &Analysis) -> Table {
    let curves = curves(&of.rows);
    let Some(most) = curves.iter().map(|curve| curve.fit.points).max() else {
        let none = "No law was fitted: that takes two thread counts with a core each at least.";
        return Table {
            above: vec![none.to_owned()],
            ..Table::default()
        };
    };
    let mut above = vec!["The law of the curves, S(n) = λ n / (1 + σ (n - 1) + κ n (n - 1)), fitted where threads have a core each.".to_owned()];
    if most < Law::Usl.least_points() {
        let tested = match most == Law::Amdahl.least_points() {
            true => " It meets two points exactly, so nothing tests it.",
            false => "",
        };
        above.push(format!(
            "κ takes {} such thread counts and there are {most}: this is Amdahl's law, κ = 0.{tested}",
            Law::Usl.least_points(),
        ));
    }
    let asked = asked(&curves);
    above.push(format!(
        "Forecast, not measured: times {} on more such cores with the memory of this machine; \
         beyond twice those measured only by a law that {} thread counts have tested.",
        of.baseline(),
        Law::Usl.least_points()
    ));
    above.push(String::new());
    let has_usl = curves.iter().any(|curve| curve.fit.law == Law::Usl);
    let mut columns = vec![
        Column::new("", 22).gap(0).words(),
        Column::new("λ [95 %]", 19).gap(0),
        Column::new("σ [95 %]", 22),
    ];
    if has_usl {
        columns.push(Column::new("κ [95 %]", 24).gap(0));
    }
    columns.push(Column::new("residual", 8));
    let column = |cores: &usize| Column::new(format!("{cores} cores [95 %]"), 22);
    columns.extend(asked.iter().map(column));
    let row = |curve: &Curve| {
        let Curve { size, arm, fit, .. } = curve;
        let estimate = |value: fn(&Parameters) -> f64| {
            let estimate = fit.estimate(value);
            Cell::number(estimate.median, interval(estimate))
        };
        let label = Cell::words(format!("{size} {arm}"));
        if !fit.holds() {
            return vec![label, Cell::words(DOES_NOT_HOLD)];
        }
        let mut cells = vec![label, estimate(|p| p.rate), estimate(|p| p.contention)];
        if has_usl {
            cells.push(match fit.law {
                Law::Amdahl => Cell::default(),
                Law::Usl => estimate(|p| p.coherence),
            });
        }
        cells.push(match fit.points == Law::Amdahl.least_points() {
            true => Cell::words("-"),
            false => Cell::number(fit.residual, percent(fit.residual)),
        });
        cells.extend(asked.iter().map(|&cores| {
            let Some((speedup, bounded)) = forecast(of, curve, cores) else {
                return Cell::words("-");
            };
            let mark = if bounded { "≤ " } else { "" };
            Cell::number(speedup.median, format!("{mark}{}", interval(speedup)))
        }));
        cells
    };
    Table {
        above,
        rows: curves.iter().map(row).collect(),
        columns,
        below: Vec::new(),
    }
}

/// What stands in [`laws`] beside a curve that no law fits.
const DOES_NOT_HOLD: &str =
    "the law does not hold: σ, a share, would be above 1, as two threads are slower than one";

/// What the mark in [`laws`] means.
pub const LEGEND: &str = "≤ the law allows more, the ceiling of cores or memory does not";
