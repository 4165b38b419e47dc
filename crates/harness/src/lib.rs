//! The comparison: which runtime should run sigmul here, and what it gains.
//!
//! The modules stand in the order in which the data passes through them:
//!
//! | module | takes | gives |
//! | --- | --- | --- |
//! | [`settings`] | environment variables | what to compare |
//! | [`registry`] | a name | a runtime, or a kernel |
//! | [`benches`], [`grid`], [`role`] | settings | arms: kernel x runtime x threads x shape, each with its role and its baseline |
//! | [`matrix`] | a shape | input and output in memory |
//! | [`verify`] | an arm's output | its error, or why no number may be printed |
//! | `work`, `turns` | the arms of a shape | samples: each arm and its baseline, in turns |
//! | `measure` | samples | criterion's report |
//! | [`analyse`] | samples | median, interval, speedup, verdict |
//! | [`record`] | figures | `measurements.csv`, `samples.csv` |
//! | [`machine`], [`load`], [`doubt`] | this computer | `machine.json`, and what makes the figures doubtful |
//! | [`ceiling`], [`break_even`], [`law`], [`findings`], [`peers`] | a record | what bounds it, from what size on it pays, what to expect of more cores, how Python's libraries do |
//! | [`show`], [`chart`], [`table`], [`compare`] | one record, or two | SVG files, tables to read |
//! | [`splice`] | a document | the same with the records' tables in it |
//!
//! [`run`] is the bench that takes it through all of them. Everything after the record can be run again without measuring
//! (`cargo run -p harness -- redraw`); nothing before it formats for people.
//!
//! # What criterion does and what we do
//!
//! Criterion is the front end: its command line, its filters, its sample count and times, its own report on the
//! terminal. It measures one thing after another, though, and drift of the machine would then pass for a
//! difference. So the samples it asks for are taken by [`run`]'s own rounds: when it asks for the first sample of the
//! first arm of a size, *every* arm of that size takes a turn, in shuffled order, each beside its baseline; and so on, round by
//! round. When criterion comes to the other arms, it is handed the samples they have already taken. Its warm-up is real, and
//! sets the length of a turn. METHODOLOGY.md has the reasons.
#![forbid(unsafe_code)]

pub mod analyse;
pub mod analysis;
pub mod benches;
pub mod break_even;
pub mod ceiling;
pub mod chart;
pub mod compare;
pub mod doubt;
pub mod findings;
pub mod grid;
pub mod law;
pub mod load;
mod looks;
pub mod machine;
pub mod matrix;
mod measure;
pub mod peers;
mod pin;
pub mod record;
pub mod registry;
pub mod role;
pub mod run;
pub mod settings;
pub mod show;
pub mod splice;
mod study;
pub mod table;
mod turns;
pub mod verify;
mod work;

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

/// The sentence for a path that can't be written.
pub(crate) fn cannot_write(path: &Path, error: &dyn std::error::Error) -> Error {
    Error::new(format!(
        "{} can't be written ({error}): choose a folder that can with SIGMUL_OUT",
        path.display()
    ))
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}
