//! What changed from one record to another, in words.

use std::fmt::Write;
use std::path::Path;

use super::table::{Cell, Column, Table};
use super::words::{interval, line, name, percent, ratio};
use crate::Error;
use crate::analyse::compare::{Change, both, changes, knows_runs};
use crate::analyse::figures::Estimate;
use crate::analyse::verdict::front;
use crate::analyse::{Analysis, Row};
use crate::record::{self, Size};

/// What changed from the record in `before` to the one in `after`, as [`changes`] finds it.
///
/// # Errors
///
/// Where a record can't be read, or they are of different benches.
pub fn compare(before: &Path, after: &Path) -> Result<String, Error> {
    let read = |folder| record::read(folder).map(Analysis::new);
    let (old, new) = (read(before)?, read(after)?);
    if old.declared.bench != new.declared.bench {
        return Err(Error::new(format!(
            "{} is a record of `{}` and {} one of `{}`: compare two of the same bench",
            before.display(),
            old.declared.bench,
            after.display(),
            new.declared.bench
        )));
    }
    Ok(text(&old, &new))
}

/// What changed from one record to another of the same bench.
pub fn text(old: &Analysis, new: &Analysis) -> String {
    let mut text = String::new();
    for (when, of) in [("before", old), ("after", new)] {
        let summary = of.summary();
        let _ = writeln!(text, "{when:<7} {}", line(&summary));
        for doubt in of.doubts() {
            let _ = writeln!(text, "        DOUBTFUL: {}", line(&doubt.to_string()));
        }
    }
    text.extend(machines(old, new).map(|sentence| format!("{sentence}\n")));
    let (table, said) = changed(old, new);
    text.extend(table.iter().map(Table::text));
    text += "\n";
    for sentence in said {
        let _ = writeln!(text, "{}", line(&sentence));
    }
    text
}

/// A sentence where the records were made on different machines.
pub(super) fn machines(old: &Analysis, new: &Analysis) -> Option<&'static str> {
    let machine = |of: &Analysis| (of.machine.cpu.clone(), of.machine.available_cores);
    let differ = machine(old) != machine(new);
    differ.then_some("These are different machines: what differs may be theirs.")
}

/// The arms that changed from one record to another of the same bench, where any did, and what is to be said of all of them, a
/// sentence each.
pub fn changed(old: &Analysis, new: &Analysis) -> (Option<Table>, Vec<String>) {
    let (changes, pairs) = changes(old, new);
    let estimate = |estimate: Estimate| Cell::number(estimate.median, interval(estimate));
    let row = |change: &Change| {
        vec![
            Cell::words(change.key.to_string()),
            estimate(change.before),
            estimate(change.after),
            estimate(change.ratio),
            Cell::number(change.floor, percent(change.floor)),
        ]
    };
    let table = Table {
        columns: vec![
            Column::new("", 30).gap(0).words(),
            Column::new("speedup before", 20),
            Column::new("after", 20),
            Column::new("after / before", 20),
            Column::new("noise floor", 11),
        ],
        rows: changes.iter().map(row).collect(),
        ..Table::default()
    };
    let mut said = vec![format!(
        "{} of {pairs} arms changed beyond noise.",
        match changes.len() {
            0 => "None".to_owned(),
            count => count.to_string(),
        },
    )];
    if !knows_runs(old, new) {
        said.push(ONE_RUN.to_owned());
    }
    said.extend(baselines(&old.rows, &new.rows));
    said.extend(verdicts(&old.rows, &new.rows));
    for (of, others, when) in [(old, new, "before"), (new, old, "after")] {
        let is_alone = |row: &&Row| row.figures().is_some() && both(row, &others.rows).is_none();
        let alone = of.rows.iter().filter(is_alone).count();
        if alone > 0 {
            said.push(format!("Arms measured only {when}: {alone}."));
        }
    }
    ((!changes.is_empty()).then_some(table), said)
}

/// What a comparison of one run with another is worth. METHODOLOGY.md has the figures behind it.
const ONE_RUN: &str = "Each record is one run, and does not know how runs differ: of the arms of two runs of the same code \
     one in twenty is said to have changed, in some pairs of runs one in four. Records of several runs are mistaken in one comparison of twenty.";

/// How the baseline's own times differ, of which speedups say nothing.
fn baselines(old: &[Row], new: &[Row]) -> Option<String> {
    let factor = |row: &Row| {
        let (before, after) = both(row, new)?;
        Some(after.figures()?.ns.median / before.figures()?.ns.median)
    };
    let factors = old.iter().filter(|row| row.is_baseline());
    let mut factors: Vec<_> = factors.filter_map(factor).collect();
    factors.sort_by(f64::total_cmp);
    let (least, greatest) = (factors.first()?, factors.last()?);
    Some(format!(
        "The baseline itself took {} to {} times as long after: times of different minutes, which are not judged.",
        ratio(*least),
        ratio(*greatest)
    ))
}

/// Whether the fastest of each size is still among the fastest.
fn verdicts(old: &[Row], new: &[Row]) -> Vec<String> {
    let of = |rows: &[Row], size: Size| -> Vec<String> {
        let rows = rows.iter().filter(|row| row.key.size == size);
        front(rows).into_iter().map(name).collect()
    };
    let mut sizes: Vec<_> = old.iter().map(|row| row.key.size).collect();
    sizes.dedup();
    let (mut agree, mut differ) = (0, Vec::new());
    for size in sizes {
        let (before, after) = (of(old, size), of(new, size));
        let (Some(first), Some(now)) = (before.first(), after.first()) else {
            continue;
        };
        if before.contains(now) && after.contains(first) {
            agree += 1;
        } else {
            differ.push(format!("Fastest at {size}: {first} before, {now} after."));
        }
    }
    let sizes = agree + differ.len();
    let mut said = vec![format!("The verdicts agree at {agree} of {sizes} sizes.")];
    said.extend(differ);
    said
}
