//! The runtime keeps the promises of `Runtime`.

use std::num::NonZeroUsize;
use std::sync::Mutex;

use sigmul_rayon::Rayon;
use sigmul_runtime::{Runtime, ThreadCount, conformance};

#[test]
fn chunks_are_of_the_grain_asked_for() {
    let rayon = Rayon::new(ThreadCount::ONE).expect("a pool");
    let rayon = rayon.with_grain(NonZeroUsize::new(100).expect("not 0"));
    let chunks = Mutex::new(Vec::new());
    rayon.run(&mut [0.0; 250], &|start, chunk| {
        chunks.lock().unwrap().push((start, chunk.len()));
    });
    let mut chunks = chunks.into_inner().unwrap();
    chunks.sort_unstable();
    assert_eq!(chunks, [(0, 100), (100, 100), (200, 50)]);
}

#[test]
fn conforms() {
    conformance::check(conformance::thread_counts(), |threads| {
        Rayon::new(threads).expect("a pool")
    });
}
