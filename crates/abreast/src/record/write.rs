//! From what was measured to files, each round on disk before the next is measured.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{ARMS, BENCH, Declared, Key, Outcome, SAMPLES, SCHEMA, Sample, Taken};
use crate::{Error, cannot_write};

/// What `bench.json` holds.
#[derive(Serialize)]
struct Head<'a> {
    schema: u32,
    #[serde(flatten)]
    declared: &'a Declared,
}

/// A record being written.
#[derive(Debug)]
pub struct Writer {
    arms: csv::Writer<File>,
    samples: csv::Writer<File>,
}

impl Writer {
    /// Starts a record in `folder`, which is [its own](run_folder).
    ///
    /// # Errors
    ///
    /// Where the files can't be written.
    ///
    /// # Panics
    ///
    /// Never: there is nothing in what is declared that JSON can't hold.
    pub fn create(declared: &Declared, folder: &Path) -> Result<Self, Error> {
        let head = Head {
            schema: SCHEMA,
            declared,
        };
        let text = serde_json::to_string_pretty(&head).expect("strings and numbers");
        let path = folder.join(BENCH);
        fs::write(&path, text + "\n").map_err(|error| cannot_write(&path, &error))?;
        let create = |name| {
            let path = folder.join(name);
            csv::WriterBuilder::new()
                .has_headers(false)
                .from_path(&path)
                .map_err(|error| cannot_write(&path, &error))
        };
        let mut writer = Self {
            arms: create(ARMS)?,
            samples: create(SAMPLES)?,
        };
        writer.write(|writer| {
            writer.arms.write_record([
                "arm",
                "role",
                "rows",
                "cols",
                "threads",
                "setting",
                "baseline",
                "bytes",
                "status",
                "mean_error",
                "max_error",
                "why",
            ])?;
            writer.samples.write_record([
                "arm",
                "rows",
                "cols",
                "threads",
                "setting",
                "round",
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
    pub fn append(&mut self, taken: &Taken) -> Result<(), Error> {
        if let Outcome::Measured { samples, .. } = &taken.outcome {
            samples
                .iter()
                .try_for_each(|sample| self.sample(&taken.key, sample))?;
        }
        self.arm(taken)
    }

    /// Adds a sample of the arm at `key`.
    ///
    /// # Errors
    ///
    /// Where the disk refuses it.
    pub fn sample(&mut self, key: &Key, sample: &Sample) -> Result<(), Error> {
        let pair = &sample.pair;
        self.write(|writer| {
            writer.samples.serialize((
                (&key.arm, key.size.rows, key.size.cols, key.threads),
                (key.setting, sample.round),
                (pair.iterations, pair.ns),
                (pair.baseline_iterations, pair.baseline_ns),
                (sample.busy, sample.alone_cpu_ns),
                (sample.took_part, sample.imbalance),
            ))
        })
    }

    /// Adds what became of an arm, whose samples are there; an earlier row of the same arm no longer counts.
    ///
    /// # Errors
    ///
    /// Where the disk refuses it.
    pub fn arm(&mut self, taken: &Taken) -> Result<(), Error> {
        let key = &taken.key;
        let (rows, cols) = (key.size.rows, key.size.cols);
        let (status, why) = match &taken.outcome {
            Outcome::Measured { .. } => ("measured", None),
            Outcome::Failed(why) => ("failed", Some(why)),
            Outcome::Refused(why) => ("refused", Some(why)),
            Outcome::Skipped => ("skipped", None),
            Outcome::Begun => ("begun", None),
        };
        let accuracy = match &taken.outcome {
            Outcome::Measured { accuracy, .. } => *accuracy,
            _ => None,
        };
        self.write(|writer| {
            writer.arms.serialize((
                (&key.arm, taken.role.to_string()),
                (rows, cols, key.threads, key.setting),
                (&taken.baseline, taken.bytes, status),
                (accuracy.map(|a| a.mean), accuracy.map(|a| a.max), why),
            ))
        })
    }

    fn write(&mut self, write: impl FnOnce(&mut Self) -> csv::Result<()>) -> Result<(), Error> {
        let all = || {
            write(self)?;
            self.samples.flush()?;
            Ok(self.arms.flush()?)
        };
        all().map_err(|error: csv::Error| {
            Error::new(format!("the record can't be written: {error}"))
        })
    }
}

/// Makes the folder of a run that started at `date`, within the folder `of` its bench's runs: no run writes where another did, or does.
///
/// # Errors
///
/// Where it can't be made.
///
/// # Panics
///
/// Never: there is always another number for a name.
pub fn run_folder(of: &Path, date: &str) -> Result<PathBuf, Error> {
    // Colons are not for file names everywhere.
    let date = date.replace(':', "-");
    let names = std::iter::once(date.clone()).chain((2..).map(|n| format!("{date}-{n}")));
    let made = names.map(|name| {
        let folder = of.join(name);
        (fs::create_dir(&folder), folder)
    });
    let is_new = |made: &std::io::Result<()>| !matches!(made, Err(error) if error.kind() == ErrorKind::AlreadyExists);
    let mut made = made.skip_while(|(made, _)| !is_new(made));
    let (made, folder) = made.next().expect("numbers do not end");
    made.map_err(|error| cannot_write(&folder, &error))?;
    Ok(folder)
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
