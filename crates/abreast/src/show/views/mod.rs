//! Charts of a record, one function each. What several of them share is here.

pub mod forecast;
pub mod setting;
pub mod sizes;
pub mod threads;

use std::ops::Range;

use crate::analyse::figures::Estimate;
use crate::analyse::{Analysis, Row, noise_floor};
use crate::record::{Role, Size};
use crate::show::chart::{Axis, Dash, Entry, Joined, Look, Mark, Marker, Point, Scale};
use crate::show::look::look;
use crate::show::words;

const COLUMNS: usize = 3;
const PANEL: (u32, u32) = (400, 320);

/// Room above the highest point of a panel.
const HEADROOM: f64 = 1.08;

const OF_CORES: (&str, Dash) = ("ceiling: cores", Dash::Long);
const OF_COPY: (&str, Dash) = ("ceiling: copy (memory or a cache)", Dash::Dots);

/// The size of so many panels in rows of [`COLUMNS`].
fn frame(panels: usize) -> (u32, u32) {
    let columns = panels.clamp(1, COLUMNS) as u32;
    // A single panel is made wide enough for the words above and below it.
    let width = PANEL.0 * columns.max(2);
    let height = PANEL.1 * panels.div_ceil(COLUMNS).max(1) as u32;
    (width.max(1000), height)
}

/// Sizes that have something to show beside the baseline.
fn sizes(rows: &[Row]) -> Vec<Size> {
    let mut sizes: Vec<_> = rows
        .iter()
        .filter(|row| row.figures().is_some() && !row.is_baseline() && !row.role.is_ceiling())
        .map(|row| row.key.size)
        .collect();
    sizes.dedup();
    sizes
}

/// Thread counts that have something to show beside the baseline.
fn thread_counts(rows: &[Row]) -> Vec<usize> {
    let measured = rows
        .iter()
        .filter(|row| row.figures().is_some() && !row.is_baseline() && !row.role.is_ceiling());
    let mut counts: Vec<_> = measured.map(|row| row.key.threads).collect();
    counts.sort_unstable();
    counts.dedup();
    counts
}

/// What stands above the panel of a size.
fn of_size(rows: &[Row], size: Size) -> String {
    let moved = rows.iter().find(|row| row.key.size == size);
    match moved.and_then(|row| row.bytes) {
        Some(moved) => format!("{size} · {}", words::bytes(moved)),
        None => size.to_string(),
    }
}

/// An axis of the thread `counts`, logarithmic and labelled at each; and what of it lies beyond `cores`, where anything does.
fn threads_axis(counts: &[usize], cores: usize) -> (Axis, Option<Range<f64>>) {
    let counts = counts.iter().map(|&count| count as f64);
    let end = 1.19 * counts.clone().fold(1.0, f64::max);
    let beyond = 1.19 * cores as f64;
    let axis = Axis::new("threads", 0.84..end, Scale::Decades).ticks(counts);
    (axis, (beyond < end).then_some(beyond..end))
}

/// Up to where an axis that begins at 0 goes: it is made for the `values`, and holds of the lines beside them those that don't make
/// it more than twice as long.
fn top(values: impl Iterator<Item = Estimate>, lines: impl IntoIterator<Item = f64>) -> f64 {
    let (_, high) = reach(values, 0.0, 0.0);
    let near = lines.into_iter().filter(|&line| line <= 2.0 * high);
    near.fold(high, f64::max) * HEADROOM
}

/// The noise floor of each size, as a band around 1: where a baseline is, `x` across.
pub fn noise_floors(of: &Analysis, x: impl Fn(&Row) -> f64) -> Mark {
    let point = |row: &Row| {
        let floor = noise_floor(&of.rows, row.key.size)?;
        let y = Estimate {
            median: 1.0,
            low: 1.0 / (1.0 + floor),
            high: 1.0 + floor,
        };
        Some(Point { x: x(row), y })
    };
    let baselines = of.rows.iter().filter(|row| row.is_baseline());
    Mark::Series {
        arm: of.baseline().to_owned(),
        look: Look {
            colour: (34, 34, 34),
            marker: Marker::Disc,
        },
        points: baselines.filter_map(point).collect(),
        apart: 1.0,
        joined: Joined::Line,
        marked: 0,
    }
}

/// The arms that have something to show, in the order of the record, level lines of references last. A ceiling has a line of
/// its own kind.
pub fn arms(rows: &[Row]) -> Vec<&str> {
    let mut arms = Vec::new();
    let is_line = |row: &&Row| row.figures().is_some() && !row.role.is_ceiling();
    for row in rows.iter().filter(is_line) {
        if !arms.contains(&&*row.key.arm) {
            arms.push(&*row.key.arm);
        }
    }
    arms.sort_by_key(|arm| is_level(rows, arm, |role| *role == Role::Reference));
    arms
}

/// Whether `arm` is of such a `role` and has one thread count: a level line where threads are the axis.
fn is_level(rows: &[Row], arm: &str, role: impl Fn(&Role) -> bool) -> bool {
    let mut rows = rows.iter().filter(|row| row.key.arm == arm);
    rows.next().is_some_and(|first| {
        role(&first.role) && rows.all(|row| row.key.threads == first.key.threads)
    })
}

/// The legend of `arms` and dashed lines.
pub fn legend<'a>(
    of: &Analysis,
    arms: impl IntoIterator<Item = &'a str>,
    dashed: &[(&str, Dash)],
) -> Vec<Entry> {
    let arms = arms
        .into_iter()
        .map(|arm| Entry::Arm(arm.to_owned(), look(of, arm)));
    let dashed = dashed
        .iter()
        .map(|&(name, dash)| Entry::Dashed(name.to_owned(), dash));
    arms.chain(dashed).collect()
}

/// What the shaded part of a chart of threads is, where it has one.
fn oversubscribed(rows: &[Row]) -> Option<Entry> {
    let any = rows.iter().any(|row| row.oversubscribed);
    any.then(|| Entry::Shade("oversubscribed".to_owned()))
}

/// The values of the `rows` of `arm` that have one, at the places given beside them.
fn series(of: &Analysis, arm: &str, values: impl Iterator<Item = (f64, Estimate)>) -> Mark {
    let points = values.map(|(x, y)| Point { x, y }).collect();
    Mark::line(arm, look(of, arm), points)
}

/// Decimal gigabytes a second.
fn throughput_of(row: &Row) -> Option<Estimate> {
    let ns = row.figures()?.ns;
    Some(Estimate {
        median: row.gb_per_s(ns.median)?,
        low: row.gb_per_s(ns.high)?,
        high: row.gb_per_s(ns.low)?,
    })
}

/// How far `values` reach, and `least` and `most` with them.
pub fn reach(values: impl Iterator<Item = Estimate>, least: f64, most: f64) -> (f64, f64) {
    values.fold((least, most), |(low, high), value| {
        (low.min(value.low), high.max(value.high))
    })
}

/// What a chart of speedups says below its title.
fn against(of: &Analysis) -> String {
    format!("against {} timed beside each sample", of.declared.against)
}

/// The unit of a speedup.
fn times(of: &Analysis) -> String {
    format!("speedup (times {})", of.baseline())
}
