//! The conformance suite finds what it is there to find: runtimes broken on purpose fail it, each for its own reason.

use std::panic::resume_unwind;
use std::thread;

use sigmul_runtime::{Kernel, Runtime, ThreadCount, conformance, partition};

/// What is done to the chunks of an otherwise correct runtime.
#[derive(Clone, Copy, PartialEq)]
enum Break {
    Nothing,
    SkipLastChunk,
    SwapTwoStarts,
    ComputeFirstTwice,
    OneThreadTooFew,
    SwallowPanics,
}

struct Broken(ThreadCount, Break);

impl Runtime for Broken {
    fn run(&self, output: &mut [f32], kernel: &Kernel<'_>) {
        let threads = match self.1 {
            Break::OneThreadTooFew => self.0.get() - 1,
            _ => self.0.get(),
        };
        let mut chunks: Vec<_> = partition(output, ThreadCount::new(threads).unwrap()).collect();
        let last = chunks.len().saturating_sub(1);
        if last > 0 {
            match self.1 {
                Break::SkipLastChunk => drop(chunks.pop()),
                Break::SwapTwoStarts if chunks[0].1.len() == chunks[last].1.len() => {
                    (chunks[0].0, chunks[last].0) = (chunks[last].0, chunks[0].0);
                }
                Break::ComputeFirstTwice => kernel(chunks[0].0, chunks[0].1),
                _ => {}
            }
        }
        thread::scope(|scope| {
            let spawned: Vec<_> = chunks
                .into_iter()
                .map(|(start, chunk)| scope.spawn(move || kernel(start, chunk)))
                .collect();
            for thread in spawned {
                match thread.join() {
                    Err(panic) if self.1 != Break::SwallowPanics => resume_unwind(panic),
                    _ => {}
                }
            }
        });
    }
}

fn check(how: Break) {
    conformance::check([ThreadCount::new(2).unwrap()], |threads| {
        Broken(threads, how)
    });
}

#[test]
fn a_correct_runtime_passes() {
    check(Break::Nothing);
}

#[test]
#[should_panic(expected = "serial gives")]
fn a_skipped_chunk_is_found() {
    check(Break::SkipLastChunk);
}

#[test]
#[should_panic(expected = "serial gives")]
fn swapped_chunks_are_found() {
    check(Break::SwapTwoStarts);
}

#[test]
#[should_panic(expected = "serial gives")]
fn a_chunk_computed_twice_is_found() {
    check(Break::ComputeFirstTwice);
}

#[test]
#[should_panic(expected = "1 threads took part where 2 were asked for")]
fn a_missing_thread_is_found() {
    check(Break::OneThreadTooFew);
}

#[test]
#[should_panic(expected = "did not reach the caller")]
fn a_swallowed_panic_is_found() {
    check(Break::SwallowPanics);
}
