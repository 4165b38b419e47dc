//! What can be done with records without measuring.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    abreast::command::main("abreast", &[])
}
