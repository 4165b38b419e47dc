//! The panels: speedup and throughput against threads, one a size; time per element against size.

use std::ops::Range;

use plotters::coord::combinators::{BindKeyPoints, LogCoord, WithKeyPoints};
use plotters::coord::ranged1d::ValueFormatter;
use plotters::prelude::*;

use super::{Area, Drawn, FAINT, FONT, INK, SHADE, Style, labels, style};
use crate::analyse::Estimate;
use crate::grid::Shape;
use crate::machine::Machine;
use crate::record::Row;
use crate::registry::{NAIVE, SERIAL};
use crate::table;

const COLUMNS: usize = 3;
const PANEL: (u32, u32) = (400, 320);

/// Room above the highest point of a panel.
const HEADROOM: f64 = 1.08;

/// The size of a figure with a panel for each shape of the record.
pub(super) fn panels_size(rows: &[Row]) -> (u32, u32) {
    let shapes = shapes(rows).len();
    let columns = shapes.clamp(1, COLUMNS) as u32;
    // A single panel is made wide enough for the words above and below it.
    let width = PANEL.0 * columns.max(2);
    (
        width.max(1000),
        PANEL.1 * shapes.div_ceil(COLUMNS).max(1) as u32,
    )
}

/// Shapes that have something to show.
fn shapes(rows: &[Row]) -> Vec<Shape> {
    let mut shapes: Vec<_> = rows
        .iter()
        .filter(|row| row.figures().is_some())
        .map(|row| row.key.shape)
        .collect();
    shapes.dedup();
    shapes
}

/// Speedup against thread count, a panel a size.
pub(super) fn speedup(area: &Area<'_>, rows: &[Row], machine: &Machine) -> Drawn {
    let cores = machine.available_cores as f64;
    let ideal = |threads: f64| threads.min(cores);
    panels(
        area,
        rows,
        machine,
        "speedup (times serial)",
        Some(&ideal),
        |row| Some(row.figures()?.speedup),
    )
}

/// Throughput against thread count, a panel a size.
pub(super) fn throughput(area: &Area<'_>, rows: &[Row], machine: &Machine) -> Drawn {
    panels(
        area,
        rows,
        machine,
        "throughput (GB/s)",
        None,
        throughput_of,
    )
}

/// Decimal gigabytes a second.
fn throughput_of(row: &Row) -> Option<Estimate> {
    let ns = row.figures()?.ns;
    Some(Estimate {
        median: row.gb_per_s(ns.median),
        low: row.gb_per_s(ns.high),
        high: row.gb_per_s(ns.low),
    })
}

/// A panel for each shape: `value` of every runtime against threads; what has one thread count is a level line.
fn panels(
    area: &Area<'_>,
    rows: &[Row],
    machine: &Machine,
    unit: &str,
    bound: Option<&dyn Fn(f64) -> f64>,
    value: impl Fn(&Row) -> Option<Estimate>,
) -> Drawn {
    let shapes = shapes(rows);
    let columns = shapes.len().clamp(1, COLUMNS);
    let areas = area.split_evenly((shapes.len().div_ceil(COLUMNS).max(1), columns));
    let most = rows
        .iter()
        .map(|row| row.key.threads.get())
        .max()
        .unwrap_or(1) as f64;
    let cores = machine.available_cores as f64;
    let labels = labels(rows);
    for (shape, area) in shapes.into_iter().zip(&areas) {
        let rows: Vec<_> = rows.iter().filter(|row| row.key.shape == shape).collect();
        let highest = rows
            .iter()
            .filter_map(|row| value(row))
            .map(|v| v.high)
            .fold(0.0, f64::max);
        let top = highest.max(bound.map_or(0.0, |bound| bound(most))) * HEADROOM;
        let (left, right) = (0.7, most + 0.3);

        let mut chart = ChartBuilder::on(area)
            .margin(12)
            .x_label_area_size(40)
            .y_label_area_size(58)
            .caption(
                format!("{shape} · {}", table::bytes(shape.bytes())),
                (FONT, 15).into_font().color(&INK),
            )
            .build_cartesian_2d(left..right, 0.0..top)?;
        if most > cores {
            let edge = cores + 0.3;
            chart.draw_series([Rectangle::new([(edge, 0.0), (right, top)], SHADE.filled())])?;
        }
        mesh(&mut chart, "threads", unit, &whole)?;
        if let Some(bound) = bound {
            let points = [1.0, cores.min(most), most].map(|threads| (threads, bound(threads)));
            chart.draw_series(DashedLineSeries::new(points, 6, 4, FAINT.stroke_width(1)))?;
        }
        // Lines that coincide are set apart sideways, each by its place in the legend.
        let middle = (labels.len() as f64 - 1.0) / 2.0;
        for (i, label) in labels.iter().enumerate() {
            let points = rows.iter().filter(|row| row.key.label() == *label);
            let points = points.filter_map(|row| Some((row.key.threads.get() as f64, value(row)?)));
            let mut points: Vec<_> = points.collect();
            if *label == SERIAL || *label == NAIVE.name {
                points.extend(
                    points
                        .first()
                        .map(|&(_, value)| (most, value))
                        .filter(|_| most > 1.0),
                );
                line(&mut chart, &points, style(label), 1)?;
            } else {
                let apart = 0.012 * (most - 0.4) * (i as f64 - middle);
                points.iter_mut().for_each(|(threads, _)| *threads += apart);
                line(&mut chart, &points, style(label), points.len())?;
            }
        }
    }
    Ok(())
}

