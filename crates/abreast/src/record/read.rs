//! From files to a record: columns are found by name, unknown ones are ignored, optional ones may be missing; several runs are
//! read as one.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

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

/// Whether the record of one run is in `folder`, damaged or not.
pub fn is_run(folder: &Path) -> bool {
    folder.join(BENCH).exists() || folder.join(ARMS).exists()
}

/// Whether a record is in `folder`, of one run or, in folders of their own, of several.
pub fn is_record(folder: &Path) -> bool {
    is_run(folder) || !runs(folder).is_empty()
}

/// The folders within `folder` that hold a run's record, by name, which is by date.
fn runs(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let folders = entries.map(|entry| entry.path());
    let mut runs: Vec<_> = folders.filter(|path| is_run(path)).collect();
    runs.sort();
    runs
}

/// Reads the record in `folder`: that of one run, or of each run in a folder of its own, as one.
///
/// # Errors
///
/// Where there is none, it has another schema, something in it is damaged, or runs are no runs of one thing on one machine: a
/// sentence that says which file, which line, and what to do.
///
/// # Panics
///
/// Never: where it joins runs there are some.
pub fn read(folder: &Path) -> Result<Record, Error> {
    let runs = runs(folder);
    if is_run(folder) || runs.is_empty() {
        return read_run(folder);
    }
    let mut whole: Option<(&Path, Record)> = None;
    for (run, from) in runs.iter().enumerate() {
        let mut record = read_run(from)?;
        let samples = record
            .arms
            .iter_mut()
            .filter_map(|arm| match &mut arm.outcome {
                Outcome::Measured { samples, .. } => Some(samples),
                _ => None,
            });
        samples.flatten().for_each(|sample| sample.run = run);
        match &mut whole {
            None => whole = Some((from, record)),
            Some((first, whole)) => join(whole, record).map_err(|what| {
                Error::new(format!(
                    "{} and {} can't be read as one record: {what}; move one of them elsewhere, or read each by itself",
                    first.display(),
                    from.display()
                ))
            })?,
        }
    }
    Ok(whole.expect("there are runs").1)
}

/// Adds another run to `whole`, or says why it is none of the same thing.
fn join(whole: &mut Record, run: Record) -> Result<(), String> {
    let facts = |declared: &Declared, machine: &Machine| {
        [
            ("benches", declared.bench.clone()),
            (
                "instruction sets",
                declared.level.clone().unwrap_or_default(),
            ),
            ("settings", declared.setting.clone().unwrap_or_default()),
            ("CPUs", machine.cpu.clone()),
            ("numbers of cores", machine.available_cores.to_string()),
            ("commits", machine.commit.clone().unwrap_or_default()),
        ]
    };
    let before = facts(&whole.declared, &whole.machine);
    let now = facts(&run.declared, &run.machine);
    for ((what, before), (_, now)) in before.into_iter().zip(now) {
        if before != now {
            return Err(format!(
                "they are of different {what}, `{before}` and `{now}`"
            ));
        }
    }
    let date = &run.machine.date;
    for taken in run.arms {
        let Some(arm) = whole.arms.iter_mut().find(|arm| arm.key == taken.key) else {
            whole.arms.push(taken);
            continue;
        };
        if arm.role != taken.role {
            return Err(format!(
                "{} is a {} in one and a {} in the other",
                arm.key, arm.role, taken.role
            ));
        }
        match (&mut arm.outcome, taken.outcome) {
            (
                Outcome::Measured { samples, accuracy },
                Outcome::Measured {
                    samples: more,
                    accuracy: other,
                },
            ) => {
                samples.extend(more);
                *accuracy = accuracy.zip(other).map(|(a, b)| Accuracy {
                    mean: a.mean.max(b.mean),
                    max: a.max.max(b.max),
                });
            }
            // What was wrong once is not right.
            (Outcome::Failed(_), _) => {}
            (all, Outcome::Failed(why)) => {
                *all = Outcome::Failed(format!("{why} (in the run of {date})"));
            }
            (Outcome::Measured { .. }, _) => {}
            (all, now) => *all = now,
        }
    }
    whole.later.push(run.machine);
    Ok(())
}

/// Reads the record of one run.
fn read_run(folder: &Path) -> Result<Record, Error> {
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
    let enough = |key: &Key| {
        let samples = samples.get(&key.to_string());
        samples.is_some_and(|samples| samples.len() > 1)
    };
    let mut arms: Vec<Taken> = Vec::new();
    lines(&folder.join(ARMS), |line: Line| {
        let key = key(line.arm, (line.rows, line.cols), line.threads, line.setting)?;
        let why = |status| {
            let why = line.why.clone();
            why.ok_or_else(|| format!("a {status} arm that does not say why"))
        };
        let outcome = match &*line.status {
            "begun" if !enough(&key) => Outcome::Begun,
            "measured" | "begun" => {
                let samples = samples.get(&key.to_string()).cloned().unwrap_or_default();
                if !enough(&key) {
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
                    "status is `{other}`, which is none of begun, measured, failed, refused, skipped"
                ));
            }
        };
        let taken = Taken {
            key,
            role: line.role.parse().unwrap_or_else(|never| match never {}),
            baseline: line.baseline.unwrap_or_default(),
            bytes: line.bytes,
            outcome,
        };
        // The last row of an arm counts, in the place of its first.
        match arms.iter_mut().find(|arm| arm.key == taken.key) {
            Some(arm) => *arm = taken,
            None => arms.push(taken),
        }
        Ok(())
    })?;
    if arms.is_empty() {
        return Err(refuse(&folder.join(ARMS), "it holds no rows"));
    }
    let is_known = |key: &&String| arms.iter().any(|arm| arm.key.to_string() == **key);
    if let Some(stray) = samples.keys().find(|key| !is_known(key)) {
        let why = format!("it has samples of {stray}, of which {ARMS} has no row");
        return Err(refuse(&folder.join(SAMPLES), &why));
    }
    Ok(Record {
        declared,
        machine: Machine::read(&folder.join(MACHINE))?,
        later: Vec::new(),
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
    // A line that does not end was torn when the run was killed.
    let whole = text.rfind('\n').map_or("", |end| &text[..=end]);
    let mut reader = csv::Reader::from_reader(whole.as_bytes());
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
