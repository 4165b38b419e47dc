//! The runtime keeps the promises of `Runtime`.

use sigmul_runtime::{ThreadCount, conformance};
use sigmul_serial::Serial;

#[test]
fn conforms() {
    conformance::check([ThreadCount::ONE], |_| Serial);
}
