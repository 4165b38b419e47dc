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
    /// The axis across.
    pub x: Axis,
    /// The axis up.
    pub y: Axis,
    /// What of the axis across is shaded.
    pub shade: Option<Range<f64>>,
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
    /// Where it is labelled, in ascending order, as far as there is room; at round values where nothing is given.
    pub ticks: Vec<f64>,
}

/// How values are spaced on an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Evenly.
    Linear,
    /// By their logarithms; labelled at powers of ten, and where they are few at twice and five times each, where no ticks are given.
    Decades,
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
    /// A line that is no arm's, by its name in the legend. It is cut where it leaves the panel, which then says how far it goes.
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
    /// An arm's value that belongs to no place on the horizontal axis: a bar as long as its interval, and a thin line to the right
    /// edge, to hold others against.
    Level {
        /// The arm.
        arm: String,
        /// How it looks.
        look: Look,
        /// Where its bar stands.
        x: f64,
        /// The value.
        y: Estimate,
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

impl Entry {
    /// What it names.
    pub fn name(&self) -> &str {
        let (Self::Arm(name, _) | Self::Dashed(name, _) | Self::Shade(name)) = self;
        name
    }
}

impl Chart {
    /// The same without panels that show nothing. Where none is left, it says so.
    #[must_use]
    pub fn shown(mut self) -> Self {
        let rows = |panels: usize| panels.div_ceil(self.columns) as u32;
        let row = self.size.1 / rows(self.panels.len()).max(1);
        self.panels.retain(|panel| !panel.is_empty());
        self.size.1 = row * rows(self.panels.len());
        if self.panels.is_empty() {
            "Nothing that it shows was measured.".clone_into(&mut self.subtitle);
            self.legend.clear();
        }
        self
    }

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
            x,
            y,
            shade: None,
            marks: Vec::new(),
        }
    }

    /// Whether no arm has a value in it.
    pub fn is_empty(&self) -> bool {
        !self.marks.iter().any(|mark| match mark {
            Mark::Series { points, .. } => !points.is_empty(),
            Mark::Level { .. } | Mark::Crossing { .. } => true,
            Mark::Noise(_) | Mark::Dashed { .. } | Mark::Upright { .. } => false,
        })
    }

    /// What lies above or below it, so that no line is cut in silence: the names of the dashed lines and how far each goes.
    pub fn beyond(&self) -> Vec<String> {
        let dashed = self.marks.iter().filter_map(|mark| match mark {
            Mark::Dashed { name, points, .. } => Some((name, points)),
            _ => None,
        });
        let range = &self.y.range;
        let sides = dashed.flat_map(|(name, points)| {
            let is_above = |y: f64| y > range.end;
            let is_below = |y: f64| y < range.start;
            let side = |arrow: &str, is_out: &dyn Fn(f64) -> bool| {
                let values = points.iter().map(|point| point.1).filter(|y| is_out(*y));
                let low = values.clone().min_by(f64::total_cmp)?;
                let high = values.max_by(f64::total_cmp)?;
                let (low, high) = (value(low), value(high));
                Some(match low == high {
                    true => format!("{arrow} {name} {low}"),
                    false => format!("{arrow} {name} {low} – {high}"),
                })
            };
            [side("↑", &is_above), side("↓", &is_below)]
        });
        sides.flatten().collect()
    }

    /// What its marks say, each at its place in the panel: whose value it is, where, and the value, a line each.
    pub fn values(&self) -> Vec<(f64, f64, String)> {
        let (across, up) = (&self.x, &self.y);
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
                    let points = points.iter().filter(|(_, y)| up.holds(*y));
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
                Mark::Level { arm, x, y, .. } => {
                    let says = format!("{arm}\n{height}: {}", within(*y));
                    values.push((*x, y.median, says));
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
            ticks: Vec::new(),
        }
    }

    /// The same labelled at `ticks`.
    #[must_use]
    pub fn ticks(self, ticks: impl IntoIterator<Item = f64>) -> Self {
        Self {
            ticks: ticks.into_iter().collect(),
            ..self
        }
    }

    /// Whether `value` is on it, its ends included.
    pub fn holds(&self, value: f64) -> bool {
        (self.range.start..=self.range.end).contains(&value)
    }

    /// Where on it `value` is: 0 at its start, 1 at its end.
    pub fn place(&self, value: f64) -> f64 {
        let Range { start, end } = self.range;
        match self.scale {
            Scale::Linear => (value - start) / (end - start),
            Scale::Decades => (value / start).ln() / (end / start).ln(),
        }
    }

    /// What is at such a place.
    pub fn at(&self, place: f64) -> f64 {
        let Range { start, end } = self.range;
        match self.scale {
            Scale::Linear => start + place * (end - start),
            Scale::Decades => start * (end / start).powf(place),
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
