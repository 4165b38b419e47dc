//! The record of a run: facts, and nothing that can be computed from them.
//!
//! RECORD.md says what its files are, what each column means, and what a reader may rely on.

pub mod load;
pub mod machine;
mod read;
pub mod role;
pub mod sample;
pub mod size;
mod write;

use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::Error;

pub use load::Load;
pub use machine::{Cache, Machine};
pub use read::{is_record, is_run, read};
pub use role::{Of, Role};
pub use sample::{Accuracy, Pair, Sample};
pub use size::Size;
pub use write::{Writer, prepare_folder, run_folder};

/// The version of the files and their meaning.
pub const SCHEMA: u32 = 3;

/// The file with what was declared.
pub const BENCH: &str = "bench.json";

/// The file with a row an arm.
pub const ARMS: &str = "arms.csv";

/// The file with a row a sample.
pub const SAMPLES: &str = "samples.csv";

/// The file about the machine.
pub const MACHINE: &str = "machine.json";

/// The file with the figures of every arm. It is written for people, and never read back.
pub const FIGURES: &str = "figures.csv";

/// One run of a bench, or several that are read as one: what was declared, where it ran, and what was measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// What the bench says of itself.
    pub declared: Declared,
    /// The machine it ran on, as the first run found it.
    pub machine: Machine,
    /// The same as each later run found it.
    pub later: Vec<Machine>,
    /// Its arms, each at each of its points, in the order in which they were declared.
    pub arms: Vec<Taken>,
}

/// What a bench says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declared {
    /// Its name.
    pub bench: String,
    /// What its arms compute, for the charts' second lines.
    #[serde(default)]
    pub subject: String,
    /// What its baseline is, in words that go after "against".
    #[serde(default)]
    pub against: String,
    /// What is shown of it, by the names of views. Those that a reader does not know it leaves out.
    #[serde(default)]
    pub views: Vec<String>,
    /// What the setting of its arms is, with its unit, where they have one.
    #[serde(default)]
    pub setting: Option<String>,
    /// The names of arms in the order of the palette, so that an arm looks the same in the charts of several benches. An empty
    /// one leaves a look out.
    #[serde(default)]
    pub palette: Vec<String>,
    /// The instruction set that was measured, where the bench tells.
    #[serde(default)]
    pub level: Option<String>,
}

/// An arm at one point.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// The arm's name: what a line in a chart is called.
    pub arm: String,
    /// The thread count.
    pub threads: usize,
    /// The size of the work.
    pub size: Size,
    /// What the bench varies besides, where it was chosen.
    pub setting: Option<f64>,
}

impl Key {
    /// The arm's name, with the setting where it was chosen.
    pub fn name(&self) -> String {
        match self.setting {
            None => self.arm.clone(),
            Some(setting) => format!("{}:{setting}", self.arm),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.size, self.name(), self.threads)
    }
}

/// An arm at one point, and what became of it there.
#[derive(Clone, Debug, PartialEq)]
pub struct Taken {
    /// Which arm, at which point.
    pub key: Key,
    /// What it is to the others.
    pub role: Role,
    /// The name of the arm that it is held against.
    pub baseline: String,
    /// The bytes that one call moves, where that means anything.
    pub bytes: Option<u64>,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of an arm.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It was verified and measured.
    Measured {
        /// Its samples, in the order in which they were taken.
        samples: Vec<Sample>,
        /// How far its output was from the exact values, where the bench can tell.
        accuracy: Option<Accuracy>,
    },
    /// It was wrong, or panicked.
    Failed(String),
    /// The operating system refused what it needs, and why: nothing is wrong with it.
    Refused(String),
    /// The filter on the command line left it out.
    Skipped,
    /// It was to be measured, and the run ended before it had samples enough.
    Begun,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Measured { samples, .. } => write!(f, "{} samples", samples.len()),
            Self::Failed(why) => write!(f, "FAILED: {why}"),
            Self::Refused(why) => write!(f, "refused by the system: {why}"),
            Self::Skipped => f.write_str("skipped, left out by the filter"),
            Self::Begun => f.write_str("not measured, the run was cut short"),
        }
    }
}

/// The sentence for a record that can't be read.
fn refuse(path: &Path, what: &str) -> Error {
    Error::new(format!("{}: {what}; measure again", path.display()))
}
