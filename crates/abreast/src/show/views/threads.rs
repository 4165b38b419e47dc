//! What changes with the thread count: speedup and throughput, a panel a size, and the cost of a call.

use super::{
    COLUMNS, OF_COPY, OF_CORES, against, arms, frame, is_level, legend, of_size, oversubscribed,
    reach, series, sizes, thread_counts, threads_axis, throughput_of, times, top,
};
use crate::analyse::ceiling::{Bound, Ceilings};
use crate::analyse::figures::Estimate;
use crate::analyse::{Analysis, Row, noise_floor};
use crate::record::{Of, Role, Size};
use crate::show::chart::{Axis, Chart, Joined, Mark, Panel, Point, Scale};
use crate::show::look::look;

/// Speedup against thread count, a panel a size.
pub fn speedup(of: &Analysis) -> Chart {
    let subtitle = format!(
        "{}, {} · band: 95 % interval of the median · grey at 1: noise floor",
        of.declared.subject,
        against(of)
    );
    Chart {
        panels: by_size(
            of,
            &times(of),
            |_| Some(1.0),
            |row| Some(row.figures()?.speedup),
        ),
        ..by_threads(of, "speedup", "Speedup against thread count", subtitle)
    }
}

/// Throughput against thread count, a panel a size.
pub fn throughput(of: &Analysis) -> Chart {
    let subtitle = format!(
        "{}, decimal GB/s of the bytes that a call must move · band: 95 % interval of the median",
        of.declared.subject
    );
    let baseline = |size| {
        let mut rows = of.rows.iter();
        let baseline = rows.find(|row| row.is_baseline() && row.key.size == size)?;
        baseline.gb_per_s(baseline.figures()?.ns.median)
    };
    Chart {
        panels: by_size(of, "throughput (GB/s)", baseline, throughput_of),
        ..by_threads(
            of,
            "throughput",
            "Throughput against thread count",
            subtitle,
        )
    }
}

/// A chart of a panel a size, without its panels.
fn by_threads(of: &Analysis, name: &str, title: &str, subtitle: String) -> Chart {
    let mut legend = legend(of, arms(&of.rows), &[OF_CORES, OF_COPY]);
    legend.extend(oversubscribed(&of.rows));
    Chart {
        legend,
        columns: COLUMNS,
        size: frame(sizes(&of.rows).len()),
        ..Chart::new(name, title, subtitle)
    }
}

/// A panel for each size: `value` of every arm against threads; what has one thread count is a level line. `baseline` gives
/// the baseline's value at a size, which the ceilings are multiples of.
fn by_size(
    of: &Analysis,
    unit: &str,
    baseline: impl Fn(Size) -> Option<f64>,
    value: impl Fn(&Row) -> Option<Estimate>,
) -> Vec<Panel> {
    let all = &of.rows[..];
    let counts = thread_counts(all);
    let most = counts.last().copied().unwrap_or(1);
    let cores = of.machine.available_cores;
    let arms = arms(all);
    let ceilings = Ceilings::new(of, cores);
    let panel = |size: Size| {
        let rows: Vec<_> = all
            .iter()
            .filter(|row| row.key.size == size && arms.contains(&&*row.key.arm))
            .collect();
        let baseline = baseline(size);
        // Between counts that were measured nothing is known.
        let ceiling = |counts: &[usize], of: &dyn Fn(usize) -> Option<Bound>| -> Vec<_> {
            let points = counts.iter();
            let points =
                points.filter_map(|&n| Some((n as f64, of(n)?.speedup.median * baseline?)));
            points.collect()
        };
        let copies = all.iter().filter(|row| {
            row.role == Role::Ceiling(Of::Memory) && row.key.size == size && row.figures().is_some()
        });
        let copies: Vec<_> = copies.map(|row| row.key.threads).collect();
        let of_cores = ceiling(&counts, &|n| ceilings.of_cores(size, n));
        let of_copy = ceiling(&copies, &|n| ceilings.of_copy(size, n));
        let values = rows.iter().filter_map(|row| value(row));
        let lines = of_cores.iter().chain(&of_copy);
        let top = top(values, lines.map(|point| point.1));
        let (x, beyond) = threads_axis(&counts, cores);
        let width = x.range.end / x.range.start;
        let mut panel = Panel::new(
            Some(of_size(&of.rows, size)),
            x,
            Axis::new(unit, 0.0..top, Scale::Linear),
        );
        panel.shade = beyond;
        if let (Some(floor), Some(value)) = (noise_floor(all, size), baseline) {
            let heights = value / (1.0 + floor)..value * (1.0 + floor);
            panel.marks.push(Mark::Noise(heights));
        }
        panel.marks.push(Mark::dashed(OF_CORES, of_cores));
        panel.marks.push(Mark::dashed(OF_COPY, of_copy));
        // Lines that coincide are set apart sideways, each by its place in the legend.
        let middle = (arms.len() as f64 - 1.0) / 2.0;
        for (i, arm) in arms.iter().enumerate() {
            let points = rows.iter().filter(|row| row.key.arm == *arm);
            let points = points.filter_map(|row| Some((row.key.threads as f64, value(row)?)));
            let level = |role: &Role| matches!(role, Role::Baseline | Role::Reference);
            if is_level(all, arm, level) {
                let mut points: Vec<_> = points.map(|(x, y)| Point { x, y }).collect();
                let end = points.first().map(|first| Point {
                    x: most as f64,
                    ..*first
                });
                points.extend(end.filter(|_| most > 1));
                panel.marks.push(Mark::Series {
                    arm: (*arm).to_owned(),
                    look: look(of, arm),
                    points,
                    apart: 1.0,
                    joined: Joined::Line,
                    marked: 1,
                });
            } else {
                let apart = width.powf(0.012 * (i as f64 - middle));
                let points = points.map(|(x, y)| Point { x, y }).collect();
                let line = Mark::line(arm, look(of, arm), points);
                panel.marks.push(line.apart(apart));
            }
        }
        panel
    };
    sizes(all).into_iter().map(panel).collect()
}

/// Time of a call with next to no work against thread count, on a logarithmic axis: arms differ by powers of ten.
pub fn calls(of: &Analysis) -> Chart {
    let mut chart = Chart::new(
        "calls",
        "Time of a call against thread count",
        "band: 95 % interval of the median",
    );
    chart.legend = legend(of, arms(&of.rows), &[]);
    chart.legend.extend(oversubscribed(&of.rows));
    let microseconds = |row: &Row| Some(row.figures()?.ns.map(|ns| ns / 1e3));
    let values = || of.rows.iter().filter_map(microseconds);
    if values().next().is_none() {
        return chart;
    }
    let (x, beyond) = threads_axis(&thread_counts(&of.rows), of.machine.available_cores);
    let (low, high) = reach(values(), f64::INFINITY, 0.0);
    let mut panel = Panel::new(
        None,
        x,
        Axis::new("time per call (µs)", low / 1.5..high * 1.5, Scale::Decades),
    );
    panel.shade = beyond;
    panel.marks = arms(&of.rows)
        .into_iter()
        .map(|arm| {
            let rows = of.rows.iter().filter(|row| row.key.arm == arm);
            let points = rows.filter_map(|row| Some((row.key.threads as f64, microseconds(row)?)));
            series(of, arm, points)
        })
        .collect();
    chart.panels.push(panel);
    chart
}
