//! From what was measured to files, each arm on disk before the next is measured.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::machine::Machine;
use super::{ARMS, BENCH, Declared, MACHINE, Outcome, SAMPLES, SCHEMA, Taken, is_record};
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
    /// Starts a record in `folder`. One that is there must have been put [`aside`].
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
        let key = &taken.key;
        let (rows, cols) = (key.size.rows, key.size.cols);
        let (status, why) = match &taken.outcome {
            Outcome::Measured { .. } => ("measured", None),
            Outcome::Failed(why) => ("failed", Some(why)),
            Outcome::Refused(why) => ("refused", Some(why)),
            Outcome::Skipped => ("skipped", None),
        };
        let (samples, accuracy) = match &taken.outcome {
            Outcome::Measured { samples, accuracy } => (&samples[..], *accuracy),
            _ => (&[][..], None),
        };
        self.write(|writer| {
            // The samples first: a run that is killed between the two leaves no arm without them.
            for sample in samples {
                let pair = &sample.pair;
                writer.samples.serialize((
                    (&key.arm, rows, cols, key.threads, key.setting),
                    sample.round,
                    (pair.iterations, pair.ns),
                    (pair.baseline_iterations, pair.baseline_ns),
                    (sample.busy, sample.alone_cpu_ns),
                    (sample.took_part, sample.imbalance),
                ))?;
            }
            writer.samples.flush()?;
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
    if !is_record(folder) {
        return Ok(None);
    }
    let machine = Machine::read(&folder.join(MACHINE));
    let date = machine.map_or_else(|_| "undated".to_owned(), |machine| machine.date);
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
            if matches!(kind, Some("csv" | "json" | "svg" | "html")) && entry.file_type()?.is_file()
            {
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
