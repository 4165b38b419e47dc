//! The record of a run: one row an arm in `measurements.csv`, one row a sample in `samples.csv`.

use std::fs::{self, File};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sigmul_runtime::ThreadCount;

use crate::Error;
use crate::analyse::{Estimate, Figures, Pair};
use crate::benches::{self, Bench};
use crate::grid::{Key, Shape};

/// The version of the record's columns and their meaning.
const SCHEMA: u32 = 1;

/// The file with a row an arm.
pub const MEASUREMENTS: &str = "measurements.csv";

/// The file with a row a sample.
pub const SAMPLES: &str = "samples.csv";

/// What became of an arm.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It was verified and measured.
    Measured(Figures),
    /// It could not be measured, and why.
    Failed(String),
    /// The filter on the command line left it out.
    Skipped,
}

/// An arm of a run and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Which arm.
    pub key: Key,
    /// What its speedup is against.
    pub baseline: String,
    /// Whether its threads outnumbered what the process may run at once.
    pub oversubscribed: bool,
    /// What became of it.
    pub outcome: Outcome,
}

impl Row {
    /// The figures, where there are any.
    pub fn figures(&self) -> Option<&Figures> {
        match &self.outcome {
            Outcome::Measured(figures) => Some(figures),
            _ => None,
        }
    }

    /// Decimal gigabytes a second: each input element read once, each output element written once.
    pub fn gb_per_s(&self, ns: f64) -> f64 {
        self.key.shape.bytes() as f64 / ns
    }
}

/// A row as it stands in the file.
#[derive(Serialize, Deserialize)]
struct Line {
    schema: u32,
    bench: String,
    baseline: String,
    kernel: String,
    runtime: String,
    threads: usize,
    oversubscribed: bool,
    rows: usize,
    cols: usize,
    status: Status,
    samples: Option<usize>,
    median_ns: Option<f64>,
    median_low_ns: Option<f64>,
    median_high_ns: Option<f64>,
    mad_ns: Option<f64>,
    min_ns: Option<f64>,
    speedup: Option<f64>,
    speedup_low: Option<f64>,
    speedup_high: Option<f64>,
    gb_per_s: Option<f64>,
    error: Option<String>,
}

/// The columns of [`Line`], in its order.
const COLUMNS: [&str; 21] = [
    "schema",
    "bench",
    "baseline",
    "kernel",
    "runtime",
    "threads",
    "oversubscribed",
    "rows",
    "cols",
    "status",
    "samples",
    "median_ns",
    "median_low_ns",
    "median_high_ns",
    "mad_ns",
    "min_ns",
    "speedup",
    "speedup_low",
    "speedup_high",
    "gb_per_s",
    "error",
];

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Measured,
    Failed,
    Skipped,
}

impl Line {
    fn new(bench: &Bench, row: &Row) -> Self {
        let figures = row.figures();
        let (status, error) = match &row.outcome {
            Outcome::Measured(_) => (Status::Measured, None),
            Outcome::Failed(why) => (Status::Failed, Some(why.clone())),
            Outcome::Skipped => (Status::Skipped, None),
        };
        Self {
            schema: SCHEMA,
            bench: bench.name.to_owned(),
            baseline: row.baseline.clone(),
            kernel: row.key.kernel.clone(),
            runtime: row.key.runtime.clone(),
            threads: row.key.threads.get(),
            oversubscribed: row.oversubscribed,
            rows: row.key.shape.rows,
            cols: row.key.shape.cols,
            status,
            samples: figures.map(|f| f.samples),
            median_ns: figures.map(|f| f.ns.median),
            median_low_ns: figures.map(|f| f.ns.low),
            median_high_ns: figures.map(|f| f.ns.high),
            mad_ns: figures.map(|f| f.mad_ns),
            min_ns: figures.map(|f| f.min_ns),
            speedup: figures.map(|f| f.speedup.median),
            speedup_low: figures.map(|f| f.speedup.low),
            speedup_high: figures.map(|f| f.speedup.high),
            gb_per_s: figures.map(|f| row.gb_per_s(f.ns.median)),
            error,
        }
    }

    /// The row that this line holds, or what is wrong with it.
    fn row(self) -> Result<Row, String> {
        let threads = ThreadCount::new(self.threads).map_err(|error| error.to_string())?;
        let shape = format!("{}x{}", self.rows, self.cols)
            .parse::<Shape>()
            .map_err(|error| error.to_string())?;
        let outcome = match self.status {
            Status::Measured => Outcome::Measured(self.figures()?),
            Status::Failed => Outcome::Failed(self.error.ok_or("a failed arm without its error")?),
            Status::Skipped => Outcome::Skipped,
        };
        let key = Key {
            kernel: self.kernel,
            runtime: self.runtime,
            threads,
            shape,
        };
        Ok(Row {
            key,
            baseline: self.baseline,
            oversubscribed: self.oversubscribed,
            outcome,
        })
    }

    fn figures(&self) -> Result<Figures, String> {
        let positive = |name: &str, value: Option<f64>| match value {
            Some(value) if value.is_finite() && value > 0.0 => Ok(value),
            Some(value) => Err(format!("{name} is {value}, which is not a positive number")),
            None => Err(format!("{name} is missing from a measured arm")),
        };
        let estimate = |name: &str, median, low, high| {
            let estimate = Estimate {
                median: positive(name, median)?,
                low: positive(name, low)?,
                high: positive(name, high)?,
            };
            if estimate.low <= estimate.median && estimate.median <= estimate.high {
                Ok(estimate)
            } else {
                Err(format!("{name} lies outside its own interval"))
            }
        };
        Ok(Figures {
            samples: self
                .samples
                .ok_or("samples is missing from a measured arm")?,
            ns: estimate(
                "median_ns",
                self.median_ns,
                self.median_low_ns,
                self.median_high_ns,
            )?,
            mad_ns: self
                .mad_ns
                .filter(|mad| mad.is_finite() && *mad >= 0.0)
                .ok_or("mad_ns is not a spread")?,
            min_ns: positive("min_ns", self.min_ns)?,
            speedup: estimate("speedup", self.speedup, self.speedup_low, self.speedup_high)?,
        })
    }
}

