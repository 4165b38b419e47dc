//! From files to a record: columns are found by name, unknown ones are ignored, optional ones may be missing.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::machine::Machine;
use super::{
    ARMS, Accuracy, BENCH, Declared, Key, MACHINE, Outcome, Pair, Record, SAMPLES, SCHEMA, Sample,
    Size, Taken, refuse,
};
use crate::Error;

/// A row of `arms.csv`.
#[derive(Deserialize)]
struct Line {
    arm: String,
    role: String,
    rows: usize,
    cols: usize,
    threads: usize,
    #[serde(default)]
    setting: Option<f64>,
    #[serde(default)]
    baseline: Option<String>,
    #[serde(default)]
    bytes: Option<u64>,
    status: String,
    #[serde(default)]
    why: Option<String>,
    #[serde(default)]
    mean_error: Option<f64>,
    #[serde(default)]
    max_error: Option<f64>,
}

/// A row of `samples.csv`.
#[derive(Deserialize)]
struct SampleLine {
    arm: String,
    rows: usize,
    cols: usize,
    threads: usize,
    #[serde(default)]
    setting: Option<f64>,
    #[serde(default)]
    round: Option<usize>,
    iterations: u64,
    ns: f64,
    baseline_iterations: u64,
    baseline_ns: f64,
    #[serde(default)]
    busy: Option<f64>,
    #[serde(default)]
    alone_cpu_ns: Option<f64>,
    #[serde(default)]
    took_part: Option<f64>,
    #[serde(default)]
    imbalance: Option<f64>,
}

/// What `bench.json` holds.
#[derive(Deserialize)]
struct Head {
    schema: u32,
    #[serde(flatten)]
    declared: Declared,
}

/// Whether there is a record in `folder`, damaged or not.
pub fn is_record(folder: &Path) -> bool {
    folder.join(BENCH).exists() || folder.join(ARMS).exists()
}

/// Reads the record in `folder`.
///
/// # Errors
///
/// Where there is none, it has another schema, or something in it is damaged: a sentence that says which file, which line, and
/// what to do.
pub fn read(folder: &Path) -> Result<Record, Error> {
    let declared = declared(folder)?;
    let mut samples: HashMap<String, Vec<Sample>> = HashMap::new();
    lines(&folder.join(SAMPLES), |line: SampleLine| {
        let key = key(line.arm, (line.rows, line.cols), line.threads, line.setting)?;
        let of_arm = samples.entry(key.to_string()).or_default();
        let some = |name, value: Option<f64>| value.map(|value| from_zero(name, value)).transpose();
        of_arm.push(Sample {
            run: 0,
            round: line.round.unwrap_or(of_arm.len()),
            pair: Pair {
                iterations: whole("iterations", line.iterations)?,
                ns: positive("ns", line.ns)?,
                baseline_iterations: whole("baseline_iterations", line.baseline_iterations)?,
                baseline_ns: positive("baseline_ns", line.baseline_ns)?,
            },
            busy: some("busy", line.busy)?,
            alone_cpu_ns: some("alone_cpu_ns", line.alone_cpu_ns)?,
            took_part: some("took_part", line.took_part)?,
            imbalance: some("imbalance", line.imbalance)?,
        });
        Ok(())
    })?;
    let mut arms = Vec::new();
    lines(&folder.join(ARMS), |line: Line| {
        let key = key(line.arm, (line.rows, line.cols), line.threads, line.setting)?;
        let why = |status| {
            let why = line.why.clone();
            why.ok_or_else(|| format!("a {status} arm that does not say why"))
        };
        let outcome = match &*line.status {
            "measured" => {
                let samples = samples.remove(&key.to_string()).unwrap_or_default();
                if samples.len() < 2 {
                    return Err(format!(
                        "{key} is measured, and {SAMPLES} has fewer than 2 samples of it"
                    ));
                }
                let errors = line.mean_error.zip(line.max_error);
                let accuracy = errors.map(|(mean, max)| {
                    Ok::<_, String>(Accuracy {
                        mean: from_zero("mean_error", mean)?,
                        max: from_zero("max_error", max)?,
                    })
                });
                Outcome::Measured {
                    samples,
                    accuracy: accuracy.transpose()?,
                }
            }
            "failed" => Outcome::Failed(why("failed")?),
            "refused" => Outcome::Refused(why("refused")?),
            "skipped" => Outcome::Skipped,
            other => {
                return Err(format!(
                    "status is `{other}`, which is none of measured, failed, refused, skipped"
                ));
            }
        };
        arms.push(Taken {
            key,
            role: line.role.parse().unwrap_or_else(|never| match never {}),
            baseline: line.baseline.unwrap_or_default(),
            bytes: line.bytes,
            outcome,
        });
        Ok(())
    })?;
    if arms.is_empty() {
        return Err(refuse(&folder.join(ARMS), "it holds no rows"));
    }
    Ok(Record {
        declared,
        machine: Machine::read(&folder.join(MACHINE))?,
        arms,
    })
}

