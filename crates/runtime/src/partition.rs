//! How an output is cut: into one chunk a thread, or into grains for a runtime that balances by itself.
//!
//! Both cut flat elements, never rows: a tall, thin matrix is shared as evenly as a square one.

use crate::ThreadCount;

/// Bytes that cores exchange as one. Two threads writing to one line would take it from each other at every store.
const CACHE_LINE: usize = 64;

/// Elements in a cache line.
const LINE: usize = CACHE_LINE / size_of::<f32>();

/// Chunks of a thread's share that a work-stealing runtime may move: with four, a thread that lost its core to something
/// else for a while gives away all but a quarter of its share.
const GRAINS_PER_THREAD: usize = 4;

/// Cuts `output` into at most `parts` chunks, each with the index of its first element.
///
/// Chunks are not empty, lie side by side in order, cover `output`, and differ by at most one cache line in size, the
/// first and last apart. All inner boundaries lie on cache lines of memory, wherever `output` starts, so no two chunks
/// share one. Outputs of fewer lines than `parts` give fewer chunks, an empty one none.
///
/// ```
/// use sigmul_runtime::{ThreadCount, partition};
///
/// let mut output = vec![0.0; 1000];
/// let chunks: Vec<_> = partition(&mut output, ThreadCount::new(3)?).collect();
/// assert_eq!(chunks.len(), 3);
/// assert_eq!(chunks.iter().map(|(_, chunk)| chunk.len()).sum::<usize>(), 1000);
/// # Ok::<(), sigmul_runtime::ThreadCountError>(())
/// ```
pub fn partition(output: &mut [f32], parts: ThreadCount) -> Chunks<'_> {
    // Counted from the line that holds the first element, so that boundaries can be counted in lines.
    let before = output.as_ptr().addr() % CACHE_LINE / size_of::<f32>();
    let lines = if output.is_empty() {
        0
    } else {
        (before + output.len()).div_ceil(LINE)
    };
    Chunks {
        rest: output,
        start: 0,
        before,
        lines,
        parts: parts.get().min(lines),
    }
}

/// The chunks of a [`partition()`], first to last: the index of the first element, and the chunk.
#[derive(Debug)]
pub struct Chunks<'a> {
    rest: &'a mut [f32],
    start: usize,
    /// Elements of the first line that lie before `rest`.
    before: usize,
    /// Cache lines and chunks still to be given out.
    lines: usize,
    parts: usize,
}

impl<'a> Iterator for Chunks<'a> {
    type Item = (usize, &'a mut [f32]);

    fn next(&mut self) -> Option<Self::Item> {
        if self.parts == 0 {
            return None;
        }
        let lines = self.lines.div_ceil(self.parts);
        let len = (lines * LINE - self.before).min(self.rest.len());
        let (chunk, rest) = std::mem::take(&mut self.rest).split_at_mut(len);
        let start = self.start;
        self.rest = rest;
        self.start += len;
        self.before = 0;
        self.lines -= lines;
        self.parts -= 1;
        Some((start, chunk))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.parts, Some(self.parts))
    }
}

impl ExactSizeIterator for Chunks<'_> {}

/// The chunk size, in elements, for a runtime that balances `len` elements over `threads` by itself.
///
/// A whole number of cache lines, at least one, such that each thread has about four chunks to work on or give away.
pub fn grain(len: usize, threads: ThreadCount) -> usize {
    len.div_ceil(threads.get() * GRAINS_PER_THREAD)
        .next_multiple_of(LINE)
        .max(LINE)
}
