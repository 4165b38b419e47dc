//! Tables as data, their text for a terminal, and the table of every size.

use std::fmt::Write;

use super::words::{self, bytes, interval, name, percent, ratio, time};
use crate::analyse::ceiling::Ceilings;
use crate::analyse::figures::Figures;
use crate::analyse::regime::{Uneven, uneven};
use crate::analyse::verdict::{Verdict, front, verdict};
use crate::analyse::{Analysis, Row, noise_floor};
use crate::record::{Of, Outcome, Role};

/// A table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// What stands above it: its title first.
    pub above: Vec<String>,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows. One with fewer cells than there are columns ends in a cell that runs to the edge.
    pub rows: Vec<Vec<Cell>>,
    /// What stands below it, its verdict say.
    pub below: Vec<String>,
}

/// A column.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// What stands above it.
    pub title: String,
    /// The characters it takes at least.
    pub width: usize,
    /// The spaces before it.
    pub gap: usize,
    /// Whether its cells start at the same place, as words do; numbers end at the same place.
    pub words: bool,
}

/// A cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cell {
    /// What it says.
    pub text: String,
    /// What it is sorted by, where that is a number.
    pub value: Option<f64>,
}

impl Column {
    /// A column of numbers, two spaces after the one before.
    pub fn new(title: impl Into<String>, width: usize) -> Self {
        Self {
            title: title.into(),
            width,
            gap: 2,
            words: false,
        }
    }

    /// The same with so many spaces before it.
    pub fn gap(self, gap: usize) -> Self {
        Self { gap, ..self }
    }

    /// The same for words.
    pub fn words(self) -> Self {
        Self {
            words: true,
            ..self
        }
    }
}

impl Cell {
    /// A cell of words.
    pub fn words(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            value: None,
        }
    }

    /// A cell of a number that says `text`.
    pub fn number(value: f64, text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            value: Some(value),
        }
    }

    /// A cell that may be empty.
    fn some(value: Option<f64>, text: impl Fn(f64) -> String) -> Self {
        value.map_or_else(Self::default, |value| Self::number(value, text(value)))
    }
}

impl Table {
    /// The table for a terminal, an empty line first.
    pub fn text(&self) -> String {
        let mut text = String::from("\n");
        let mut line = |line: &str| {
            let _ = writeln!(text, "{}", words::line(line.trim_end()));
        };
        self.above.iter().for_each(|above| line(above));
        // A cell that runs to the edge pushes none.
        let is_cell = |row: &[Cell], i: usize| i + 1 < row.len() || row.len() == self.columns.len();
        let wide = |(i, column): (usize, &Column)| {
            let rows = self.rows.iter().filter(|row| is_cell(row, i));
            let cells = rows.map(|row| row[i].text.chars().count());
            cells
                .chain([column.title.chars().count()])
                .fold(column.width, usize::max)
        };
        let widths: Vec<_> = self.columns.iter().enumerate().map(wide).collect();
        let cells = |texts: &mut dyn Iterator<Item = &str>| {
            let columns = self.columns.iter().zip(&widths).zip(texts);
            columns.fold(" ".repeat(2), |line, ((column, &width), text)| {
                let gap = column.gap;
                match column.words {
                    true => format!("{line}{:gap$}{text:<width$}", ""),
                    false => format!("{line}{:gap$}{text:>width$}", ""),
                }
            })
        };
        line(&cells(
            &mut self.columns.iter().map(|column| &*column.title),
        ));
        for row in &self.rows {
            let mut shown = row.iter();
            let free = (row.len() < self.columns.len()).then(|| shown.next_back());
            let mut row = cells(&mut shown.map(|cell| &*cell.text));
            if let Some(Some(free)) = free {
                row = format!("{row} {}", free.text);
            }
            line(&row);
        }
        self.below
            .iter()
            .for_each(|below| line(&format!("  {below}")));
        text
    }
}

/// Who wins among arms of one size, in a sentence.
pub type Verdicts = fn(&[&Row]) -> Option<String>;

/// The columns of [`sizes`] that every arm with figures fills.
const MEASURED: usize = 5;

/// A table a size, a line an arm, and below it the `verdict`.
pub fn sizes(of: &Analysis, verdict: Verdicts) -> Vec<Table> {
    let ceilings = Ceilings::new(of, of.machine.available_cores);
    let uneven = uneven(&of.rows);
    let sizes = of.rows.chunk_by(|a, b| a.key.size == b.key.size);
    sizes
        .map(|rows| one_size(rows, (&ceilings, &uneven), verdict))
        .collect()
}

