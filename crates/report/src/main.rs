//! `cargo run --release -p report`: the records of this machine, or the committed ones, as the course report.
#![forbid(unsafe_code)]

use std::env;
use std::process::ExitCode;

use report::options::{Options, USAGE};

fn main() -> ExitCode {
    // A word that is no UTF-8 is named as well as it can be when it is refused, or not found.
    let words = env::args_os().skip(1);
    let arguments: Vec<_> = words
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    if arguments
        .iter()
        .any(|word| word == "-h" || word == "--help")
    {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    match Options::read(&arguments).and_then(|options| report::write(&options)) {
        Ok(paths) => {
            for path in paths {
                println!("report: {}", path.display());
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
