//! What changes with the thread count: speedup and throughput, a panel a size, and the cost of a call.

use plotters::prelude::*;

use super::plot::{
    HEADROOM, count, dashed, doubling, line, logarithmic, mesh, of_shape, panels, shapes,
    thread_counts, threads, titled,
};
use super::{Area, DOTS, Drawn, FAINT, LONG, SHADE, is_level, labels, style};
use crate::analyse::Estimate;
use crate::ceiling::Ceilings;
use crate::grid::Shape;
use crate::machine::Machine;
use crate::record::{Row, noise_floor};
use crate::role::Role;

/// Speedup against thread count, a panel a size.
pub(super) fn speedup(area: &Area<'_>, rows: &[Row], machine: &Machine) -> Drawn {
    let unit = "speedup (times serial)";
    by_shape(
        area,
        rows,
        machine,
        unit,
        |_| Some(1.0),
        |row| Some(row.figures()?.speedup),
    )
}

/// Throughput against thread count, a panel a size.
pub(super) fn throughput(area: &Area<'_>, rows: &[Row], machine: &Machine) -> Drawn {
    let serial = |shape| {
        let mut rows = rows.iter();
        let serial = rows.find(|row| row.is_baseline() && row.key.shape == shape)?;
        Some(serial.gb_per_s(serial.figures()?.ns.median))
    };
    by_shape(
        area,
        rows,
        machine,
        "throughput (GB/s)",
        serial,
        throughput_of,
    )
}

/// Decimal gigabytes a second.
pub(super) fn throughput_of(row: &Row) -> Option<Estimate> {
    let ns = row.figures()?.ns;
    Some(Estimate {
        median: row.gb_per_s(ns.median),
        low: row.gb_per_s(ns.high),
        high: row.gb_per_s(ns.low),
    })
}

/// A panel for each shape: `value` of every runtime against threads; what has one thread count is a level line. `serial` gives
/// the serial kernel's value at a shape, which the ceilings are multiples of.
fn by_shape(
    area: &Area<'_>,
    rows: &[Row],
    machine: &Machine,
    unit: &str,
    serial: impl Fn(Shape) -> Option<f64>,
    value: impl Fn(&Row) -> Option<Estimate>,
) -> Drawn {
    let most = thread_counts(rows).last().copied().unwrap_or(1);
    let cores = machine.available_cores;
    let labels = labels(rows);
    let ceilings = Ceilings::new(rows, cores);
    for (shape, area) in panels(area, shapes(rows)) {
        let floor = noise_floor(rows, shape);
        let all = rows;
        let rows: Vec<_> = rows
            .iter()
            .filter(|row| row.key.shape == shape && labels.contains(&&*row.key.arm))
            .collect();
        let serial = serial(shape);
        let ceiling = |of: &dyn Fn(usize) -> Option<f64>| -> Vec<_> {
            let points = (1..=most).filter_map(|n| Some((n as f64, of(n)? * serial?)));
            points.collect()
        };
        let of_cores = ceiling(&|n| ceilings.of_cores(shape, n));
        let of_memory = ceiling(&|n| ceilings.of_memory(shape, n));
        let highest = rows
            .iter()
            .filter_map(|row| value(row))
            .map(|v| v.high)
            .chain(of_cores.iter().map(|point| point.1))
            .fold(0.0, f64::max);
        // A copy in cache is far above everything else, and no ceiling of anything: it ends at the panel's edge.
        let top = highest * HEADROOM;
        let (x, beyond) = threads(most, cores);

        let mut chart =
            titled(&area, of_shape(shape)).build_cartesian_2d(doubling(&x), 0.0..top)?;
        if most > cores {
            chart.draw_series([Rectangle::new(
                [(beyond, 0.0), (x.end, top)],
                SHADE.filled(),
            )])?;
        }
        mesh(&mut chart, "threads", unit, &count)?;
        if let (Some(floor), Some(serial)) = (floor, serial) {
            let corners = [
                (x.start, serial / (1.0 + floor)),
                (x.end, serial * (1.0 + floor)),
            ];
            chart.draw_series([Rectangle::new(corners, FAINT.mix(0.35).filled())])?;
        }
        dashed(&mut chart, &of_cores, LONG)?;
        let visible: Vec<_> = of_memory
            .into_iter()
            .filter(|point| point.1 <= top)
            .collect();
        dashed(&mut chart, &visible, DOTS)?;
        // Lines that coincide are set apart sideways, each by its place in the legend.
        let middle = (labels.len() as f64 - 1.0) / 2.0;
        for (i, label) in labels.iter().enumerate() {
            let points = rows.iter().filter(|row| row.key.arm == *label);
            let points = points.filter_map(|row| Some((row.key.threads as f64, value(row)?)));
            let mut points: Vec<_> = points.collect();
            let level = |role: &Role| matches!(role, Role::Baseline | Role::Reference);
            if is_level(all, label, level) {
                points.extend(
                    points
                        .first()
                        .map(|&(_, value)| (most as f64, value))
                        .filter(|_| most > 1),
                );
                line(&mut chart, &points, style(label), 1)?;
            } else {
                let apart = (x.end / x.start).powf(0.012 * (i as f64 - middle));
                points.iter_mut().for_each(|(threads, _)| *threads *= apart);
                line(&mut chart, &points, style(label), points.len())?;
            }
        }
    }
    Ok(())
}

/// Time of a call with next to no work against thread count, on a logarithmic axis: runtimes differ by powers of ten.
pub(super) fn dispatch(area: &Area<'_>, rows: &[Row], machine: &Machine) -> Drawn {
    let microseconds = |row: &Row| {
        let ns = row.figures()?.ns;
        Some(ns.map(|ns| ns / 1e3))
    };
    let values: Vec<_> = rows.iter().filter_map(microseconds).collect();
    if values.is_empty() {
        return Ok(());
    }
    let most = thread_counts(rows).last().copied().unwrap_or(1);
    let (x, beyond) = threads(most, machine.available_cores);
    let y = values.iter().map(|v| v.low).fold(f64::INFINITY, f64::min) / 1.5
        ..values.iter().map(|v| v.high).fold(0.0, f64::max) * 1.5;
    let mut chart = ChartBuilder::on(area)
        .margin(16)
        .x_label_area_size(44)
        .y_label_area_size(66)
        .build_cartesian_2d(doubling(&x), logarithmic(&y))?;
    if most > machine.available_cores {
        let corners = [(beyond, y.start), (x.end, y.end)];
        chart.draw_series([Rectangle::new(corners, SHADE.filled())])?;
    }
    mesh(&mut chart, "threads", "time per call (µs)", &count)?;
    for label in labels(rows) {
        let rows = rows.iter().filter(|row| row.key.arm == label);
        let points: Vec<_> = rows
            .filter_map(|row| Some((row.key.threads as f64, microseconds(row)?)))
            .collect();
        line(&mut chart, &points, style(label), points.len())?;
    }
    Ok(())
}
