//! What every runtime promises, and what the pool promises beyond it.

mod pool;

use sigmul_runtime::{ThreadCount, conformance};
use sigmul_threads::{Pool, Threads};

#[test]
#[cfg_attr(miri, ignore = "millions of elements")]
fn threads_conform() {
    conformance::check(conformance::thread_counts(), Threads::new);
}

#[test]
#[cfg_attr(miri, ignore = "millions of elements")]
fn pool_conforms() {
    conformance::check(conformance::thread_counts(), |threads| {
        Pool::new(threads).expect("a pool")
    });
}

#[test]
#[cfg_attr(miri, ignore = "another process")]
fn threads_compute_on_those_they_are_granted() {
    conformance::where_threads_are_refused("threads_without_any");
}

#[test]
#[ignore = "run by the test above, where every thread is refused"]
fn threads_without_any() {
    let count = ThreadCount::new(3).expect("a count");
    assert!(count.granted().is_err() && Pool::new(count).is_err());
    conformance::equals_serial(&Threads::new(count), count, &|x, y| y.copy_from_slice(x));
}
