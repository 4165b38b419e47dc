//! The whole record in one table: a line a size.

use super::table::{Cell, Column, Table};
use super::words::{interval, name, percent};
use crate::analyse::ceiling::Ceilings;
use crate::analyse::figures::Figures;
use crate::analyse::verdict::front;
use crate::analyse::{Analysis, Row, noise_floor};
use crate::record::Outcome;

/// The arms that are named as being as fast.
const NAMED: usize = 3;

/// The fastest arm of each size with its speedup, its share of its ceiling, and those as fast; and what is missing there.
pub(super) fn summary(of: &Analysis) -> Table {
    let ceilings = Ceilings::new(of, of.machine.available_cores);
    let sizes = of.by_size();
    let baselines = sizes.iter().flatten().map(|row| &*row.baseline);
    let mut baselines: Vec<_> = baselines.collect();
    baselines.sort_unstable();
    baselines.dedup();
    let times = match baselines[..] {
        [one] => format!("times {one} [95 %]"),
        _ => "speedup [95 %]".to_owned(),
    };
    Table {
        columns: vec![
            Column::new("size", 11).gap(0).words(),
            Column::new("fastest", 22).words(),
            Column::new(times, 22),
            Column::new("of ceiling", 12),
            Column::new("noise floor", 11),
            Column::new("as fast", 0).words(),
        ],
        rows: sizes
            .iter()
            .filter_map(|rows| line(rows, &ceilings))
            .collect(),
        ..Table::default()
    }
}

/// The line of a size; none where nothing was to be compared there.
fn line(rows: &[&Row], ceilings: &Ceilings<'_>) -> Option<Vec<Cell>> {
    let size = rows[0].key.size;
    let competes = |row: &&&Row| row.role.competes() && row.outcome != Outcome::Skipped;
    let competitors: Vec<_> = rows.iter().filter(competes).collect();
    if competitors.iter().all(|row| row.is_baseline()) {
        return None;
    }
    let front = front(rows.iter().copied());
    let found = front
        .split_first()
        .and_then(|(best, level)| Some((best, best.figures()?, level)));
    let mut cells = vec![Cell::words(size.to_string())];
    let Some((best, Figures { speedup, .. }, level)) = found else {
        cells.push(Cell::words(
            "not compared: fewer than two arms were measured",
        ));
        return Some(cells);
    };
    let share = ceilings.share(best);
    let share =
        share.map(|(share, of)| Cell::number(share, format!("{:.0} % {of}", 100.0 * share)));
    let floor = noise_floor(rows.iter().copied(), size);
    let floor = floor.map(|floor| Cell::number(floor, percent(floor)));
    let mut as_fast: Vec<_> = level.iter().take(NAMED).map(|row| name(row)).collect();
    if let Some(more @ 1..) = level.len().checked_sub(NAMED) {
        as_fast.push(format!("{more} more"));
    }
    cells.extend([
        Cell::words(name(best)),
        Cell::number(speedup.median, interval(*speedup)),
        share.unwrap_or_default(),
        floor.unwrap_or_default(),
        Cell::words(as_fast.join(", ")),
    ]);
    let missing = competitors.iter().filter(|row| row.figures().is_none());
    if let count @ 1.. = missing.count() {
        let last = cells.last_mut().expect("cells were put in");
        let arms = if count == 1 { "arm" } else { "arms" };
        last.text += &format!(" ({count} {arms} failed or refused)");
    }
    Some(cells)
}
