//! The tests that make a runtime trustworthy: one call from each implementation's own tests.
//!
//! ```no_run
//! # use sigmul_runtime::{Runtime, ThreadCount, conformance};
//! # struct MyRuntime;
//! # impl MyRuntime { fn new(_: ThreadCount) -> Self { Self } }
//! # impl Runtime for MyRuntime { fn run(&self, _: &mut [f32], _: &sigmul_runtime::Kernel<'_>) {} }
//! # const _: &str = stringify!(
//! #[test]
//! # );
//! fn conforms() {
//!     conformance::check(conformance::thread_counts(), MyRuntime::new);
//! }
//! ```
//!
//! The suite brings its own kernel, which scrambles an element's bits: every bit of every element matters, NaNs
//! included, and an element computed twice in place is as wrong as one left out. A kernel that *records* who computed
//! what proves that the threads asked for took part.

use std::collections::HashMap;
use std::env;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::process::Command;
use std::sync::{Condvar, Mutex};
use std::thread::{self, ThreadId};
use std::time::Duration;

use crate::{Runtime, ThreadCount};

/// Elements of slack around every slice under test: room for any offset within a cache line, and for guards.
const MARGIN: usize = 16;

/// What the guards hold; a write outside the output shows.
const GUARD: u32 = 0x7fc0_dead;

/// How long a thread waits for the others to show up before the suite calls them missing.
const PATIENCE: Duration = Duration::from_secs(10);

/// The thread counts to test: each from 1 to 16, then doubling, up to twice the cores.
///
/// # Panics
///
/// Never: every count is between 1 and [`ThreadCount::MAX`].
pub fn thread_counts() -> Vec<ThreadCount> {
    let most = (2 * ThreadCount::available().get()).min(ThreadCount::MAX);
    let above = std::iter::successors(Some(32), |n| Some(2 * n)).take_while(|&n| n < most);
    let mut counts: Vec<_> = (1..=most.min(16)).chain(above).chain([most]).collect();
    counts.dedup();
    counts
        .into_iter()
        .map(|n| ThreadCount::new(n).expect("between 1 and MAX"))
        .collect()
}

/// Runs the whole suite on the runtime that `make` builds for each of `counts`.
///
/// # Panics
///
/// Where the runtime breaks the contract of [`Runtime::run`], with a sentence that says how.
pub fn check<R: Runtime>(
    counts: impl IntoIterator<Item = ThreadCount>,
    make: impl Fn(ThreadCount) -> R,
) {
    for threads in counts {
        let runtime = make(threads);
        equals_serial(&runtime, threads, &scramble);
        survives_a_panic(&runtime, threads);
        serves_several_callers(&runtime, threads);
        uses_its_threads(&runtime, threads);
    }
}

/// Runs the ignored test `name` of the calling test binary where the system refuses every thread.
///
/// # Panics
///
/// Where that test fails.
pub fn where_threads_are_refused(name: &str) {
    let binary = env::current_exe().expect("a test is a program");
    let done = Command::new(binary)
        .args([name, "--exact", "--ignored", "--test-threads=1"])
        // More than there is to map.
        .env("RUST_MIN_STACK", (1_u64 << 50).to_string())
        .output()
        .expect("a test can be run again");
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(
        done.status.success() && said.contains("1 passed"),
        "{said}{}",
        String::from_utf8_lossy(&done.stderr)
    );
}

/// Checks that `runtime` gives the bits that one serial call of `kernel` gives, from a separate input and in place.
///
/// The cases: lengths 0 and 1, below and around the thread count, around multiples of the vector and chunk sizes,
/// primes, some millions; every kind of value (NaN, infinities, subnormals, zeros of both signs); slices that start
/// anywhere in a cache line. `kernel` maps input to output, element by element.
///
/// # Panics
///
/// Where a bit differs, or something outside the output was written.
pub fn equals_serial(
    runtime: &dyn Runtime,
    threads: ThreadCount,
    kernel: &(dyn Fn(&[f32], &mut [f32]) + Sync),
) {
    for len in lengths(threads) {
        // All sixteen places in a line for short slices, four for those that take time.
        for offset in (0..MARGIN).step_by(if len < 4096 { 1 } else { 5 }) {
            let case =
                format!("{threads} threads, {len} elements, {offset} elements into a cache line");
            // The input starts elsewhere in its line than the output does.
            let input = Guarded::new(len, (offset * 3 + 1) % MARGIN, value);
            let mut expected = vec![0.0; len];
            kernel(input.get(), &mut expected);

            let mut output = Guarded::new(len, offset, |i| f32::from_bits(!expected[i].to_bits()));
            let input = input.get();
            runtime.run(output.get_mut(), &|start, chunk| {
                kernel(&input[start..start + chunk.len()], chunk);
            });
            output.assert_bits(&expected, &case);

            let mut data = Guarded::new(len, offset, value);
            runtime.run(data.get_mut(), &|_, chunk| {
                let before = chunk.to_vec();
                kernel(&before, chunk);
            });
            data.assert_bits(&expected, &format!("in place, {case}"));
        }
    }
}

