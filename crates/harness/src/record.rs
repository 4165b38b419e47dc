//! The record of a run: one row an arm in `measurements.csv`, one row a sample in `samples.csv`.

use std::ffi::OsStr;
use std::fmt;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sigmul_runtime::ThreadCount;

use crate::analyse::{Accuracy, Estimate, Figures, Sample};
use crate::grid::{Key, Shape, label, role};
use crate::machine::Machine;
use crate::role::Role;
use crate::{Error, cannot_write};

/// The version of the record's columns and their meaning.
const SCHEMA: u32 = 2;

/// The file with a row an arm.
pub const MEASUREMENTS: &str = "measurements.csv";

/// The file with a row a sample.
pub const SAMPLES: &str = "samples.csv";

/// What became of an arm.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It was verified and measured.
    Measured(Box<Figures>),
    /// It was wrong, or panicked.
    Failed(String),
    /// The operating system refused what it needs, and why: nothing is wrong with it.
    Refused(String),
    /// The filter on the command line left it out.
    Skipped,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Measured(figures) => write!(f, "{} samples", figures.samples),
            Self::Failed(why) => write!(f, "FAILED: {why}"),
            Self::Refused(why) => write!(f, "refused by the system: {why}"),
            Self::Skipped => f.write_str("skipped, left out by the filter"),
        }
    }
}

/// An arm of a run and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Which arm.
    pub key: Key,
    /// What it is to the others.
    pub role: Role,
    /// What its speedup is against, by its label.
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

    /// Whether it is the baseline itself, timed against itself (A/A): its distance from 1 is noise.
    pub fn is_baseline(&self) -> bool {
        self.role == Role::Baseline
    }

    /// Decimal gigabytes a second: each input element read once, each output element written once.
    pub fn gb_per_s(&self, ns: f64) -> f64 {
        self.key.shape.bytes() as f64 / ns
    }
}

/// How far the baselines among `rows` of `shape` were from themselves, the far end of the interval counted: a difference
/// within it says nothing.
pub fn noise_floor(rows: &[Row], shape: Shape) -> Option<f64> {
    let baselines = rows
        .iter()
        .filter(|row| row.key.shape == shape && row.is_baseline());
    let distances = baselines.filter_map(|row| {
        let Estimate { low, high, .. } = row.figures()?.speedup;
        Some((1.0 - low).max(high - 1.0))
    });
    distances.max_by(f64::total_cmp)
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
    grain: Option<f64>,
    status: Status,
    samples: Option<usize>,
    median_ns: Option<f64>,
    median_low_ns: Option<f64>,
    median_high_ns: Option<f64>,
    mad_ns: Option<f64>,
    min_ns: Option<f64>,
    baseline_ns: Option<f64>,
    speedup: Option<f64>,
    speedup_low: Option<f64>,
    speedup_high: Option<f64>,
    gb_per_s: Option<f64>,
    busy: Option<f64>,
    alone_cpu_ns: Option<f64>,
    took_part: Option<f64>,
    imbalance: Option<f64>,
    mean_error: Option<f64>,
    max_error: Option<f64>,
    why: Option<String>,
}

/// The columns of [`Line`], in its order.
const COLUMNS: [&str; 29] = [
    "schema",
    "bench",
    "baseline",
    "kernel",
    "runtime",
    "threads",
    "oversubscribed",
    "rows",
    "cols",
    "grain",
    "status",
    "samples",
    "median_ns",
    "median_low_ns",
    "median_high_ns",
    "mad_ns",
    "min_ns",
    "baseline_ns",
    "speedup",
    "speedup_low",
    "speedup_high",
    "gb_per_s",
    "busy",
    "alone_cpu_ns",
    "took_part",
    "imbalance",
    "mean_error",
    "max_error",
    "why",
];

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Measured,
    Failed,
    Refused,
    Skipped,
}

