//! The partition and the grain, as properties.

use proptest::prelude::*;
use sigmul_runtime::{ThreadCount, grain, partition};

const LINE: usize = 16;

proptest! {
    #[test]
    fn chunks_cover_the_output_evenly(len in 0usize..5000, offset in 0usize..LINE, parts in 1usize..100) {
        let mut storage = vec![0.0f32; len + offset];
        let output = &mut storage[offset..];
        let first_line = output.as_ptr().addr() / 64;
        let last_line = (output.as_ptr().addr() + size_of_val(output)).div_ceil(64);
        let lines = if len == 0 { 0 } else { last_line - first_line };

        let chunks: Vec<_> = partition(output, ThreadCount::new(parts).unwrap()).collect();
        prop_assert_eq!(chunks.len(), parts.min(lines));

        let mut end = 0;
        for (i, (start, chunk)) in chunks.iter().enumerate() {
            prop_assert!(!chunk.is_empty());
            prop_assert_eq!(*start, end);
            prop_assert!(i == 0 || chunk.as_ptr().addr().is_multiple_of(64), "chunk {} starts inside a cache line", i);
            end += chunk.len();
        }
        prop_assert_eq!(end, len);

        // The first and the last may be cut short by the output's own ends.
        let inner = || chunks.iter().skip(1).rev().skip(1).map(|(_, chunk)| chunk.len());
        if let (Some(least), Some(most)) = (inner().min(), inner().max()) {
            prop_assert!(most - least <= LINE);
            prop_assert!(chunks.iter().all(|(_, chunk)| chunk.len() <= least + LINE));
        }
    }

    #[test]
    fn grains_are_whole_lines_and_enough_for_every_thread(len in 0usize..10_000_000, threads in 1usize..1024) {
        let grain = grain(len, ThreadCount::new(threads).unwrap());
        prop_assert!(grain >= LINE && grain.is_multiple_of(LINE));
        prop_assert!(len < 4 * threads * LINE || len.div_ceil(grain) >= threads);
    }
}

#[test]
fn as_many_chunks_are_announced_as_given() {
    let mut output = vec![0.0; 1000];
    let mut chunks = partition(&mut output, ThreadCount::new(7).unwrap());
    for left in (0..7).rev() {
        chunks.next().unwrap();
        assert_eq!(chunks.len(), left);
    }
    assert!(chunks.next().is_none());
}
