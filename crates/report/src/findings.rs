//! What the records say: every figure that the report shows, as text in its language, and every choice between sentences.
//!
//! One part a bench, `None` where it was not measured. Templates read this as JSON.

mod machine;
mod policy;
mod python;
mod sharing;
mod sizes;

use abreast::analyse::ceiling::Ceilings;
use abreast::analyse::verdict::{self, front};
use abreast::analyse::{Row, noise_floor};
use abreast::record::Outcome;
use abreast::record::Role;
use abreast::record::Size;
use harness::benches::{BREAK_EVEN, DISPATCH, KERNEL, POLICY, PYTHON, SPEEDUP};
use serde::Serialize;

use crate::language::Language;
use crate::records::{Record, Records};

/// All of it.
#[derive(Debug, Serialize)]
pub struct Findings {
    /// The day of the latest record.
    day: String,
    /// What was measured, and on what.
    machine: machine::Setting,
    /// Each bench's rows, size by size.
    tables: Vec<Table>,
    /// Speedup against thread count.
    speedup: Option<sharing::Sharing>,
    /// From which size on sharing pays.
    break_even: Option<sizes::BreakEvens>,
    /// What a call costs before any work.
    dispatch: Option<Vec<Standing>>,
    /// The kernel by itself.
    kernel: Option<Vec<Standing>>,
    /// Chunks and pinning.
    policy: Option<policy::Policy>,
    /// The study's experiments.
    python: Option<python::Study>,
    /// How far the results are from the exact values.
    accuracy: Vec<Accuracy>,
    /// The kernel's bound, in ULP.
    bound: String,
}

impl Findings {
    /// What `records` say, in `language`.
    pub fn new(records: &Records, language: Language) -> Self {
        let of = |bench| records.of(bench);
        Self {
            day: language.day(records.latest()),
            machine: machine::setting(records, language),
            tables: records
                .iter()
                .map(|record| Table::new(record, language))
                .collect(),
            speedup: of(SPEEDUP).map(|record| sharing::sharing(record, language)),
            break_even: of(BREAK_EVEN).and_then(|record| sizes::break_evens(record, language)),
            dispatch: of(DISPATCH).map(|record| standings(record, language)),
            kernel: of(KERNEL).map(|record| sizes::kernels(record, language)),
            policy: of(POLICY).map(|record| policy::policy(record, language)),
            python: of(PYTHON).map(|record| python::study(record, language)),
            accuracy: records
                .iter()
                .flat_map(|record| Accuracy::all(record, language))
                .collect(),
            bound: machine::bound().to_string(),
        }
    }
}

/// What may be said of a ratio, as templates know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Faster,
    Slower,
    Same,
}

impl From<verdict::Verdict> for Verdict {
    fn from(verdict: verdict::Verdict) -> Self {
        match verdict {
            verdict::Verdict::Faster => Self::Faster,
            verdict::Verdict::Slower => Self::Slower,
            verdict::Verdict::NoDifference => Self::Same,
        }
    }
}

