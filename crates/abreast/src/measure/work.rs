//! An arm that is ready to be called: warmed up, timed, watched.

use std::any::Any;
use std::hint::black_box;
use std::time::{Duration, Instant};

use super::plan::is_complete;
use crate::Error;
use crate::declare::{Call, Data, Shares};
use crate::record::Outcome;

/// For how long calls are made, at least, before any are timed.
const WARM_UP: Duration = Duration::from_micros(200);

/// For how long, at most, calls are made until threads take part in one together. A new thread may share the core of a
/// caller that never sleeps until the system balances its load, which takes milliseconds; a pool that lives longer is
/// past that.
const PATIENCE: Duration = Duration::from_millis(10);

/// The most calls that are watched in a turn.
const WATCHED: u64 = 8;

/// The time over which a call's length is estimated: reading the clock twice is below a thousandth of it.
const ESTIMATE: Duration = Duration::from_millis(1);

/// What is called, and on how many threads it works.
pub(crate) struct Work<D> {
    pub(crate) call: Box<dyn Call<D>>,
    pub(crate) threads: usize,
}

impl<D: Data> Work<D> {
    /// Makes calls that are not timed, until as many threads as have a core each take part in one, or [`PATIENCE`] is over.
    pub(crate) fn warm_up(&mut self, data: &mut D) {
        let start = Instant::now();
        loop {
            let complete = match self.shares(data) {
                Some(shares) => is_complete(shares.len(), self.threads),
                // Who does not say is waited for, where there is anyone to wait for.
                None => self.threads == 1,
            };
            let elapsed = start.elapsed();
            if complete && elapsed >= WARM_UP || elapsed >= PATIENCE {
                return;
            }
        }
    }

    /// Time of `iterations` calls.
    pub(crate) fn time(&mut self, data: &mut D, iterations: u64) -> Duration {
        if D::IN_PLACE {
            let mut time = Duration::ZERO;
            for _ in 0..iterations {
                data.reset();
                let start = Instant::now();
                self.call.call(data);
                time += start.elapsed();
                black_box(&mut *data);
            }
            return time;
        }
        let start = Instant::now();
        for _ in 0..iterations {
            self.call.call(data);
            black_box(&mut *data);
        }
        start.elapsed()
    }

    /// About how long one call takes, in nanoseconds: iterations double until [`ESTIMATE`] is over.
    pub(crate) fn estimate(&mut self, data: &mut D) -> f64 {
        let mut iterations = 1;
        loop {
            let elapsed = self.time(data, iterations);
            if elapsed >= ESTIMATE {
                return elapsed.as_nanos() as f64 / iterations as f64;
            }
            iterations *= 2;
        }
    }

    /// A few more calls, in which each thread says how long it was at work: how many threads took part, and the busiest
    /// one's time over the mean share, both on average. `None` where the arm does not say.
    pub(crate) fn watch(&mut self, data: &mut D, iterations: u64) -> Option<(f64, f64)> {
        let calls = (iterations / 4).clamp(1, WATCHED);
        let (mut threads, mut imbalance) = (0.0, 0.0);
        for _ in 0..calls {
            let shares = self.shares(data)?;
            let times = || shares.iter().map(Duration::as_secs_f64);
            let mean = times().sum::<f64>() / self.threads as f64;
            let busiest = times().fold(0.0, f64::max) / mean;
            threads += shares.len() as f64 / calls as f64;
            // A chunk may take less than the clock can see.
            imbalance += if busiest.is_nan() { 1.0 } else { busiest } / calls as f64;
        }
        Some((threads, imbalance))
    }

    /// How long each thread was at work in one more call; `None` where the arm does not say.
    fn shares(&mut self, data: &mut D) -> Option<Vec<Duration>> {
        if D::IN_PLACE {
            data.reset();
        }
        let shares = Shares::default();
        if self.call.watched(data, &shares) {
            return Some(shares.times());
        }
        self.call.call(data);
        None
    }
}

/// What went wrong, as what became of the arm.
pub(super) fn failed(Error(why): Error) -> Outcome {
    Outcome::Failed(why)
}

/// What a panic said, as what became of the arm.
pub(super) fn panicked(panic: &(dyn Any + Send)) -> Outcome {
    Outcome::Failed(format!("panicked: {}", said(panic)))
}

/// What a panic said.
pub(super) fn said(panic: &(dyn Any + Send)) -> &str {
    let said = panic.downcast_ref::<String>().map(String::as_str);
    let said = said.or_else(|| panic.downcast_ref::<&str>().copied());
    said.unwrap_or("without a message")
}
