//! The pool under the model checker, which tries the interleavings of its threads one by one:
//!
//! ```text
//! RUSTFLAGS="--cfg loom" cargo test -p sigmul-threads --release --test loom
//! ```
//!
//! The kernels count in loom's cells: a chunk that two threads touch at once, that is left out, or whose result the caller
//! does not see, fails. So does a thread that is never woken: loom calls it a deadlock.
#![cfg(loom)]
#![allow(unsafe_code)]

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use loom::cell::UnsafeCell;
use loom::model::Builder;
use loom::sync::Arc;
use loom::thread;
use sigmul_runtime::{Runtime, ThreadCount};
use sigmul_threads::Pool;

/// Elements of a chunk of the least size: a cache line.
const LINE: usize = 16;

/// An output that is cut into `N` chunks.
#[repr(align(64))]
struct Output<const N: usize>([[f32; LINE]; N]);

/// How often each chunk was computed.
struct Counts<const N: usize>([UnsafeCell<u32>; N]);

// SAFETY: shared to be raced for; loom fails where the accesses do.
unsafe impl<const N: usize> Sync for Counts<N> {}

impl<const N: usize> Counts<N> {
    fn new() -> Self {
        Self(std::array::from_fn(|_| UnsafeCell::new(0)))
    }

    /// One call of `pool`, whose kernel calls `then` on each chunk's number.
    fn call(&self, pool: &Pool, then: impl Fn(usize) + Sync) {
        let mut output = Output([[0.0; LINE]; N]);
        pool.run(output.0.as_flattened_mut(), &|start, chunk| {
            for i in start / LINE..(start + chunk.len()) / LINE {
                // SAFETY: loom has checked that nothing else is looking.
                self.0[i].with_mut(|count| unsafe { *count += 1 });
                then(i);
            }
        });
    }

    fn assert(&self, calls: u32) {
        for count in &self.0 {
            // SAFETY: loom has checked that nothing else is writing.
            count.with(|count| assert_eq!(unsafe { *count }, calls));
        }
    }
}

/// Checks `test` on a pool of `threads` for all interleavings with at most `preemptions`, or all there are.
fn model(threads: usize, preemptions: Option<usize>, test: impl Fn(Pool) + Sync + Send + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = preemptions;
    builder.check(move || test(pool(threads)));
}

fn pool(threads: usize) -> Pool {
    Pool::new(ThreadCount::new(threads).expect("a thread count")).expect("a pool")
}

#[test]
fn drop_of_a_pool_never_called() {
    model(3, None, drop);
}

#[test]
fn one_call() {
    model(2, None, |pool| {
        let counts = Counts::<2>::new();
        counts.call(&pool, |_| {});
        counts.assert(1);
    });
}

#[test]
fn calls_in_a_row() {
    model(2, Some(4), |pool| {
        let counts = Counts::<2>::new();
        for calls in 1..=3 {
            counts.call(&pool, |_| {});
            counts.assert(calls);
        }
    });
}

#[test]
fn two_workers() {
    model(3, Some(2), |pool| {
        let counts = Counts::<3>::new();
        counts.call(&pool, |_| {});
        counts.assert(1);
    });
}

#[test]
fn a_worker_without_a_chunk() {
    model(3, Some(2), |pool| {
        let counts = Counts::<2>::new();
        counts.call(&pool, |_| {});
        counts.assert(1);
    });
}

#[test]
fn panic_in_any_chunk_and_in_all() {
    for planted in [vec![0], vec![1], vec![0, 1]] {
        model(2, Some(3), move |pool| {
            let counts = Counts::<2>::new();
            let caught = catch_unwind(AssertUnwindSafe(|| {
                counts.call(&pool, |i| {
                    if planted.contains(&i) {
                        resume_unwind(Box::new(i));
                    }
                });
            }));
            let payload = caught.expect_err("the panic did not reach the caller");
            assert!(planted.contains(payload.downcast_ref().expect("the payload")));
            counts.assert(1);
            counts.call(&pool, |_| {});
            counts.assert(2);
        });
    }
}

#[test]
fn two_callers() {
    model(2, Some(3), |pool| {
        let pool = Arc::new(pool);
        let other = thread::spawn({
            let pool = pool.clone();
            move || {
                let counts = Counts::<2>::new();
                counts.call(&pool, |_| {});
                counts.assert(1);
            }
        });
        let counts = Counts::<2>::new();
        counts.call(&pool, |_| {});
        counts.assert(1);
        drop(pool);
        other.join().expect("the other caller");
    });
}

#[test]
fn nested_call() {
    model(2, None, |pool| {
        let outer = Counts::<2>::new();
        let inner = [Counts::<2>::new(), Counts::new()];
        outer.call(&pool, |i| inner[i].call(&pool, |_| {}));
        outer.assert(1);
        inner.iter().for_each(|counts| counts.assert(1));
    });
}
