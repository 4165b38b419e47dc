//! Arms taking turns.
//!
//! In a round, every arm has one turn, in an order that is shuffled anew. A turn is a stretch of calls of the arm, and right
//! before or right after it a stretch of the baseline that takes about as long: the longer of two stretches of time would
//! meet more of the machine's interruptions. So the two halves of a pair see the same machine, all arms see the same
//! minutes, and none always follows the same other.
//!
//! The runtime is built for each turn and torn down after it, outside of what is timed. No other runtime's threads exist
//! while one is timed, and where the system places its threads is drawn anew each time: an unlucky placement is one
//! sample, not all of them.

use std::any::Any;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;
use sigmul_runtime::ThreadCount;

use crate::Error;
use crate::analyse::{Accuracy, Pair, Sample};
use crate::grid::{Arm, Shape};
use crate::load::cpu_ns;
use crate::matrix::Matrix;
use crate::record::Outcome;
use crate::registry::SERIAL;
use crate::work::Work;

/// How long after a call all threads are taken to be quiet: ten times what `pool` spins.
const QUIET: Duration = Duration::from_micros(500);

/// Arms that take turns.
pub(crate) struct Turns {
    arms: Vec<Entry>,
    matrices: Vec<(Shape, Matrix)>,
    random: Xoshiro256PlusPlus,
    rounds: usize,
}

/// An arm in its turns.
struct Entry {
    arm: Arm,
    state: State,
    /// Samples not yet asked for.
    stock: VecDeque<Sample>,
}

enum State {
    /// Nothing was done.
    New,
    /// It was verified.
    Ready(Ready),
    /// It can't be measured.
    Stopped(Outcome),
}

#[derive(Clone, Copy)]
struct Ready {
    /// About the time of a call, in nanoseconds.
    ns: f64,
    /// About that of a call of the baseline.
    baseline_ns: f64,
}

impl Turns {
    /// `arms`, none of them begun.
    pub(crate) fn new(arms: &[Arm]) -> Self {
        let entry = |&arm: &Arm| Entry {
            arm,
            state: State::New,
            stock: VecDeque::new(),
        };
        Self {
            arms: arms.iter().map(entry).collect(),
            matrices: Vec::new(),
            random: Xoshiro256PlusPlus::seed_from_u64(arms.len() as u64),
            rounds: 0,
        }
    }

    /// The runtime of arm `index`, verified and warm, for calls of it by itself.
    pub(crate) fn alone(&mut self, index: usize) -> Result<Work, Outcome> {
        self.attempt(index, |entry, matrix| {
            entry.ready(matrix)?;
            entry.arm(matrix)
        })
    }

    /// Time of `iterations` calls of arm `index`, by itself.
    pub(crate) fn time(
        &mut self,
        index: usize,
        work: &Work,
        iterations: u64,
    ) -> Result<Duration, Outcome> {
        self.attempt(index, |_, matrix| Ok(work.time(matrix, iterations)))
    }

    /// The next sample of arm `index`. Where it has none in stock, every arm takes a turn of about as long as `iterations`
    /// calls of this one; `announce` is told how many rounds there were before.
    pub(crate) fn sample(
        &mut self,
        index: usize,
        iterations: u64,
        announce: impl FnOnce(usize),
    ) -> Result<Sample, Outcome> {
        if self.arms[index].stock.is_empty() {
            let ready = self.attempt(index, Entry::ready)?;
            announce(self.rounds);
            self.round(iterations as f64 * ready.ns);
        }
        // The arm may have stopped in its turn, or with samples still in stock.
        self.attempt(index, |entry, _| Ok(entry.stock.pop_front()))
            .map(|sample| sample.expect("the round left one"))
    }

    /// Every arm has a turn of `length` nanoseconds.
    fn round(&mut self, length: f64) {
        let mut order: Vec<_> = (0..self.arms.len()).collect();
        order.shuffle(&mut self.random);
        for index in order {
            let baseline_first = (self.rounds + index).is_multiple_of(2);
            // An arm that stops says so when it is asked for its sample.
            let _ = self.attempt(index, |entry, matrix| {
                let sample = entry.turn(matrix, length, baseline_first)?;
                entry.stock.push_back(sample);
                Ok(())
            });
        }
        self.rounds += 1;
    }

    /// Checks arm `index` once more, after all its samples, and gives its error against the exact values.
    pub(crate) fn finish(&mut self, index: usize) -> Result<Option<Accuracy>, Outcome> {
        self.attempt(index, |entry, matrix| {
            entry.arm(matrix)?.verify(matrix).map_err(failed)
        })
    }