/// Lengths that have broken partitions before: see [`equals_serial`].
fn lengths(threads: ThreadCount) -> Vec<usize> {
    let t = threads.get();
    let lane = 16;
    let mut lengths = vec![0, 1, 2, 3, t - 1, t, t + 1];
    for multiple in [1, 2, 3, t, t + 1, 4 * t, 16 * t, 64 * t].map(|n| n * lane) {
        lengths.extend([multiple - 1, multiple, multiple + 1]);
    }
    lengths.extend([61, 127, 1021, 8191, 131_071, 1_299_709, 2 << 20]);
    lengths.sort_unstable();
    lengths.dedup();
    lengths
}

/// The value at index `i`: specials in turn, and bits drawn from the index in between.
fn value(i: usize) -> f32 {
    let specials = [
        f32::NAN,
        f32::INFINITY,
        f32::NEG_INFINITY,
        0.0,
        -0.0,
        f32::from_bits(1),
        -f32::MIN_POSITIVE / 2.0,
        f32::MAX,
        -100.0,
    ];
    // A prime period, so that specials meet every lane.
    specials
        .get(i % 31)
        .copied()
        .unwrap_or_else(|| f32::from_bits((i as u32).wrapping_mul(0x9e37_79b9)))
}

/// The suite's own kernel: a bijection of an element's bits that is not its own inverse.
fn scramble(input: &[f32], output: &mut [f32]) {
    for (y, x) in output.iter_mut().zip(input) {
        *y = f32::from_bits(x.to_bits().wrapping_mul(0x85eb_ca6b) ^ 0x27d4_eb2f);
    }
}

/// A slice that starts `offset` elements into a cache line, between guards.
struct Guarded {
    storage: Vec<f32>,
    start: usize,
    len: usize,
}

impl Guarded {
    fn new(len: usize, offset: usize, value: impl Fn(usize) -> f32) -> Self {
        let mut storage = vec![f32::from_bits(GUARD); len + 3 * MARGIN];
        let line = (MARGIN - storage.as_ptr().addr() / size_of::<f32>() % MARGIN) % MARGIN;
        let start = line + offset;
        for (i, x) in storage[start..start + len].iter_mut().enumerate() {
            *x = value(i);
        }
        Self {
            storage,
            start,
            len,
        }
    }

    fn get(&self) -> &[f32] {
        &self.storage[self.start..self.start + self.len]
    }

    fn get_mut(&mut self) -> &mut [f32] {
        &mut self.storage[self.start..self.start + self.len]
    }

    fn assert_bits(&self, expected: &[f32], case: &str) {
        for (i, (got, want)) in self.get().iter().zip(expected).enumerate() {
            assert_eq!(
                got.to_bits(),
                want.to_bits(),
                "element {i} is {got:?}, serial gives {want:?}: {case}"
            );
        }
        let guards = self.storage[..self.start]
            .iter()
            .chain(&self.storage[self.start + self.len..]);
        assert!(
            guards.into_iter().all(|g| g.to_bits() == GUARD),
            "something outside the output was written: {case}"
        );
    }
}

/// A length with work for every thread, and not a multiple of anything.
fn plenty(threads: ThreadCount) -> usize {
    threads.get() * 4096 + 37
}

