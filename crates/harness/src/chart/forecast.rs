//! What the laws make of the curves beyond the cores that were measured.

use plotters::prelude::*;

use super::plot::{
    band, count, dashed, doubling, logarithmic, markers, mesh, of_shape, panels, shapes, titled,
};
use super::{Area, DOTS, Drawn, LONG, SHADE, style};
use crate::ceiling::Ceilings;
use crate::findings::{self, FORECASTS};
use crate::machine::Machine;
use crate::record::Row;

/// What the laws make of the curves, on a logarithmic axis of cores, a panel a size.
pub(super) fn forecast(area: &Area<'_>, rows: &[Row], machine: &Machine) -> Drawn {
    let curves = findings::curves(rows);
    let here = machine.available_cores;
    let most = FORECASTS[FORECASTS.len() - 1].max(here);
    // 1, 2, 3, 4, 6, 8, 12 and so on.
    let counts = (0..).flat_map(|power| [1 << power, 3 << power >> 1]);
    let counts: Vec<usize> = counts.skip(1).take_while(|&n| n <= most).collect();
    for (shape, area) in panels(area, shapes(rows)) {
        let curves = curves.iter().filter(|curve| curve.shape == shape);
        let lines: Vec<_> = curves
            .map(|curve| {
                let at = |&n: &usize| {
                    let value = |p: &_| findings::forecast(rows, machine, shape, n, p).0;
                    (n as f64, curve.fit.estimate(value))
                };
                (
                    curve.arm.as_str(),
                    counts.iter().map(at).collect::<Vec<_>>(),
                )
            })
            .collect();
        let values = || lines.iter().flat_map(|(_, points)| points);
        let lowest = values().map(|point| point.1.low).fold(0.5, f64::min);
        let highest = values().map(|point| point.1.high).fold(2.0, f64::max);
        let (x, y) = (0.9..most as f64 * 1.1, lowest / 1.3..highest * 1.3);
        let mut chart =
            titled(&area, of_shape(shape)).build_cartesian_2d(doubling(&x), logarithmic(&y))?;
        let corners = [(here as f64 * 1.1, y.start), (x.end, y.end)];
        chart.draw_series([Rectangle::new(corners, SHADE.filled())])?;
        mesh(
            &mut chart,
            "cores (grey: forecast)",
            "speedup (times serial)",
            &count,
        )?;
        let mut ceiling = |of: &dyn Fn(&Ceilings<'_>, usize) -> Option<f64>, dash| {
            let points = counts
                .iter()
                .filter_map(|&n| Some((n as f64, of(&Ceilings::new(rows, n), n)?)));
            dashed(
                &mut chart,
                &points
                    .filter(|point| y.contains(&point.1))
                    .collect::<Vec<_>>(),
                dash,
            )
        };
        ceiling(&|ceilings, n| ceilings.of_cores(shape, n), LONG)?;
        if machine.is_in_memory(shape) {
            ceiling(&|ceilings, n| ceilings.of_memory(shape, n), DOTS)?;
        }
        for (runtime, points) in &lines {
            band(&mut chart, points, style(runtime))?;
            let thin = style(runtime).colour.stroke_width(1);
            chart.draw_series(LineSeries::new(
                points.iter().map(|p| (p.0, p.1.median)),
                thin,
            ))?;
            let measured = rows.iter().filter(|row| {
                row.key.shape == shape && row.key.arm == *runtime && !row.oversubscribed
            });
            let measured: Vec<_> = measured
                .filter_map(|row| Some((row.key.threads as f64, row.figures()?.speedup)))
                .collect();
            markers(&mut chart, &measured, style(runtime))?;
        }
    }
    Ok(())
}
