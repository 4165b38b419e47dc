//! The runtime keeps the promises of `Runtime`.

use sigmul_rayon::Rayon;
use sigmul_runtime::conformance;

#[test]
fn conforms() {
    conformance::check(conformance::thread_counts(), |threads| {
        Rayon::new(threads).expect("a pool")
    });
}
