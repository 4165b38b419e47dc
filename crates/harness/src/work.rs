//! A kernel handed out by a runtime: verified, timed, and watched.

use std::collections::HashMap;
use std::hint::black_box;
use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use sigmul_runtime::{Runtime, ThreadCount};

use crate::Error;
use crate::analyse::Accuracy;
use crate::matrix::Matrix;
use crate::record::Outcome;
use crate::registry::{Apply, KernelEntry, RuntimeEntry};
use crate::verify::verify;

/// For how long calls are made, at least, before any are timed.
const WARM_UP: Duration = Duration::from_micros(200);

/// For how long, at most, calls are made until threads take part in one together. A new thread may share the core of a
/// caller that never sleeps until the system balances its load, which takes milliseconds; a runtime that lives longer is
/// past that.
const PATIENCE: Duration = Duration::from_millis(10);

/// The most calls that are watched in a turn.
const WATCHED: u64 = 8;

/// The time over which a call's length is estimated: reading the clock twice is below a thousandth of it.
const ESTIMATE: Duration = Duration::from_millis(1);

/// A runtime with a kernel to hand out.
pub(crate) struct Work {
    kernel: &'static KernelEntry,
    apply: Apply,
    runtime: Box<dyn Runtime>,
    threads: ThreadCount,
}

impl Work {
    /// Builds the runtime and prepares the kernel for `len` elements. The error is a refusal.
    pub(crate) fn new(
        (kernel, runtime): (&'static KernelEntry, &'static RuntimeEntry),
        threads: ThreadCount,
        grain: Option<NonZeroUsize>,
        len: usize,
    ) -> Result<Self, Outcome> {
        let built = match (grain, runtime.with_grain) {
            (Some(grain), Some(build)) => build(threads, grain),
            _ => (runtime.build)(threads),
        };
        let runtime = built.map_err(|error| {
            let name = runtime.name;
            Outcome::Refused(format!("{name} can't have {threads} threads: {error}"))
        })?;
        Ok(Self {
            kernel,
            apply: (kernel.prepare)(len),
            runtime,
            threads,
        })
    }

    /// Checks one call that is not timed.
    pub(crate) fn verify(&self, matrix: &mut Matrix) -> Result<Option<Accuracy>, Error> {
        // The call before left the right results here.
        matrix.parts().1.fill(f32::NAN);
        self.time(matrix, 1);
        let (input, output) = matrix.parts();
        verify(self.kernel, &self.apply, input, output)
    }

    /// Makes calls that are not timed, until as many threads as have a core each take part in one, or [`PATIENCE`] is over.
    pub(crate) fn warm_up(&self, matrix: &mut Matrix) {
        let start = Instant::now();
        let wanted = self.threads.min(ThreadCount::available()).get();
        loop {
            let took_part = self.shares(matrix).len();
            let elapsed = start.elapsed();
            let complete = elapsed >= WARM_UP && took_part >= wanted;
            if complete || elapsed >= PATIENCE {
                return;
            }
        }
    }

    /// Time of `iterations` calls, from a warm input into the same output each time.
    pub(crate) fn time(&self, matrix: &mut Matrix, iterations: u64) -> Duration {
        let (input, output) = matrix.parts();
        let start = Instant::now();
        for _ in 0..iterations {
            self.runtime.run(output, &|start, chunk| {
                (self.apply)(&input[start..start + chunk.len()], chunk);
            });
            black_box(&mut *output);
        }
        start.elapsed()
    }

    /// About how long one call takes, in nanoseconds: iterations double until [`ESTIMATE`] is over.
    pub(crate) fn estimate(&self, matrix: &mut Matrix) -> f64 {
        let mut iterations = 1;
        loop {
            let elapsed = self.time(matrix, iterations);
            if elapsed >= ESTIMATE {
                return elapsed.as_nanos() as f64 / iterations as f64;
            }
            iterations *= 2;
        }
    }

    /// A few more calls, in which each thread says how long it was at work: how many threads took part, and the busiest
    /// one's time over the mean share, both on average.
    pub(crate) fn watch(&self, matrix: &mut Matrix, iterations: u64) -> (f64, f64) {
        let calls = (iterations / 4).clamp(1, WATCHED);
        let (mut threads, mut imbalance) = (0.0, 0.0);
        for _ in 0..calls {
            let shares = self.shares(matrix);
            let times = || shares.values().map(Duration::as_secs_f64);
            let mean = times().sum::<f64>() / self.threads.get() as f64;
            let busiest = times().fold(0.0, f64::max) / mean;
            threads += shares.len() as f64 / calls as f64;
            // A chunk may take less than the clock can see.
            imbalance += if busiest.is_nan() { 1.0 } else { busiest } / calls as f64;
        }
        (threads, imbalance)
    }

    /// How long each thread was at work in one more call.
    fn shares(&self, matrix: &mut Matrix) -> HashMap<ThreadId, Duration> {
        let shares = Mutex::new(HashMap::<_, Duration>::new());
        let (input, output) = matrix.parts();
        self.runtime.run(output, &|start, chunk| {
            let begun = Instant::now();
            (self.apply)(&input[start..start + chunk.len()], chunk);
            let time = begun.elapsed();
            let mut shares = shares.lock().expect("nobody panics with it");
            *shares.entry(thread::current().id()).or_default() += time;
        });
        shares.into_inner().expect("nobody panics with it")
    }
}
