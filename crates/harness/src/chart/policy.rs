//! What changes with the size of a chunk.

use plotters::prelude::*;

use super::plot::{
    HEADROOM, count, dashed, line, logarithmic, mesh, of_shape, panels, shapes, titled,
};
use super::{Area, DOTS, Drawn, FAINT, LONG, labels, style};
use crate::ceiling::Ceilings;
use crate::machine::Machine;
use crate::record::{Row, noise_floor};
use crate::table;

/// Speedup against the size of a chunk, a panel a size; what chooses no size is a level line.
pub(super) fn policy(area: &Area<'_>, rows: &[Row], machine: &Machine) -> Drawn {
    let ceilings = Ceilings::new(rows, machine.available_cores);
    let labels = labels(rows);
    for (shape, area) in panels(area, shapes(rows)) {
        let all = rows;
        let rows: Vec<_> = rows
            .iter()
            .filter(|row| row.key.shape == shape && row.figures().is_some())
            .filter(|row| labels.contains(&&*row.key.arm))
            .collect();
        let grains = rows.iter().filter_map(|row| row.key.setting);
        let x = 1024.0 / 1.5..grains.fold(2048.0, f64::max) * 1.5;
        let threads = rows.iter().map(|row| row.key.threads).max().unwrap_or(1);
        let of_cores = ceilings.of_cores(shape, threads);
        let of_memory = ceilings.of_memory(shape, threads);
        let values = rows
            .iter()
            .filter_map(|row| Some(row.figures()?.speedup.high));
        let top = values.chain(of_cores).fold(1.0, f64::max) * HEADROOM;
        let title = format!("{} · {}", of_shape(shape), table::threads(threads));
        let mut chart = titled(&area, title).build_cartesian_2d(logarithmic(&x), 0.0..top)?;
        mesh(
            &mut chart,
            "elements in a chunk",
            "speedup (times serial)",
            &count,
        )?;
        let ends = |y: f64| vec![(x.start, y), (x.end, y)];
        if let Some(floor) = noise_floor(all, shape) {
            let corners = [(x.start, 1.0 / (1.0 + floor)), (x.end, 1.0 + floor)];
            chart.draw_series([Rectangle::new(corners, FAINT.mix(0.35).filled())])?;
        }
        dashed(&mut chart, &of_cores.map(ends).unwrap_or_default(), LONG)?;
        let of_memory = of_memory.filter(|&s| s < top);
        dashed(&mut chart, &of_memory.map(ends).unwrap_or_default(), DOTS)?;
        for label in &labels {
            let rows = || rows.iter().filter(|row| row.key.arm == *label);
            let own = rows().find(|row| row.key.setting.is_none());
            if let Some(speedup) = own.and_then(|row| Some(row.figures()?.speedup)) {
                line(
                    &mut chart,
                    &[(x.start, speedup), (x.end, speedup)],
                    style(label),
                    0,
                )?;
            }
            let points = rows().filter_map(|row| Some((row.key.setting?, row.figures()?.speedup)));
            let points: Vec<_> = points.collect();
            line(&mut chart, &points, style(label), points.len())?;
        }
    }
    Ok(())
}
