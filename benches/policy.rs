//! Policy apart from mechanism: chunk sizes down to the static partition, and threads pinned or not.

use std::process::ExitCode;

fn main() -> ExitCode {
    harness::benches::policy().main()
}
