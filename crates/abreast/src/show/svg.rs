//! Charts as SVG files that need nothing to be looked at: no fonts, no script, no network.

use std::ops::Range;

use plotters::coord::Shift;
use plotters::coord::combinators::{BindKeyPoints, LogCoord, WithKeyPoints};
use plotters::coord::ranged1d::ValueFormatter;
use plotters::coord::types::RangedCoordf64;
use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::chart::{Axis, Chart, Dash, Entry, Joined, Look, Mark, Marker, Panel, Point, Scale};

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn<T = ()> = Result<T, Box<dyn std::error::Error>>;

const FONT: &str = "sans-serif";
const INK: RGBColor = RGBColor(34, 34, 34);
const FAINT: RGBColor = RGBColor(110, 110, 110);
const ALARM: RGBColor = RGBColor(213, 94, 0);
const SHADE: RGBColor = RGBColor(232, 232, 232);
const MARGIN: i32 = 24;
const HEAD: u32 = 104;
const FOOT: u32 = 62;
/// From one line of the footer to the next.
const LINE: i32 = 20;

/// The chart as SVG text, with two lines below it and each of `doubts`.
///
/// # Errors
///
/// Where the drawing library refuses.
pub fn svg(chart: &Chart, below: [&str; 2], doubts: &[String]) -> Result<String, crate::Error> {
    let drawn = render(chart, below, doubts);
    drawn.map_err(|error| crate::Error::new(format!("{} can't be drawn: {error}", chart.name)))
}

fn render(
    chart: &Chart,
    below: [&str; 2],
    doubts: &[String],
) -> Result<String, Box<dyn std::error::Error>> {
    let mut svg = String::new();
    let (width, height) = chart.size;
    let (places, lines) = places(&chart.legend, width as i32);
    let head = HEAD + LINE as u32 * lines;
    let whole = height + head + FOOT + LINE as u32 * doubts.len() as u32;
    {
        let root = SVGBackend::with_string(&mut svg, (width, whole)).into_drawing_area();
        root.fill(&WHITE)?;
        let (head, rest) = root.split_vertically(head);
        let (panels, foot) = rest.split_vertically(height);
        text(&head, &chart.title, (MARGIN, 14), 24, INK)?;
        text(&head, &chart.subtitle, (MARGIN, 46), 14, FAINT)?;
        legend(&head, &chart.legend, &places)?;
        let columns = chart.panels.len().clamp(1, chart.columns);
        let rows = chart.panels.len().div_ceil(columns).max(1);
        for (of, area) in chart
            .panels
            .iter()
            .zip(panels.split_evenly((rows, columns)))
        {
            panel(&area, of)?;
        }
        for (line, words) in (0..).zip(below) {
            text(&foot, words, (MARGIN, 10 + LINE * line), 12, FAINT)?;
        }
        for (line, doubt) in (0..).zip(doubts) {
            let at = (MARGIN, 50 + LINE * line);
            text(&foot, &format!("DOUBTFUL: {doubt}"), at, 12, ALARM)?;
        }
        root.present()?;
    }
    Ok(svg)
}

/// One row of lines with their names, below the title.
/// Where the entries of a legend stand, the next line beginning where one would pass the margin; and how many lines there are
/// after the first.
fn places(entries: &[Entry], width: i32) -> (Vec<(i32, i32)>, u32) {
    let (mut x, mut line) = (MARGIN, 0);
    let mut place = |entry: &Entry| {
        let (Entry::Arm(name, _) | Entry::Dashed(name, _) | Entry::Shade(name)) = entry;
        // Without fonts at hand, widths are those of a wide sans-serif.
        let wide = 36 + 9 * name.chars().count() as i32;
        if x != MARGIN && x + wide > width - MARGIN {
            (x, line) = (MARGIN, line + 1);
        }
        let at = (x, 84 + LINE * line);
        x += wide + 18;
        at
    };
    let places = entries.iter().map(&mut place).collect();
    (places, line as u32)
}

fn legend(head: &Area<'_>, entries: &[Entry], places: &[(i32, i32)]) -> Drawn {
    for (entry, &(x, y)) in entries.iter().zip(places) {
        let (Entry::Arm(name, _) | Entry::Dashed(name, _) | Entry::Shade(name)) = entry;
        match entry {
            Entry::Arm(_, look) => {
                let line = [(x, y), (x + 28, y)];
                head.draw(&PathElement::new(line, rgb(*look).stroke_width(2)))?;
                let marker = Polygon::new(corners(look.marker), rgb(*look));
                head.draw(&(EmptyElement::at((x + 14, y)) + marker))?;
            }
            Entry::Dashed(_, dash) => {
                let (drawn, left_out) = pixels(*dash);
                let line = [(x, y), (x + 28, y)];
                head.draw(&DashedPathElement::new(line, drawn, left_out, FAINT))?;
            }
            Entry::Shade(_) => {
                let corners = [(x, y - 8), (x + 28, y + 8)];
                head.draw(&Rectangle::new(corners, SHADE.filled()))?;
            }
        }
        text(head, name, (x + 36, y - 8), 14, INK)?;
    }
    Ok(())
}

