//! What the laws make of the curves beyond the cores that were measured.

use super::{
    COLUMNS, OF_CORES, OF_MEMORY, arms, is_level, legend, of_shape, reach, shapes, size, times,
};
use crate::analysis::Analysis;
use crate::ceiling::Ceilings;
use crate::findings::{self, FORECASTS};
use crate::looks::look;
use crate::role::Role;
use crate::show::chart::{Axis, Chart, Joined, Mark, Panel, Point, Scale};

/// What the laws make of the curves, on a logarithmic axis of cores, a panel a size.
pub fn forecast(of: &Analysis) -> Chart {
    let rows = &of.rows[..];
    let curves = findings::curves(rows);
    let here = of.machine.available_cores;
    let most = FORECASTS[FORECASTS.len() - 1].max(here);
    // 1, 2, 3, 4, 6, 8, 12 and so on.
    let counts = (0..).flat_map(|power| [1 << power, 3 << power >> 1]);
    let counts: Vec<usize> = counts.skip(1).take_while(|&n| n <= most).collect();
    let panel = |shape| {
        let curves = curves.iter().filter(|curve| curve.shape == shape);
        let lines: Vec<_> = curves
            .map(|curve| {
                let at = |&n: &usize| Point {
                    x: n as f64,
                    y: curve.fit.estimate(|parameters| {
                        findings::forecast(rows, &of.machine, shape, n, parameters).0
                    }),
                };
                (&*curve.arm, counts.iter().map(at).collect::<Vec<_>>())
            })
            .collect();
        let values = lines.iter().flat_map(|(_, points)| points);
        let (low, high) = reach(values.map(|point| point.y), 0.5, 2.0);
        let (x, y) = (0.9..most as f64 * 1.1, low / 1.3..high * 1.3);
        let mut panel = Panel::new(
            Some(of_shape(shape)),
            Axis::new("cores (grey: forecast)", x, Scale::Doubling),
            Axis::new(times(of), y.clone(), Scale::Decades),
        );
        panel.shade = Some(here as f64 * 1.1);
        let ceiling = |of: &dyn Fn(&Ceilings<'_>, usize) -> Option<f64>| {
            let points = counts
                .iter()
                .filter_map(|&n| Some((n as f64, of(&Ceilings::new(rows, n), n)?)));
            points.filter(|point| y.contains(&point.1)).collect()
        };
        let of_cores = ceiling(&|ceilings, n| ceilings.of_cores(shape, n));
        panel.marks.push(Mark::dashed(OF_CORES, of_cores));
        if of.machine.is_in_memory(shape) {
            let of_memory = ceiling(&|ceilings, n| ceilings.of_memory(shape, n));
            panel.marks.push(Mark::dashed(OF_MEMORY, of_memory));
        }
        for (arm, points) in lines {
            let measured = rows
                .iter()
                .filter(|row| row.key.shape == shape && row.key.arm == arm && !row.oversubscribed);
            let measured = measured.filter_map(|row| {
                Some(Point {
                    x: row.key.threads as f64,
                    y: row.figures()?.speedup,
                })
            });
            let measured: Vec<_> = measured.collect();
            for (joined, points) in [(Joined::Thin, points), (Joined::Apart, measured)] {
                panel.marks.push(Mark::Series {
                    arm: arm.to_owned(),
                    look: look(arm),
                    marked: if joined == Joined::Apart {
                        points.len()
                    } else {
                        0
                    },
                    points,
                    joined,
                });
            }
        }
        panel
    };
    let shapes = shapes(rows);
    let level = |role: &Role| matches!(role, Role::Baseline | Role::Reference);
    let shown = arms(rows)
        .into_iter()
        .filter(|arm| !is_level(rows, arm, level));
    Chart {
        legend: legend(shown, &[OF_CORES, OF_MEMORY]),
        columns: COLUMNS,
        size: size(shapes.len()),
        panels: shapes.into_iter().map(panel).collect(),
        ..Chart::new(
            "forecast",
            "FORECAST: speedup on more cores than were measured",
            "thin lines: the law fitted to the points, within the ceilings of such cores and this memory · band: what the points' intervals allow",
        )
    }
}
