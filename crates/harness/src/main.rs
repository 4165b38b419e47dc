//! What can be done with a record without measuring: `cargo run --release -p harness -- redraw [FOLDER]`.
#![forbid(unsafe_code)]

use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use harness::machine::Machine;
use harness::{Error, chart, record, table};

const USAGE: &str = "\
usage: harness redraw [FOLDER]

Draws the charts of FOLDER's record (measurements.csv, machine.json) again and prints its table.
FOLDER is one that a bench left: plots (where it is not given), plots/kernel or plots/dispatch. To measure: cargo bench -p harness";

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let done = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["-h" | "--help"] => {
            println!("{USAGE}");
            Ok(())
        }
        ["redraw"] => redraw(&PathBuf::from("plots")),
        ["redraw", folder] => redraw(folder.as_ref()),
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
    let (bench, rows) = record::read(folder)?;
    let machine = Machine::read(folder)?;
    let drawn = chart::draw(bench, folder, &rows, &machine)?;
    println!(
        "{}\n{}",
        table::table(bench, &rows, &machine),
        chart::paths(&drawn)
    );
    Ok(())
}