/// An arm as tables and sentences show it.
#[derive(Clone, Debug, Serialize)]
struct Arm {
    name: String,
    threads: usize,
    oversubscribed: bool,
    /// Whether it is the baseline against itself.
    baseline: bool,
    /// Why it has no figures, by the word for it and the reason given.
    without: Option<(&'static str, String)>,
    figures: Option<Shown>,
}

/// An arm's figures.
#[derive(Clone, Debug, Serialize)]
struct Shown {
    time: String,
    mad: String,
    speedup: String,
    verdict: Verdict,
    rate: String,
    /// The share of its ceiling, and what that is: `cores`, `memory`, or a cache by its name.
    ceiling: Option<(String, String)>,
    busy: Option<String>,
    imbalance: Option<String>,
    alone: Option<String>,
}

impl Arm {
    fn new(row: &Row, record: &Record, language: Language) -> Self {
        let without = match &row.outcome {
            Outcome::Measured { .. } => None,
            Outcome::Failed(why) => Some(("failed", why.clone())),
            Outcome::Refused(why) => Some(("refused", why.clone())),
            Outcome::Skipped => Some(("skipped", String::new())),
            Outcome::Begun => Some(("begun", String::new())),
        };
        let (shape, threads) = (row.key.size, row.key.threads);
        let floor = noise_floor(&record.rows, shape).unwrap_or(0.0);
        let figures = row.figures().map(|figures| {
            let ceilings = Ceilings::new(record, record.machine.available_cores);
            Shown {
                time: language.time(figures.ns.median),
                mad: language.time(figures.mad_ns),
                speedup: language.interval(figures.speedup),
                verdict: verdict::verdict(figures.speedup, floor).into(),
                rate: row
                    .gb_per_s(figures.ns.median)
                    .map(|rate| language.ratio(rate))
                    .unwrap_or_default(),
                ceiling: ceilings
                    .share(row)
                    .map(|(share, of)| (language.percent(share), of.to_string())),
                busy: figures.busy.map(|busy| language.decimals(busy)),
                imbalance: figures.imbalance.map(|value| language.decimals(value)),
                alone: figures.alone_cpu_ns.map(|ns| language.time(ns)),
            }
        });
        Self {
            name: row.key.name(),
            threads,
            oversubscribed: row.oversubscribed,
            baseline: row.is_baseline(),
            without,
            figures,
        }
    }
}

/// One size of a table.
#[derive(Debug, Serialize)]
struct Block {
    shape: String,
    bytes: String,
    floor: Option<String>,
    against: String,
    arms: Vec<Arm>,
}

/// A bench's record as a table.
#[derive(Debug, Serialize)]
struct Table {
    bench: &'static str,
    blocks: Vec<Block>,
}

impl Table {
    fn new(record: &Record, language: Language) -> Self {
        let sizes = by_size(&record.rows);
        let block = |rows: Vec<Row>| {
            let shape = rows[0].key.size;
            Block {
                shape: language.shape(shape),
                bytes: language.bytes(rows[0].bytes.unwrap_or_default()),
                floor: noise_floor(&rows, shape).map(|floor| language.percent(floor)),
                against: rows[0].baseline.clone(),
                arms: rows
                    .iter()
                    .map(|row| Arm::new(row, record, language))
                    .collect(),
            }
        };
        Self {
            bench: record.bench.name,
            blocks: sizes.into_iter().map(block).collect(),
        }
    }
}

/// Who wins at one size.
#[derive(Debug, Serialize)]
struct Standing {
    shape: String,
    bytes: String,
    floor: Option<String>,
    threads: usize,
    oversubscribed: bool,
    /// What the others are held against.
    against: String,
    best: Arm,
    /// Those that are not told apart from the best.
    level: Vec<Arm>,
    /// All that compete, the best included.
    arms: Vec<Arm>,
}

impl Standing {
    /// `best` among `rows` of its size, with those that are level with it.
    fn new(best: &Row, level: &[&Row], rows: &[Row], record: &Record, language: Language) -> Self {
        let arm = |row: &Row| Arm::new(row, record, language);
        let shape = best.key.size;
        Self {
            shape: language.shape(shape),
            bytes: language.bytes(rows[0].bytes.unwrap_or_default()),
            floor: noise_floor(rows, shape).map(|floor| language.percent(floor)),
            threads: best.key.threads,
            oversubscribed: best.oversubscribed,
            against: best.baseline.clone(),
            best: arm(best),
            level: level.iter().map(|row| arm(row)).collect(),
            arms: rows.iter().map(arm).collect(),
        }
    }
}

/// Who wins among `rows`, which are of one size. `None` where fewer than two were measured.
fn standing(rows: &[Row], record: &Record, language: Language) -> Option<Standing> {
    let front = front(rows);
    let (best, level) = front.split_first()?;
    Some(Standing::new(best, level, rows, record, language))
}

/// Who wins at each size.
fn standings(record: &Record, language: Language) -> Vec<Standing> {
    let sizes = by_size(&record.rows);
    let standings = sizes.iter().map(|rows| standing(rows, record, language));
    standings.flatten().collect()
}

/// The rows of each size.
fn by_size(rows: &[Row]) -> Vec<Vec<Row>> {
    let mut sizes: Vec<(Size, Vec<Row>)> = Vec::new();
    for row in rows {
        match sizes.iter_mut().find(|(shape, _)| *shape == row.key.size) {
            Some((_, rows)) => rows.push(row.clone()),
            None => sizes.push((row.key.size, vec![row.clone()])),
        }
    }
    sizes.into_iter().map(|(_, rows)| rows).collect()
}

/// How far the results of one kind are from the exact values, at the largest size where that was looked at.
#[derive(Debug, Serialize)]
struct Accuracy {
    bench: &'static str,
    name: String,
    shape: String,
    mean: String,
    max: String,
}

impl Accuracy {
    /// A line for each label of a record that says: from Python, and of the main bench the serial and the naive kernel, whose
    /// results every runtime must repeat to the bit.
    fn all(record: &Record, language: Language) -> Vec<Self> {
        let told = |row: &&Row| match record.bench.name {
            name if name == PYTHON.name => true,
            name if name == SPEEDUP.name => row.is_baseline() || row.role == Role::Reference,
            _ => false,
        };
        let rows = record.rows.iter().filter(told);
        let rows = rows.filter_map(|row| Some((row, row.figures()?.accuracy?)));
        let mut lines: Vec<(&str, Size, Self)> = Vec::new();
        for (row, accuracy) in rows {
            let (label, shape) = (&*row.key.arm, row.key.size);
            let line = Self {
                bench: record.bench.name,
                name: label.to_owned(),
                shape: language.shape(shape),
                mean: language.scientific(accuracy.mean),
                max: language.scientific(accuracy.max),
            };
            match lines.iter_mut().find(|(name, ..)| *name == label) {
                None => lines.push((label, shape, line)),
                Some(known) if known.1 < shape => *known = (label, shape, line),
                Some(_) => {}
            }
        }
        lines.into_iter().map(|(.., line)| line).collect()
    }
}
