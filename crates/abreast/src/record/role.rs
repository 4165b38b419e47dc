//! What an arm is to the others.

use std::fmt;
use std::str::FromStr;

/// What an arm is to the others of its size. It stands in the record by row: no analysis, table or chart goes by an arm's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// What every sample of the others is held against. Timed against itself, its distance from 1 is noise.
    Baseline,
    /// It competes.
    Contender,
    /// It is shown, and competes with nobody: naive code, say.
    Reference,
    /// No contender can be faster, as long as this is what bounds it.
    Ceiling(Of),
    /// A role that this version does not know, by its name in the record: its arm is shown, and competes with nobody.
    Unknown(String),
}

/// What a ceiling is a ceiling of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// The arithmetic of the cores.
    Cores,
    /// Memory, or the cache that the data fits in: a copy of the same bytes.
    Memory,
}

impl Role {
    /// Whether it is a ceiling, whatever of.
    pub fn is_ceiling(&self) -> bool {
        matches!(self, Self::Ceiling(_))
    }

    /// Whether it can be fastest.
    pub fn competes(&self) -> bool {
        matches!(self, Self::Baseline | Self::Contender)
    }
}

impl fmt::Display for Role {
    /// As it stands in the record.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Baseline => f.write_str("baseline"),
            Self::Contender => f.write_str("contender"),
            Self::Reference => f.write_str("reference"),
            Self::Ceiling(of) => write!(f, "ceiling of {of}"),
            Self::Unknown(name) => f.write_str(name),
        }
    }
}

impl FromStr for Role {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "baseline" => Self::Baseline,
            "contender" => Self::Contender,
            "reference" => Self::Reference,
            "ceiling of cores" => Self::Ceiling(Of::Cores),
            "ceiling of memory" => Self::Ceiling(Of::Memory),
            other => Self::Unknown(other.to_owned()),
        })
    }
}

impl fmt::Display for Of {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cores => "cores",
            Self::Memory => "memory",
        })
    }
}
