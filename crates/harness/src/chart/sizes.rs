//! What changes with the size: time per element, each kernel's throughput, and the break-even.

use plotters::prelude::*;

use super::plot::{count, dashed, line, logarithmic, mesh, panels, thread_counts, titled};
use super::threads::throughput_of;
use super::{Area, Drawn, FAINT, FONT, INK, LONG, Style, labels, style};
use crate::analyse::Estimate;
use crate::break_even::{From, break_evens};
use crate::ceiling::Ceilings;
use crate::machine::Machine;
use crate::record::{Row, noise_floor};
use crate::table;

/// Time per element against size, log-log: every runtime at the most threads that have a core each.
pub(super) fn time(area: &Area<'_>, rows: &[Row], machine: &Machine) -> Drawn {
    let points_of = |label: &str| -> Vec<(f64, Estimate)> {
        let rows = || rows.iter().filter(|row| row.key.arm == label);
        let fitting = rows()
            .filter(|row| !row.oversubscribed)
            .map(|row| row.key.threads)
            .max();
        let threads = fitting.or_else(|| rows().map(|row| row.key.threads).min());
        let points = rows().filter(|row| Some(row.key.threads) == threads);
        points
            .filter_map(|row| {
                let (ns, len) = (row.figures()?.ns, row.key.shape.elements() as f64);
                Some((len, ns.map(|ns| ns / len)))
            })
            .collect()
    };
    let labels = labels(rows);
    let lines: Vec<_> = labels.iter().map(|label| points_of(label)).collect();
    let all = || lines.iter().flatten();
    let least = |values: &mut dyn Iterator<Item = f64>| values.fold(f64::INFINITY, f64::min);
    let most = |values: &mut dyn Iterator<Item = f64>| values.fold(0.0, f64::max);
    let x = least(&mut all().map(|p| p.0)) / 2.0..most(&mut all().map(|p| p.0)) * 2.0;
    let y = least(&mut all().map(|p| p.1.low)) / 1.5..most(&mut all().map(|p| p.1.high)) * 1.5;
    if all().next().is_none() {
        return Ok(());
    }
    let mut chart = ChartBuilder::on(area)
        .margin(16)
        .x_label_area_size(44)
        .y_label_area_size(66)
        .build_cartesian_2d(logarithmic(&x), logarithmic(&y))?;
    mesh(&mut chart, "elements", "time per element (ns)", &count)?;
    let ceilings = Ceilings::new(rows, machine.available_cores);
    let bounds = rows
        .iter()
        .filter(|row| row.is_baseline())
        .filter_map(|row| {
            let shape = row.key.shape;
            let least =
                row.figures()?.ns.median / ceilings.bound(shape, machine.available_cores)?.speedup;
            Some((shape.elements() as f64, least / shape.elements() as f64))
        });
    dashed(&mut chart, &bounds.collect::<Vec<_>>(), LONG)?;
    for (label, points) in labels.iter().zip(&lines) {
        line(&mut chart, points, style(label), points.len())?;
    }
    Ok(())
}

/// Throughput of each kernel against bytes moved, a panel a thread count, with the sizes of the caches.
pub(super) fn kernel(area: &Area<'_>, rows: &[Row], machine: &Machine) -> Drawn {
    let bytes = |row: &Row| row.key.shape.bytes() as f64;
    let x = rows.iter().map(bytes).fold(f64::INFINITY, f64::min) / 2.0
        ..rows.iter().map(bytes).fold(0.0, f64::max) * 2.0;
    for (threads, area) in panels(area, thread_counts(rows)) {
        let points_of = |label: &str| -> Vec<(f64, Estimate)> {
            let rows = rows
                .iter()
                .filter(|row| row.key.arm == label && row.key.threads == threads);
            rows.filter_map(|row| Some((bytes(row), throughput_of(row)?)))
                .collect()
        };
        let labels = labels(rows);
        let lines: Vec<_> = labels.iter().map(|label| points_of(label)).collect();
        let values = || lines.iter().flatten().map(|(_, value)| value);
        let low = values().map(|v| v.low).fold(f64::INFINITY, f64::min) / 1.5;
        let top = values().map(|v| v.high).fold(0.0, f64::max) * 1.5;
        let mut chart = titled(&area, table::threads(threads))
            .build_cartesian_2d(logarithmic(&x), logarithmic(&(low..top)))?;
        mesh(
            &mut chart,
            "bytes moved per call",
            "throughput (GB/s)",
            &count,
        )?;
        for cache in machine
            .caches
            .iter()
            .filter(|cache| cache.kind != "Instruction")
        {
            let at = cache.bytes as f64;
            if x.contains(&at) {
                dashed(&mut chart, &[(at, low), (at, top)], LONG)?;
                let words = (FONT, 12).into_font().color(&FAINT);
                chart.draw_series([Text::new(
                    format!(" L{}", cache.level),
                    (at, top * 0.98),
                    words,
                )])?;
            }
        }
        for (label, points) in labels.iter().zip(&lines) {
            line(&mut chart, points, style(label), points.len())?;
        }
    }
    Ok(())
}

