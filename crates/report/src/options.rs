//! What the command line chooses.

use std::path::PathBuf;

use abreast::Error;
use harness::benches;

use crate::language::Language;

/// What `--help` says.
pub const USAGE: &str = "\
usage: report [--lang en|fr] [--record DIR] [--out DIR] [--author TEXT] [--course TEXT] [--date TEXT]

Writes the course report from the records that the benches left.
  --lang    en or fr               default: both, report-en.pdf and report-fr.pdf
  --record  the folder of records  default: plots/here, or plots/2-cores where nothing was measured here
  --out     the folder to write to default: plots/here
  --author  below the title        default: nothing
  --course  below the title        default: the course of the study that this project starts from
  --date    below the title        default: the date of the latest record";

/// What to write, from what, and where to.
#[derive(Clone, Debug)]
pub struct Options {
    /// The languages, a file each.
    pub languages: Vec<Language>,
    /// The folder of records.
    pub record: PathBuf,
    /// The folder the files go to.
    pub out: PathBuf,
    /// Who hands the report in.
    pub author: Option<String>,
    /// For which course.
    pub course: Option<String>,
    /// When.
    pub date: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            languages: vec![Language::English, Language::French],
            record: benches::records().into(),
            out: benches::HERE.into(),
            author: None,
            course: None,
            date: None,
        }
    }
}

impl Options {
    /// Reads `arguments`, the program's name left out.
    ///
    /// # Errors
    ///
    /// Where one is not known, or lacks its value: a sentence that says what is allowed.
    pub fn read(arguments: &[String]) -> Result<Self, Error> {
        let mut options = Self::default();
        let mut arguments = arguments.iter();
        while let Some(name) = arguments.next() {
            let known = [
                "--lang", "--record", "--out", "--author", "--course", "--date",
            ];
            if !known.contains(&&**name) {
                return Err(Error::new(format!(
                    "`{name}` is not an option: there are {} (--help says what they do)",
                    known.join(", ")
                )));
            }
            let Some(value) = arguments.next() else {
                return Err(Error::new(format!("{name} takes a value: `{name} VALUE`")));
            };
            match &**name {
                "--lang" => options.languages = vec![Language::named(value)?],
                "--record" => options.record = value.into(),
                "--out" => options.out = value.into(),
                "--author" => options.author = Some(value.clone()),
                "--course" => options.course = Some(value.clone()),
                _ => options.date = Some(value.clone()),
            }
        }
        Ok(options)
    }
}
