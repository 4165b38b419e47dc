//! What the laws make of the curves beyond the cores that were measured.

use super::{
    COLUMNS, OF_COPY, OF_CORES, arms, frame, is_level, legend, of_size, reach, sizes, times,
};
use crate::analyse::Analysis;
use crate::analyse::ceiling::{Bound, Ceilings};
use crate::analyse::law;
use crate::record::Role;
use crate::show::chart::{Axis, Chart, Joined, Mark, Panel, Point, Scale};
use crate::show::look::look;

/// What the laws make of the curves, on a logarithmic axis of cores, a panel a size.
pub fn forecast(of: &Analysis) -> Chart {
    let rows = &of.rows[..];
    let curves = law::curves(rows);
    let here = of.machine.available_cores;
    let most = curves
        .iter()
        .filter(|curve| curve.fit.holds())
        .map(law::Curve::reach)
        .max()
        .unwrap_or(2 * here);
    // 1, 2, 3, 4, 6, 8, 12 and so on.
    let counts = (0..).flat_map(|power| [1 << power, 3 << power >> 1]);
    let counts: Vec<usize> = counts.skip(1).take_while(|&n| n <= most).collect();
    let panel = |size| {
        let curves = curves.iter().filter(|curve| curve.size == size);
        let lines: Vec<_> = curves
            .map(|curve| {
                let at = |&n: &usize| {
                    let (y, _) = law::forecast(of, curve, n)?;
                    Some(Point { x: n as f64, y })
                };
                let points: Vec<_> = counts.iter().filter_map(at).collect();
                let measured = rows.iter().filter(|row| {
                    row.key.size == size && row.key.arm == curve.arm && !row.oversubscribed
                });
                let measured = measured.filter_map(|row| {
                    Some(Point {
                        x: row.key.threads as f64,
                        y: row.figures()?.speedup,
                    })
                });
                (&*curve.arm, points, measured.collect::<Vec<_>>())
            })
            .collect();
        let values = lines
            .iter()
            .flat_map(|(_, law, measured)| law.iter().chain(measured));
        let (low, high) = reach(values.map(|point| point.y), 0.5, 2.0);
        let (x, y) = (0.9..most as f64 * 1.1, low / 1.3..high * 1.3);
        let mut panel = Panel::new(
            Some(of_size(&of.rows, size)),
            Axis::new("cores (grey: forecast)", x.clone(), Scale::Decades).ticks(
                std::iter::successors(Some(1.0), |n| Some(2.0 * n)).take_while(|n| x.contains(n)),
            ),
            Axis::new(times(of), y.clone(), Scale::Decades),
        );
        panel.shade = Some(here as f64 * 1.1..x.end);
        let ceiling = |at: &dyn Fn(&Ceilings<'_>, usize) -> Option<Bound>| {
            let points = counts
                .iter()
                .filter_map(|&n| Some((n as f64, at(&Ceilings::new(of, n), n)?.speedup.median)));
            points.filter(|point| y.contains(&point.1)).collect()
        };
        let of_cores = ceiling(&|ceilings, n| ceilings.of_cores(size, n));
        panel.marks.push(Mark::dashed(OF_CORES, of_cores));
        let of_copy = ceiling(&|ceilings, n| ceilings.of_copy(size, n));
        panel.marks.push(Mark::dashed(OF_COPY, of_copy));
        for (arm, points, measured) in lines {
            for (joined, points) in [(Joined::Thin, points), (Joined::Apart, measured)] {
                panel.marks.push(Mark::Series {
                    arm: arm.to_owned(),
                    look: look(of, arm),
                    marked: if joined == Joined::Apart {
                        points.len()
                    } else {
                        0
                    },
                    points,
                    apart: 1.0,
                    joined,
                });
            }
        }
        panel
    };
    let sizes = sizes(rows);
    let level = |role: &Role| matches!(role, Role::Baseline | Role::Reference);
    let shown = arms(rows)
        .into_iter()
        .filter(|arm| !is_level(rows, arm, level));
    Chart {
        legend: legend(of, shown, &[OF_CORES, OF_COPY]),
        columns: COLUMNS,
        size: frame(sizes.len()),
        panels: sizes.into_iter().map(panel).collect(),
        ..Chart::new(
            "forecast",
            "FORECAST: speedup on more cores than were measured",
            "thin lines: the law fitted to the points, within the ceilings of such cores and this memory · band: what the points' intervals allow",
        )
    }
}
