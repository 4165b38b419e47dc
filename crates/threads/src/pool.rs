//! The persistent pool: chunks lent to workers for the time of a call.
#![allow(unsafe_code)]

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::{fmt, io, mem, process, ptr};

use sigmul_runtime::{Kernel, Runtime, ThreadCount, partition};

use crate::spin::Spin;
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicBool, Ordering::Relaxed};
use crate::worker::Worker;

/// A persistent pool: threads spawned once, which spin for a moment after each call and then park.
///
/// # Who computes what
///
/// Chunk 0 is the calling thread's, chunk `i` the `i`-th worker's. When the calling thread is done and a worker has not
/// *begun* (it is still waking up, or has no core to run on), the calling thread takes that chunk back and computes it
/// itself: a call never waits for a thread to wake up.
///
/// # Busy
///
/// A pool serves one call at a time. A call that finds it busy, from another thread or from inside a kernel of the same
/// pool, computes the whole output on its own thread: with the cores taken, waiting would be no faster, and where calls
/// are nested it would never end.
///
/// # Fork
///
/// In a child made by `fork` the workers do not exist. Every call then takes all chunks back, so the pool computes
/// correctly on the calling thread alone, and dropping it joins nothing. A kernel must not fork.
pub struct Pool {
    workers: Mutex<Vec<Worker<Job>>>,
    threads: ThreadCount,
    starved: AtomicBool,
}

impl Pool {
    /// Spawns the workers of a pool of `threads`: one fewer, the calling thread being the other.
    ///
    /// # Errors
    ///
    /// Where the operating system refuses a thread. The ones it granted are joined.
    pub fn new(threads: ThreadCount) -> io::Result<Self> {
        let spin = if threads.is_oversubscribed() {
            Spin::YIELDING
        } else {
            Spin::LONG
        };
        let workers = (1..threads.get())
            .map(|i| Worker::spawn(format!("sigmul-{i}"), spin, Job::run))
            .collect::<io::Result<_>>()?;
        Ok(Self {
            workers: Mutex::new(workers),
            threads,
            starved: AtomicBool::new(false),
        })
    }

    /// Whether in the last call a worker that was awake did not begin, and the calling thread computed its chunk: something else
    /// keeps its core. Threads of another pool that spin are the usual reason.
    pub fn was_starved(&self) -> bool {
        self.starved.load(Relaxed)
    }
}

impl Runtime for Pool {
    fn run(&self, output: &mut [f32], kernel: &Kernel<'_>) {
        let Ok(mut workers) = self.workers.try_lock() else {
            if !output.is_empty() {
                kernel(0, output);
            }
            return;
        };
        let mut chunks = partition(output, self.threads);
        let Some((start, mine)) = chunks.next() else {
            return;
        };
        // Workers without a chunk are left alone.
        let (called, _) = workers.split_at_mut(chunks.len());

        let lent = AbortOnUnwind;
        for (worker, (start, chunk)) in called.iter_mut().zip(chunks) {
            // SAFETY: each job is run once, by its worker or below. Nothing leaves this function before all are done,
            // or while they run uses the chunks, which are disjoint.
            worker.give(unsafe { Job::new(kernel, start, chunk) });
        }
        let mut panic = catch_unwind(AssertUnwindSafe(|| kernel(start, mine))).err();
        let mut spin = Spin::SHORT;
        let mut starved = false;
        // The last worker was woken last, and is the least likely to have begun.
        for worker in called.iter_mut().rev() {
            if let Some(job) = worker.take_back(&mut spin) {
                starved |= worker.was_awake();
                let done = catch_unwind(AssertUnwindSafe(|| job.run()));
                panic = panic.or(done.err());
            }
        }
        for worker in called {
            panic = panic.or(worker.wait().err());
        }
        mem::forget(lent);
        self.starved.store(starved, Relaxed);

        drop(workers);
        if let Some(panic) = panic {
            resume_unwind(panic);
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        // All are told before the first is joined, so that they end side by side.
        if let Ok(workers) = self.workers.get_mut() {
            workers.iter_mut().for_each(Worker::close);
        }
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("threads", &self.threads)
            .finish_non_exhaustive()
    }
}

/// A kernel and a chunk, both borrowed, by pointers that do not say for how long.
#[derive(Clone, Copy)]
struct Job {
    kernel: *const Kernel<'static>,
    start: usize,
    chunk: *mut [f32],
}

// SAFETY: stands for a `&Kernel`, which is `Send` because a kernel is `Sync`, and a `&mut [f32]`, which is `Send`.
unsafe impl Send for Job {}

impl Job {
    /// # Safety
    ///
    /// The job is run while the kernel and the chunk are borrowed here, and while nothing else uses the chunk, another
    /// run of the job included.
    unsafe fn new(kernel: &Kernel<'_>, start: usize, chunk: &mut [f32]) -> Self {
        let kernel = ptr::from_ref(kernel);
        Self {
            // SAFETY: the types differ in a lifetime, which a pointer does not promise anything about.
            kernel: unsafe { mem::transmute::<*const Kernel<'_>, *const Kernel<'static>>(kernel) },
            start,
            chunk,
        }
    }

    fn run(self) {
        // SAFETY: whoever called `new` promised both.
        let (kernel, chunk) = unsafe { (&*self.kernel, &mut *self.chunk) };
        kernel(self.start, chunk);
    }
}

/// Ends the process where unwinding would end borrows that workers still use. That takes a panic of the pool's own, or of
/// the drop of a second panic's payload.
struct AbortOnUnwind;

impl Drop for AbortOnUnwind {
    fn drop(&mut self) {
        process::abort();
    }
}
