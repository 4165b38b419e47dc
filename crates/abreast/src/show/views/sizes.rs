//! What changes with the size: time per element, throughput, and the break-even.

use super::{
    COLUMNS, OF_CORES, against, arms, frame, legend, noise_floors, reach, series, thread_counts,
    throughput_of, times,
};
use crate::analyse::break_even::{PaysFrom, break_evens};
use crate::analyse::ceiling::Ceilings;
use crate::analyse::figures::Estimate;
use crate::analyse::{Analysis, Row};
use crate::record::Cache;
use crate::show::chart::{Axis, Chart, Dash, Mark, Panel, Scale};
use crate::show::look::look;
use crate::show::words;

const APPLIES: (&str, Dash) = ("the ceiling that applies", Dash::Long);

/// Time per element against size, log-log: every arm at the most threads that have a core each.
pub fn time(of: &Analysis) -> Chart {
    let rows = &of.rows[..];
    let subtitle = format!(
        "{}, each arm at the most threads that have a core each · band: 95 % interval of the median",
        of.declared.subject
    );
    let mut chart = Chart::new("time", "Time per element against size", subtitle);
    let arms = arms(rows);
    chart.legend = legend(of, arms.iter().copied(), &[APPLIES]);
    chart.size = (1000, 640);
    let points_of = |arm: &&str| -> Vec<(f64, Estimate)> {
        let rows = || rows.iter().filter(|row| row.key.arm == *arm);
        let fitting = rows().filter(|row| !row.oversubscribed);
        let fitting = fitting.map(|row| row.key.threads).max();
        let threads = fitting.or_else(|| rows().map(|row| row.key.threads).min());
        let points = rows().filter(|row| Some(row.key.threads) == threads);
        points
            .filter_map(|row| {
                let (ns, len) = (row.figures()?.ns, row.key.size.elements() as f64);
                Some((len, ns.map(|ns| ns / len)))
            })
            .collect()
    };
    let lines: Vec<_> = arms.iter().map(points_of).collect();
    let all = || lines.iter().flatten();
    if all().next().is_none() {
        return chart;
    }
    let ends = all().map(|point| point.0);
    let x = ends.clone().fold(f64::INFINITY, f64::min) / 2.0..ends.fold(0.0, f64::max) * 2.0;
    let (low, high) = reach(all().map(|point| point.1), f64::INFINITY, 0.0);
    let mut panel = Panel::new(
        None,
        Axis::new("elements", x, Scale::Decades),
        Axis::new(
            "time per element (ns)",
            low / 1.5..high * 1.5,
            Scale::Decades,
        ),
    );
    let cores = of.machine.available_cores;
    let ceilings = Ceilings::new(of, cores);
    let bounds = rows
        .iter()
        .filter(|row| row.is_baseline())
        .filter_map(|row| {
            let (size, elements) = (row.key.size, row.key.size.elements() as f64);
            let bound = ceilings.bound(size, cores)?.speedup.median;
            let least = row.figures()?.ns.median / bound;
            Some((elements, least / elements))
        });
    panel.marks.push(Mark::dashed(APPLIES, bounds.collect()));
    let lines = arms.iter().zip(lines);
    panel
        .marks
        .extend(lines.map(|(arm, points)| series(of, arm, points.into_iter())));
    chart.panels.push(panel);
    chart
}

/// Throughput against bytes moved, a panel a thread count, with the sizes of the caches.
pub fn bytes(of: &Analysis) -> Chart {
    let bytes = |row: &Row| row.bytes.map(|bytes| bytes as f64);
    let sizes = of.rows.iter().filter_map(bytes);
    let x = sizes.clone().fold(f64::INFINITY, f64::min) / 2.0..sizes.fold(0.0, f64::max) * 2.0;
    let arms = arms(&of.rows);
    let panel = |threads| {
        let points_of = |arm: &&str| -> Vec<(f64, Estimate)> {
            let of_arm = |row: &&Row| row.key.arm == *arm && row.key.threads == threads;
            let rows = of.rows.iter().filter(of_arm);
            rows.filter_map(|row| Some((bytes(row)?, throughput_of(row)?)))
                .collect()
        };
        let lines: Vec<_> = arms.iter().map(points_of).collect();
        let values = lines.iter().flatten().map(|(_, value)| *value);
        let (low, high) = reach(values, f64::INFINITY, 0.0);
        let y = low / 1.5..high * 1.5;
        let mut panel = Panel::new(
            Some(words::threads(threads)),
            Axis::new("bytes moved per call", x.clone(), Scale::Decades),
            Axis::new("throughput (GB/s)", y, Scale::Decades),
        );
        let caches = of.machine.caches.iter();
        let caches = caches.filter(|cache| cache.kind != "Instruction");
        let caches = caches.map(|cache| {
            let count = caches_of(cache, threads, of.machine.available_cores);
            let label = match count {
                1 => format!("L{}", cache.level),
                count => format!("{count} × L{}", cache.level),
            };
            let x = (count as u64 * cache.bytes) as f64;
            Mark::Upright { x, label }
        });
        let visible = |mark: &Mark| matches!(mark, Mark::Upright { x: at, .. } if x.contains(at));
        panel.marks.extend(caches.filter(visible));
        let lines = arms.iter().zip(lines);
        panel
            .marks
            .extend(lines.map(|(arm, points)| series(of, arm, points.into_iter())));
        panel
    };
    Chart {
        legend: legend(of, arms.iter().copied(), &[("size of a cache", Dash::Long)]),
        columns: COLUMNS,
        size: (1200, 480),
        panels: thread_counts(&of.rows).into_iter().map(panel).collect(),
        ..Chart::new(
            "bytes",
            "Throughput against size",
            "decimal GB/s of the bytes that a call must move · band: 95 % interval of the median",
        )
    }
}

