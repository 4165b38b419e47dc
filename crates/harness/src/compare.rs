//! Two records of one bench, held against each other.

use std::fmt::Write;
use std::path::Path;

use statrs::distribution::{ContinuousCDF, Normal};

use crate::Error;
use crate::analyse::{Estimate, TAIL};
use crate::doubt::doubts;
use crate::grid::Shape;
use crate::machine::Machine;
use crate::record::{self, Row, noise_floor};
use crate::table::{front, interval, name, percent};

/// What changed from the record in `before` to the one in `after`, beyond what noise explains.
///
/// Speedups are compared, not times: a machine is rarely as fast today as it was yesterday, and each speedup is against a
/// baseline that was timed beside it. An arm changed where the interval of after over before leaves 1 out, and the ratio is
/// further from 1 than the larger of the two noise floors. With so many arms some intervals would leave 1 out by chance, so they
/// are widened for the number of comparisons (Bonferroni).
///
/// # Errors
///
/// Where a record can't be read, or they are of different benches.
pub fn compare(before: &Path, after: &Path) -> Result<String, Error> {
    let ((bench, old), (other, new)) = (record::read(before)?, record::read(after)?);
    if bench != other {
        return Err(Error::new(format!(
            "{} is a record of `{}` and {} one of `{}`: compare two of the same bench",
            before.display(),
            bench,
            after.display(),
            other
        )));
    }
    let (old_machine, new_machine) = (Machine::read(before)?, Machine::read(after)?);
    let mut text = String::new();
    for (when, machine, rows) in [
        ("before", &old_machine, &old),
        ("after", &new_machine, &new),
    ] {
        let _ = writeln!(text, "{when:<7} {}", machine.summary());
        for doubt in doubts(machine, rows) {
            let _ = writeln!(text, "        DOUBTFUL: {doubt}");
        }
    }
    if (&old_machine.cpu, old_machine.available_cores)
        != (&new_machine.cpu, new_machine.available_cores)
    {
        text += "These are different machines: what differs may be theirs.\n";
    }

    let pairs: Vec<_> = old.iter().filter_map(|row| both(row, &new)).collect();
    let normal = Normal::standard();
    let widened = normal.inverse_cdf(TAIL / pairs.len().max(1) as f64) / normal.inverse_cdf(TAIL);
    let changes = pairs.iter().filter_map(|&(old_row, new_row)| {
        let (a, b) = (old_row.figures()?.speedup, new_row.figures()?.speedup);
        let ratio = ratio(a, b, widened);
        let floor = [
            noise_floor(&old, old_row.key.shape),
            noise_floor(&new, new_row.key.shape),
        ];
        let floor = floor.into_iter().flatten().fold(0.0, f64::max);
        let changed = (ratio.low > 1.0 || ratio.high < 1.0) && (ratio.median - 1.0).abs() > floor;
        changed.then_some((&old_row.key, a, b, ratio, floor))
    });
    let changes: Vec<_> = changes.collect();
    if !changes.is_empty() {
        let _ = writeln!(
            text,
            "\n  {:<30}{:>22}{:>22}{:>22}  noise floor",
            "", "speedup before", "after", "after / before"
        );
    }
    for (key, a, b, ratio, floor) in &changes {
        let _ = writeln!(
            text,
            "  {:<30}{:>22}{:>22}{:>22}  {:>11}",
            key.to_string(),
            interval(*a),
            interval(*b),
            interval(*ratio),
            percent(*floor)
        );
    }
    let _ = writeln!(
        text,
        "\n{} of {} arms changed beyond noise.",
        match changes.len() {
            0 => "None".to_owned(),
            count => count.to_string(),
        },
        pairs.len()
    );
    text += &verdicts(&old, &new);
    for (rows, others, when) in [(&old, &new, "before"), (&new, &old, "after")] {
        let alone = rows
            .iter()
            .filter(|row| row.figures().is_some() && both(row, others).is_none());
        let alone = alone.count();
        if alone > 0 {
            let _ = writeln!(text, "Arms measured only {when}: {alone}.");
        }
    }
    Ok(text)
}

/// The row and its like among `others`, where both were measured.
fn both<'a>(row: &'a Row, others: &'a [Row]) -> Option<(&'a Row, &'a Row)> {
    row.figures()?;
    let other = others.iter().find(|other| other.key == row.key)?;
    other.figures().map(|_| (row, other))
}

/// `b` over `a`, with an interval `widened` times as wide as 95 % would take: on a logarithmic scale independent errors add
/// up as squares do.
pub fn ratio(a: Estimate, b: Estimate, widened: f64) -> Estimate {
    let median = b.median / a.median;
    let square = |upper: f64, lower: f64| (upper / lower).ln().powi(2);
    let up = (square(b.high, b.median) + square(a.median, a.low)).sqrt() * widened;
    let down = (square(b.median, b.low) + square(a.high, a.median)).sqrt() * widened;
    Estimate {
        median,
        low: median * (-down).exp(),
        high: median * up.exp(),
    }
}

/// Whether the fastest of each size is still among the fastest.
fn verdicts(old: &[Row], new: &[Row]) -> String {
    let of = |rows: &[Row], shape: Shape| -> Vec<String> {
        let rows: Vec<_> = rows
            .iter()
            .filter(|row| row.key.shape == shape)
            .cloned()
            .collect();
        front(&rows).into_iter().map(name).collect()
    };
    let mut shapes: Vec<_> = old.iter().map(|row| row.key.shape).collect();
    shapes.dedup();
    let (mut agree, mut text) = (0, String::new());
    for shape in shapes {
        let (before, after) = (of(old, shape), of(new, shape));
        let (Some(first), Some(now)) = (before.first(), after.first()) else {
            continue;
        };
        if before.contains(now) && after.contains(first) {
            agree += 1;
        } else {
            let _ = writeln!(text, "Fastest at {shape}: {first} before, {now} after.");
        }
    }
    format!(
        "The verdicts agree at {agree} of {} sizes.\n{text}",
        agree + text.lines().count()
    )
}
