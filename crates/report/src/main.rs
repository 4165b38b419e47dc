//! `cargo run --release -p report`: the records in `plots/` as the course report.
#![forbid(unsafe_code)]

use std::env;
use std::process::ExitCode;

use report::options::{Options, USAGE};

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
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
