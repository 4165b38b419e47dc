//! Charts from a record, as SVG files that need nothing to be looked at.
//!
//! What all charts share is here: colours and markers (the same runtime looks the same everywhere), title, legend and
//! footer around the panels. What is drawn in the panels is below, one function a chart.

mod forecast;
mod plot;
mod policy;
mod sizes;
mod study;
mod threads;

use std::fs;
use std::path::{Path, PathBuf};

pub use study::{EXPERIMENTS, Experiment};

use plotters::coord::Shift;
use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::benches::{self, Bench};
use crate::doubt::doubts;
use crate::machine::Machine;
use crate::peers;
use crate::record::{Outcome, Row};
use crate::registry::{NAIVE, SERIAL};
use crate::role::Role;
use crate::{Error, cannot_write};

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = Result<(), Box<dyn std::error::Error>>;

/// A chart: the file it goes to, what it says above the panels, and what draws it.
struct Chart {
    /// The bench whose records it draws.
    bench: &'static str,
    file: &'static str,
    title: &'static str,
    subtitle: &'static str,
    /// Whether thread counts are an axis, with a region that is oversubscribed.
    threads: bool,
    /// Lines in the legend for what is no runtime.
    dashed: &'static [(&'static str, Dash)],
    /// Whether it draws what goes by a label, which its legend then names.
    draws: fn(&str) -> bool,
    size: fn(&[Row]) -> (u32, u32),
    draw: fn(&Area<'_>, &[Row], &Machine) -> Drawn,
}

/// How a dashed line looks: pixels drawn, pixels left out.
type Dash = (i32, i32);

/// The ceiling of the cores' arithmetic, and what else has no other dash.
const LONG: Dash = (8, 4);
/// The ceiling of memory.
const DOTS: Dash = (2, 3);

const OF_CORES: (&str, Dash) = ("ceiling: cores", LONG);
const CEILINGS: &[(&str, Dash)] = &[OF_CORES, ("ceiling: copy", DOTS)];

static CHARTS: [Chart; 10] = [
    Chart {
        bench: benches::SPEEDUP.name,
        file: "speedup.svg",
        title: "Speedup against thread count",
        subtitle: "sigmoid(A) * A, against the vectorised serial kernel timed beside each sample · band: 95 % interval of the median · grey at 1: noise floor",
        threads: true,
        dashed: CEILINGS,
        draws: |_| true,
        size: |rows| plot::panels_size(plot::shapes(rows).len()),
        draw: threads::speedup,
    },
    Chart {
        bench: benches::SPEEDUP.name,
        file: "throughput.svg",
        title: "Throughput against thread count",
        subtitle: "sigmoid(A) * A, decimal GB/s: each element read once and written once · band: 95 % interval of the median",
        threads: true,
        dashed: CEILINGS,
        draws: |_| true,
        size: |rows| plot::panels_size(plot::shapes(rows).len()),
        draw: threads::throughput,
    },
    Chart {
        bench: benches::SPEEDUP.name,
        file: "time.svg",
        title: "Time per element against size",
        subtitle: "sigmoid(A) * A, each runtime at the most threads that have a core each · band: 95 % interval of the median",
        threads: false,
        dashed: &[("the ceiling that applies", LONG)],
        draws: |_| true,
        size: |_| (1000, 640),
        draw: sizes::time,
    },
    Chart {
        bench: benches::SPEEDUP.name,
        file: "forecast.svg",
        title: "FORECAST: speedup on more cores than were measured",
        subtitle: "thin lines: the law fitted to the points, within the ceilings of such cores and this memory · band: what the points' intervals allow",
        threads: false,
        dashed: CEILINGS,
        draws: |label| ![SERIAL, NAIVE.name].contains(&label),
        size: |rows| plot::panels_size(plot::shapes(rows).len()),
        draw: forecast::forecast,
    },
    Chart {
        bench: benches::BREAK_EVEN.name,
        file: "break_even.svg",
        title: "From which size on sharing pays",
        subtitle: "speedup against the serial kernel timed beside each sample · whisker: the break-even with its 95 % interval · grey at 1: noise floor",
        threads: false,
        dashed: &[OF_CORES],
        draws: |_| true,
        size: |rows| plot::panels_size(plot::thread_counts(rows).len()),
        draw: sizes::break_even,
    },
    Chart {
        bench: benches::POLICY.name,
        file: "policy.svg",
        title: "Policy: how large the chunks are, and whether threads are pinned",
        subtitle: "speedup against the serial kernel timed beside each sample · points: chunks of one size, the last one a thread · level lines: no size chosen",
        threads: false,
        dashed: CEILINGS,
        draws: |_| true,
        size: |rows| plot::panels_size(plot::shapes(rows).len()),
        draw: policy::policy,
    },
    Chart {
        bench: benches::KERNEL.name,
        file: "kernel.svg",
        title: "The kernel's throughput against size",
        subtitle: "decimal GB/s: each element read once and written once; copy is the ceiling in memory · band: 95 % interval of the median",
        threads: false,
        dashed: &[("size of a cache", LONG)],
        draws: |_| true,
        size: |_| (1200, 480),
        draw: sizes::kernel,
    },
    Chart {
        bench: benches::DISPATCH.name,
        file: "dispatch.svg",
        title: "What a call costs before any work is done",
        subtitle: "a cache line for each thread, handed out and awaited, over and over · band: 95 % interval of the median",
        threads: true,
        dashed: &[],
        draws: |_| true,
        size: |_| (1000, 480),
        draw: threads::dispatch,
    },
    Chart {
        bench: benches::PYTHON.name,
        file: "study.svg",
        title: "The study's four experiments, redone from Python",
        subtitle: "sigmoid(A) * A on d x d float32: a fresh result unless `out=` is named · times above, band: 95 % interval of the median · errors against float64 below",
        threads: false,
        dashed: &[],
        draws: study::compares,
        size: |_| study::SIZE,
        draw: study::study,
    },
    Chart {
        bench: benches::PYTHON.name,
        file: "ratio.svg",
        title: "PyTorch's time over sigmulib's",
        subtitle: "the same tensor, as many threads, arms taking turns; above 1 sigmulib is faster; silu.out against sigmulib out= · band: 95 % interval",
        threads: false,
        dashed: &[("as fast", LONG)],
        draws: peers::is_pytorch,
        size: |_| (1000, 560),
        draw: study::ratio,
    },
];

