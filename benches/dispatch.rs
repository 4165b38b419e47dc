//! What a runtime costs by itself: next to no work for each thread, handed out and awaited.

use std::process::ExitCode;

fn main() -> ExitCode {
    harness::benches::dispatch().main()
}
