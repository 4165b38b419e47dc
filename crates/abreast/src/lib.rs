#![doc = include_str!("../README.md")]
//!
//! # The way of the data
//!
//! The modules stand in the order in which the data passes through them:
//!
//! | module | takes | gives |
//! | --- | --- | --- |
//! | [`declare`] | data, arms with roles, sizes | a bench |
//! | [`measure`] | a bench | samples: the arms take turns, each beside its baseline |
//! | [`record`] | samples | files of facts: samples, outcomes, roles, what was declared, the machine |
//! | [`analyse`] | a record | figures with their intervals, verdicts, ceilings, break-even, laws |
//! | [`show`] | figures | tables, and charts as data before they are SVG |
//!
//! Everything after the record can be done again without measuring: [`command`] is what does it.
//!
//! # What criterion does and what this crate does
//!
//! Criterion is the front end: its command line, its filters, its sample count and times, its own report on the
//! terminal. It measures one thing after another, though, and drift of the machine would then pass for a
//! difference. So the samples it asks for are taken by rounds of [`measure`]'s own: when it asks for the first sample of the
//! first arm of a size, *every* arm of that size takes a turn, in shuffled order, each beside its baseline; and so on, round by
//! round. When criterion comes to the other arms, it is handed the samples they have already taken. Its warm-up is real, and
//! sets the length of a turn.
#![forbid(unsafe_code)]

pub mod analyse;
pub mod command;
pub mod declare;
pub mod measure;
pub mod record;
pub mod show;

// What the file of a bench names.
pub use declare::{Arm, Bench, Data, Point, Threads, same};
pub use record::{Of, Role, Size};
pub use show::View;

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