/// Text whose upper left corner is at `at`.
fn text(area: &Area<'_>, what: &str, at: (i32, i32), size: i32, colour: RGBColor) -> Drawn {
    let style = (FONT, size)
        .into_font()
        .color(&colour)
        .pos(Pos::new(HPos::Left, VPos::Top));
    Ok(area.draw(&Text::new(what.to_owned(), at, style))?)
}

/// One panel by itself as SVG text, and what its marks say, each at its place in pixels.
///
/// # Errors
///
/// Where the drawing library refuses.
pub fn alone(of: &Panel, size: (u32, u32)) -> Result<(String, Vec<Spot>), crate::Error> {
    let mut svg = String::new();
    let mut draw = || {
        let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        root.fill(&WHITE)?;
        let spots = panel(&root, of)?;
        root.present()?;
        Ok(spots)
    };
    let drawn: Drawn<_> = draw();
    let spots =
        drawn.map_err(|error| crate::Error::new(format!("a panel can't be drawn: {error}")))?;
    Ok((svg, spots))
}

/// What a mark says, and where it is in pixels.
pub type Spot = ((i32, i32), String);

fn panel(area: &Area<'_>, panel: &Panel) -> Drawn<Vec<Spot>> {
    let mut builder = ChartBuilder::on(area);
    let title = panel.title.as_deref().unwrap_or_default();
    let Some((x, y)) = &panel.axes else {
        let words = (FONT, 14).into_font().color(&FAINT);
        area.draw(&Text::new(title.to_owned(), (80, 80), words))?;
        return Ok(Vec::new());
    };
    if panel.title.is_some() {
        builder
            .margin(12)
            .x_label_area_size(40)
            .y_label_area_size(60)
            .caption(title, (FONT, 15).into_font().color(&INK));
    } else {
        builder
            .margin(16)
            .x_label_area_size(44)
            .y_label_area_size(66);
    }
    let across = area.dim_in_pixel().0;
    let logarithmic = |axis: &Axis| logarithmic(axis, across);
    match (x.scale, y.scale) {
        (Scale::Linear, Scale::Linear) => marks(
            builder.build_cartesian_2d(linear(x), linear(y))?,
            panel,
            (x, y),
        ),
        (Scale::Linear, _) => marks(
            builder.build_cartesian_2d(linear(x), logarithmic(y))?,
            panel,
            (x, y),
        ),
        (_, Scale::Linear) => marks(
            builder.build_cartesian_2d(logarithmic(x), linear(y))?,
            panel,
            (x, y),
        ),
        _ => marks(
            builder.build_cartesian_2d(logarithmic(x), logarithmic(y))?,
            panel,
            (x, y),
        ),
    }
}

fn linear(axis: &Axis) -> RangedCoordf64 {
    axis.range.clone().into()
}

/// A logarithmic axis with labels of its own; plotters' leave decades out. Of thread counts so many are labelled as fit in
/// `across` pixels.
fn logarithmic(axis: &Axis, across: u32) -> WithKeyPoints<LogCoord<f64>> {
    let range = &axis.range;
    let labels: Vec<f64> = if axis.scale == Scale::Doubling {
        let doubling = std::iter::successors(Some(1.0), |n| Some(2.0 * n));
        let all: Vec<f64> = doubling.take_while(|label| range.contains(label)).collect();
        let digits = all.last().map_or(0, |last| last.to_string().len());
        let room = across as usize * 4 / 5 / (7 * digits + 6);
        all.iter()
            .copied()
            .step_by(all.len().div_ceil(room.max(1)).max(1))
            .collect()
    } else {
        let (first, last) = (range.start.log10(), range.end.log10());
        let steps: &[f64] = if last - first > 4.0 {
            &[1.0]
        } else {
            &[1.0, 2.0, 5.0]
        };
        let decades = first.floor() as i32..=last.ceil() as i32;
        let labels =
            decades.flat_map(|decade| steps.iter().map(move |step| step * 10f64.powi(decade)));
        labels.filter(|label| range.contains(label)).collect()
    };
    range.clone().log_scale().with_key_points(labels)
}

/// 1500 as 1.5k, and so on; thread counts as they are.
fn across(scale: Scale, value: f64) -> String {
    match value {
        v if v < 1e3 || scale == Scale::Doubling => format!("{v}"),
        v if v < 1e6 => format!("{}k", v / 1e3),
        v if v < 1e9 => format!("{}M", v / 1e6),
        v => format!("{}G", v / 1e9),
    }
}

