//! What changed from one record to another, in words.

use std::fmt::Write;
use std::path::Path;

use super::words::{interval, name, percent};
use crate::Error;
use crate::analyse::compare::{both, changes};
use crate::analyse::doubt::doubts;
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
        let summary = of.machine.summary(of.declared.level.as_deref());
        let _ = writeln!(text, "{when:<7} {summary}");
        for doubt in doubts(&of.machine, &of.rows) {
            let _ = writeln!(text, "        DOUBTFUL: {doubt}");
        }
    }
    let cores = |of: &Analysis| (of.machine.cpu.clone(), of.machine.available_cores);
    if cores(old) != cores(new) {
        text += "These are different machines: what differs may be theirs.\n";
    }
    let (changes, pairs) = changes(old, new);
    if !changes.is_empty() {
        let _ = writeln!(
            text,
            "\n  {:<30}{:>22}{:>22}{:>22}  noise floor",
            "", "speedup before", "after", "after / before"
        );
    }
    for change in &changes {
        let _ = writeln!(
            text,
            "  {:<30}{:>22}{:>22}{:>22}  {:>11}",
            change.key.to_string(),
            interval(change.before),
            interval(change.after),
            interval(change.ratio),
            percent(change.floor)
        );
    }
    let _ = writeln!(
        text,
        "\n{} of {pairs} arms changed beyond noise.",
        match changes.len() {
            0 => "None".to_owned(),
            count => count.to_string(),
        },
    );
    text += &verdicts(&old.rows, &new.rows);
    for (of, others, when) in [(old, new, "before"), (new, old, "after")] {
        let is_alone = |row: &&Row| row.figures().is_some() && both(row, &others.rows).is_none();
        let alone = of.rows.iter().filter(is_alone).count();
        if alone > 0 {
            let _ = writeln!(text, "Arms measured only {when}: {alone}.");
        }
    }
    text
}

/// Whether the fastest of each size is still among the fastest.
fn verdicts(old: &[Row], new: &[Row]) -> String {
    let of = |rows: &[Row], size: Size| -> Vec<String> {
        let rows = rows.iter().filter(|row| row.key.size == size);
        front(rows).into_iter().map(name).collect()
    };
    let mut sizes: Vec<_> = old.iter().map(|row| row.key.size).collect();
    sizes.dedup();
    let (mut agree, mut text) = (0, String::new());
    for size in sizes {
        let (before, after) = (of(old, size), of(new, size));
        let (Some(first), Some(now)) = (before.first(), after.first()) else {
            continue;
        };
        if before.contains(now) && after.contains(first) {
            agree += 1;
        } else {
            let _ = writeln!(text, "Fastest at {size}: {first} before, {now} after.");
        }
    }
    format!(
        "The verdicts agree at {agree} of {} sizes.\n{text}",
        agree + text.lines().count()
    )
}
