//! From which size on sharing pays: every runtime against one thread, sizes a factor of two apart.

use std::process::ExitCode;

fn main() -> ExitCode {
    harness::benches::break_even().main()
}