fn one_size(
    rows: &[Row],
    (ceilings, uneven): (&Ceilings<'_>, &[Uneven]),
    verdict: Verdicts,
) -> Table {
    let size = rows[0].key.size;
    let floor = noise_floor(rows, size);
    let noise = floor.map_or_else(
        || "noise floor not measured".to_owned(),
        |floor| format!("noise floor {}", percent(floor)),
    );
    let moved = rows[0]
        .bytes
        .map(|moved| format!(", {} moved per call", bytes(moved)));
    let mut table = Table {
        above: vec![format!("{size}{}, {noise}", moved.unwrap_or_default())],
        columns: vec![
            Column::new("", 17).gap(0).words(),
            Column::new("threads ", 8).gap(0),
            Column::new("time", 10).gap(1),
            Column::new("± MAD", 9),
            Column::new(format!("times {} [95 %]  ", rows[0].baseline), 24),
            Column::new("GB/s", 7),
            Column::new("of ceiling", 12),
            Column::new("busy", 5),
            Column::new("imbalance", 9),
            Column::new("CPU alone", 10),
        ],
        ..Table::default()
    };
    for row in rows.iter().filter(|row| row.outcome != Outcome::Skipped) {
        let mark = if row.oversubscribed { "*" } else { " " };
        let arm = match row.is_baseline() {
            true => format!("{} (A/A)", row.key.name()),
            false => row.key.name(),
        };
        let arm = match uneven.iter().any(|uneven| uneven.key == row.key) {
            true => format!("{arm} ~"),
            false => arm,
        };
        let threads = format!("{}{mark}", row.key.threads);
        let mut cells = vec![
            Cell::words(arm),
            Cell::number(row.key.threads as f64, threads),
        ];
        match row.figures() {
            Some(figures) => cells.extend(measured(row, figures, ceilings, floor.unwrap_or(0.0))),
            None => cells.push(Cell::words(row.outcome.to_string())),
        }
        table.rows.push(cells);
    }
    // What was measured nowhere has no column; what an arm without figures says instead stands before these.
    for i in (MEASURED..table.columns.len()).rev() {
        let is_empty = |row: &Vec<Cell>| row.get(i).is_none_or(|cell| cell.text.is_empty());
        if table.rows.iter().all(is_empty) {
            table.columns.remove(i);
            let rows = table.rows.iter_mut().filter(|row| i < row.len());
            rows.for_each(|row| drop(row.remove(i)));
        }
    }
    let skipped = rows.iter().filter(|row| row.outcome == Outcome::Skipped);
    let mut skipped: Vec<_> = skipped.map(|row| &*row.key.arm).collect();
    skipped.dedup();
    if !skipped.is_empty() {
        let names = skipped.join(", ");
        table
            .below
            .push(format!("skipped, left out by the filter: {names}"));
    }
    table
        .below
        .extend(verdict(&rows.iter().collect::<Vec<_>>()));
    table
}

/// The cells of an arm that was measured, from its time on.
fn measured(row: &Row, figures: &Figures, ceilings: &Ceilings<'_>, floor: f64) -> [Cell; 8] {
    let same = match verdict(figures.speedup, floor) {
        Verdict::NoDifference => "≈",
        Verdict::Faster | Verdict::Slower => " ",
    };
    let share = ceilings
        .share(row)
        .map(|(share, of)| Cell::number(share, format!("{:.0} % {of}", 100.0 * share)));
    let two = |value: f64| format!("{value:.2}");
    [
        Cell::number(figures.ns.median, time(figures.ns.median)),
        Cell::number(figures.mad_ns, time(figures.mad_ns)),
        Cell::number(
            figures.speedup.median,
            format!("{} {same}", interval(figures.speedup)),
        ),
        Cell::some(row.gb_per_s(figures.ns.median), ratio),
        share.unwrap_or_default(),
        Cell::some(figures.busy, two),
        Cell::some(figures.imbalance, two),
        Cell::some(figures.alone_cpu_ns, time),
    ]
}

/// What the marks and columns of [`sizes`] mean.
pub fn legend(of: &Analysis) -> Vec<String> {
    let mut legend = [
        "≈ no difference from the baseline: 1 lies in the interval, or closer than the noise floor",
        "~ samples of more than one kind: a break in time, two modes, or each like the one before",
        "of ceiling: the share of what bounds it, the cores on data in cache, or a copy in the cache or memory that the bytes lie in",
        "busy: cores at work · imbalance: the busiest thread's time over the mean share",
        "CPU alone: CPU time of one call on its own, what its threads then spend on waiting for more included",
    ]
    .map(str::to_owned)
    .to_vec();
    let mut rows = of.rows.iter();
    let private = rows.find(|row| row.role == Role::Ceiling(Of::Cores));
    legend.extend(private.map(|row| {
        format!(
            "{}: {} on data of its own in cache on each of so many threads at once, which is the ceiling of cores",
            row.key.arm, row.baseline
        )
    }));
    legend
}

/// The fastest arm of one size, and those that are as fast.
pub fn fastest(rows: &[&Row]) -> Option<String> {
    let front = front(rows.iter().copied());
    let (best, level) = front.split_first()?;
    let mut verdict = format!("fastest: {}", name(best));
    if !level.is_empty() {
        let names: Vec<_> = level.iter().map(|row| name(row)).collect();
        let _ = write!(verdict, "; no difference: {}", names.join(", "));
    }
    Some(verdict)
}
