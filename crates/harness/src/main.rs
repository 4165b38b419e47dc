//! What can be done with records without measuring: `cargo run --release -p harness -- redraw [FOLDER]`, or `compare`.
#![forbid(unsafe_code)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use harness::machine::Machine;
use harness::{Error, benches, chart, compare, record, splice};

const USAGE: &str = "\
usage: harness redraw [FOLDER]
       harness compare BEFORE AFTER
       harness readme FILE [FOLDER]

redraw draws the charts of FOLDER's record (measurements.csv, machine.json) again and prints its table.
compare says what changed from one record of a bench to another beyond what noise explains.
readme puts the tables of FOLDER's records (plots, where none is given) into FILE, between the marks
`<!-- record:BENCH SIZES -->` and `<!-- /record -->`.
Folders are those that a bench left: plots (where redraw is given none), plots/kernel, plots/earlier/kernel/DATE and so on.
To measure: cargo bench -p harness";

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let done = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["-h" | "--help"] => {
            println!("{USAGE}");
            Ok(())
        }
        ["redraw"] => redraw(&PathBuf::from("plots")),
        ["redraw", folder] => redraw(folder.as_ref()),
        ["compare", before, after] => {
            compare::compare(before.as_ref(), after.as_ref()).map(|text| print!("{text}"))
        }
        ["readme", file] => readme(file.as_ref(), "plots".as_ref()),
        ["readme", file, folder] => readme(file.as_ref(), folder.as_ref()),
        _ => Err(Error::new(format!(
            "`{}` is not understood\n\n{USAGE}",
            arguments.join(" ")
        ))),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn redraw(folder: &Path) -> Result<(), Error> {
    let (name, rows) = record::read(folder)?;
    let bench = benches::bench(&name)?;
    let machine = Machine::read(folder)?;
    let drawn = chart::draw(bench, folder, &rows, &machine)?;
    println!("{}\n{}", bench.table(&rows, &machine), chart::paths(&drawn));
    Ok(())
}

fn readme(file: &Path, records: &Path) -> Result<(), Error> {
    let failed = |what, error| Error::new(format!("{} can't be {what} ({error})", file.display()));
    let text = fs::read_to_string(file).map_err(|error| failed("read", error))?;
    let spliced = splice::splice(&text, records)?;
    fs::write(file, spliced).map_err(|error| failed("written", error))
}