/// Speedup against size, both logarithmic, a panel a thread count, with the break-even of each runtime.
pub(super) fn break_even(area: &Area<'_>, rows: &[Row], machine: &Machine) -> Drawn {
    let found = break_evens(rows);
    let elements = |row: &Row| row.key.shape.elements() as f64;
    let sizes = || rows.iter().map(elements);
    let x = sizes().fold(f64::INFINITY, f64::min) / 1.3..sizes().fold(0.0, f64::max) * 1.3;
    let values = || rows.iter().filter_map(|row| Some(row.figures()?.speedup));
    let highest = values()
        .map(|v| v.high)
        .fold(machine.available_cores as f64, f64::max);
    let y = values().map(|v| v.low).fold(1.0, f64::min) / 1.2..highest * 1.2;
    let ceilings = Ceilings::new(rows, machine.available_cores);
    for (threads, area) in panels(area, thread_counts(rows)) {
        let mut title = table::threads(threads);
        if threads > machine.available_cores {
            title += ", oversubscribed";
        }
        let mut chart =
            titled(&area, title).build_cartesian_2d(logarithmic(&x), logarithmic(&y))?;
        mesh(&mut chart, "elements", "speedup (times serial)", &count)?;
        let serial: Vec<_> = rows.iter().filter(|row| row.is_baseline()).collect();
        let floors = serial
            .iter()
            .filter_map(|row| Some((elements(row), noise_floor(rows, row.key.shape)?)));
        let around = |(x, floor): (f64, f64)| {
            let estimate = Estimate {
                median: 1.0,
                low: 1.0 / (1.0 + floor),
                high: 1.0 + floor,
            };
            (x, estimate)
        };
        let floors: Vec<_> = floors.map(around).collect();
        let grey = Style {
            colour: INK,
            ..style("")
        };
        line(&mut chart, &floors, grey, 0)?;
        let of_cores: Vec<_> = serial
            .iter()
            .filter_map(|row| Some((elements(row), ceilings.of_cores(row.key.shape, threads)?)))
            .collect();
        dashed(&mut chart, &of_cores, LONG)?;
        for label in labels(rows)
            .into_iter()
            .filter(|label| !serial.iter().any(|row| row.key.arm == *label))
        {
            let points = rows
                .iter()
                .filter(|row| row.key.arm == label && row.key.threads == threads);
            let points: Vec<_> = points
                .filter_map(|row| Some((elements(row), row.figures()?.speedup)))
                .collect();
            line(&mut chart, &points, style(label), points.len())?;
        }
        for b in found.iter().filter(|b| b.threads == threads) {
            if let From::Size(size) = b.from {
                let whisker = style(&b.arm).colour.stroke_width(4);
                let ends = [(size.low, 1.0), (size.high, 1.0)];
                chart.draw_series(LineSeries::new(ends, whisker))?;
                let (up, down) = (1.12, 1.0 / 1.12);
                let tick = [(size.median, down), (size.median, up)];
                chart.draw_series(LineSeries::new(tick, style(&b.arm).colour.stroke_width(3)))?;
            }
        }
    }
    Ok(())
}
