//! Scoped threads from [crossbeam]: spawned for each call, joined before it returns.
//!
//! The output is cut into one chunk a thread beforehand. The scope guarantees that no thread outlives it, which is what
//! allows the threads to borrow the output and the kernel. The calling thread computes the first chunk itself, so a call
//! spawns one thread fewer than take part; one thread spawns none. Where the system refuses a thread, the call goes on with
//! those there are, and the calling thread computes what is left over.
//!
//! `std::thread::scope` took over this design in Rust 1.63, and crossbeam's documentation recommends it since. The two
//! should measure alike; `sigmul-threads` is there to see whether they do. What differs is the way a panic comes back:
//! crossbeam's scope returns it.
#![forbid(unsafe_code)]

use std::panic::resume_unwind;

use sigmul_runtime::{Kernel, Runtime, ThreadCount, partition};

/// Crossbeam's scoped threads, spawned per call.
#[derive(Clone, Copy, Debug)]
pub struct Crossbeam {
    threads: ThreadCount,
}

impl Crossbeam {
    /// A runtime that shares each call between `threads`, the calling one included.
    pub fn new(threads: ThreadCount) -> Self {
        Self { threads }
    }
}

impl Runtime for Crossbeam {
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
        let scope = crossbeam::thread::scope(|scope| {
            let spawned: Vec<_> = others
                .iter_mut()
                .map_while(|chunk| scope.builder().spawn(move |_| compute(chunk)).ok())
                .collect();
            compute(mine);
            spawned.into_iter().try_for_each(|thread| thread.join())
        });
        if let Err(panic) = scope.and_then(|joined| joined) {
            resume_unwind(panic);
        }
        // Those whose thread was refused.
        chunks.iter_mut().for_each(compute);
    }
}