const FONT: &str = "sans-serif";
const INK: RGBColor = RGBColor(34, 34, 34);
const FAINT: RGBColor = RGBColor(110, 110, 110);
const ALARM: RGBColor = RGBColor(213, 94, 0);
/// Behind thread counts that outnumber the cores.
const SHADE: RGBColor = RGBColor(232, 232, 232);
const MARGIN: i32 = 24;
const HEAD: u32 = 104;
const FOOT: u32 = 62;
/// From one line of the footer to the next.
const LINE: i32 = 20;

/// Draws every chart of `bench` into `folder`, and gives their paths.
///
/// # Errors
///
/// Where a file can't be written.
pub fn draw(
    bench: &Bench,
    folder: &Path,
    rows: &[Row],
    machine: &Machine,
) -> Result<Vec<PathBuf>, Error> {
    let write = |(file, svg)| {
        let path = folder.join(file);
        fs::write(&path, svg).map_err(|error| cannot_write(&path, &error))?;
        Ok(path)
    };
    let drawn = svgs(bench, rows, machine)?;
    drawn.into_iter().map(write).collect()
}

/// Every chart of `bench`: the name of its file, and its SVG text.
///
/// # Errors
///
/// Where a chart can't be drawn.
pub fn svgs(
    bench: &Bench,
    rows: &[Row],
    machine: &Machine,
) -> Result<Vec<(&'static str, String)>, Error> {
    let of_bench = CHARTS.iter().filter(|chart| chart.bench == bench.name);
    of_bench.map(|chart| named(chart, rows, machine)).collect()
}

/// The study's experiments a chart each, as large as a page allows: the name of its file, and its SVG text. In `study.svg` they
/// stand side by side, for a screen.
///
/// # Errors
///
/// Where a chart can't be drawn.
pub fn experiments(rows: &[Row], machine: &Machine) -> Result<Vec<(&'static str, String)>, Error> {
    let charts = study::CHARTS.iter().zip(&EXPERIMENTS);
    let drawn = charts.map(|(chart, experiment)| named(chart, &experiment.rows(rows), machine));
    drawn.collect()
}

fn named(chart: &Chart, rows: &[Row], machine: &Machine) -> Result<(&'static str, String), Error> {
    let svg = render(chart, rows, machine)
        .map_err(|error| Error::new(format!("{} can't be drawn: {error}", chart.file)))?;
    Ok((chart.file, svg))
}

/// The charts' paths, for the terminal.
pub fn paths(drawn: &[PathBuf]) -> String {
    drawn
        .iter()
        .map(|path| format!("chart: {}\n", path.display()))
        .collect()
}

