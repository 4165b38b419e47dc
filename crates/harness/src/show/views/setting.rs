//! What changes with the setting: what a bench varies besides size and threads.

use super::{
    COLUMNS, HEADROOM, OF_CORES, OF_MEMORY, against, arms, legend, of_shape, reach, series, shapes,
    size, times,
};
use crate::analysis::Analysis;
use crate::ceiling::Ceilings;
use crate::grid::Shape;
use crate::looks::look;
use crate::record::noise_floor;
use crate::show::chart::{Axis, Chart, Joined, Mark, Panel, Point, Scale};
use crate::table;

/// Speedup against the size of a chunk, a panel a size; what chooses no size is a level line.
pub fn policy(of: &Analysis) -> Chart {
    let subtitle = format!(
        "speedup {} · points: chunks of one size, the last one a thread · level lines: no size chosen",
        against(of)
    );
    let shapes = shapes(&of.rows);
    Chart {
        legend: legend(arms(&of.rows), &[OF_CORES, OF_MEMORY]),
        columns: COLUMNS,
        size: size(shapes.len()),
        panels: shapes.into_iter().map(|shape| panel(of, shape)).collect(),
        ..Chart::new(
            "policy",
            "Policy: how large the chunks are, and whether threads are pinned",
            subtitle,
        )
    }
}

fn panel(of: &Analysis, shape: Shape) -> Panel {
    let ceilings = Ceilings::new(&of.rows, of.machine.available_cores);
    let arms = arms(&of.rows);
    let rows: Vec<_> = of
        .rows
        .iter()
        .filter(|row| row.key.shape == shape && row.figures().is_some())
        .filter(|row| arms.contains(&&*row.key.arm))
        .collect();
    let settings = rows.iter().filter_map(|row| row.key.setting);
    let x = 1024.0 / 1.5..settings.fold(2048.0, f64::max) * 1.5;
    let threads = rows.iter().map(|row| row.key.threads).max().unwrap_or(1);
    let of_cores = ceilings.of_cores(shape, threads);
    let of_memory = ceilings.of_memory(shape, threads);
    let values = rows.iter().filter_map(|row| Some(row.figures()?.speedup));
    let highest = of_cores.unwrap_or(1.0).max(1.0);
    let top = reach(values, 0.0, highest).1 * HEADROOM;
    let mut panel = Panel::new(
        Some(format!("{} · {}", of_shape(shape), table::threads(threads))),
        Axis::new("elements in a chunk", x.clone(), Scale::Decades),
        Axis::new(times(of), 0.0..top, Scale::Linear),
    );
    if let Some(floor) = noise_floor(&of.rows, shape) {
        panel
            .marks
            .push(Mark::Noise(1.0 / (1.0 + floor)..1.0 + floor));
    }
    let ends = |y: f64| vec![(x.start, y), (x.end, y)];
    let of_cores = of_cores.map(ends).unwrap_or_default();
    panel.marks.push(Mark::dashed(OF_CORES, of_cores));
    let of_memory = of_memory.filter(|&s| s < top).map(ends);
    panel
        .marks
        .push(Mark::dashed(OF_MEMORY, of_memory.unwrap_or_default()));
    for arm in arms {
        let rows = || rows.iter().filter(|row| row.key.arm == *arm);
        let own = rows().find(|row| row.key.setting.is_none());
        if let Some(y) = own.and_then(|row| Some(row.figures()?.speedup)) {
            panel.marks.push(Mark::Series {
                arm: arm.to_owned(),
                look: look(arm),
                points: [x.start, x.end].map(|x| Point { x, y }).to_vec(),
                joined: Joined::Line,
                marked: 0,
            });
        }
        let points = rows().filter_map(|row| Some((row.key.setting?, row.figures()?.speedup)));
        panel.marks.push(series(arm, points));
    }
    panel
}