/// What was declared.
fn declared(folder: &Path) -> Result<Declared, Error> {
    let path = folder.join(BENCH);
    if !path.exists() && folder.join("measurements.csv").exists() {
        return Err(refuse(
            folder,
            &format!(
                "holds a record of schema 2 or earlier, where this version reads schema {SCHEMA}"
            ),
        ));
    }
    let text = fs::read_to_string(&path)
        .map_err(|error| refuse(&path, &format!("can't be read ({error})")))?;
    let head: Head =
        serde_json::from_str(&text).map_err(|error| refuse(&path, &error.to_string()))?;
    if head.schema != SCHEMA {
        let what = format!(
            "schema {}, where this version reads schema {SCHEMA}",
            head.schema
        );
        return Err(refuse(&path, &what));
    }
    Ok(head.declared)
}

/// Hands each line of a CSV file to `take`, which says what is wrong with it.
fn lines<T: DeserializeOwned>(
    path: &Path,
    mut take: impl FnMut(T) -> Result<(), String>,
) -> Result<(), Error> {
    let text = fs::read_to_string(path)
        .map_err(|error| refuse(path, &format!("can't be read ({error})")))?;
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader
        .headers()
        .map_err(|error| refuse(path, &error.to_string()))?
        .clone();
    for record in reader.records() {
        let record = record.map_err(|error| refuse(path, &error.to_string()))?;
        let number = record.position().map_or(0, csv::Position::line);
        let damaged = |what: String| refuse(path, &format!("line {number}: {what}"));
        let line = record.deserialize(Some(&header)).map_err(|error| {
            damaged(match error.kind() {
                csv::ErrorKind::Deserialize { err, .. } => {
                    let field = err.field().and_then(|field| header.get(field as usize));
                    match field {
                        Some(field) => format!("{field}: {}", err.kind()),
                        None => err.kind().to_string(),
                    }
                }
                _ => error.to_string(),
            })
        })?;
        take(line).map_err(damaged)?;
    }
    Ok(())
}

fn key(
    arm: String,
    (rows, cols): (usize, usize),
    threads: usize,
    setting: Option<f64>,
) -> Result<Key, String> {
    let size: Size = format!("{rows}x{cols}")
        .parse()
        .map_err(|error: Error| error.to_string())?;
    if threads == 0 {
        return Err("threads is 0, which is no thread count".to_owned());
    }
    if setting.is_some_and(|setting| !setting.is_finite()) {
        return Err("setting is not a finite number".to_owned());
    }
    Ok(Key {
        arm,
        threads,
        size,
        setting,
    })
}

fn positive(name: &str, value: f64) -> Result<f64, String> {
    if value.is_finite() && value > 0.0 {
        Ok(value)
    } else {
        Err(format!("{name} is {value}, which is not a positive number"))
    }
}

fn from_zero(name: &str, value: f64) -> Result<f64, String> {
    if value.is_finite() && value >= 0.0 {
        Ok(value)
    } else {
        Err(format!(
            "{name} is {value}, which is not a number from 0 on"
        ))
    }
}

fn whole(name: &str, value: u64) -> Result<u64, String> {
    match value {
        0 => Err(format!("{name} is 0, where something was timed")),
        value => Ok(value),
    }
}
