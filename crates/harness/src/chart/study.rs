//! The student study's four experiments redone: times and errors against dimension, and how PyTorch compares.

use plotters::prelude::*;

use super::plot::{count, dashed, doubling, line, logarithmic, mesh, titled};
use super::{Area, Chart, Drawn, FAINT, FONT, LONG, style};
use crate::analyse::Estimate;
use crate::benches::PYTHON;
use crate::machine::Machine;
use crate::peers;
use crate::record::Row;

/// An experiment of the study.
#[derive(Clone, Copy, Debug)]
pub struct Experiment {
    /// What stands above its panel.
    pub title: &'static str,
    /// What it compares, by label.
    pub labels: &'static [&'static str],
    /// The largest dimension it goes to.
    pub most: usize,
}

impl Experiment {
    /// The rows of the record that it is about.
    pub fn rows(&self, rows: &[Row]) -> Vec<Row> {
        let about =
            |row: &&Row| self.labels.contains(&&*row.key.arm) && row.key.shape.rows <= self.most;
        rows.iter().filter(about).cloned().collect()
    }
}

/// The experiments, in the study's order.
pub const EXPERIMENTS: [Experiment; 4] = [
    Experiment {
        title: "1: small, and the naive loop",
        labels: &[
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
        most: 1 << 9,
    },
    Experiment {
        title: "2: the parallel ones",
        labels: &[
            "rayon",
            "crossbeam",
            "threads",
            "pool",
            "sigmoid(A) * A",
            "F.silu",
        ],
        most: 1 << 14,
    },
    Experiment {
        title: "3: the best against PyTorch",
        labels: &["sigmulib", "sigmoid(A) * A", "F.silu", "F.silu compiled"],
        most: 1 << 15,
    },
    Experiment {
        title: "4: what comes in and goes out",
        labels: &[
            "sigmulib",
            "sigmulib NumPy",
            "sigmulib out=",
            "F.silu",
            "silu.out",
            "NumPy",
        ],
        most: 1 << 15,
    },
];

/// Each experiment as a chart of its own.
pub(super) static CHARTS: [Chart; EXPERIMENTS.len()] = [
    alone::<0>("experiment-1.svg"),
    alone::<1>("experiment-2.svg"),
    alone::<2>("experiment-3.svg"),
    alone::<3>("experiment-4.svg"),
];

const fn alone<const NUMBER: usize>(file: &'static str) -> Chart {
    Chart {
        bench: PYTHON.name,
        file,
        title: EXPERIMENTS[NUMBER].title,
        subtitle: "sigmoid(A) * A on d x d float32, called from Python · left: time, band: 95 % interval of the median · right: error against float64",
        threads: false,
        dashed: &[],
        draws: |_| true,
        size: |_| (1120, 420),
        draw: |area, rows, _| {
            let (times, errors) = area.split_horizontally(560);
            experiment(&times, &errors, rows, EXPERIMENTS[NUMBER])
        },
    }
}

/// The size of the figure: four panels side by side, in two rows.
pub(super) const SIZE: (u32, u32) = (2000, 760);

/// Times above, mean errors below, an experiment a column.
pub(super) fn study(area: &Area<'_>, rows: &[Row], _: &Machine) -> Drawn {
    let areas = area.split_evenly((2, EXPERIMENTS.len()));
    let (times, errors) = areas.split_at(EXPERIMENTS.len());
    for ((of, times), errors) in EXPERIMENTS.into_iter().zip(times).zip(errors) {
        experiment(times, errors, rows, of)?;
    }
    Ok(())
}

/// One experiment: its times in one area, its errors in another.
fn experiment(times: &Area<'_>, errors: &Area<'_>, rows: &[Row], experiment: Experiment) -> Drawn {
    let per_element = |row: &Row| {
        let elements = row.key.shape.elements() as f64;
        Some(row.figures()?.ns.map(|ns| ns / elements))
    };
    panel(
        times,
        rows,
        experiment,
        "time per element (ns)",
        per_element,
    )?;
    let error = |row: &Row| {
        let accuracy = row.figures()?.accuracy?;
        // A figure of the output, the same in every sample. An exact output has no place on a logarithmic axis.
        (accuracy.mean > 0.0).then_some(Estimate {
            median: accuracy.mean,
            low: accuracy.mean,
            high: accuracy.mean,
        })
    };
    let errors_of = Experiment {
        title: "errors",
        ..experiment
    };
    panel(errors, rows, errors_of, "mean absolute error", error)
}

/// How many times as long PyTorch takes as sigmulib, against dimension.
pub(super) fn ratio(area: &Area<'_>, rows: &[Row], _: &Machine) -> Drawn {
    let pairs = peers::PAIRS.into_iter();
    let pairs = pairs.filter(|(_, peer)| peers::is_pytorch(peer));
    let lines: Vec<_> = pairs
        .map(|(ours, peer)| {
            let rounds = peers::rounds(rows, ours, peer).into_iter();
            let points = rounds.map(|round| (round.shape.rows as f64, round.ratio));
            (peer, points.collect::<Vec<_>>())
        })
        .collect();
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
        &f64::to_string,
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
    Experiment {
        title,
        labels,
        most,
    }: Experiment,
    unit: &str,
    value: impl Fn(&Row) -> Option<Estimate>,
) -> Drawn {
    let of = |label: &&'static str| {
        let rows = rows
            .iter()
            .filter(|row| row.key.arm == *label && row.key.shape.rows <= most);
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

/// Whether an experiment compares what goes by this label.
pub(super) fn compares(label: &str) -> bool {
    let mut experiments = EXPERIMENTS.iter();
    experiments.any(|experiment| experiment.labels.contains(&label))
}
