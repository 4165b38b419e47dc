//! What can be done with records without measuring: `cargo run --release -p harness -- redraw [FOLDER]`, or `compare`.
#![forbid(unsafe_code)]

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

use abreast::{Error, command};
use harness::benches::{REFERENCE, VIEWS, records};
use harness::splice::{replace, splice};

const USAGE: &str = "
       harness readme FILE [FOLDER]

readme puts the tables of FOLDER's records (plots/2-cores, where none is given) into FILE, between the marks
`<!-- record:BENCH SIZES -->` and `<!-- /record -->`. redraw takes plots/here where no folder is given, or plots/2-cores where
nothing was measured here.
To measure: cargo bench -p harness
";

fn main() -> ExitCode {
    let mut arguments: Vec<_> = env::args().skip(1).collect();
    command::done(
        match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["readme", file] => readme(file.as_ref(), REFERENCE.as_ref()),
            ["readme", file, folder] => readme(file.as_ref(), folder.as_ref()),
            ref given => {
                if *given == ["redraw"] {
                    arguments.push(records().display().to_string());
                }
                command::run("harness", &VIEWS, USAGE, &arguments)
            }
        },
    )
}

fn readme(file: &Path, records: &Path) -> Result<(), Error> {
    let text = fs::read_to_string(file)
        .map_err(|error| Error::new(format!("{} can't be read ({error})", file.display())))?;
    replace(file, &splice(&text, records)?)
}
