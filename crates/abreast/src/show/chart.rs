//! Charts as data: what is drawn, whatever draws it.
//!
//! A chart is panels, a panel is marks between two axes, and every mark has its values with it. `svg` draws charts for files and
//! documents; a page that shows a value where one points reads the same data.

use std::ops::Range;

use super::words::{value, within};
use crate::analyse::figures::Estimate;

/// A chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// Its file's name without the ending, which no other chart of the bench has.
    pub name: String,
    /// What stands above it.
    pub title: String,
    /// What one must know to read it.
    pub subtitle: String,
    /// What its lines and areas are, in the order of the legend.
    pub legend: Vec<Entry>,
    /// The panels, row by row.
    pub panels: Vec<Panel>,
    /// Panels in a row.
    pub columns: usize,
    /// Width and height of all panels together, in pixels.
    pub size: (u32, u32),
}

/// A line of the legend.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// An arm.
    Arm(String, Look),
    /// What is drawn as a dashed line.
    Dashed(String, Dash),
    /// What the shaded part of a panel is.
    Shade(String),
}

/// How an arm looks: the same in every chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Red, green and blue.
    pub colour: (u8, u8, u8),
    /// The shape at each point.
    pub marker: Marker,
}

/// The shape at a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marker {
    /// A circle, nearly.
    Disc,
    /// A lying cross.
    Cross,
    /// A triangle that points up.
    Up,
    /// A triangle that points down.
    Down,
    /// A square.
    Square,
    /// A square on its corner.
    Diamond,
}

/// How a line is dashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dash {
    /// Long dashes: the ceiling of cores, and what else has no other dash.
    Long,
    /// Dots: the ceiling of memory.
    Dots,
}

/// Marks between two axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// What stands above it; nothing where the chart has no other.
    pub title: Option<String>,
    /// The axes: across and up. `None` where there is nothing to show, which the title then says.
    pub axes: Option<(Axis, Axis)>,
    /// From where on the panel is shaded, to its right edge.
    pub shade: Option<f64>,
    /// What is drawn, from back to front.
    pub marks: Vec<Mark>,
}

/// An axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// What it measures, with the unit.
    pub label: String,
    /// From where to where.
    pub range: Range<f64>,
    /// How values are spaced.
    pub scale: Scale,
}

/// How values are spaced on an axis, and where it is labelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Evenly.
    Linear,
    /// By their logarithms, labelled at powers of ten and where they are few at twice and five times each.
    Decades,
    /// By their logarithms, labelled at powers of two.
    Doubling,
}

/// A value with its interval, at a place on the horizontal axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// The place.
    pub x: f64,
    /// The value.
    pub y: Estimate,
}

/// Something drawn in a panel.
#[derive(Clone, Debug, PartialEq)]
pub enum Mark {
    /// What can't be told apart: a grey area from edge to edge, between two heights.
    Noise(Range<f64>),
    /// A line that is no arm's, by its name in the legend.
    Dashed {
        /// Which.
        name: String,
        /// How it is dashed.
        dash: Dash,
        /// Where it runs.
        points: Vec<(f64, f64)>,
    },
    /// An upright dashed line with a word at its head.
    Upright {
        /// Where.
        x: f64,
        /// The word.
        label: String,
    },
    /// An arm's values.
    Series {
        /// The arm.
        arm: String,
        /// How it looks.
        look: Look,
        /// Its values, from left to right.
        points: Vec<Point>,
        /// What each place is multiplied by where it is drawn, so that series that coincide don't hide one another.
        apart: f64,
        /// How they are joined.
        joined: Joined,
        /// How many of them, from the left, have a marker.
        marked: usize,
    },
    /// Where an arm's curve crosses 1: a bar as long as the interval, with a tick at the value.
    Crossing {
        /// The arm.
        arm: String,
        /// How it looks.
        look: Look,
        /// The value, on the horizontal axis.
        at: Estimate,
    },
}

/// How the values of a series are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joined {
    /// By a band for the intervals and a line through the values.
    Line,
    /// The same with a thin line: what no measurement stands behind.
    Thin,
    /// Not at all.
    Apart,
}

impl Chart {
    /// A chart without panels yet.
    pub fn new(name: &str, title: &str, subtitle: impl Into<String>) -> Self {
        Self {
            name: name.to_owned(),
            title: title.to_owned(),
            subtitle: subtitle.into(),
            legend: Vec::new(),
            panels: Vec::new(),
            columns: 1,
            size: (1000, 480),
        }
    }
}

impl Panel {
    /// A panel without marks yet.
    pub fn new(title: Option<String>, x: Axis, y: Axis) -> Self {
        Self {
            title,
            axes: Some((x, y)),
            shade: None,
            marks: Vec::new(),
        }
    }

    /// What its marks say, each at its place in the panel: whose value it is, where, and the value, a line each.
    pub fn values(&self) -> Vec<(f64, f64, String)> {
        let Some((across, up)) = &self.axes else {
            return Vec::new();
        };
        let (place, height) = (&across.label, &up.label);
        let at =
            |name: &str, x: f64, y: &str| format!("{name}\n{place}: {}\n{height}: {y}", value(x));
        let mut values = Vec::new();
        for mark in &self.marks {
            match mark {
                Mark::Noise(heights) => {
                    let (low, high) = (value(heights.start), value(heights.end));
                    let says = format!("noise floor\n{height}: {low} to {high}");
                    let middle = f64::midpoint(heights.start, heights.end);
                    values.push((across.range.start, middle, says));
                }
                Mark::Dashed { name, points, .. } => {
                    let points = points.iter();
                    values.extend(points.map(|&(x, y)| (x, y, at(name, x, &value(y)))));
                }
                Mark::Upright { x, label } => {
                    let says = format!("{label}\n{place}: {}", value(*x));
                    values.push((*x, up.range.end, says));
                }
                Mark::Series {
                    arm,
                    points,
                    apart,
                    marked,
                    ..
                } => {
                    // What has markers says no more than they do: a level line ends at the value it began with.
                    let shown = if *marked == 0 { points.len() } else { *marked };
                    values.extend(points.iter().take(shown).map(|point| {
                        let says = at(arm, point.x, &within(point.y));
                        (point.x * apart, point.y.median, says)
                    }));
                }
                Mark::Crossing { arm, at, .. } => {
                    values.push((
                        at.median,
                        1.0,
                        format!("{arm}\nbreak-even, {place}: {}", within(*at)),
                    ));
                }
            }
        }
        values
    }
}

impl Axis {
    /// An axis of `label`, its unit included.
    pub fn new(label: impl Into<String>, range: Range<f64>, scale: Scale) -> Self {
        Self {
            label: label.into(),
            range,
            scale,
        }
    }
}

impl Mark {
    /// An arm's values as a line with a marker at each.
    pub fn line(arm: &str, look: Look, points: Vec<Point>) -> Self {
        Self::Series {
            marked: points.len(),
            arm: arm.to_owned(),
            look,
            points,
            apart: 1.0,
            joined: Joined::Line,
        }
    }

    /// The same drawn so many times as far to the right, where it is a series.
    #[must_use]
    pub fn apart(mut self, times: f64) -> Self {
        if let Self::Series { apart, .. } = &mut self {
            *apart = times;
        }
        self
    }

    /// A dashed line.
    pub fn dashed((name, dash): (&str, Dash), points: Vec<(f64, f64)>) -> Self {
        Self::Dashed {
            name: name.to_owned(),
            dash,
            points,
        }
    }
}
