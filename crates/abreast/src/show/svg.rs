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
use super::words::{readable, value};

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn<T = ()> = Result<T, Box<dyn std::error::Error>>;

const FONT: &str = "sans-serif";
const INK: RGBColor = RGBColor(34, 34, 34);
const FAINT: RGBColor = RGBColor(110, 110, 110);
const ALARM: RGBColor = RGBColor(213, 94, 0);
const SHADE: RGBColor = RGBColor(232, 232, 232);
const MARGIN: i32 = 24;
/// From one line of the legend or the footer to the next.
const LINE: i32 = 20;
/// The sizes of the title's and the subtitle's text, and what a line of each takes.
const TITLE: (i32, i32) = (24, 30);
const SUBTITLE: (i32, i32) = (14, 18);
const SMALL: i32 = 12;

/// The chart as SVG text, with the lines `below` it and each of `doubts`.
///
/// # Errors
///
/// Where the drawing library refuses.
pub fn svg(chart: &Chart, below: [&str; 2], doubts: &[String]) -> Result<String, crate::Error> {
    let drawn = render(chart, below, doubts);
    let drawn = drawn.map(|svg| readable(&svg));
    drawn.map_err(|error| crate::Error::new(format!("{} can't be drawn: {error}", chart.name)))
}

fn render(
    chart: &Chart,
    below: [&str; 2],
    doubts: &[String],
) -> Result<String, Box<dyn std::error::Error>> {
    let mut svg = String::new();
    let (width, height) = chart.size;
    let broken = |text: &str, size| broken(text, size, width as i32 - 2 * MARGIN);
    let title = broken(&chart.title, TITLE.0);
    let subtitle = broken(&chart.subtitle, SUBTITLE.0);
    let doubts = doubts.iter().map(|doubt| format!("DOUBTFUL: {doubt}"));
    let doubts: Vec<_> = doubts.flat_map(|doubt| broken(&doubt, SMALL)).collect();
    let below: Vec<_> = below.iter().flat_map(|text| broken(text, SMALL)).collect();
    let under_title = 16 + TITLE.1 * title.len() as i32;
    let under_subtitle = under_title + SUBTITLE.1 * subtitle.len() as i32;
    let (places, lines) = places(&chart.legend, width as i32);
    let head = (under_subtitle + 20 + LINE * lines) as u32;
    let foot = (22 + LINE * (below.len() + doubts.len()) as i32) as u32;
    {
        let root =
            SVGBackend::with_string(&mut svg, (width, head + height + foot)).into_drawing_area();
        root.fill(&WHITE)?;
        let (head, rest) = root.split_vertically(head);
        let (panels, foot) = rest.split_vertically(height);
        for (line, words) in (0..).zip(title) {
            text(&head, &words, (MARGIN, 14 + TITLE.1 * line), TITLE.0, INK)?;
        }
        for (line, words) in (0..).zip(subtitle) {
            let at = (MARGIN, under_title + SUBTITLE.1 * line);
            text(&head, &words, at, SUBTITLE.0, FAINT)?;
        }
        legend(&head, &chart.legend, &places, under_subtitle + 20)?;
        let columns = chart.panels.len().clamp(1, chart.columns);
        let rows = chart.panels.len().div_ceil(columns).max(1);
        for (of, area) in chart
            .panels
            .iter()
            .zip(panels.split_evenly((rows, columns)))
        {
            panel(&area, of)?;
        }
        let below = below.into_iter().map(|words| (words, FAINT));
        let doubts = doubts.into_iter().map(|words| (words, ALARM));
        for (line, (words, colour)) in (0..).zip(below.chain(doubts)) {
            text(&foot, &words, (MARGIN, 10 + LINE * line), SMALL, colour)?;
        }
        root.present()?;
    }
    Ok(svg)
}

