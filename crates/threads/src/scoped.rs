//! Spawn per call: the threads live for one call, inside a scope that joins them.
#![forbid(unsafe_code)]

use std::panic::resume_unwind;
use std::thread;

use sigmul_runtime::{Kernel, Runtime, ThreadCount, partition};

/// Scoped standard threads, spawned per call.
///
/// Each call spawns the threads inside [`std::thread::scope`], which joins them before it returns and so allows them to
/// borrow the output and the kernel. The calling thread computes the first chunk itself, so a call spawns one thread
/// fewer than take part; one thread spawns none.
#[derive(Clone, Copy, Debug)]
pub struct Threads {
    threads: ThreadCount,
}

impl Threads {
    /// A runtime that shares each call between `threads`, the calling one included.
    pub fn new(threads: ThreadCount) -> Self {
        Self { threads }
    }
}

impl Runtime for Threads {
    fn run(&self, output: &mut [f32], kernel: &Kernel<'_>) {
        let mut chunks = partition(output, self.threads);
        let Some((start, mine)) = chunks.next() else {
            return;
        };
        thread::scope(|scope| {
            let spawned: Vec<_> = chunks
                .map(|(start, chunk)| scope.spawn(move || kernel(start, chunk)))
                .collect();
            kernel(start, mine);
            for thread in spawned {
                // Joined by hand: the scope would join too, but replace the panic's payload by one of its own.
                if let Err(panic) = thread.join() {
                    resume_unwind(panic);
                }
            }
        });
    }
}
