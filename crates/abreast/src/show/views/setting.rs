//! What changes with the setting: what a bench varies besides size and threads.

use super::{
    COLUMNS, HEADROOM, OF_COPY, OF_CORES, against, arms, frame, legend, of_size, reach, series,
    sizes, times,
};
use crate::analyse::ceiling::Ceilings;
use crate::analyse::{Analysis, noise_floor};
use crate::record::Size;
use crate::show::chart::{Axis, Chart, Joined, Mark, Panel, Point, Scale};
use crate::show::look::look;
use crate::show::words;

/// Speedup against the setting, a panel a size; what chooses none is a level line.
pub fn setting(of: &Analysis) -> Chart {
    let subtitle = format!(
        "speedup {} · level lines: no {} chosen",
        against(of),
        unit(of)
    );
    let sizes = sizes(&of.rows);
    Chart {
        legend: legend(of, arms(&of.rows), &[OF_CORES, OF_COPY]),
        columns: COLUMNS,
        size: frame(sizes.len()),
        panels: sizes.into_iter().map(|size| panel(of, size)).collect(),
        ..Chart::new(
            "setting",
            &format!("Speedup against {}", unit(of)),
            subtitle,
        )
    }
}

/// What the setting is.
fn unit(of: &Analysis) -> &str {
    of.declared.setting.as_deref().unwrap_or("setting")
}

fn panel(of: &Analysis, size: Size) -> Panel {
    let ceilings = Ceilings::new(of, of.machine.available_cores);
    let arms = arms(&of.rows);
    let rows: Vec<_> = of
        .rows
        .iter()
        .filter(|row| row.key.size == size && row.figures().is_some())
        .filter(|row| arms.contains(&&*row.key.arm))
        .collect();
    let settings = rows.iter().filter_map(|row| row.key.setting);
    let least = settings.clone().fold(f64::INFINITY, f64::min);
    // Where nothing was set, any axis will do.
    let least = if least.is_finite() { least } else { 1.0 };
    let x = least / 1.5..settings.fold(2.0 * least, f64::max) * 1.5;
    let threads = rows.iter().map(|row| row.key.threads).max().unwrap_or(1);
    let of_cores = ceilings.of_cores(size, threads);
    let of_cores = of_cores.map(|bound| bound.speedup.median);
    let of_copy = ceilings.of_copy(size, threads);
    let of_copy = of_copy.map(|bound| bound.speedup.median);
    let values = rows.iter().filter_map(|row| Some(row.figures()?.speedup));
    let highest = of_cores.unwrap_or(1.0).max(1.0);
    let top = reach(values, 0.0, highest).1 * HEADROOM;
    let mut panel = Panel::new(
        Some(format!(
            "{} · {}",
            of_size(&of.rows, size),
            words::threads(threads)
        )),
        Axis::new(unit(of), x.clone(), Scale::Decades),
        Axis::new(times(of), 0.0..top, Scale::Linear),
    );
    if let Some(floor) = noise_floor(&of.rows, size) {
        panel
            .marks
            .push(Mark::Noise(1.0 / (1.0 + floor)..1.0 + floor));
    }
    let ends = |y: f64| vec![(x.start, y), (x.end, y)];
    let of_cores = of_cores.map(ends).unwrap_or_default();
    panel.marks.push(Mark::dashed(OF_CORES, of_cores));
    let of_copy = of_copy.filter(|&s| s < top).map(ends);
    panel
        .marks
        .push(Mark::dashed(OF_COPY, of_copy.unwrap_or_default()));
    for arm in arms {
        let rows = || rows.iter().filter(|row| row.key.arm == *arm);
        let own = rows().find(|row| row.key.setting.is_none());
        if let Some(y) = own.and_then(|row| Some(row.figures()?.speedup)) {
            panel.marks.push(Mark::Series {
                arm: arm.to_owned(),
                look: look(of, arm),
                points: [x.start, x.end].map(|x| Point { x, y }).to_vec(),
                apart: 1.0,
                joined: Joined::Line,
                marked: 0,
            });
        }
        let points = rows().filter_map(|row| Some((row.key.setting?, row.figures()?.speedup)));
        panel.marks.push(series(of, arm, points));
    }
    panel
}
