//! Whether the records of one machine contradict each other, in sentences.

use std::fs;
use std::path::{Path, PathBuf};

use super::words::interval;
use crate::analyse::Analysis;
use crate::analyse::contradiction::{Contradiction, contradictions};
use crate::{Error, record};

/// Says of the records in `folders`, or in the folders right within them, where those of one machine contradict each other.
///
/// # Errors
///
/// Where a record can't be read, or there is none.
pub fn check(folders: &[&Path]) -> Result<String, Error> {
    let mut all: Vec<PathBuf> = Vec::new();
    for folder in folders {
        let places = places(folder);
        if places.is_empty() {
            return Err(Error::new(format!(
                "{}: there is no record here, nor in the folders within: name the folders of records",
                folder.display()
            )));
        }
        let new = places.into_iter().filter(|place| !all.contains(place));
        let new: Vec<_> = new.collect();
        all.extend(new);
    }
    let records = all
        .iter()
        .map(|place| record::read(place).map(Analysis::new));
    let records = records.collect::<Result<Vec<_>, _>>()?;
    let found = contradictions(&records);
    let mut text: String = found.iter().map(|found| sentence(found) + "\n").collect();
    if found.is_empty() {
        text = match records.len() {
            1 => "1 record: no contradiction\n".to_owned(),
            count => format!("{count} records: no contradiction\n"),
        };
    }
    Ok(text)
}

/// The record in `folder`, or else those right within it, in the order of their paths. Runs of several commits are a record each.
fn places(folder: &Path) -> Vec<PathBuf> {
    if record::is_run(folder) || record::is_record(folder) && record::read(folder).is_ok() {
        return vec![folder.to_path_buf()];
    }
    let within = fs::read_dir(folder).into_iter().flatten();
    let within = within.filter_map(|entry| Some(entry.ok()?.path()));
    let mut within: Vec<_> = within.filter(|place| record::is_record(place)).collect();
    within.sort();
    within.iter().flat_map(|place| places(place)).collect()
}

/// Both things that can't be so.
pub fn sentence(of: &Contradiction) -> String {
    match of {
        Contradiction::Measured { key, one, other } => format!(
            "{key} is {} in {}, and {} in {}",
            interval(one.0),
            one.1,
            interval(other.0),
            other.1
        ),
        Contradiction::Forecast {
            cores,
            foretold,
            key,
            measured,
        } => format!(
            "{} at {} is forecast to be {} on {cores} cores by {}, and {key} is {} in {}",
            key.arm,
            key.size,
            interval(foretold.0),
            foretold.1,
            interval(measured.0),
            measured.1
        ),
    }
}
