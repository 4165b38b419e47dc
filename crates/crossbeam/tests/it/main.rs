//! The runtime keeps the promises of `Runtime`.

use sigmul_crossbeam::Crossbeam;
use sigmul_runtime::conformance;

#[test]
fn conforms() {
    conformance::check(conformance::thread_counts(), Crossbeam::new);
}
