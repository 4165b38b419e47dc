//! The main job: every runtime at every thread count and size, verified, measured, recorded and drawn.
//!
//! `cargo bench -p harness --bench speedup -- --help` says what can be chosen.

use std::process::ExitCode;

fn main() -> ExitCode {
    harness::benches::speedup().main()
}
