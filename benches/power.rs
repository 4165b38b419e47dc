//! What differences are told apart: 0, 1 and 3 % planted between equals.

use std::process::ExitCode;

fn main() -> ExitCode {
    harness::benches::power().main()
}
