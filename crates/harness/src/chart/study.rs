//! The student study's four experiments redone: times and errors against dimension, and how PyTorch compares.

use plotters::prelude::*;

use super::plot::{count, dashed, doubling, line, logarithmic, mesh, titled};
use super::{Area, Drawn, FAINT, FONT, LONG, style};
use crate::analyse::Estimate;
use crate::machine::Machine;
use crate::record::Row;

/// An experiment: its title, what it compares, and up to which dimension.
type Experiment = (&'static str, &'static [&'static str], usize);

/// The experiments, in the study's order.
const EXPERIMENTS: [Experiment; 4] = [
    (
        "1: small, and the naive loop",
        &[
            "Python loop",
            "NumPy",
            "serial",
            "rayon",
            "crossbeam",
            "threads",
            "pool",
            "sigmoid(A) * A",
            "F.silu",
        ],
        1 << 9,
    ),
    (
        "2: the parallel ones",
        &[
            "rayon",
            "crossbeam",
            "threads",
            "pool",
            "sigmoid(A) * A",
            "F.silu",
        ],
        1 << 14,
    ),
    (
        "3: the best against PyTorch",
        &["sigmulib", "sigmoid(A) * A", "F.silu", "F.silu compiled"],
        1 << 15,
    ),
    (
        "4: what comes in and goes out",
        &[
            "sigmulib",
            "sigmulib NumPy",
            "sigmulib out=",
            "F.silu",
            "silu.out",
            "NumPy",
        ],
        1 << 15,
    ),
];

/// The size of the figure: four panels side by side, in two rows.
pub(super) const SIZE: (u32, u32) = (2000, 760);

/// Times above, mean and maximum errors below, an experiment a column.
pub(super) fn study(area: &Area<'_>, rows: &[Row], _: &Machine) -> Drawn {
    let areas = area.split_evenly((2, EXPERIMENTS.len()));
    let (times, errors) = areas.split_at(EXPERIMENTS.len());
    for ((experiment, times), errors) in EXPERIMENTS.iter().zip(times).zip(errors) {
        let (_, labels, most) = *experiment;
        let per_element = |row: &Row| {
            let elements = row.key.shape.elements() as f64;
            Some(row.figures()?.ns.map(|ns| ns / elements))
        };
        panel(
            times,
            rows,
            *experiment,
            "time per element (ns)",
            per_element,
        )?;
        let error = |row: &Row| {
            let accuracy = row.figures()?.accuracy?;
            // Whole dots: the mean and the largest error are figures of the output, not samples. An exact output has no place on
            // a logarithmic axis.
            (accuracy.mean > 0.0).then_some(Estimate {
                median: accuracy.mean,
                low: accuracy.mean,
                high: accuracy.max,
            })
        };
        let errors_of = ("errors", labels, most);
        panel(
            errors,
            rows,
            errors_of,
            "absolute error: mean to largest",
            error,
        )?;
    }
    Ok(())
}

/// How many times as long PyTorch takes as sigmulib, against dimension.
pub(super) fn ratio(area: &Area<'_>, rows: &[Row], _: &Machine) -> Drawn {
    let pairs = [
        ("sigmoid(A) * A", "sigmulib"),
        ("F.silu", "sigmulib"),
        ("F.silu compiled", "sigmulib"),
        ("silu.out", "sigmulib out="),
    ];
    let lines = pairs.map(|(peer, ours)| {
        let of = |label: &str, dimension: usize| {
            let mut rows = rows.iter();
            let row =
                rows.find(|row| row.key.label() == label && row.key.shape.rows == dimension)?;
            Some(row.figures()?.ns)
        };
        let dimensions = rows
            .iter()
            .filter(|row| row.key.label() == peer)
            .map(|row| row.key.shape.rows);
        let points = dimensions.filter_map(|d| {
            let (peer, ours) = (of(peer, d)?, of(ours, d)?);
            Some((
                d as f64,
                Estimate {
                    median: peer.median / ours.median,
                    low: peer.low / ours.high,
                    high: peer.high / ours.low,
                },
            ))
        });
        (peer, points.collect::<Vec<_>>())
    });
    let values = || lines.iter().flat_map(|(_, points)| points);
    if values().next().is_none() {
        return Ok(());
    }
    let most = values().map(|point| point.0).fold(0.0, f64::max);
    let highest = values().map(|point| point.1.high).fold(2.0, f64::max);
    let lowest = values().map(|point| point.1.low).fold(1.0, f64::min);
    let (x, y) = (0.8..most * 1.25, lowest / 1.3..highest * 1.3);
    let mut chart = ChartBuilder::on(area)
        .margin(16)
        .x_label_area_size(44)
        .y_label_area_size(66)
        .build_cartesian_2d(doubling(&x), logarithmic(&y))?;
    mesh(
        &mut chart,
        "dimension d of a d x d matrix",
        "times as long as sigmulib",
        &count,
    )?;
    dashed(&mut chart, &[(x.start, 1.0), (x.end, 1.0)], LONG)?;
    for (peer, points) in &lines {
        line(&mut chart, points, style(peer), points.len())?;
    }
    Ok(())
}

/// A panel of one experiment, both axes logarithmic.
fn panel(
    area: &Area<'_>,
    rows: &[Row],
    (title, labels, most): Experiment,
    unit: &str,
    value: impl Fn(&Row) -> Option<Estimate>,
) -> Drawn {
    let of = |label: &&'static str| {
        let rows = rows
            .iter()
            .filter(|row| row.key.label() == *label && row.key.shape.rows <= most);
        let points = rows.filter_map(|row| Some((row.key.shape.rows as f64, value(row)?)));
        (*label, points.collect::<Vec<_>>())
    };
    let lines: Vec<_> = labels
        .iter()
        .map(of)
        .filter(|(_, points)| !points.is_empty())
        .collect();
    let values = || lines.iter().flat_map(|(_, points)| points);
    if values().next().is_none() {
        let words = (FONT, 14).into_font().color(&FAINT);
        area.draw(&Text::new(
            format!("{title}: not measured"),
            (80, 80),
            words,
        ))?;
        return Ok(());
    }
    let largest = values().map(|point| point.0).fold(1.0, f64::max);
    let lowest = values()
        .map(|point| point.1.low)
        .fold(f64::INFINITY, f64::min);
    let highest = values().map(|point| point.1.high).fold(0.0, f64::max);
    let (x, y) = (0.8..largest * 1.25, lowest / 1.5..highest * 1.5);
    let mut chart = titled(area, title).build_cartesian_2d(logarithmic(&x), logarithmic(&y))?;
    mesh(&mut chart, "d", unit, &count)?;
    for (label, points) in &lines {
        line(&mut chart, points, style(label), points.len())?;
    }
    Ok(())
}