/// `text` in lines no wider than `width`, broken between words; nothing where it is empty. Without fonts at hand, widths are those of
/// a sans-serif.
fn broken(text: &str, size: i32, width: i32) -> Vec<String> {
    let most = (width * 20 / (11 * size)).max(1) as usize;
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= most => {
                *line += " ";
                *line += word;
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.iter().map(|line| cut(line, most)).collect()
}

/// At most so many characters of `text`, the last a sign that there are more.
fn cut(text: &str, most: usize) -> String {
    match text.chars().count() > most {
        true => text.chars().take(most - 1).chain(['…']).collect(),
        false => text.to_owned(),
    }
}

/// The widest entry of a legend that a chart of such a `width` has room for, in characters, and the pixels of one. Names are short,
/// so that some are of wide letters.
fn widest(width: i32) -> (usize, i32) {
    (((width - 2 * MARGIN - 36) / 9).max(1) as usize, 9)
}

/// Where the entries of a legend stand, the next line beginning where one would pass the margin; and how many lines there are.
fn places(entries: &[Entry], width: i32) -> (Vec<(i32, i32)>, i32) {
    let (mut x, mut line) = (MARGIN, 0);
    let (most, pixels) = widest(width);
    let mut place = |entry: &Entry| {
        let wide = 36 + pixels * entry.name().chars().count().min(most) as i32;
        if x != MARGIN && x + wide > width - MARGIN {
            (x, line) = (MARGIN, line + 1);
        }
        let at = (x, LINE * line);
        x += wide + 18;
        at
    };
    let places: Vec<_> = entries.iter().map(&mut place).collect();
    let lines = if places.is_empty() { 0 } else { line + 1 };
    (places, lines)
}

fn legend(head: &Area<'_>, entries: &[Entry], places: &[(i32, i32)], top: i32) -> Drawn {
    let (most, _) = widest(head.dim_in_pixel().0 as i32);
    for (entry, &(x, y)) in entries.iter().zip(places) {
        let y = top + y;
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
        let name = cut(entry.name(), most);
        text(head, &name, (x + 36, y - 8), 14, INK)?;
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
    Ok((readable(&svg), spots))
}

/// What a mark says, and where it is in pixels.
pub type Spot = ((i32, i32), String);

fn panel(area: &Area<'_>, panel: &Panel) -> Drawn<Vec<Spot>> {
    let (x, y) = (&panel.x, &panel.y);
    let mut area = area.margin(12, 12, 12, 12);
    if let Some(title) = &panel.title {
        area = area.titled(title, (FONT, 15).into_font().color(&INK))?;
    }
    for beyond in panel.beyond() {
        area = area.titled(&beyond, (FONT, SMALL).into_font().color(&FAINT))?;
    }
    let mut builder = ChartBuilder::on(&area);
    builder.x_label_area_size(42).y_label_area_size(62);
    let across = area.dim_in_pixel().0;
    let logarithmic = |axis: &Axis| logarithmic(axis, across);
    match (x.scale, y.scale) {
        (Scale::Linear, Scale::Linear) => {
            marks(builder.build_cartesian_2d(linear(x), linear(y))?, panel)
        }
        (Scale::Linear, Scale::Decades) => marks(
            builder.build_cartesian_2d(linear(x), logarithmic(y))?,
            panel,
        ),
        (Scale::Decades, Scale::Linear) => marks(
            builder.build_cartesian_2d(logarithmic(x), linear(y))?,
            panel,
        ),
        (Scale::Decades, Scale::Decades) => marks(
            builder.build_cartesian_2d(logarithmic(x), logarithmic(y))?,
            panel,
        ),
    }
}

fn linear(axis: &Axis) -> RangedCoordf64 {
    axis.range.clone().into()
}

/// A logarithmic axis with labels of its own; plotters' leave decades out. Of ticks that are given, so many are labelled as fit in
/// `across` pixels.
fn logarithmic(axis: &Axis, across: u32) -> WithKeyPoints<LogCoord<f64>> {
    let range = &axis.range;
    if !axis.ticks.is_empty() {
        let at = |tick: f64| axis.place(tick) * f64::from(across) * 0.8;
        let wide = |tick: f64| value(tick).chars().count() as f64 * 8.0 + 4.0;
        let is_apart = |one: f64, other: f64| at(other) - at(one) > (wide(one) + wide(other)) / 2.0;
        let mut ticks: Vec<f64> = Vec::new();
        // The first and the last stay.
        let last = axis.ticks[axis.ticks.len() - 1];
        for &tick in &axis.ticks {
            let is_free = ticks.last().is_none_or(|&before| is_apart(before, tick));
            if is_free && (tick == last || ticks.is_empty() || is_apart(tick, last)) {
                ticks.push(tick);
            }
        }
        return range.clone().log_scale().with_key_points(ticks);
    }
    let (first, last) = (range.start.log10(), range.end.log10());
    let steps: &[f64] = if last - first > 4.0 {
        &[1.0]
    } else {
        &[1.0, 2.0, 5.0]
    };
    let decades = first.floor() as i32..=last.ceil() as i32;
    let labels = decades.flat_map(|decade| steps.iter().map(move |step| step * 10f64.powi(decade)));
    let labels: Vec<f64> = labels.filter(|label| range.contains(label)).collect();
    range.clone().log_scale().with_key_points(labels)
}

/// 1500 as 1.5k, and so on.
fn thousands(value: f64) -> String {
    match value {
        v if v < 1e3 => format!("{v}"),
        v if v < 1e6 => format!("{}k", v / 1e3),
        v if v < 1e9 => format!("{}M", v / 1e6),
        v => format!("{}G", v / 1e9),
    }
}

/// The parts of a line that lie between an axis' ends, straight on paper as the line is. One point by itself is a short line.
fn inside(points: &[(f64, f64)], x: &Axis, y: &Axis) -> Vec<Vec<(f64, f64)>> {
    let mut places: Vec<_> = points
        .iter()
        .map(|p| (x.place(p.0), y.place(p.1)))
        .collect();
    if let [(across, up)] = places[..] {
        places = vec![(across - 0.05, up), (across + 0.05, up)];
    }
    let part = |ends: &[(f64, f64)]| {
        let [(left, from), (right, to)] = *ends else {
            return None;
        };
        let at = |up: f64| (up - from) / (to - from);
        let (mut first, mut last) = (0.0, 1.0);
        if from == to {
            (0.0..=1.0).contains(&from).then_some(())?;
        } else {
            first = at(0.0).min(at(1.0)).max(0.0);
            last = at(0.0).max(at(1.0)).min(1.0);
        }
        let end = |t: f64| {
            let place = (left + t * (right - left), from + t * (to - from));
            (x.at(place.0), y.at(place.1))
        };
        (first < last).then(|| [end(first), end(last)])
    };
    let mut lines: Vec<Vec<(f64, f64)>> = Vec::new();
    for [start, end] in places.windows(2).filter_map(part) {
        match lines.last_mut().filter(|line| line.last() == Some(&start)) {
            Some(line) => line.push(end),
            None => lines.push(vec![start, end]),
        }
    }
    lines
}

/// Axes with their units, lines to read the height off, and the marks.
fn marks<'a, X, Y>(
    mut chart: ChartContext<'_, SVGBackend<'a>, Cartesian2d<X, Y>>,
    panel: &Panel,
) -> Drawn<Vec<Spot>>
where
    X: Ranged<ValueType = f64> + ValueFormatter<f64>,
    Y: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    let (x, y) = (&panel.x, &panel.y);
    let area = |x: Range<f64>, y: Range<f64>, style: ShapeStyle| {
        Rectangle::new([(x.start, y.start), (x.end, y.end)], style)
    };
    if let Some(shaded) = &panel.shade {
        let shade = area(shaded.clone(), y.range.clone(), SHADE.filled());
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
        .x_label_formatter(&|at| match x.ticks.is_empty() {
            true => thousands(*at),
            false => value(*at),
        })
        .y_label_formatter(&|at| match at.abs() {
            // Errors are as small as this.
            v if 0.0 < v && v < 1e-4 => format!("{at:.0e}"),
            v if v >= 1e4 => thousands(*at),
            _ => format!("{}", (at * 1e6).round() / 1e6),
        })
        .label_style(words(12))
        .axis_desc_style(words(13))
        .draw()?;
    for mark in &panel.marks {
        match mark {
            Mark::Noise(heights) => {
                let style = FAINT.mix(0.35).filled();
                let end = |height: f64| height.clamp(y.range.start, y.range.end);
                let heights = end(heights.start)..end(heights.end);
                chart.draw_series([area(x.range.clone(), heights, style)])?;
            }
            Mark::Dashed { dash, points, .. } => {
                let (drawn, left_out) = pixels(*dash);
                let style = FAINT.stroke_width(1);
                for part in inside(points, x, y) {
                    chart.draw_series(DashedLineSeries::new(part, drawn, left_out, style))?;
                }
            }
            Mark::Upright { x: at, label } => {
                let (drawn, left_out) = pixels(Dash::Long);
                let points = [(*at, y.range.start), (*at, y.range.end)];
                let style = FAINT.stroke_width(1);
                chart.draw_series(DashedLineSeries::new(points, drawn, left_out, style))?;
                let words = (FONT, SMALL).into_font().color(&FAINT);
                let beside = Text::new(label.clone(), (5, 2), words);
                chart.draw_series([EmptyElement::at((*at, y.range.end)) + beside])?;
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
            Mark::Level { look, x: at, y, .. } => {
                let bar = [(*at, y.low), (*at, y.high)];
                let line = [(*at, y.median), (x.range.end, y.median)];
                for (ends, width) in [(line, 1), (bar, 2)] {
                    chart.draw_series(LineSeries::new(ends, rgb(*look).stroke_width(width)))?;
                }
                let marker = Polygon::new(corners(look.marker), rgb(*look));
                chart.draw_series([EmptyElement::at((*at, y.median)) + marker])?;
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
