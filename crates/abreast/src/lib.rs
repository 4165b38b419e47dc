//! Benchmarks of parallel code, its arms abreast: they take turns, each beside its baseline.
//!
//! The modules stand in the order in which the data passes through them:
//!
//! | module | takes | gives |
//! | --- | --- | --- |
//! | [`declare`] | a bench: data, arms with roles, sizes | what is to be measured |
//! | [`measure`] | a bench | samples: the arms take turns, each beside its baseline |
//! | [`record`] | what was measured | files of facts: samples, outcomes, roles, what was declared, the machine |
//! | [`analyse`] | a record | figures with their intervals, verdicts, ceilings, break-even, laws |
//! | [`show`] | figures | tables, and charts as data before they are SVG |
#![forbid(unsafe_code)]

pub mod analyse;
pub mod command;
pub mod declare;
pub mod measure;
pub mod record;
pub mod show;

use std::fmt;
use std::path::Path;

/// Why something can't be done: a sentence that names the value, what is allowed, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(String);

impl Error {
    /// An error that says `sentence`.
    pub fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

/// The sentence for a path that can't be written.
pub(crate) fn cannot_write(path: &Path, error: &dyn std::error::Error) -> Error {
    Error::new(format!(
        "{} can't be written ({error}): choose a folder that can",
        path.display()
    ))
}
