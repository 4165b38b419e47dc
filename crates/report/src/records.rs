//! The records in a folder: of each bench the one that is there, or none.

use std::ops::Deref;
use std::path::Path;

use abreast::Error;
use abreast::analyse::Analysis;
use abreast::record;
use harness::benches::{self, BENCHES, Entry};

/// One bench's record.
#[derive(Clone, Debug)]
pub struct Record {
    /// Of which bench.
    pub bench: Entry,
    /// What it says.
    pub of: Analysis,
}

impl Deref for Record {
    type Target = Analysis;

    fn deref(&self) -> &Analysis {
        &self.of
    }
}

/// The records of a folder.
#[derive(Clone, Debug)]
pub struct Records(Vec<Record>);

impl Records {
    /// Reads what is in `folder`.
    ///
    /// # Errors
    ///
    /// Where there is no record at all, or one is damaged, of another schema or of another bench than its folder's.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let mut records = Vec::new();
        for bench in BENCHES {
            let place = folder.join(bench.name);
            if !record::is_record(&place) {
                continue;
            }
            let of = Analysis::new(record::read(&place)?);
            if of.declared.bench != bench.name {
                return Err(Error::new(format!(
                    "{} holds a record of `{}`, where that of `{}` belongs: move it, or measure again with `cargo bench -p harness`",
                    place.display(),
                    of.declared.bench,
                    bench.name
                )));
            }
            records.push(Record { bench, of });
        }
        if records.is_empty() {
            return Err(Error::new(format!(
                "{}: there is no record here; measure with `cargo bench -p harness`, or name another folder with --record",
                folder.display()
            )));
        }
        Ok(Self(records))
    }

    /// The record of `bench`, where there is one.
    pub fn of(&self, bench: Entry) -> Option<&Record> {
        self.0.iter().find(|record| record.bench.name == bench.name)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Record> {
        self.0.iter()
    }

    /// The main bench's, or else the first there is: whose machine the report describes.
    pub fn main(&self) -> &Record {
        let main = self.of(benches::SPEEDUP);
        main.unwrap_or(&self.0[0])
    }

    /// When the latest of them was made.
    pub fn latest(&self) -> &str {
        let dates = self.0.iter().map(|record| &*record.machine.date);
        dates.max().unwrap_or_default()
    }
}
