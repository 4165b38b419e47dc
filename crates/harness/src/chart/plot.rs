//! What panels are made of: where they lie, axes, lines with their intervals.

use std::ops::Range;

use plotters::coord::combinators::{BindKeyPoints, LogCoord, WithKeyPoints};
use plotters::coord::ranged1d::ValueFormatter;
use plotters::prelude::*;

use super::{Area, Dash, Drawn, FAINT, FONT, INK, Style};
use crate::analyse::Estimate;
use crate::grid::Shape;
use crate::record::Row;
use crate::table;

const COLUMNS: usize = 3;
const PANEL: (u32, u32) = (400, 320);

/// Room above the highest point of a panel.
pub(super) const HEADROOM: f64 = 1.08;

/// The size of a figure with so many panels.
pub(super) fn panels_size(panels: usize) -> (u32, u32) {
    let columns = panels.clamp(1, COLUMNS) as u32;
    // A single panel is made wide enough for the words above and below it.
    let width = PANEL.0 * columns.max(2);
    (
        width.max(1000),
        PANEL.1 * panels.div_ceil(COLUMNS).max(1) as u32,
    )
}

/// A panel for each of `items`, in rows of three.
pub(super) fn panels<'a, T>(area: &Area<'a>, items: Vec<T>) -> Vec<(T, Area<'a>)> {
    let columns = items.len().clamp(1, COLUMNS);
    let areas = area.split_evenly((items.len().div_ceil(COLUMNS).max(1), columns));
    items.into_iter().zip(areas).collect()
}

/// Shapes that have something to show beside the baseline.
pub(super) fn shapes(rows: &[Row]) -> Vec<Shape> {
    let mut shapes: Vec<_> = rows
        .iter()
        .filter(|row| row.figures().is_some() && !row.is_baseline())
        .map(|row| row.key.shape)
        .collect();
    shapes.dedup();
    shapes
}

/// Thread counts that have something to show beside the baseline.
pub(super) fn thread_counts(rows: &[Row]) -> Vec<usize> {
    let measured = rows
        .iter()
        .filter(|row| row.figures().is_some() && !row.is_baseline());
    let mut counts: Vec<_> = measured.map(|row| row.key.threads).collect();
    counts.sort_unstable();
    counts.dedup();
    counts
}

/// A panel with words above it, ready for its axes.
pub(super) fn titled<'a, 'b>(
    area: &'a Area<'b>,
    title: impl AsRef<str>,
) -> ChartBuilder<'a, 'b, SVGBackend<'b>> {
    let mut panel = ChartBuilder::on(area);
    panel
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(60)
        .caption(title, (FONT, 15).into_font().color(&INK));
    panel
}

/// What stands above the panel of a shape.
pub(super) fn of_shape(shape: Shape) -> String {
    format!("{shape} · {}", table::bytes(shape.bytes()))
}

/// A logarithmic axis, labelled at powers of ten, and where they are few at twice and five times each as well; plotters'
/// own labels leave decades out.
pub(super) fn logarithmic(range: &Range<f64>) -> WithKeyPoints<LogCoord<f64>> {
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

/// A logarithmic axis labelled at powers of two.
pub(super) fn doubling(range: &Range<f64>) -> WithKeyPoints<LogCoord<f64>> {
    let labels = std::iter::successors(Some(1.0), |n| Some(2.0 * n));
    let labels = labels.take_while(|label| range.contains(label)).collect();
    range.clone().log_scale().with_key_points(labels)
}

/// An axis of thread counts up to `most`, logarithmic; and where on it what lies beyond `cores` begins.
pub(super) fn threads(most: usize, cores: usize) -> (Range<f64>, f64) {
    (0.84..most as f64 * 1.19, cores as f64 * 1.19)
}

/// 1500 as 1.5k, and so on.
pub(super) fn count(value: &f64) -> String {
    match *value {
        v if v < 1e3 => format!("{v}"),
        v if v < 1e6 => format!("{}k", v / 1e3),
        v if v < 1e9 => format!("{}M", v / 1e6),
        v => format!("{}G", v / 1e9),
    }
}

pub(super) type Panel<'a, 'b, X, Y> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<X, Y>>;

/// Axes with their units, and lines to read the height off.
pub(super) fn mesh<X, Y>(
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
        .y_label_formatter(&|value| match value.abs() {
            // Errors are as small as this.
            v if 0.0 < v && v < 1e-4 => format!("{value:.0e}"),
            _ => format!("{}", (value * 1e6).round() / 1e6),
        })
        .label_style(words(12))
        .axis_desc_style(words(13))
        .draw()?;
    Ok(())
}

/// A line that is no runtime's.
pub(super) fn dashed<X, Y>(
    chart: &mut Panel<'_, '_, X, Y>,
    points: &[(f64, f64)],
    dash: Dash,
) -> Drawn
where
    X: Ranged<ValueType = f64>,
    Y: Ranged<ValueType = f64>,
{
    let points = points.iter().copied();
    let series = DashedLineSeries::new(points, dash.0, dash.1, FAINT.stroke_width(1));
    chart.draw_series(series)?;
    Ok(())
}

/// A band for the interval, a line through the medians, and a marker on the first `marked` of them.
pub(super) fn line<X, Y>(
    chart: &mut Panel<'_, '_, X, Y>,
    points: &[(f64, Estimate)],
    style: Style,
    marked: usize,
) -> Drawn
where
    X: Ranged<ValueType = f64>,
    Y: Ranged<ValueType = f64>,
{
    band(chart, points, style)?;
    chart.draw_series(LineSeries::new(
        points.iter().map(|&(x, value)| (x, value.median)),
        style.colour.stroke_width(2),
    ))?;
    markers(chart, &points[..marked.min(points.len())], style)
}

pub(super) fn band<X, Y>(
    chart: &mut Panel<'_, '_, X, Y>,
    points: &[(f64, Estimate)],
    style: Style,
) -> Drawn
where
    X: Ranged<ValueType = f64>,
    Y: Ranged<ValueType = f64>,
{
    let lows = points.iter().map(|&(x, value)| (x, value.low));
    let highs = points.iter().rev().map(|&(x, value)| (x, value.high));
    let outline: Vec<_> = lows.chain(highs).collect();
    chart.draw_series([Polygon::new(outline, style.colour.mix(0.18))])?;
    Ok(())
}

pub(super) fn markers<X, Y>(
    chart: &mut Panel<'_, '_, X, Y>,
    points: &[(f64, Estimate)],
    style: Style,
) -> Drawn
where
    X: Ranged<ValueType = f64>,
    Y: Ranged<ValueType = f64>,
{
    chart.draw_series(points.iter().map(|&(x, value)| {
        EmptyElement::at((x, value.median)) + Polygon::new(style.marker, style.colour)
    }))?;
    Ok(())
}
