//! What changes with the setting: what a bench varies besides size and threads.

use super::{
    COLUMNS, OF_COPY, OF_CORES, against, arms, frame, legend, of_size, series, sizes, times, top,
};
use crate::analyse::ceiling::Ceilings;
use crate::analyse::{Analysis, Row, noise_floor};
use crate::record::Size;
use crate::show::chart::{Axis, Chart, Entry, Mark, Panel, Scale};
use crate::show::look::look;
use crate::show::words;

/// Speedup against the setting, a panel a size; what chooses none is at the left, in a place of its own.
pub fn setting(of: &Analysis) -> Chart {
    let subtitle = format!(
        "speedup {} · band and bar: 95 % interval of the median",
        against(of)
    );
    let sizes = sizes(&of.rows);
    let mut legend = legend(of, arms(&of.rows), &[OF_CORES, OF_COPY]);
    legend.push(Entry::Shade(format!("no {} chosen", unit(of))));
    Chart {
        legend,
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
    let mut settings: Vec<_> = rows.iter().filter_map(|row| row.key.setting).collect();
    settings.sort_by(f64::total_cmp);
    settings.dedup();
    // Where nothing was set, any axis will do.
    let least = settings.first().copied().unwrap_or(1.0);
    let most = settings.last().copied().unwrap_or(1.0).max(4.0 * least);
    // The arms that choose none have two fifths of the panel, a place each.
    let own = |row: &&&Row| row.key.setting.is_none();
    let places = rows.iter().filter(own).count() as f64;
    let step = (most / least).powf(2.0 / 3.0 / places.max(4.0));
    let place = |i: usize| least / 1.5 / step.powf(places - i as f64 - 0.5);
    let x = place(0) / step..most * 1.5;
    let threads = rows.iter().map(|row| row.key.threads).max().unwrap_or(1);
    let of_cores = ceilings.of_cores(size, threads);
    let of_cores = of_cores.map(|bound| bound.speedup.median);
    let of_copy = ceilings.of_copy(size, threads);
    let of_copy = of_copy.map(|bound| bound.speedup.median);
    let values = rows.iter().filter_map(|row| Some(row.figures()?.speedup));
    let top = top(values, of_cores.into_iter().chain(of_copy));
    let mut panel = Panel::new(
        Some(format!(
            "{} · {}",
            of_size(&of.rows, size),
            words::threads(threads)
        )),
        Axis::new(unit(of), x.clone(), Scale::Decades).ticks(settings),
        Axis::new(times(of), 0.0..top, Scale::Linear),
    );
    panel.shade = Some(x.start..least / 1.5);
    if let Some(floor) = noise_floor(&of.rows, size) {
        panel
            .marks
            .push(Mark::Noise(1.0 / (1.0 + floor)..1.0 + floor));
    }
    for (name, bound) in [(OF_CORES, of_cores), (OF_COPY, of_copy)] {
        let ends = bound.map(|y| vec![(x.start, y), (x.end, y)]);
        panel
            .marks
            .push(Mark::dashed(name, ends.unwrap_or_default()));
    }
    for (i, row) in rows.iter().filter(own).enumerate() {
        let Some(y) = row.figures().map(|figures| figures.speedup) else {
            continue;
        };
        panel.marks.push(Mark::Level {
            arm: row.key.arm.clone(),
            look: look(of, &row.key.arm),
            x: place(i),
            y,
        });
    }
    for arm in arms {
        let rows = rows.iter().filter(|row| row.key.arm == *arm);
        let points = rows.filter_map(|row| Some((row.key.setting?, row.figures()?.speedup)));
        panel.marks.push(series(of, arm, points));
    }
    panel
}
