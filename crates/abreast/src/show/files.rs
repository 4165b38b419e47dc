//! What is left beside a record for people: a page, charts, and figures as CSV that no program here reads.

use std::fs;
use std::path::{self, Path, PathBuf};

use super::chart::Chart;
use super::page::{Earlier, PAGE, page};
use super::svg::svg;
use super::words::missing;
use super::{Section, View, sections, text};
use crate::analyse::figures::Estimate;
use crate::analyse::{Analysis, Row};
use crate::record::{self, FIGURES, MACHINE, Machine};
use crate::{Error, cannot_write};

/// Reads the record in `folder`, or each that a folder in it holds, says its tables, and draws what it names among the views that every
/// reader knows and `own` ones into the same folder.
///
/// # Errors
///
/// Where a record can't be read, or, once its tables are said, a file can't be written.
pub fn redraw(folder: &Path, own: &[View], mut say: impl FnMut(&str)) -> Result<(), Error> {
    // Who is told what can't be read or written is told where it was looked for.
    let folder = &path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf());
    let within = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut within: Vec<_> = within.map(|entry| entry.path()).collect();
    within.retain(|path| record::is_record(path));
    if record::is_record(folder) || within.is_empty() {
        return redraw_one(folder, own, &mut say);
    }
    within.sort();
    within
        .iter()
        .try_for_each(|folder| redraw_one(folder, own, &mut say))
}

fn redraw_one(folder: &Path, own: &[View], say: &mut impl FnMut(&str)) -> Result<(), Error> {
    let of = Analysis::new(record::read(folder)?);
    let sections = sections(&of, own);
    say(&text(&of, &sections));
    let drawn = write(&of, &sections, folder);
    let drawn = drawn.map_err(|Error(why)| {
        Error::new(format!(
            "the record was read, and not drawn: {why}, and copy it there"
        ))
    })?;
    say(&format!("\n{}", paths(&drawn)));
    Ok(())
}

/// Writes figures, charts and the page into `folder`, and gives the paths of charts and page.
///
/// # Errors
///
/// Where a file can't be written.
pub fn write(of: &Analysis, sections: &[Section], folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let save = |name: String, text: String| {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|error| cannot_write(&path, &error))?;
        Ok(path)
    };
    save(FIGURES.to_owned(), figures(&of.rows))?;
    let charts = sections.iter().flat_map(|section| &section.charts);
    let mut saved = charts
        .map(|chart| save(format!("{}.svg", chart.name), drawn(of, chart)?))
        .collect::<Result<Vec<_>, Error>>()?;
    let page = page(of, sections, earlier(of, folder).as_ref())?;
    saved.push(save(PAGE.to_owned(), page)?);
    Ok(saved)
}

/// The paths of charts and page, for the terminal.
pub fn paths(saved: &[PathBuf]) -> String {
    let line = |path: &PathBuf| match path.ends_with(PAGE) {
        true => format!("page:  {}\n", path.display()),
        false => format!("chart: {}\n", path.display()),
    };
    saved.iter().map(line).collect()
}

/// The path of the page alone.
pub fn page_path(saved: &[PathBuf]) -> String {
    let page = saved.iter().filter(|path| path.ends_with(PAGE));
    paths(&page.cloned().collect::<Vec<_>>())
}

/// The run before this one of the same bench, in the folder beside it; none where several runs are read as one.
fn earlier(of: &Analysis, folder: &Path) -> Option<Earlier> {
    let folder = folder.canonicalize().ok()?;
    let beside = fs::read_dir(folder.parent()?).ok()?;
    let runs = beside.filter_map(|entry| Some(entry.ok()?.path()));
    let runs = runs.filter(|path| record::is_run(&folder) && record::is_run(path));
    let dated = runs.filter_map(|path| {
        let machine = Machine::read(&path.join(MACHINE)).ok()?;
        Some((machine.date, path))
    });
    // Dates are written so that their order is that of their text.
    let (date, path) = dated.filter(|(date, _)| *date < of.machine.date).max()?;
    let record = record::read(&path).map(Analysis::new);
    let is_same = |record: &Analysis| record.declared.bench == of.declared.bench;
    record
        .as_ref()
        .map_or(true, is_same)
        .then_some(Earlier { date, record })
}

/// `chart` as SVG text, with the machine, what is missing and what is doubtful below it.
///
/// # Errors
///
/// Where it can't be drawn.
pub fn drawn(of: &Analysis, chart: &Chart) -> Result<String, Error> {
    let doubts = of.doubts();
    let doubts: Vec<_> = doubts.iter().map(ToString::to_string).collect();
    let machine = of.summary();
    svg(chart, [&*machine, &*missing(&of.rows)], &doubts)
}

/// Every arm's figures as CSV.
fn figures(rows: &[Row]) -> String {
    let mut text = "size,arm,setting,threads,role,baseline,samples,ns,ns_low,ns_high,mad_ns,min_ns,baseline_ns,\
         speedup,speedup_low,speedup_high,gb_per_s,busy,alone_cpu_ns,took_part,imbalance,mean_error,max_error\n"
        .to_owned();
    let some = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    let three = |Estimate { median, low, high }: Estimate| format!("{median},{low},{high}");
    for row in rows {
        let Some(figures) = row.figures() else {
            continue;
        };
        // Names are the only text that may hold what CSV has a meaning for.
        let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
        let cells = [
            row.key.size.to_string(),
            quoted(&row.key.arm),
            some(row.key.setting),
            row.key.threads.to_string(),
            quoted(&row.role.to_string()),
            quoted(&row.baseline),
            figures.samples.to_string(),
            three(figures.ns),
            figures.mad_ns.to_string(),
            figures.min_ns.to_string(),
            figures.baseline_ns.to_string(),
            three(figures.speedup),
            some(row.gb_per_s(figures.ns.median)),
            some(figures.busy),
            some(figures.alone_cpu_ns),
            some(figures.took_part),
            some(figures.imbalance),
            some(figures.accuracy.map(|accuracy| accuracy.mean)),
            some(figures.accuracy.map(|accuracy| accuracy.max)),
        ];
        text += &(cells.join(",") + "\n");
    }
    text
}
