//! The ceiling of cores: the baseline on private data, on several threads at once.

use std::hint::black_box;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::work::{Work, failed, panicked};
use crate::declare::{Arm, Data, Point};
use crate::record::Outcome;

/// Calls of `arm` at `at`, a point of one thread, on so many `threads` at once for `length`: how many there were in all, and how
/// long each of them would have taken alone at that rate, all together, in nanoseconds.
///
/// Each thread has data of its own, which nobody else touches, so that nothing but the cores is shared. All begin together and
/// call until they are stopped: one that is slower does fewer calls, and none waits for another.
pub(crate) fn time<D: Data>(
    arm: &Arm<D>,
    at: Point,
    threads: usize,
    length: Duration,
) -> Result<(u64, f64), Outcome> {
    let (start, stop) = (OnceLock::<Instant>::new(), AtomicBool::new(false));
    let arrived = AtomicUsize::new(0);
    let alone = || -> Result<(u64, f64), Outcome> {
        let arrived = Arrived(&arrived);
        let ready = || {
            let mut data = D::new(at.size).map_err(failed)?;
            data.reset();
            let mut work = Work {
                call: (arm.build)(at).map_err(Outcome::Refused)?,
                threads: 1,
            };
            work.warm_up(&mut data);
            Ok((data, work))
        };
        let ready: Result<_, Outcome> = ready();
        let (mut data, mut work) = ready?;
        drop(arrived);
        // The same moment for all: a thread that gets a core late was at work on nothing until then.
        let begun = loop {
            match start.get() {
                Some(begun) => break *begun,
                None => thread::yield_now(),
            }
        };
        let (mut calls, mut time) = (0, Duration::ZERO);
        // At least one: a thread may begin when the time is over, and without a call there is no rate.
        loop {
            if D::IN_PLACE {
                time += work.time(&mut data, 1);
            } else {
                work.call.call(&mut data);
                black_box(&mut data);
            }
            calls += 1;
            if stop.load(Ordering::Relaxed) {
                break;
            }
        }
        let time = if D::IN_PLACE { time } else { begun.elapsed() };
        arm.verify(&data).map_err(failed)?;
        Ok((calls, time.as_nanos() as f64))
    };
    let done: Vec<Result<(u64, f64), Outcome>> = thread::scope(|scope| {
        let spawned: Vec<_> = (0..threads)
            .map(|_| thread::Builder::new().spawn_scoped(scope, alone))
            .collect();
        let there = spawned.iter().filter(|thread| thread.is_ok()).count();
        while arrived.load(Ordering::Acquire) < there {
            thread::yield_now();
        }
        start.get_or_init(Instant::now);
        thread::sleep(length);
        stop.store(true, Ordering::Relaxed);
        spawned
            .into_iter()
            .map(|thread| {
                let thread = thread.map_err(|error| Outcome::Refused(error.to_string()))?;
                let done = thread.join();
                done.unwrap_or_else(|panic| Err(panicked(&*panic)))
            })
            .collect()
    });
    let (mut calls, mut rate) = (0, 0.0);
    for done in done {
        let (own, ns) = done?;
        calls += own;
        rate += own as f64 / ns;
    }
    Ok((calls, calls as f64 / rate))
}

/// A thread that is ready, or that failed to be: whatever drops this, it counts.
struct Arrived<'a>(&'a AtomicUsize);

impl Drop for Arrived<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Release);
    }
}