/// Axes with their units, lines to read the height off, and the marks.
fn marks<'a, X, Y>(
    mut chart: ChartContext<'_, SVGBackend<'a>, Cartesian2d<X, Y>>,
    panel: &Panel,
    (x, y): (&Axis, &Axis),
) -> Drawn<Vec<Spot>>
where
    X: Ranged<ValueType = f64> + ValueFormatter<f64>,
    Y: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    let area = |x: Range<f64>, y: Range<f64>, style: ShapeStyle| {
        Rectangle::new([(x.start, y.start), (x.end, y.end)], style)
    };
    if let Some(from) = panel.shade {
        let shade = area(from..x.range.end, y.range.clone(), SHADE.filled());
        chart.draw_series([shade])?;
    }
    let words = |size| (FONT, size).into_font().color(&INK);
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(RGBColor(208, 208, 208))
        .x_labels(6)
        .x_desc(&*x.label)
        .y_desc(&*y.label)
        .x_label_formatter(&|value| across(x.scale, *value))
        .y_label_formatter(&|value| match value.abs() {
            // Errors are as small as this.
            v if 0.0 < v && v < 1e-4 => format!("{value:.0e}"),
            _ => format!("{}", (value * 1e6).round() / 1e6),
        })
        .label_style(words(12))
        .axis_desc_style(words(13))
        .draw()?;
    for mark in &panel.marks {
        match mark {
            Mark::Noise(heights) => {
                let style = FAINT.mix(0.35).filled();
                chart.draw_series([area(x.range.clone(), heights.clone(), style)])?;
            }
            Mark::Dashed { dash, points, .. } => {
                let (drawn, left_out) = pixels(*dash);
                let points = points.iter().copied();
                let style = FAINT.stroke_width(1);
                chart.draw_series(DashedLineSeries::new(points, drawn, left_out, style))?;
            }
            Mark::Upright { x: at, label } => {
                let (drawn, left_out) = pixels(Dash::Long);
                let points = [(*at, y.range.start), (*at, y.range.end)];
                let style = FAINT.stroke_width(1);
                chart.draw_series(DashedLineSeries::new(points, drawn, left_out, style))?;
                let words = (FONT, 12).into_font().color(&FAINT);
                let top = (*at, y.range.end * 0.98);
                chart.draw_series([Text::new(format!(" {label}"), top, words)])?;
            }
            Mark::Series {
                look,
                points,
                apart,
                joined,
                marked,
                ..
            } => {
                let x = |point: &Point| point.x * apart;
                let width = match joined {
                    Joined::Line => Some(2),
                    Joined::Thin => Some(1),
                    Joined::Apart => None,
                };
                if let Some(width) = width {
                    chart.draw_series([band(points, x, *look)])?;
                    let line = points.iter().map(|point| (x(point), point.y.median));
                    chart.draw_series(LineSeries::new(line, rgb(*look).stroke_width(width)))?;
                }
                let marked = &points[..points.len().min(*marked)];
                chart.draw_series(marked.iter().map(|point| {
                    EmptyElement::at((x(point), point.y.median))
                        + Polygon::new(corners(look.marker), rgb(*look))
                }))?;
            }
            Mark::Crossing { look, at, .. } => {
                let ends = [(at.low, 1.0), (at.high, 1.0)];
                chart.draw_series(LineSeries::new(ends, rgb(*look).stroke_width(4)))?;
                let tick = [(at.median, 1.0 / 1.12), (at.median, 1.12)];
                chart.draw_series(LineSeries::new(tick, rgb(*look).stroke_width(3)))?;
            }
        }
    }
    let values = panel.values().into_iter();
    Ok(values
        .map(|(x, y, says)| (chart.backend_coord(&(x, y)), says))
        .collect())
}

/// What the intervals hold.
fn band(points: &[Point], x: impl Fn(&Point) -> f64, look: Look) -> Polygon<(f64, f64)> {
    let lows = points.iter().map(|point| (x(point), point.y.low));
    let highs = points.iter().rev().map(|point| (x(point), point.y.high));
    Polygon::new(lows.chain(highs).collect::<Vec<_>>(), rgb(look).mix(0.18))
}

fn rgb(look: Look) -> RGBColor {
    let (red, green, blue) = look.colour;
    RGBColor(red, green, blue)
}

/// Pixels drawn, and pixels left out.
pub(super) fn pixels(dash: Dash) -> (i32, i32) {
    match dash {
        Dash::Long => (8, 4),
        Dash::Dots => (2, 3),
    }
}

/// A marker's corners in pixels, around its point.
pub(super) fn corners(marker: Marker) -> &'static [(i32, i32)] {
    match marker {
        Marker::Disc => &[
            (-4, -2),
            (-2, -4),
            (2, -4),
            (4, -2),
            (4, 2),
            (2, 4),
            (-2, 4),
            (-4, 2),
        ],
        Marker::Cross => &[
            (-5, -3),
            (-3, -5),
            (0, -2),
            (3, -5),
            (5, -3),
            (2, 0),
            (5, 3),
            (3, 5),
            (0, 2),
            (-3, 5),
            (-5, 3),
            (-2, 0),
        ],
        Marker::Up => &[(0, -5), (5, 4), (-5, 4)],
        Marker::Down => &[(0, 5), (5, -4), (-5, -4)],
        Marker::Square => &[(-4, -4), (4, -4), (4, 4), (-4, 4)],
        Marker::Diamond => &[(0, -6), (5, 0), (0, 6), (-5, 0)],
    }
}
