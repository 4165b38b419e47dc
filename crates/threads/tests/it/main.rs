//! The runtime keeps the promises of `Runtime`.

use sigmul_runtime::conformance;
use sigmul_threads::Threads;

#[test]
fn conforms() {
    conformance::check(conformance::thread_counts(), Threads::new);
}
