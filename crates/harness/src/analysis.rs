//! A record with its figures: what tables and charts are made of.

use crate::machine::Machine;
use crate::record::Row;

/// What a bench says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// Its name.
    pub bench: String,
    /// What its arms compute, for the charts' second lines.
    pub subject: String,
    /// What its baseline is, in words that go after "against".
    pub against: String,
}

/// A record with its figures.
#[derive(Clone, Debug, PartialEq)]
pub struct Analysis {
    /// What the bench says of itself.
    pub declared: Declared,
    /// The machine it ran on.
    pub machine: Machine,
    /// Its arms, in the order in which they were declared.
    pub rows: Vec<Row>,
}

impl Analysis {
    /// The baseline's name, where the record has one.
    pub fn baseline(&self) -> &str {
        self.rows
            .first()
            .map_or("the baseline", |row| &row.baseline)
    }
}