/// One chart as SVG text.
fn render(
    chart: &Chart,
    rows: &[Row],
    machine: &Machine,
) -> Result<String, Box<dyn std::error::Error>> {
    let mut svg = String::new();
    let (width, height) = (chart.size)(rows);
    let doubts = doubts(machine, rows);
    let whole = height + HEAD + FOOT + LINE as u32 * doubts.len() as u32;
    {
        let root = SVGBackend::with_string(&mut svg, (width, whole)).into_drawing_area();
        root.fill(&WHITE)?;
        let (head, rest) = root.split_vertically(HEAD);
        let (panels, foot) = rest.split_vertically(height);
        text(&head, chart.title, (MARGIN, 14), 24, INK, HPos::Left)?;
        text(&head, chart.subtitle, (MARGIN, 46), 14, FAINT, HPos::Left)?;
        legend(&head, rows, chart)?;
        (chart.draw)(&panels, rows, machine)?;
        text(
            &foot,
            &machine.summary(),
            (MARGIN, 10),
            12,
            FAINT,
            HPos::Left,
        )?;
        text(&foot, &missing(rows), (MARGIN, 30), 12, FAINT, HPos::Left)?;
        for (line, doubt) in (0..).zip(&doubts) {
            let at = (MARGIN, 50 + LINE * line);
            text(
                &foot,
                &format!("DOUBTFUL: {doubt}"),
                at,
                12,
                ALARM,
                HPos::Left,
            )?;
        }
        root.present()?;
    }
    Ok(svg)
}

/// What was asked for and is not in the chart.
fn missing(rows: &[Row]) -> String {
    let named = |what: &str, outcome: fn(&Outcome) -> bool| {
        let rows: Vec<_> = rows.iter().filter(|row| outcome(&row.outcome)).collect();
        let mut names: Vec<_> = rows.iter().map(|row| &*row.key.arm).collect();
        names.sort_unstable();
        names.dedup();
        match rows.len() {
            0 => None,
            1 => Some(format!("{what}: {}", rows[0].key)),
            arms => Some(format!("{what}: {arms} arms of {}", names.join(", "))),
        }
    };
    let failed = named("FAILED", |outcome| matches!(outcome, Outcome::Failed(_)));
    let refused = named("refused by the system", |outcome| {
        matches!(outcome, Outcome::Refused(_))
    });
    let skipped = named("not measured (left out by the filter)", |outcome| {
        *outcome == Outcome::Skipped
    });
    failed
        .into_iter()
        .chain(refused)
        .chain(skipped)
        .collect::<Vec<_>>()
        .join(" · ")
}

/// How a line looks.
#[derive(Clone, Copy)]
struct Style {
    colour: RGBColor,
    /// The marker's corners in pixels, around its point.
    marker: &'static [(i32, i32)],
}

const DISC: &[(i32, i32)] = &[
    (-4, -2),
    (-2, -4),
    (2, -4),
    (4, -2),
    (4, 2),
    (2, 4),
    (-2, 4),
    (-4, 2),
];
const CROSS: &[(i32, i32)] = &[
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
];
const UP: &[(i32, i32)] = &[(0, -5), (5, 4), (-5, 4)];
const DOWN: &[(i32, i32)] = &[(0, 5), (5, -4), (-5, -4)];
const SQUARE: &[(i32, i32)] = &[(-4, -4), (4, -4), (4, 4), (-4, 4)];
const DIAMOND: &[(i32, i32)] = &[(0, -6), (5, 0), (0, 6), (-5, 0)];

/// Colours from Okabe and Ito's palette, which colour-blind readers can tell apart, and a marker each for print in grey.
const STYLES: [(&str, Style); 23] = [
    (
        "serial",
        Style {
            colour: RGBColor(0, 0, 0),
            marker: DISC,
        },
    ),
    (
        "naive",
        Style {
            colour: RGBColor(128, 128, 128),
            marker: CROSS,
        },
    ),
    (
        "rayon",
        Style {
            colour: RGBColor(230, 159, 0),
            marker: UP,
        },
    ),
    (
        "crossbeam",
        Style {
            colour: RGBColor(204, 121, 167),
            marker: SQUARE,
        },
    ),
    (
        "threads",
        Style {
            colour: RGBColor(0, 114, 178),
            marker: DIAMOND,
        },
    ),
    (
        "pool",
        Style {
            colour: RGBColor(0, 158, 115),
            marker: DOWN,
        },
    ),
    (
        "rayon-pinned",
        Style {
            colour: RGBColor(213, 94, 0),
            marker: UP,
        },
    ),
    (
        "pool-pinned",
        Style {
            colour: RGBColor(86, 180, 233),
            marker: DOWN,
        },
    ),
    (
        "copy",
        Style {
            colour: RGBColor(0, 0, 0),
            marker: DISC,
        },
    ),
    (
        "memcpy",
        Style {
            colour: RGBColor(204, 121, 167),
            marker: SQUARE,
        },
    ),
    (
        "avx512",
        Style {
            colour: RGBColor(0, 114, 178),
            marker: DIAMOND,
        },
    ),
    (
        "avx2",
        Style {
            colour: RGBColor(0, 158, 115),
            marker: DOWN,
        },
    ),
    (
        "sigmulib",
        Style {
            colour: RGBColor(0, 0, 0),
            marker: DOWN,
        },
    ),
    (
        "sigmulib out=",
        Style {
            colour: RGBColor(86, 180, 233),
            marker: DIAMOND,
        },
    ),
    (
        "sigmulib NumPy",
        Style {
            colour: RGBColor(0, 158, 115),
            marker: SQUARE,
        },
    ),
    (
        "F.silu",
        Style {
            colour: RGBColor(213, 94, 0),
            marker: DISC,
        },
    ),
    (
        "sigmoid(A) * A",
        Style {
            colour: RGBColor(148, 52, 110),
            marker: UP,
        },
    ),
    (
        "F.silu compiled",
        Style {
            colour: RGBColor(0, 114, 178),
            marker: CROSS,
        },
    ),
    (
        "silu.out",
        Style {
            colour: RGBColor(230, 159, 0),
            marker: SQUARE,
        },
    ),
    (
        "F.silu after matmul",
        Style {
            colour: RGBColor(86, 180, 233),
            marker: DOWN,
        },
    ),
    (
        "NumPy",
        Style {
            colour: RGBColor(128, 128, 128),
            marker: DIAMOND,
        },
    ),
    (
        "Python loop",
        Style {
            colour: RGBColor(128, 128, 128),
            marker: CROSS,
        },
    ),
    (
        "portable",
        Style {
            colour: RGBColor(230, 159, 0),
            marker: UP,
        },
    ),
];

