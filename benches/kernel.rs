//! The kernel by itself: every level of this CPU and the naive loop, beside a copy of the same bytes.

use std::process::ExitCode;

fn main() -> ExitCode {
    harness::benches::kernel().main()
}