/// Reads `folder`'s record: which bench it is of, and its rows.
///
/// # Errors
///
/// Where there is none, it has another schema, or a line is damaged: a sentence that says which and what to do.
pub fn read(folder: &Path) -> Result<(&'static Bench, Vec<Row>), Error> {
    let path = folder.join(MEASUREMENTS);
    let refuse = |what: String| {
        Error::new(format!(
            "{}: {what}; measure again with `cargo bench -p harness`",
            path.display()
        ))
    };
    let text =
        fs::read_to_string(&path).map_err(|error| refuse(format!("can't be read ({error})")))?;
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader
        .headers()
        .map_err(|error| refuse(error.to_string()))?;
    if header != COLUMNS[..] {
        return Err(refuse(format!(
            "the columns are not those of schema {SCHEMA}, the one this version reads"
        )));
    }
    let mut bench = None;
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| refuse(error.to_string()))?;
        let line_number = record.position().map_or(0, csv::Position::line);
        let damaged = |what: String| refuse(format!("line {line_number}: {what}"));
        if record.get(0) != Some(&*SCHEMA.to_string()) {
            return Err(damaged(format!(
                "schema `{}`, where this version reads schema {SCHEMA}",
                record.get(0).unwrap_or_default()
            )));
        }
        let line: Line = record
            .deserialize(Some(&csv::StringRecord::from(&COLUMNS[..])))
            .map_err(|error| {
                let what = match error.kind() {
                    csv::ErrorKind::Deserialize { err, .. } => {
                        let field = err
                            .field()
                            .and_then(|field| COLUMNS.get(field as usize))
                            .unwrap_or(&"a field");
                        format!("{field}: {}", err.kind())
                    }
                    _ => error.to_string(),
                };
                damaged(what)
            })?;
        let of = benches::bench(&line.bench).map_err(|error| damaged(error.to_string()))?;
        if bench.is_some_and(|bench: &Bench| bench.name != of.name) {
            return Err(damaged(format!(
                "`{}` after rows of another bench",
                of.name
            )));
        }
        bench = Some(of);
        rows.push(line.row().map_err(damaged)?);
    }
    let bench = bench.ok_or_else(|| refuse("it holds no rows".into()))?;
    Ok((bench, rows))
}

/// A record being written: every row reaches the disk before the next arm starts.
#[derive(Debug)]
pub struct Writer {
    bench: &'static Bench,
    measurements: csv::Writer<File>,
    samples: csv::Writer<File>,
}

impl Writer {
    /// Starts a record of `bench` in `folder`, in place of the one that is there.
    ///
    /// # Errors
    ///
    /// Where the files can't be written.
    pub fn create(bench: &'static Bench, folder: &Path) -> Result<Self, Error> {
        let create = |name| {
            let path = folder.join(name);
            csv::WriterBuilder::new()
                .has_headers(false)
                .from_path(&path)
                .map_err(|error| cannot_write(&path, &error))
        };
        let mut writer = Self {
            bench,
            measurements: create(MEASUREMENTS)?,
            samples: create(SAMPLES)?,
        };
        writer.write(|writer| {
            writer.measurements.write_record(COLUMNS)?;
            writer.samples.write_record([
                "kernel",
                "runtime",
                "threads",
                "rows",
                "cols",
                "sample",
                "iterations",
                "ns",
                "baseline_iterations",
                "baseline_ns",
            ])
        })?;
        Ok(writer)
    }

    /// Adds an arm and its samples.
    ///
    /// # Errors
    ///
    /// Where the disk refuses them.
    pub fn append(&mut self, row: &Row, pairs: &[Pair]) -> Result<(), Error> {
        self.write(|writer| {
            writer
                .measurements
                .serialize(Line::new(writer.bench, row))?;
            let Key {
                kernel,
                runtime,
                threads,
                shape,
            } = &row.key;
            for (i, pair) in pairs.iter().enumerate() {
                let Pair {
                    iterations,
                    ns,
                    baseline_iterations,
                    baseline_ns,
                } = *pair;
                let arm = (kernel, runtime, threads.get(), shape.rows, shape.cols);
                writer.samples.serialize((
                    arm,
                    i,
                    iterations,
                    ns,
                    baseline_iterations,
                    baseline_ns,
                ))?;
            }
            Ok(())
        })
    }

    fn write(&mut self, write: impl FnOnce(&mut Self) -> csv::Result<()>) -> Result<(), Error> {
        let all = || {
            write(self)?;
            self.measurements.flush()?;
            Ok(self.samples.flush()?)
        };
        all().map_err(|error: csv::Error| {
            Error::new(format!("the record can't be written: {error}"))
        })
    }
}

/// Makes `folder` and checks that a file can be written in it, so that nothing is measured in vain.
///
/// # Errors
///
/// Where it can't.
pub fn prepare_folder(folder: &Path) -> Result<(), Error> {
    let probe = folder.join(".can-be-written");
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&probe, ""))
        .and_then(|()| fs::remove_file(&probe))
        .map_err(|error| cannot_write(folder, &error))
}

/// The sentence for a path that can't be written.
pub(crate) fn cannot_write(path: &Path, error: &dyn std::error::Error) -> Error {
    Error::new(format!(
        "{} can't be written ({error}): choose a folder that can with SIGMUL_OUT",
        path.display()
    ))
}
