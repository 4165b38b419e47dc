//! Break-even and laws as tables and sentences.

use super::table::{Cell, Column, Table};
use super::words::{elements, interval, on_threads, percent, ratio};
use crate::analyse::Analysis;
use crate::analyse::break_even::{BreakEven, PaysFrom, break_evens, earliest, on_all_cores};
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
                    "{} [{}, {}] elements on",
                    elements(size.median),
                    elements(size.low),
                    elements(size.high)
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

/// The one sentence a user needs.
pub fn advice(of: &Analysis, found: &[BreakEven]) -> String {
    let (rows, baseline) = (&of.rows, of.baseline());
    let largest = rows.iter().map(|row| row.key.size.elements()).max();
    match earliest(found) {
        None => format!(
            "On this machine, stay {baseline} up to {} elements at least: nothing beat it.",
            elements(largest.unwrap_or(0) as f64)
        ),
        Some(best) => {
            let name = on_threads(&best.arm, best.threads);
            let more = on_all_cores(rows, best).map_or_else(String::new, |(threads, from)| {
                format!(", and on {threads} from {} on", elements(from as f64))
            });
            match best.from {
                PaysFrom::Size(size) => format!(
                    "On this machine, below {} elements stay {baseline}; from there on use {name}{more}.",
                    elements(size.median)
                ),
                PaysFrom::Always(size) | PaysFrom::Never(size) => format!(
                    "On this machine, use {name} from {} elements on, the smallest size measured{more}.",
                    elements(size as f64)
                ),
            }
        }
    }
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
    let column = |cores: &usize| Column::new(format!("{cores} cores"), 11);
    columns.extend(asked.iter().map(column));
    let row = |curve: &Curve| {
        let Curve { size, arm, fit, .. } = curve;
        let estimate = |value: fn(&Parameters) -> f64| {
            let estimate = fit.estimate(value);
            Cell::number(estimate.median, interval(estimate))
        };
        let mut cells = vec![
            Cell::words(format!("{size} {arm}")),
            estimate(|p| p.rate),
            estimate(|p| p.contention),
        ];
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
            if cores > curve.reach() {
                return Cell::words("-");
            }
            let (speedup, bounded) = forecast(of, *size, cores, &fit.best);
            let mark = if bounded { "≤" } else { "" };
            Cell::number(speedup, format!("{mark} {}", ratio(speedup)))
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

/// What the mark in [`laws`] means.
pub const LEGEND: &str = "≤ the law allows more, the ceiling of cores or memory does not";
