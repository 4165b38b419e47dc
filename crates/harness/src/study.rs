//! The student study's four experiments redone: times and errors against dimension, and how PyTorch compares.

use abreast::analyse::figures::Estimate;
use abreast::analyse::{Analysis, Row};
use abreast::show::chart::{Axis, Chart, Dash, Mark, Panel, Point, Scale};
use abreast::show::look::look;
use abreast::show::{Section, View, views};

use crate::peers;

/// The four experiments side by side.
pub(crate) const STUDY: View = View::new("study", |of| Section::chart(study(of)));

/// How PyTorch and NumPy compare.
pub(crate) const RATIO: View = View::new("ratio", |of| Section::chart(ratio(of)));

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
    /// Whether it is about a row of the record.
    pub fn is_about(&self, row: &Row) -> bool {
        self.labels.contains(&&*row.key.arm) && row.key.size.rows <= self.most
    }

    /// What of the record it is about.
    fn of(&self, of: &Analysis) -> Analysis {
        let rows = of.rows.iter().filter(|row| self.is_about(row));
        Analysis {
            rows: rows.cloned().collect(),
            ..of.clone()
        }
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

/// Times above, mean errors below, an experiment a column.
fn study(of: &Analysis) -> Chart {
    let arms = views::arms(&of.rows).into_iter();
    let compared = |arm: &&str| EXPERIMENTS.iter().any(|one| one.labels.contains(arm));
    let measured = EXPERIMENTS.into_iter();
    let measured = measured.filter_map(|experiment| panels(of, experiment));
    let (times, errors): (Vec<_>, Vec<_>) = measured.unzip();
    Chart {
        legend: views::legend(of, arms.filter(compared), &[]),
        columns: times.len().max(1),
        size: (2000, 760),
        panels: times
            .into_iter()
            .chain(errors.into_iter().flatten())
            .collect(),
        ..Chart::new(
            "study",
            "The study's four experiments, redone from Python",
            "sigmoid(A) * A on d x d float32: a fresh result unless `out=` is named · times above, band: 95 % interval of the median · errors against float64 below",
        )
    }
}

/// The experiments a chart each, as large as a page allows, with what of the record they are about. In `study.svg` they stand side
/// by side, for a screen.
pub fn experiments(of: &Analysis) -> Vec<(Analysis, Chart)> {
    let chart = |(number, experiment): (usize, Experiment)| {
        let of = &experiment.of(of);
        let panels = panels(of, experiment);
        let chart = Chart {
            legend: views::legend(of, views::arms(&of.rows), &[]),
            columns: 2,
            size: (1120, 420),
            panels: panels.map_or_else(Vec::new, |(times, errors)| {
                [times].into_iter().chain(errors).collect()
            }),
            ..Chart::new(
                &format!("experiment-{number}"),
                experiment.title,
                "sigmoid(A) * A on d x d float32, called from Python · left: time, band: 95 % interval of the median · right: error against float64",
            )
        };
        (of.clone(), chart.shown())
    };
    (1..).zip(EXPERIMENTS).map(chart).collect()
}

/// One experiment: its times in one panel, its errors in another. `None` where nothing of it was measured.
fn panels(of: &Analysis, experiment: Experiment) -> Option<(Panel, Option<Panel>)> {
    let per_element = |row: &Row| {
        let elements = row.key.size.elements() as f64;
        Some(row.figures()?.ns.map(|ns| ns / elements))
    };
    let error = |row: &Row| {
        let accuracy = row.figures()?.accuracy?;
        // A figure of the output, the same in every sample. An exact output has no place on a logarithmic axis.
        (accuracy.mean > 0.0).then_some(Estimate {
            median: accuracy.mean,
            low: accuracy.mean,
            high: accuracy.mean,
        })
    };
    let (number, _) = experiment.title.split_once(':').unwrap_or_default();
    let panel = |title: &str, unit, value: &dyn Fn(&Row) -> Option<Estimate>| {
        panel(of, experiment, title, unit, value)
    };
    Some((
        panel(experiment.title, "time per element (ns)", &per_element)?,
        panel(&format!("{number}: errors"), "mean absolute error", &error),
    ))
}

/// How many times as long PyTorch and NumPy take as sigmulib, against dimension.
fn ratio(of: &Analysis) -> Chart {
    let arms = views::arms(&of.rows).into_iter();
    let is_peer = |arm: &&str| peers::PAIRS.iter().any(|(_, peer)| peer == arm);
    let equal = ("as fast", Dash::Long);
    let mut chart = Chart {
        legend: views::legend(of, arms.filter(is_peer), &[equal]),
        size: (1000, 560),
        ..Chart::new(
            "ratio",
            "PyTorch's and NumPy's time over sigmulib's",
            "the same data, as many threads, arms taking turns; above 1 sigmulib is faster; silu.out against sigmulib out=, NumPy against sigmulib NumPy · band: 95 % interval · grey at 1: noise floor",
        )
    };
    let lines: Vec<_> = peers::PAIRS
        .into_iter()
        .map(|(ours, peer)| {
            let rounds = peers::rounds(&of.rows, ours, peer).into_iter();
            let points = rounds.map(|round| Point {
                x: round.size.rows as f64,
                y: round.ratio,
            });
            (peer, points.collect::<Vec<_>>())
        })
        .collect();
    let points = || lines.iter().flat_map(|(_, points)| points);
    if points().next().is_none() {
        return chart;
    }
    let mut dimensions: Vec<_> = points().map(|point| point.x).collect();
    dimensions.sort_by(f64::total_cmp);
    dimensions.dedup();
    let most = dimensions.last().copied().unwrap_or(1.0);
    let (low, high) = views::reach(points().map(|point| point.y), 1.0, 2.0);
    let x = 0.8..most * 1.25;
    let mut panel = Panel::new(
        None,
        Axis::new("dimension d of a d x d matrix", x.clone(), Scale::Decades).ticks(dimensions),
        Axis::new(
            "times as long as sigmulib",
            low / 1.3..high * 1.3,
            Scale::Decades,
        ),
    );
    let dimension = |row: &Row| row.key.size.rows as f64;
    panel.marks.push(views::noise_floors(of, dimension));
    panel
        .marks
        .push(Mark::dashed(equal, vec![(x.start, 1.0), (x.end, 1.0)]));
    for (peer, points) in lines {
        panel.marks.push(Mark::line(peer, look(of, peer), points));
    }
    chart.panels.push(panel);
    chart
}

/// A panel of one experiment, both axes logarithmic.
fn panel(
    of: &Analysis,
    Experiment { labels, most, .. }: Experiment,
    title: &str,
    unit: &str,
    value: &dyn Fn(&Row) -> Option<Estimate>,
) -> Option<Panel> {
    let line = |label: &&'static str| {
        let of_arm = |row: &&Row| row.key.arm == *label && row.key.size.rows <= most;
        let rows = of.rows.iter().filter(of_arm);
        let point = |row: &Row| {
            Some(Point {
                x: row.key.size.rows as f64,
                y: value(row)?,
            })
        };
        (*label, rows.filter_map(point).collect::<Vec<_>>())
    };
    let lines: Vec<_> = labels
        .iter()
        .map(line)
        .filter(|(_, points)| !points.is_empty())
        .collect();
    let points = || lines.iter().flat_map(|(_, points)| points);
    points().next()?;
    let largest = points().map(|point| point.x).fold(1.0, f64::max);
    let (low, high) = views::reach(points().map(|point| point.y), f64::INFINITY, 0.0);
    let mut panel = Panel::new(
        Some(title.to_owned()),
        Axis::new("d", 0.8..largest * 1.25, Scale::Decades),
        Axis::new(unit, low / 1.5..high * 1.5, Scale::Decades),
    );
    let lines = lines.into_iter();
    panel
        .marks
        .extend(lines.map(|(label, points)| Mark::line(label, look(of, label), points)));
    Some(panel)
}
