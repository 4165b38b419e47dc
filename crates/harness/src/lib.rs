//! The comparison: which runtime should run sigmul here, and what it gains.
//!
//! The modules stand in the order in which the data passes through them:
//!
//! | module | takes | gives |
//! | --- | --- | --- |
//! | [`settings`] | environment variables | what to compare |
//! | [`registry`] | a name | a runtime, or a kernel |
//! | [`benches`], [`grid`] | settings | arms: kernel x runtime x threads x shape, each with its baseline |
//! | [`matrix`] | a shape | input and output in memory |
//! | [`verify`] | an arm's output | nothing, or why no number may be printed |
//! | [`measure`] | an arm | samples, through criterion |
//! | [`analyse`] | samples | median, interval, speedup |
//! | [`record`] | figures | `measurements.csv`, `samples.csv` |
//! | [`machine`] | this computer | `machine.json` |
//! | [`chart`], [`table`] | a record | SVG files, a table to read |
//!
//! [`run`] is the bench that takes it through all of them. Everything after the record can be run again without measuring
//! (`cargo run -p harness -- redraw`); nothing before it formats for people.
//!
//! # What criterion does and what we do
//!
//! Criterion is the front end: its command line, its filters, its warm-up, its choice of iterations, its own report on
//! the terminal. It keeps one number a measurement, though, in files it calls private. So the closure it calls for each
//! sample writes down what it saw, and times the baseline beside the arm, in the same sample: a speedup is
//! computed from pairs that lie next to each other in time, and drift of the machine cancels.
#![forbid(unsafe_code)]

pub mod analyse;
pub mod benches;
pub mod chart;
pub mod grid;
pub mod machine;
pub mod matrix;
pub mod measure;
pub mod record;
pub mod registry;
pub mod run;
pub mod settings;
pub mod table;
pub mod verify;

use std::fmt;

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