/// The look of a line, by its label; a runtime that has none yet is drawn in orange.
fn style(label: &str) -> Style {
    let known = STYLES.iter().find(|(name, _)| *name == label);
    known.map_or(
        Style {
            colour: ALARM,
            marker: DISC,
        },
        |(_, style)| *style,
    )
}

/// The arms that have something to show, in the order of the record, level lines of references last. A ceiling has a line of
/// its own kind.
fn labels(rows: &[Row]) -> Vec<&str> {
    let mut labels = Vec::new();
    let is_line = |row: &&Row| row.figures().is_some() && !row.role.is_ceiling();
    for row in rows.iter().filter(is_line) {
        if !labels.contains(&&*row.key.arm) {
            labels.push(&*row.key.arm);
        }
    }
    labels.sort_by_key(|label| is_level(rows, label, |role| *role == Role::Reference));
    labels
}

/// Whether the arm called `label` is of such a `role` and has one thread count: a level line where threads are the axis.
fn is_level(rows: &[Row], label: &str, role: impl Fn(&Role) -> bool) -> bool {
    let mut rows = rows.iter().filter(|row| row.key.arm == label);
    rows.next().is_some_and(|first| {
        role(&first.role) && rows.all(|row| row.key.threads == first.key.threads)
    })
}

/// One row of lines with their names, below the title.
fn legend(head: &Area<'_>, rows: &[Row], chart: &Chart) -> Drawn {
    let y = 84;
    let mut x = MARGIN;
    let mut advance = |name: &str| {
        let at = x;
        // Without fonts at hand, widths are those of a wide sans-serif.
        x += 36 + 9 * name.chars().count() as i32 + 18;
        at
    };
    for label in labels(rows)
        .into_iter()
        .filter(|label| (chart.draws)(label))
    {
        let at = advance(label);
        let style = style(label);
        head.draw(&PathElement::new(
            [(at, y), (at + 28, y)],
            style.colour.stroke_width(2),
        ))?;
        head.draw(&(EmptyElement::at((at + 14, y)) + Polygon::new(style.marker, style.colour)))?;
        text(head, label, (at + 36, y - 8), 14, INK, HPos::Left)?;
    }
    for (name, (drawn, left_out)) in chart.dashed {
        let at = advance(name);
        head.draw(&DashedPathElement::new(
            [(at, y), (at + 28, y)],
            *drawn,
            *left_out,
            FAINT,
        ))?;
        text(head, name, (at + 36, y - 8), 14, INK, HPos::Left)?;
    }
    if chart.threads && rows.iter().any(|row| row.oversubscribed) {
        let name = "oversubscribed";
        let at = advance(name);
        head.draw(&Rectangle::new(
            [(at, y - 8), (at + 28, y + 8)],
            SHADE.filled(),
        ))?;
        text(head, name, (at + 36, y - 8), 14, INK, HPos::Left)?;
    }
    Ok(())
}

/// Text whose upper edge is at `at`.
fn text(
    area: &Area<'_>,
    what: &str,
    at: (i32, i32),
    size: i32,
    colour: RGBColor,
    side: HPos,
) -> Drawn {
    let style = (FONT, size)
        .into_font()
        .color(&colour)
        .pos(Pos::new(side, VPos::Top));
    Ok(area.draw(&Text::new(what.to_owned(), at, style))?)
}
