//! Spawn per call: the threads live for one call, inside a scope that joins them.
#![forbid(unsafe_code)]

use std::panic::resume_unwind;
use std::thread::{self, Builder};

use sigmul_runtime::{Kernel, Runtime, ThreadCount, partition};

/// Scoped standard threads, spawned per call.
///
/// Each call spawns the threads inside [`std::thread::scope`], which joins them before it returns and so allows them to
/// borrow the output and the kernel. The calling thread computes the first chunk itself, so a call spawns one thread
/// fewer than take part; one thread spawns none. Where the system refuses a thread, the call goes on with those there are,
/// and the calling thread computes what is left over.
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
        let mut chunks: Vec<_> = partition(output, self.threads).map(Some).collect();
        let compute = |chunk: &mut Option<(usize, &mut [f32])>| {
            if let Some((start, chunk)) = chunk.take() {
                kernel(start, chunk);
            }
        };
        let Some((mine, others)) = chunks.split_first_mut() else {
            return;
        };
        let panicked = thread::scope(|scope| {
            let spawn = |chunk| Builder::new().spawn_scoped(scope, move || compute(chunk));
            let spawned: Vec<_> = others
                .iter_mut()
                .map_while(|chunk| spawn(chunk).ok())
                .collect();
            compute(mine);
            // Joined by hand, all of them: the scope would join too, but replace the panic's payload by one of its own.
            let panics = spawned.into_iter().filter_map(|thread| thread.join().err());
            panics.reduce(|first, _| first)
        });
        if let Some(panic) = panicked {
            resume_unwind(panic);
        }
        // Those whose thread was refused.
        chunks.iter_mut().for_each(compute);
    }
}