/// How many caches like `cache` so many `threads` have among them, on a core each: as many as there are for the cores, where each
/// is for the CPUs that share it.
fn caches_of(cache: &Cache, threads: usize, cores: usize) -> usize {
    // As the system lists CPUs: `0`, `0,8` or `0-3,8-11`.
    let ranges = cache.shared_by.split(',').filter_map(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let [first, last] = [first, last].map(|cpu| cpu.trim().parse::<usize>().ok());
        Some(last?.saturating_sub(first?).saturating_add(1))
    });
    let sharing = ranges.fold(0, usize::saturating_add).max(1);
    threads.min(cores.div_ceil(sharing)).max(1)
}

/// Speedup against size, both logarithmic, a panel a thread count, with the break-even of each arm.
pub fn break_even(of: &Analysis) -> Chart {
    let rows = &of.rows[..];
    let found = break_evens(rows);
    let elements = |row: &Row| row.key.size.elements() as f64;
    let sizes = rows.iter().map(elements);
    let x = sizes.clone().fold(f64::INFINITY, f64::min) / 1.3..sizes.fold(0.0, f64::max) * 1.3;
    let values = rows.iter().filter_map(|row| Some(row.figures()?.speedup));
    let cores = of.machine.available_cores;
    let (low, high) = reach(values, 1.0, cores as f64);
    let y = low / 1.2..high * 1.2;
    let ceilings = Ceilings::new(of, cores);
    let baselines: Vec<_> = rows.iter().filter(|row| row.is_baseline()).collect();
    let panel = |threads: usize| {
        let mut title = words::threads(threads);
        if threads > cores {
            title += ", oversubscribed";
        }
        let mut panel = Panel::new(
            Some(title),
            Axis::new("elements", x.clone(), Scale::Decades),
            Axis::new(times(of), y.clone(), Scale::Decades),
        );
        panel.marks.push(noise_floors(of, elements));
        let of_cores = baselines.iter().filter_map(|row| {
            let bound = ceilings.of_cores(row.key.size, threads)?;
            Some((elements(row), bound.speedup.median))
        });
        panel.marks.push(Mark::dashed(OF_CORES, of_cores.collect()));
        let competing = arms(rows).into_iter();
        for arm in competing.filter(|arm| !baselines.iter().any(|row| row.key.arm == *arm)) {
            let of_arm = |row: &&Row| row.key.arm == arm && row.key.threads == threads;
            let points = rows.iter().filter(of_arm);
            let points = points.filter_map(|row| Some((elements(row), row.figures()?.speedup)));
            panel.marks.push(series(of, arm, points));
        }
        for b in found.iter().filter(|b| b.threads == threads) {
            if let PaysFrom::Size(at) = b.from {
                panel.marks.push(Mark::Crossing {
                    arm: b.arm.clone(),
                    look: look(of, &b.arm),
                    at,
                });
            }
        }
        panel
    };
    let counts = thread_counts(rows);
    Chart {
        legend: legend(of, arms(rows), &[OF_CORES]),
        columns: COLUMNS,
        size: frame(counts.len()),
        panels: counts.into_iter().map(panel).collect(),
        ..Chart::new(
            "break_even",
            "From which size on sharing pays",
            format!(
                "speedup {} · whisker: the break-even with its 95 % interval · grey at 1: noise floor",
                against(of)
            ),
        )
    }
}
