//! Work stealing: [rayon]'s parallel chunks, on a pool of the size asked for.
//!
//! The output is cut into more chunks than there are threads, and rayon deals them out: it splits the range of chunks in
//! two, again and again, and a thread that runs out of work steals half of what another has left. Nobody decides
//! beforehand which thread computes what, so a thread that is held up costs little. The price is paid in each call:
//! the work is handed to the pool (`install`), and threads that fell asleep are woken.
//!
//! How large the chunks are is policy: about four a thread, unless [`Rayon::with_grain`] says otherwise. With one a thread
//! there is nothing left to steal, and the partition is as static as that of the other runtimes.
//!
//! The pool is not rayon's global one, which can be built only once in a process: a comparison needs one a thread count.
//! Building it is not part of [`run`](Runtime::run).
#![forbid(unsafe_code)]

use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver};

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};
use sigmul_runtime::{Kernel, Runtime, ThreadCount, grain};

/// A rayon pool of its own.
pub struct Rayon {
    // Dropped in this order: the pool is told to stop, then its threads are awaited.
    pool: ThreadPool,
    _stopped: Stopped,
    threads: ThreadCount,
    grain: Option<NonZeroUsize>,
}

impl Rayon {
    /// Builds a pool of `threads` workers. The calling thread waits while they work.
    ///
    /// # Errors
    ///
    /// Where the operating system refuses a thread.
    pub fn new(threads: ThreadCount) -> Result<Self, ThreadPoolBuildError> {
        let (alive, stopped) = mpsc::channel::<()>();
        let pool = ThreadPoolBuilder::new()
            .num_threads(threads.get())
            // Called for nothing but what it holds: the sender is dropped with the last worker.
            .exit_handler(move |_| {
                let _ = &alive;
            })
            .build()?;
        Ok(Self {
            pool,
            _stopped: Stopped(Mutex::new(stopped)),
            threads,
            grain: None,
        })
    }

    /// The same pool, with chunks of `grain` elements.
    #[must_use]
    pub fn with_grain(self, grain: NonZeroUsize) -> Self {
        Self {
            grain: Some(grain),
            ..self
        }
    }
}

impl Runtime for Rayon {
    fn run(&self, output: &mut [f32], kernel: &Kernel<'_>) {
        let grain = self
            .grain
            .map_or_else(|| grain(output.len(), self.threads), NonZeroUsize::get);
        self.pool.install(|| {
            output
                .par_chunks_mut(grain)
                .enumerate()
                .for_each(|(i, chunk)| kernel(i * grain, chunk));
        });
    }
}

/// Waits, when dropped, until the last worker is gone. Rayon's own pool leaves them to finish on their own time, which
/// would be the time of whatever is measured next.
struct Stopped(Mutex<Receiver<()>>);

impl Drop for Stopped {
    fn drop(&mut self) {
        // The error is the answer: nothing is ever sent, and the last sender is gone.
        let _ = self.0.get_mut().map(|stopped| stopped.recv());
    }
}
