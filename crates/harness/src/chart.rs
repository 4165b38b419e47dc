//! The charts of each bench, drawn.

use std::fs;
use std::path::{Path, PathBuf};

use crate::analysis::Analysis;
use crate::benches::{self, Bench};
use crate::doubt::doubts;
use crate::machine::Machine;
use crate::record::{Outcome, Row};
use crate::show::chart::Chart;
use crate::show::svg::svg;
use crate::show::views::{forecast, setting, sizes, threads};
use crate::{Error, cannot_write, study};

pub use crate::study::{EXPERIMENTS, Experiment};

/// Makes a chart of a record.
type View = fn(&Analysis) -> Chart;

/// What is drawn of each bench's records.
const VIEWS: [(&Bench, &[View]); 6] = [
    (
        &benches::SPEEDUP,
        &[
            threads::speedup,
            threads::throughput,
            sizes::time,
            forecast::forecast,
        ],
    ),
    (&benches::BREAK_EVEN, &[sizes::break_even]),
    (&benches::POLICY, &[setting::policy]),
    (&benches::KERNEL, &[sizes::kernel]),
    (&benches::DISPATCH, &[threads::dispatch]),
    (&benches::PYTHON, &[study::study, study::ratio]),
];

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
    let write = |(name, svg)| {
        let path = folder.join(name);
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
) -> Result<Vec<(String, String)>, Error> {
    let of = analysis(bench, rows, machine);
    let views = VIEWS.iter().find(|(of, _)| of.name == bench.name);
    let views = views.map_or(&[][..], |(_, views)| views).iter();
    views.map(|view| file(&of, &view(&of))).collect()
}

/// The study's experiments a chart each, as large as a page allows: the name of its file, and its SVG text.
///
/// # Errors
///
/// Where a chart can't be drawn.
pub fn experiments(rows: &[Row], machine: &Machine) -> Result<Vec<(String, String)>, Error> {
    let of = analysis(&benches::PYTHON, rows, machine);
    let charts = study::experiments(&of);
    charts
        .iter()
        .zip(&EXPERIMENTS)
        .map(|(chart, experiment)| {
            let of = Analysis {
                rows: experiment.rows(rows),
                ..of.clone()
            };
            file(&of, chart)
        })
        .collect()
}

/// What `chart`, of the rows of `of`, is written to a file as.
fn file(of: &Analysis, chart: &Chart) -> Result<(String, String), Error> {
    let doubts = doubts(&of.machine, &of.rows);
    let doubts: Vec<_> = doubts.iter().map(ToString::to_string).collect();
    let below = [&*of.machine.summary(), &*missing(&of.rows)];
    Ok((format!("{}.svg", chart.name), svg(chart, below, &doubts)?))
}

fn analysis(bench: &Bench, rows: &[Row], machine: &Machine) -> Analysis {
    Analysis {
        declared: bench.declared(),
        machine: machine.clone(),
        rows: rows.to_vec(),
    }
}

/// The charts' paths, for the terminal.
pub fn paths(drawn: &[PathBuf]) -> String {
    drawn
        .iter()
        .map(|path| format!("chart: {}\n", path.display()))
        .collect()
}

/// What was asked for and is not in the charts.
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
    let named = failed.into_iter().chain(refused).chain(skipped);
    named.collect::<Vec<_>>().join(" · ")
}
