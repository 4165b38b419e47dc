//! The runtime keeps the promises of `Runtime`.

use sigmul_crossbeam::Crossbeam;
use sigmul_runtime::{ThreadCount, conformance};

#[test]
fn conforms() {
    conformance::check(conformance::thread_counts(), Crossbeam::new);
}

#[test]
fn computes_on_the_threads_it_is_granted() {
    conformance::where_threads_are_refused("without_any_thread");
}

#[test]
#[ignore = "run by the test above, where every thread is refused"]
fn without_any_thread() {
    let count = ThreadCount::new(3).expect("a count");
    assert!(count.granted().is_err());
    conformance::equals_serial(&Crossbeam::new(count), count, &|x, y| y.copy_from_slice(x));
}