impl Line {
    fn new(bench: &str, row: &Row) -> Self {
        let figures = row.figures();
        let (status, why) = match &row.outcome {
            Outcome::Measured(_) => (Status::Measured, None),
            Outcome::Failed(why) => (Status::Failed, Some(why.clone())),
            Outcome::Refused(why) => (Status::Refused, Some(why.clone())),
            Outcome::Skipped => (Status::Skipped, None),
        };
        Self {
            schema: SCHEMA,
            bench: bench.to_owned(),
            baseline: row.baseline.clone(),
            kernel: row.key.arm.clone(),
            runtime: String::new(),
            threads: row.key.threads,
            oversubscribed: row.oversubscribed,
            rows: row.key.shape.rows,
            cols: row.key.shape.cols,
            grain: row.key.setting,
            status,
            samples: figures.map(|f| f.samples),
            median_ns: figures.map(|f| f.ns.median),
            median_low_ns: figures.map(|f| f.ns.low),
            median_high_ns: figures.map(|f| f.ns.high),
            mad_ns: figures.map(|f| f.mad_ns),
            min_ns: figures.map(|f| f.min_ns),
            baseline_ns: figures.map(|f| f.baseline_ns),
            speedup: figures.map(|f| f.speedup.median),
            speedup_low: figures.map(|f| f.speedup.low),
            speedup_high: figures.map(|f| f.speedup.high),
            gb_per_s: figures.map(|f| row.gb_per_s(f.ns.median)),
            busy: figures.and_then(|f| f.busy),
            alone_cpu_ns: figures.and_then(|f| f.alone_cpu_ns),
            took_part: figures.and_then(|f| f.took_part),
            imbalance: figures.and_then(|f| f.imbalance),
            mean_error: figures.and_then(|f| Some(f.accuracy?.mean)),
            max_error: figures.and_then(|f| Some(f.accuracy?.max)),
            why,
        }
    }

    /// The row that this line holds, or what is wrong with it.
    fn row(self) -> Result<Row, String> {
        let threads = ThreadCount::new(self.threads).map_err(|error| error.to_string())?;
        let shape = format!("{}x{}", self.rows, self.cols)
            .parse::<Shape>()
            .map_err(|error| error.to_string())?;
        let outcome = match self.status {
            Status::Measured => Outcome::Measured(Box::new(self.figures()?)),
            Status::Failed => {
                Outcome::Failed(self.why.ok_or("a failed arm that does not say why")?)
            }
            Status::Refused => {
                Outcome::Refused(self.why.ok_or("a refused arm that does not say why")?)
            }
            Status::Skipped => Outcome::Skipped,
        };
        let key = Key {
            arm: label(&self.kernel, &self.runtime).to_owned(),
            threads: threads.get(),
            shape,
            setting: self.grain,
        };
        let role = role(&self.kernel, &key, &self.baseline);
        Ok(Row {
            key,
            role,
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
        let spread = |name: &str, value: Option<f64>| match value {
            Some(value) if !value.is_finite() || value < 0.0 => Err(format!(
                "{name} is {value}, which is not a number from 0 on"
            )),
            value => Ok(value),
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
            mad_ns: spread("mad_ns", self.mad_ns)?
                .ok_or("mad_ns is missing from a measured arm")?,
            min_ns: positive("min_ns", self.min_ns)?,
            baseline_ns: positive("baseline_ns", self.baseline_ns)?,
            speedup: estimate("speedup", self.speedup, self.speedup_low, self.speedup_high)?,
            busy: spread("busy", self.busy)?,
            alone_cpu_ns: spread("alone_cpu_ns", self.alone_cpu_ns)?,
            took_part: spread("took_part", self.took_part)?,
            imbalance: spread("imbalance", self.imbalance)?,
            accuracy: spread("mean_error", self.mean_error)?
                .zip(spread("max_error", self.max_error)?)
                .map(|(mean, max)| Accuracy { mean, max }),
        })
    }
}

/// Reads `folder`'s record: the name of the bench it is of, and its rows.
///
/// # Errors
///
/// Where there is none, it has another schema, or a line is damaged: a sentence that says which and what to do.
pub fn read(folder: &Path) -> Result<(String, Vec<Row>), Error> {
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
    let mut bench: Option<String> = None;
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
        let of = bench.get_or_insert_with(|| line.bench.clone());
        if *of != line.bench {
            return Err(damaged(format!(
                "`{}` after rows of another bench",
                line.bench
            )));
        }
        rows.push(line.row().map_err(damaged)?);
    }
    let bench = bench.ok_or_else(|| refuse("it holds no rows".into()))?;
    Ok((bench, rows))
}

