//! Sorting in place on several threads: halves sorted at the same time, then merged.

use std::thread;

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