    /// Does something with an arm, and stops it for good where that fails or panics.
    fn attempt<T>(
        &mut self,
        index: usize,
        what: impl FnOnce(&mut Entry, &mut Matrix) -> Result<T, Outcome>,
    ) -> Result<T, Outcome> {
        let entry = &mut self.arms[index];
        if let State::Stopped(outcome) = &entry.state {
            return Err(outcome.clone());
        }
        let shape = entry.arm.shape;
        let found = self.matrices.iter().position(|(of, _)| *of == shape);
        let at = match found {
            Some(at) => at,
            None => {
                self.matrices
                    .push((shape, Matrix::new(shape).map_err(failed)?));
                self.matrices.len() - 1
            }
        };
        let matrix = &mut self.matrices[at].1;
        let done = catch_unwind(AssertUnwindSafe(|| what(entry, matrix)));
        let done = done.unwrap_or_else(|panic| Err(panicked(&*panic)));
        if let Err(outcome) = &done {
            entry.state = State::Stopped(outcome.clone());
        }
        done
    }
}

impl Entry {
    /// The arm's runtime, warm.
    fn arm(&self, matrix: &mut Matrix) -> Result<Work, Outcome> {
        let Arm {
            kernel,
            runtime,
            threads,
            grain,
            ..
        } = self.arm;
        let work = Work::new((kernel, runtime), threads, grain, self.arm.shape.elements())?;
        work.warm_up(matrix);
        Ok(work)
    }

    /// The baseline's runtime, warm.
    fn baseline(&self, matrix: &mut Matrix) -> Result<Work, Outcome> {
        let Arm {
            baseline, threads, ..
        } = self.arm;
        let alone = baseline.1.name == SERIAL;
        let threads = if alone { ThreadCount::ONE } else { threads };
        let work = Work::new(baseline, threads, None, self.arm.shape.elements())?;
        work.warm_up(matrix);
        Ok(work)
    }

    /// What is known once the arm is verified, which it is the first time.
    fn ready(&mut self, matrix: &mut Matrix) -> Result<Ready, Outcome> {
        if let State::New = self.state {
            let arm = self.arm(matrix)?;
            arm.verify(matrix).map_err(failed)?;
            let ns = arm.estimate(matrix);
            drop(arm);
            self.state = State::Ready(Ready {
                ns,
                baseline_ns: self.baseline(matrix)?.estimate(matrix),
            });
        }
        match &self.state {
            State::Ready(ready) => Ok(*ready),
            State::Stopped(outcome) => Err(outcome.clone()),
            State::New => unreachable!("it was made ready above"),
        }
    }

    /// Takes a turn of `length` nanoseconds, and as long for the baseline.
    fn turn(
        &mut self,
        matrix: &mut Matrix,
        length: f64,
        baseline_first: bool,
    ) -> Result<Sample, Outcome> {
        let ready = self.ready(matrix)?;
        let iterations = (length / ready.ns).round().max(1.0) as u64;
        let equal = iterations as f64 * ready.ns / ready.baseline_ns;
        let baseline_iterations = equal.round().max(1.0) as u64;
        let time_baseline = |matrix: &mut Matrix| {
            let baseline = self.baseline(matrix)?;
            Ok(baseline.time(matrix, baseline_iterations))
        };

        let before = if baseline_first {
            Some(time_baseline(matrix)?)
        } else {
            None
        };
        // Systems book a thread's CPU time when it stops, so the clock is read only where no thread runs but this one: before
        // there are any, and when they have gone to sleep.
        let (cpu_before, begin) = (cpu_ns(), Instant::now());
        let arm = self.arm(matrix)?;
        let time = arm.time(matrix, iterations);
        let (took_part, imbalance) = arm.watch(matrix, iterations);
        let calls_ns = begin.elapsed().as_nanos() as f64;
        thread::sleep(QUIET);
        let cpu_after = cpu_ns();
        arm.time(matrix, 1);
        thread::sleep(QUIET);
        let alone_after = cpu_ns();
        drop(arm);
        let baseline = before.map_or_else(|| time_baseline(matrix), Ok)?;

        let between = |from: Option<f64>, to: Option<f64>| Some(to? - from?);
        Ok(Sample {
            pair: Pair {
                iterations,
                ns: time.as_nanos() as f64,
                baseline_iterations,
                baseline_ns: baseline.as_nanos() as f64,
            },
            busy: between(cpu_before, cpu_after).map(|ns| ns / calls_ns),
            alone_cpu_ns: between(cpu_after, alone_after),
            took_part,
            imbalance,
        })
    }
}

fn failed(Error(why): Error) -> Outcome {
    Outcome::Failed(why)
}

/// What a panic said.
fn panicked(panic: &(dyn Any + Send)) -> Outcome {
    let said = panic.downcast_ref::<String>().map(String::as_str);
    let said = said.or_else(|| panic.downcast_ref::<&str>().copied());
    Outcome::Failed(format!("panicked: {}", said.unwrap_or("without a message")))
}