/// A record being written: every row reaches the disk before the next arm starts.
#[derive(Debug)]
pub struct Writer {
    bench: String,
    measurements: csv::Writer<File>,
    samples: csv::Writer<File>,
}

impl Writer {
    /// Starts a record of `bench` in `folder`. One that is there must have been put [`aside`].
    ///
    /// # Errors
    ///
    /// Where the files can't be written.
    pub fn create(bench: &str, folder: &Path) -> Result<Self, Error> {
        let create = |name| {
            let path = folder.join(name);
            csv::WriterBuilder::new()
                .has_headers(false)
                .from_path(&path)
                .map_err(|error| cannot_write(&path, &error))
        };
        let mut writer = Self {
            bench: bench.to_owned(),
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
                "grain",
                "sample",
                "iterations",
                "ns",
                "baseline_iterations",
                "baseline_ns",
                "busy",
                "alone_cpu_ns",
                "took_part",
                "imbalance",
            ])
        })?;
        Ok(writer)
    }

    /// Adds an arm and its samples.
    ///
    /// # Errors
    ///
    /// Where the disk refuses them.
    pub fn append(&mut self, row: &Row, samples: &[Sample]) -> Result<(), Error> {
        self.write(|writer| {
            writer
                .measurements
                .serialize(Line::new(&writer.bench, row))?;
            let Key {
                arm,
                threads,
                shape,
                setting,
            } = &row.key;
            let arm = (arm, "", threads, shape.rows, shape.cols, setting);
            for (i, sample) in samples.iter().enumerate() {
                let pair = &sample.pair;
                writer.samples.serialize((
                    arm,
                    i,
                    (pair.iterations, pair.ns),
                    (pair.baseline_iterations, pair.baseline_ns),
                    (sample.busy, sample.alone_cpu_ns),
                    (sample.took_part, sample.imbalance),
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

/// Moves the record that is in `folder`, if there is one, into a folder of its own below `earlier`, named by the time its
/// run started: a run never destroys another. Gives that folder.
///
/// # Errors
///
/// Where it can't be moved.
///
/// # Panics
///
/// Never: there is always another number for a name.
pub fn aside(folder: &Path, earlier: &Path) -> Result<Option<PathBuf>, Error> {
    if !folder.join(MEASUREMENTS).exists() {
        return Ok(None);
    }
    let date = Machine::read(folder).map_or_else(|_| "undated".to_owned(), |machine| machine.date);
    // Colons are not for file names everywhere.
    let date = date.replace(':', "-");
    let names = std::iter::once(date.clone()).chain((2..).map(|n| format!("{date}-{n}")));
    let to = names
        .map(|name| earlier.join(name))
        .find(|path| !path.exists())
        .expect("numbers do not end");
    let moved = || {
        fs::create_dir_all(&to)?;
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            // Folders in it are other benches', and what else is there was made from several of them.
            let path = entry.path();
            let kind = path.extension().and_then(OsStr::to_str);
            if matches!(kind, Some("csv" | "json" | "svg")) && entry.file_type()?.is_file() {
                fs::rename(entry.path(), to.join(entry.file_name()))?;
            }
        }
        Ok(())
    };
    moved().map_err(|error: std::io::Error| cannot_write(&to, &error))?;
    Ok(Some(to))
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
