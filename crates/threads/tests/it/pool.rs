//! What a pool promises beyond what every runtime does.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::Duration;

use sigmul_runtime::{Kernel, Runtime, ThreadCount};
use sigmul_threads::Pool;

const THREADS: usize = 3;

/// Elements of a thread's chunk of an [`Output`], a whole number of cache lines.
const CHUNK: usize = 32;

const LEN: usize = CHUNK * THREADS;

#[repr(align(64))]
struct Output([f32; LEN]);

fn pool(threads: usize) -> Pool {
    Pool::new(ThreadCount::new(threads).expect("a thread count")).expect("a pool")
}

/// A kernel that adds one.
const INCREMENT: &Kernel<'static> = &|_, chunk| chunk.iter_mut().for_each(|x| *x += 1.0);

#[test]
fn worker_i_computes_chunk_i() {
    let pool = pool(THREADS);
    let caller = thread::current().id();
    for _ in 0..5 {
        let began = Barrier::new(THREADS);
        let chunks = Mutex::new(Vec::new());
        pool.run(&mut Output([0.0; LEN]).0, &|start, _| {
            // Nobody is late where everybody waits for everybody.
            began.wait();
            let this = thread::current();
            let name = (this.id() != caller).then(|| this.name().unwrap_or_default().to_owned());
            chunks.lock().expect("no panic").push((start, name));
        });
        let mut chunks = chunks.into_inner().expect("no panic");
        chunks.sort();
        let name = |i| (i > 0).then(|| format!("sigmul-{i}"));
        let expected: Vec<_> = (0..THREADS).map(|i| (i * CHUNK, name(i))).collect();
        assert_eq!(chunks, expected);
    }
}

#[test]
fn parked_workers_wake() {
    let pool = pool(THREADS);
    for _ in 0..3 {
        let began = Barrier::new(THREADS);
        pool.run(&mut [0.0; LEN], &|_, _| {
            began.wait();
        });
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn sleeping_workers_are_not_starved() {
    let pool = pool(THREADS);
    thread::sleep(Duration::from_millis(200));
    pool.run(&mut [0.0; LEN], INCREMENT);
    assert!(!pool.was_starved());
}

#[test]
fn nested_call_computes_on_its_own_thread() {
    let pool = pool(THREADS);
    let mut output = [0.0; LEN];
    pool.run(&mut output, &|_, chunk| {
        let outer = thread::current().id();
        pool.run(chunk, &|start, chunk| {
            assert_eq!(thread::current().id(), outer);
            assert_eq!(start, 0);
            INCREMENT(start, chunk);
        });
        pool.run(&mut [], &|_, _| unreachable!("an empty output"));
    });
    assert_eq!(output, [1.0; LEN]);
}

#[test]
fn second_caller_does_not_wait_for_the_first() {
    let pool = pool(THREADS);
    let (began, served) = (Barrier::new(THREADS + 1), Barrier::new(THREADS + 1));
    thread::scope(|scope| {
        scope.spawn(|| {
            pool.run(&mut [0.0; LEN], &|_, _| {
                began.wait();
                served.wait();
            });
        });
        began.wait();
        let mut output = [0.0; LEN];
        pool.run(&mut output, INCREMENT);
        assert_eq!(output, [1.0; LEN]);
        served.wait();
    });
}

#[test]
fn panic_waits_for_the_other_threads() {
    let pool = pool(THREADS);
    for panics in 1..=THREADS {
        let (began, done) = (Barrier::new(THREADS), AtomicUsize::new(0));
        let mut output = Output([0.0; LEN]);
        let caught = catch_unwind(AssertUnwindSafe(|| {
            pool.run(&mut output.0, &|start, chunk| {
                began.wait();
                if start < panics * CHUNK {
                    resume_unwind(Box::new("planted"));
                }
                thread::sleep(Duration::from_millis(10));
                INCREMENT(start, chunk);
                done.fetch_add(1, Ordering::Relaxed);
            });
        }));
        let payload = caught.expect_err("the panic did not reach the caller");
        assert_eq!(payload.downcast_ref(), Some(&"planted"));
        assert_eq!(done.into_inner(), THREADS - panics);

        let mut output = [0.0; LEN];
        pool.run(&mut output, INCREMENT);
        assert_eq!(output, [1.0; LEN]);
    }
}

/// Miri knows no `fork`.
#[cfg(all(unix, not(miri)))]
mod fork {
    use super::*;

    /// Whether `test` returns true in a child made by `fork`, within ten seconds.
    #[allow(unsafe_code)]
    fn in_child(test: impl FnOnce() -> bool) -> bool {
        // SAFETY: the child computes, allocates and spawns threads, which the C libraries allow after a fork, and leaves
        // without running what belongs to the parent.
        unsafe {
            match libc::fork() {
                0 => {
                    libc::alarm(10);
                    let passed = catch_unwind(AssertUnwindSafe(test)).unwrap_or(false);
                    libc::_exit(if passed { 0 } else { 1 });
                }
                child => {
                    assert!(child > 0, "no fork");
                    let mut status = -1;
                    libc::waitpid(child, &raw mut status, 0) == child && status == 0
                }
            }
        }
    }

    fn increments(pool: &Pool) -> bool {
        let mut output = [0.0; LEN];
        pool.run(&mut output, INCREMENT);
        output == [1.0; LEN]
    }

    #[test]
    fn pool_computes_and_drops_in_the_child() {
        for idle in [0, 20] {
            let pool = pool(THREADS);
            assert!(increments(&pool));
            thread::sleep(Duration::from_millis(idle));
            let mut pool = Some(pool);
            assert!(in_child(|| {
                let passed = (0..100).all(|_| pool.as_ref().is_some_and(increments));
                // Workers that wait for ever are as good as awake, and without a core.
                let starved = pool.as_ref().is_some_and(Pool::was_starved);
                pool = None;
                // A pool of the child's own has threads.
                passed && starved && increments(&super::pool(THREADS))
            }));
            assert!(pool.as_ref().is_some_and(increments));
        }
    }

    #[test]
    fn pool_computes_in_a_child_forked_during_a_call() {
        let pool = pool(THREADS);
        let (began, forked) = (Barrier::new(THREADS + 1), Barrier::new(THREADS + 1));
        thread::scope(|scope| {
            scope.spawn(|| {
                pool.run(&mut [0.0; LEN], &|_, _| {
                    began.wait();
                    forked.wait();
                });
            });
            began.wait();
            assert!(in_child(|| increments(&pool)));
            forked.wait();
        });
    }

    /// In a child, because a child begins with one thread, whatever the other tests do.
    #[cfg(target_os = "linux")]
    #[test]
    fn thousand_pools_leave_no_thread() {
        fn threads() -> usize {
            let status = std::fs::read_to_string("/proc/self/status").expect("a status");
            let count = status
                .lines()
                .find_map(|line| line.strip_prefix("Threads:"));
            count.and_then(|n| n.trim().parse().ok()).expect("a count")
        }

        assert!(in_child(|| {
            let before = threads();
            for cycle in 0..1000 {
                let pool = pool(4);
                if cycle % 2 == 0 && !increments(&pool) {
                    return false;
                }
            }
            // A joined thread may still be on its way out of the list.
            (0..1000).any(|_| {
                thread::sleep(Duration::from_millis(1));
                threads() == before
            })
        }));
    }
}