/// Time per element against size, log-log: every runtime at the most threads that have a core each.
pub(super) fn time(area: &Area<'_>, rows: &[Row], _: &Machine) -> Drawn {
    let points_of = |label: &str| -> Vec<(f64, Estimate)> {
        let rows = || rows.iter().filter(|row| row.key.label() == label);
        let fitting = rows()
            .filter(|row| !row.oversubscribed)
            .map(|row| row.key.threads)
            .max();
        let threads = fitting.or_else(|| rows().map(|row| row.key.threads).min());
        let points = rows().filter(|row| Some(row.key.threads) == threads);
        points
            .filter_map(|row| {
                let (ns, len) = (row.figures()?.ns, row.key.shape.elements() as f64);
                Some((
                    len,
                    Estimate {
                        median: ns.median / len,
                        low: ns.low / len,
                        high: ns.high / len,
                    },
                ))
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
    for (label, points) in labels.iter().zip(&lines) {
        line(&mut chart, points, style(label), points.len())?;
    }
    Ok(())
}

/// Throughput of each kernel against bytes moved, a panel a thread count, with the sizes of the caches.
pub(super) fn kernel(area: &Area<'_>, rows: &[Row], machine: &Machine) -> Drawn {
    let mut counts: Vec<_> = rows
        .iter()
        .filter(|row| row.figures().is_some())
        .map(|row| row.key.threads)
        .collect();
    counts.sort_unstable();
    counts.dedup();
    let bytes = |row: &Row| row.key.shape.bytes() as f64;
    let x = rows.iter().map(bytes).fold(f64::INFINITY, f64::min) / 2.0
        ..rows.iter().map(bytes).fold(0.0, f64::max) * 2.0;
    for (&threads, area) in counts
        .iter()
        .zip(&area.split_evenly((1, counts.len().max(1))))
    {
        let points_of = |label: &str| -> Vec<(f64, Estimate)> {
            let rows = rows
                .iter()
                .filter(|row| row.key.label() == label && row.key.threads == threads);
            rows.filter_map(|row| Some((bytes(row), throughput_of(row)?)))
                .collect()
        };
        let labels = labels(rows);
        let lines: Vec<_> = labels.iter().map(|label| points_of(label)).collect();
        let values = || lines.iter().flatten().map(|(_, value)| value);
        let low = values().map(|v| v.low).fold(f64::INFINITY, f64::min) / 1.5;
        let top = values().map(|v| v.high).fold(0.0, f64::max) * 1.5;
        let title = if threads.get() == 1 {
            "1 thread".to_owned()
        } else {
            format!("{threads} threads")
        };
        let mut chart = ChartBuilder::on(area)
            .margin(16)
            .caption(title, (FONT, 15).into_font().color(&INK))
            .x_label_area_size(44)
            .y_label_area_size(66)
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
                chart.draw_series(DashedLineSeries::new(
                    [(at, low), (at, top)],
                    6,
                    4,
                    FAINT.stroke_width(1),
                ))?;
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

/// Time of a call with next to no work against thread count, on a logarithmic axis: runtimes differ by powers of ten.
pub(super) fn dispatch(area: &Area<'_>, rows: &[Row], machine: &Machine) -> Drawn {
    let microseconds = |row: &Row| {
        let ns = row.figures()?.ns;
        Some(Estimate {
            median: ns.median / 1e3,
            low: ns.low / 1e3,
            high: ns.high / 1e3,
        })
    };
    let values: Vec<_> = rows.iter().filter_map(microseconds).collect();
    if values.is_empty() {
        return Ok(());
    }
    let most = rows
        .iter()
        .map(|row| row.key.threads.get())
        .max()
        .unwrap_or(1) as f64;
    let cores = machine.available_cores as f64;
    let (left, right) = (0.7, most + 0.3);
    let y = values.iter().map(|v| v.low).fold(f64::INFINITY, f64::min) / 1.5
        ..values.iter().map(|v| v.high).fold(0.0, f64::max) * 1.5;
    let mut chart = ChartBuilder::on(area)
        .margin(16)
        .x_label_area_size(44)
        .y_label_area_size(66)
        .build_cartesian_2d(left..right, logarithmic(&y))?;
    if most > cores {
        let corners = [(cores + 0.3, y.start), (right, y.end)];
        chart.draw_series([Rectangle::new(corners, SHADE.filled())])?;
    }
    mesh(&mut chart, "threads", "time per call (µs)", &whole)?;
    for label in labels(rows) {
        let rows = rows.iter().filter(|row| row.key.label() == label);
        let points: Vec<_> = rows
            .filter_map(|row| Some((row.key.threads.get() as f64, microseconds(row)?)))
            .collect();
        line(&mut chart, &points, style(label), points.len())?;
    }
    Ok(())
}

/// A logarithmic axis, labelled at powers of ten, and where they are few at twice and five times each as well; plotters'
/// own labels leave decades out.
fn logarithmic(range: &Range<f64>) -> WithKeyPoints<LogCoord<f64>> {
    let (first, last) = (range.start.log10(), range.end.log10());
    let steps: &[f64] = if last - first > 4.0 {
        &[1.0]
    } else {
        &[1.0, 2.0, 5.0]
    };
    let decades = first.floor() as i32..=last.ceil() as i32;
    let labels = decades.flat_map(|decade| steps.iter().map(move |step| step * 10f64.powi(decade)));
    let labels = labels.filter(|label| range.contains(label)).collect();
    range.clone().log_scale().with_key_points(labels)
}

/// Whole numbers only.
fn whole(value: &f64) -> String {
    if value.fract() == 0.0 {
        format!("{value}")
    } else {
        String::new()
    }
}

/// 1500 as 1.5k, and so on.
fn count(value: &f64) -> String {
    match *value {
        v if v < 1e3 => format!("{v}"),
        v if v < 1e6 => format!("{}k", v / 1e3),
        v if v < 1e9 => format!("{}M", v / 1e6),
        v => format!("{}G", v / 1e9),
    }
}

type Panel<'a, 'b, X, Y> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<X, Y>>;

/// Axes with their units, and lines to read the height off.
fn mesh<X, Y>(
    chart: &mut Panel<'_, '_, X, Y>,
    x: &str,
    y: &str,
    format_x: &dyn Fn(&f64) -> String,
) -> Drawn
where
    X: Ranged<ValueType = f64> + ValueFormatter<f64>,
    Y: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    let words = |size| (FONT, size).into_font().color(&INK);
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(RGBColor(208, 208, 208))
        .x_labels(6)
        .x_desc(x)
        .y_desc(y)
        .x_label_formatter(&|value| format_x(value))
        .y_label_formatter(&|value| format!("{}", (value * 1e6).round() / 1e6))
        .label_style(words(12))
        .axis_desc_style(words(13))
        .draw()?;
    Ok(())
}

/// A band for the interval, a line through the medians, and a marker on the first `marked` of them.
fn line<X, Y>(
    chart: &mut Panel<'_, '_, X, Y>,
    points: &[(f64, Estimate)],
    style: Style,
    marked: usize,
) -> Drawn
where
    X: Ranged<ValueType = f64>,
    Y: Ranged<ValueType = f64>,
{
    let lows = points.iter().map(|&(x, value)| (x, value.low));
    let highs = points.iter().rev().map(|&(x, value)| (x, value.high));
    chart.draw_series([Polygon::new(
        lows.chain(highs).collect::<Vec<_>>(),
        style.colour.mix(0.18),
    )])?;
    chart.draw_series(LineSeries::new(
        points.iter().map(|&(x, value)| (x, value.median)),
        style.colour.stroke_width(2),
    ))?;
    let marked = points.iter().take(marked);
    chart.draw_series(marked.map(|&(x, value)| {
        EmptyElement::at((x, value.median)) + Polygon::new(style.marker, style.colour)
    }))?;
    Ok(())
}
