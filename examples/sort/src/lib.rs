//! Sorting in place on several threads: halves sorted at the same time, then merged.

use std::thread;

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};

/// Numbers to be sorted where they are.
pub struct Numbers {
    /// The numbers, as the last call left them.
    pub numbers: Vec<u32>,
    shuffled: Vec<u32>,
    sorted: Vec<u32>,
    scratch: Vec<u32>,
}

impl Numbers {
    /// `len` numbers that look random, and are the same on every machine.
    pub fn random(len: usize) -> Self {
        let shuffled: Vec<_> = (0..len as u64).map(random).collect();
        let mut sorted = shuffled.clone();
        sorted.sort_unstable();
        Self {
            numbers: shuffled.clone(),
            // Not zeros, which an operating system hands out without any memory behind them.
            scratch: shuffled.clone(),
            shuffled,
            sorted,
        }
    }

    /// Undoes any sorting.
    pub fn shuffle(&mut self) {
        self.numbers.copy_from_slice(&self.shuffled);
    }

    /// What sorting should make of them.
    pub fn sorted(&self) -> &[u32] {
        &self.sorted
    }

    /// Sorts them on this thread.
    pub fn serial(&mut self) {
        self.numbers.sort_unstable();
    }

    /// Sorts them on the threads of `pool`.
    pub fn rayon(&mut self, pool: &ThreadPool) {
        pool.install(|| self.numbers.par_sort_unstable());
    }

    /// Sorts them on `threads` threads by [`merge_sort`].
    pub fn merge(&mut self, threads: usize) {
        merge_sort(&mut self.numbers, &mut self.scratch, threads);
    }
}

/// The `i`th number.
fn random(i: u64) -> u32 {
    let x = i.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    (x >> 32) as u32
}

/// A pool of so many threads.
///
/// # Errors
///
/// Where the system refuses them.
pub fn pool(threads: usize) -> Result<ThreadPool, ThreadPoolBuildError> {
    ThreadPoolBuilder::new().num_threads(threads).build()
}

/// Sorts `data` on `threads` threads, with `scratch` of the same length to merge into.
///
/// # Panics
///
/// Where `scratch` has another length than `data`, or the system refuses a thread.
pub fn merge_sort(data: &mut [u32], scratch: &mut [u32], threads: usize) {
    if threads < 2 {
        return data.sort_unstable();
    }
    let left_threads = threads / 2;
    let middle = data.len() * left_threads / threads;
    let (left, right) = data.split_at_mut(middle);
    let (left_scratch, right_scratch) = scratch.split_at_mut(middle);
    thread::scope(|scope| {
        scope.spawn(|| merge_sort(left, left_scratch, left_threads));
        merge_sort(right, right_scratch, threads - left_threads);
    });
    merge(left, right, scratch);
    data.copy_from_slice(scratch);
}

/// Merges two sorted slices into one.
fn merge(left: &[u32], right: &[u32], merged: &mut [u32]) {
    let (mut l, mut r) = (0, 0);
    for slot in merged {
        if r == right.len() || l < left.len() && left[l] <= right[r] {
            *slot = left[l];
            l += 1;
        } else {
            *slot = right[r];
            r += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_sort_what_was_shuffled() {
        let mut on = Numbers::random(1000);
        let pool = pool(3).unwrap();
        let sorts: [&dyn Fn(&mut Numbers); 3] =
            [&Numbers::serial, &|on| on.rayon(&pool), &|on| on.merge(3)];
        for sort in sorts {
            on.shuffle();
            assert_ne!(on.numbers, on.sorted());
            sort(&mut on);
            assert_eq!(on.numbers, on.sorted());
        }
    }

    #[test]
    fn sorts_any_length_on_any_number_of_threads() {
        for len in [0, 1, 2, 3, 10, 1000] {
            for threads in 1..=9 {
                let mut data: Vec<u32> = (0..len).map(|i| i * 7919 % 257).collect();
                let mut expected = data.clone();
                expected.sort_unstable();
                merge_sort(&mut data, &mut vec![0; len as usize], threads);
                assert_eq!(data, expected, "{len} on {threads} threads");
            }
        }
    }
}
