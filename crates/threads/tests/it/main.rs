//! What every runtime promises, and what the pool promises beyond it.

mod pool;

use sigmul_runtime::conformance;
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