/// A panic in one chunk reaches the caller with its payload, and the runtime works on the next call.
fn survives_a_panic(runtime: &dyn Runtime, threads: ThreadCount) {
    let len = plenty(threads);
    for planted in [0, len / 2, len - 1] {
        let mut output = vec![0.0; len];
        let caught = catch_unwind(AssertUnwindSafe(|| {
            runtime.run(&mut output, &|start, chunk| {
                if (start..start + chunk.len()).contains(&planted) {
                    // Not `panic!`: the hook would print the planted failure as if it were one.
                    resume_unwind(Box::new(planted));
                }
            });
        }));
        let payload = caught.expect_err("the kernel's panic did not reach the caller");
        assert_eq!(
            payload.downcast_ref::<usize>(),
            Some(&planted),
            "the panic reached the caller without its payload, {threads} threads"
        );
        runtime.run(&mut output, &|start, chunk| count_up(start, chunk));
        assert_counted(&output, &format!("after a panic, {threads} threads"));
    }
}

/// Several threads may call one runtime at once.
fn serves_several_callers(runtime: &dyn Runtime, threads: ThreadCount) {
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..8 {
                    let mut output = vec![0.0; plenty(threads)];
                    runtime.run(&mut output, &|start, chunk| count_up(start, chunk));
                    assert_counted(&output, &format!("four callers at once, {threads} threads"));
                }
            });
        }
    });
}

/// Writes each element's index, exact in an f32 for the lengths used here.
fn count_up(start: usize, chunk: &mut [f32]) {
    for (i, y) in chunk.iter_mut().enumerate() {
        *y = (start + i) as f32;
    }
}

fn assert_counted(output: &[f32], case: &str) {
    let wrong = output.iter().enumerate().find(|&(i, &y)| y != i as f32);
    assert!(
        wrong.is_none(),
        "element {wrong:?} was not computed as index {:?}: {case}",
        wrong.map(|(i, _)| i)
    );
}

/// Exactly the threads asked for take part where there is work for all, and each element is computed once.
fn uses_its_threads(runtime: &dyn Runtime, threads: ThreadCount) {
    let mut output = vec![0.0; plenty(threads)];
    let recorder = Recorder::new(threads);
    runtime.run(&mut output, &|start, chunk| {
        recorder.record(start, chunk.len());
    });

    let (mut chunks, elements) = recorder.finish();
    assert_eq!(
        elements.len(),
        threads.get(),
        "{} threads took part where {threads} were asked for; elements by thread: {elements:?}",
        elements.len()
    );
    chunks.sort_unstable();
    let mut end = 0;
    for (start, len) in chunks {
        assert_ne!(len, 0, "an empty chunk at {start}, {threads} threads");
        assert_eq!(
            start, end,
            "elements {end} and {start} should be the same boundary of two chunks, {threads} threads"
        );
        end = start + len;
    }
    assert_eq!(
        end,
        output.len(),
        "the chunks end at element {end}, {threads} threads"
    );
}

/// A kernel that computes nothing and writes down who was called on what.
///
/// A thread's first chunk waits until as many threads as asked for hold one. A runtime that hands out chunks to whoever
/// is free could otherwise finish on one thread before the others wake, and prove nothing.
struct Recorder {
    threads: usize,
    seen: Mutex<Vec<(ThreadId, usize, usize)>>,
    arrived: Condvar,
}

impl Recorder {
    fn new(threads: ThreadCount) -> Self {
        Self {
            threads: threads.get(),
            seen: Mutex::default(),
            arrived: Condvar::new(),
        }
    }

    fn record(&self, start: usize, len: usize) {
        let mut seen = self.seen.lock().expect("no thread panics while it records");
        seen.push((thread::current().id(), start, len));
        self.arrived.notify_all();
        let missing = |seen: &mut Vec<_>| by_thread(seen).len() < self.threads;
        // Time running out is not judged here: the count below says who was missing.
        drop(self.arrived.wait_timeout_while(seen, PATIENCE, missing));
    }

    /// Every chunk as (start, length), and the elements each thread computed.
    fn finish(self) -> (Vec<(usize, usize)>, HashMap<ThreadId, usize>) {
        let seen = self
            .seen
            .into_inner()
            .expect("no thread panics while it records");
        (
            seen.iter().map(|&(_, start, len)| (start, len)).collect(),
            by_thread(&seen),
        )
    }
}

/// The elements each thread computed.
fn by_thread(seen: &[(ThreadId, usize, usize)]) -> HashMap<ThreadId, usize> {
    let mut elements = HashMap::new();
    for &(thread, _, len) in seen {
        *elements.entry(thread).or_default() += len;
    }
    elements
}
