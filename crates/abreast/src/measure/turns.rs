//! Arms taking turns.
//!
//! In a round, every arm has one turn, in an order that is shuffled anew. A turn is a stretch of calls of the arm, and right
//! before or right after it a stretch of the baseline that takes about as long: the longer of two stretches of time would
//! meet more of the machine's interruptions. So the two halves of a pair see the same machine, all arms see the same
//! minutes, and none always follows the same other.
//!
//! What is called is built for each turn and torn down after it, outside of what is timed. No other arm's threads exist
//! while one is timed, and where the system places its threads is drawn anew each time: an unlucky placement is one
//! sample, not all of them.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::cores;
use super::plan::Turn;
use super::work::{Work, failed, panicked};
use crate::Error;
use crate::declare::{Arm, Bench, Data, Point};
use crate::record::{Accuracy, Key, Outcome, Pair, Sample, Size};

/// How long after a call all threads are taken to be quiet: ten times what a pool may well spin.
const QUIET: Duration = Duration::from_micros(500);

/// What threads do besides computing is looked at in one round of so many: it takes more calls than what is timed.
const WATCHED: usize = 3;

/// Takes each sample as it comes.
type Keep = Box<dyn FnMut(&Key, &Sample) -> Result<(), Error>>;

/// Arms that take turns.
pub(crate) struct Turns<'a, D> {
    bench: &'a Bench<D>,
    entries: Vec<Entry>,
    data: Vec<(Size, D)>,
    random: Xoshiro256PlusPlus,
    rounds: usize,
    keep: Keep,
}

/// An arm in its turns.
struct Entry {
    turn: Turn,
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

impl<'a, D: Data> Turns<'a, D> {
    /// `turns` of `bench`, none of them begun. `keep` is told of each sample as it is taken.
    pub(crate) fn new(
        bench: &'a Bench<D>,
        turns: &[Turn],
        keep: impl FnMut(&Key, &Sample) -> Result<(), Error> + 'static,
    ) -> Self {
        let entry = |turn: &Turn| Entry {
            turn: turn.clone(),
            state: State::New,
            stock: VecDeque::new(),
        };
        Self {
            bench,
            entries: turns.iter().map(entry).collect(),
            data: Vec::new(),
            random: Xoshiro256PlusPlus::seed_from_u64(turns.len() as u64),
            rounds: 0,
            keep: Box::new(keep),
        }
    }

    /// Arm `index`, verified and warm, for calls of it by itself.
    pub(crate) fn alone(&mut self, index: usize) -> Result<Work<D>, Outcome> {
        self.attempt(index, |bench, entry, data| {
            entry.ready(bench, data)?;
            entry.arm(bench, data)
        })
    }

    /// Time of `iterations` calls of arm `index`, by itself.
    pub(crate) fn time(
        &mut self,
        index: usize,
        work: &mut Work<D>,
        iterations: u64,
    ) -> Result<Duration, Outcome> {
        self.attempt(index, |_, _, data| Ok(work.time(data, iterations)))
    }

    /// The next sample of arm `index`. Where it has none in stock, every arm takes a turn of about as long as `iterations`
    /// calls of this one; `announce` is told how many rounds there were before.
    pub(crate) fn sample(
        &mut self,
        index: usize,
        iterations: u64,
        announce: impl FnOnce(usize),
    ) -> Result<Sample, Outcome> {
        if self.entries[index].stock.is_empty() {
            let ready = self.attempt(index, |bench, entry, data| entry.ready(bench, data))?;
            announce(self.rounds);
            self.round(Duration::from_nanos((iterations as f64 * ready.ns) as u64));
        }
        // The arm may have stopped in its turn, or with samples still in stock.
        self.attempt(index, |_, entry, _| Ok(entry.stock.pop_front()))
            .map(|sample| sample.expect("the round left one"))
    }

    /// Every arm has a turn of this `length`.
    pub(crate) fn round(&mut self, length: Duration) {
        let mut order: Vec<_> = (0..self.entries.len()).collect();
        order.shuffle(&mut self.random);
        let round = self.rounds;
        for index in order {
            let baseline_first = (round + index).is_multiple_of(2);
            // An arm that stops says so when it is asked for its sample.
            let sample = self.attempt(index, |bench, entry, data| {
                entry.turn(bench, data, (round, length), baseline_first)
            });
            let Ok(sample) = sample else { continue };
            let entry = &mut self.entries[index];
            entry.stock.push_back(sample);
            if let Err(error) = (self.keep)(&entry.turn.key, &sample) {
                let stop = |entry: &mut Entry| entry.state = State::Stopped(failed(error.clone()));
                self.entries.iter_mut().for_each(stop);
                return;
            }
        }
        self.rounds += 1;
    }

    /// What became of arm `index`, which was not asked for its samples one by one: all that are in stock.
    pub(crate) fn rest(&mut self, index: usize) -> Outcome {
        let samples = self.attempt(index, |_, entry, _| Ok(entry.stock.drain(..).collect()));
        let taken = samples.and_then(|samples: Vec<_>| Ok((samples, self.finish(index)?)));
        match taken {
            Ok((samples, accuracy)) if samples.len() > 1 => Outcome::Measured { samples, accuracy },
            Ok(_) => Outcome::Skipped,
            Err(outcome) => outcome,
        }
    }

    /// Checks arm `index` once more, after all its samples and over more than one call, and gives its error against the exact
    /// values.
    pub(crate) fn finish(&mut self, index: usize) -> Result<Option<Accuracy>, Outcome> {
        self.attempt(index, |bench, entry, data| {
            // On private data each thread has checked its own.
            if entry.turn.arm.is_none() {
                return Ok(None);
            }
            let mut work = entry.arm(bench, data)?;
            entry.verify(bench, &mut work, data, 2)
        })
    }

    /// Does something with an arm, and stops it for good where that fails or panics.
    fn attempt<T>(
        &mut self,
        index: usize,
        what: impl FnOnce(&Bench<D>, &mut Entry, &mut D) -> Result<T, Outcome>,
    ) -> Result<T, Outcome> {
        let entry = &mut self.entries[index];
        if let State::Stopped(outcome) = &entry.state {
            return Err(outcome.clone());
        }
        let (bench, data, size) = (self.bench, &mut self.data, entry.turn.at.size);
        let attempt = || {
            let found = data.iter().position(|(of, _)| *of == size);
            let at = match found {
                Some(at) => at,
                None => {
                    data.push((size, D::new(size).map_err(failed)?));
                    data.len() - 1
                }
            };
            what(bench, entry, &mut data[at].1)
        };
        let done = catch_unwind(AssertUnwindSafe(attempt));
        let done = done.unwrap_or_else(|panic| Err(panicked(&*panic)));
        if let Err(outcome) = &done {
            self.entries[index].state = State::Stopped(outcome.clone());
        }
        done
    }
}

/// What is called of `arm` at a point, warm.
fn warm<D: Data>(arm: &Arm<D>, at: Point, data: &mut D) -> Result<Work<D>, Outcome> {
    let call = (arm.build)(at).map_err(|error| {
        let (name, threads) = (&arm.name, at.threads);
        Outcome::Refused(format!("{name} can't have {threads} threads: {error}"))
    })?;
    let mut work = Work {
        call,
        threads: at.threads,
    };
    work.warm_up(data);
    Ok(work)
}

impl Entry {
    /// What is called of the arm, warm. On private data that is the baseline's call, by itself.
    fn arm<D: Data>(&self, bench: &Bench<D>, data: &mut D) -> Result<Work<D>, Outcome> {
        match self.turn.arm {
            Some(index) => warm(&bench.arms[index].1, self.turn.at, data),
            None => self.baseline(bench, data),
        }
    }

    /// What is called of the baseline, warm.
    fn baseline<D: Data>(&self, bench: &Bench<D>, data: &mut D) -> Result<Work<D>, Outcome> {
        let (index, at) = self.turn.baseline;
        warm(&bench.arms[index].1, at, data)
    }

    /// Checks what so many calls leave that are made as they are where they are timed: work that changes its own input, and does
    /// not say so, is not the same twice.
    fn verify<D: Data>(
        &self,
        bench: &Bench<D>,
        work: &mut Work<D>,
        data: &mut D,
        calls: u64,
    ) -> Result<Option<Accuracy>, Outcome> {
        // The call before left the right results here.
        data.reset();
        let (_, arm) = &bench.arms[self.turn.arm.unwrap_or(self.turn.baseline.0)];
        if arm.verify(data).is_ok() {
            return Err(Outcome::Failed(
                "its check passes before it is called: let `reset` leave what the check refuses, or an arm that does nothing is the fastest"
                    .to_owned(),
            ));
        }
        work.time(data, calls);
        arm.verify(data).map_err(failed)
    }

    /// What is known once the arm is verified, which it is the first time.
    fn ready<D: Data>(&mut self, bench: &Bench<D>, data: &mut D) -> Result<Ready, Outcome> {
        if let State::New = self.state {
            let mut work = self.arm(bench, data)?;
            self.verify(bench, &mut work, data, 1)?;
            let ns = work.estimate(data);
            drop(work);
            self.state = State::Ready(Ready {
                ns,
                baseline_ns: self.baseline(bench, data)?.estimate(data),
            });
        }
        match &self.state {
            State::Ready(ready) => Ok(*ready),
            State::Stopped(outcome) => Err(outcome.clone()),
            State::New => unreachable!("it was made ready above"),
        }
    }

    /// Takes a turn of this `length`, and as long for the baseline.
    fn turn<D: Data>(
        &mut self,
        bench: &Bench<D>,
        data: &mut D,
        (round, length): (usize, Duration),
        baseline_first: bool,
    ) -> Result<Sample, Outcome> {
        let ready = self.ready(bench, data)?;
        let iterations = (length.as_nanos() as f64 / ready.ns).round().max(1.0) as u64;
        let equal = iterations as f64 * ready.ns / ready.baseline_ns;
        let baseline_iterations = equal.round().max(1.0) as u64;
        let time_baseline = |data: &mut D| {
            let mut baseline = self.baseline(bench, data)?;
            Ok(baseline.time(data, baseline_iterations))
        };
        let before = match baseline_first {
            true => Some(time_baseline(data)?),
            false => None,
        };
        let mut sample = match self.turn.arm {
            Some(_) if round.is_multiple_of(WATCHED) => self.watched(bench, data, iterations)?,
            Some(_) => {
                let time = self.arm(bench, data)?.time(data, iterations);
                timed(iterations, time.as_nanos() as f64)
            }
            None => self.cores(bench, length)?,
        };
        let baseline = before.map_or_else(|| time_baseline(data), Ok)?;
        sample.round = round;
        sample.pair.baseline_iterations = baseline_iterations;
        sample.pair.baseline_ns = baseline.as_nanos() as f64;
        Ok(sample)
    }

    /// `iterations` calls of the arm, and in more of them what its threads did.
    fn watched<D: Data>(
        &self,
        bench: &Bench<D>,
        data: &mut D,
        iterations: u64,
    ) -> Result<Sample, Outcome> {
        // Systems book a thread's CPU time when it stops, so the clock is read only where no thread runs but this one: before
        // there are any, and when they have gone to sleep.
        let (cpu_before, begin) = (cpu_ns(), Instant::now());
        let mut arm = self.arm(bench, data)?;
        let time = arm.time(data, iterations);
        let watched = arm.watch(data, iterations);
        let calls_ns = begin.elapsed().as_nanos() as f64;
        thread::sleep(QUIET);
        let cpu_after = cpu_ns();
        arm.time(data, 1);
        thread::sleep(QUIET);
        let alone_after = cpu_ns();
        drop(arm);
        let between = |from: Option<f64>, to: Option<f64>| Some(to? - from?);
        Ok(Sample {
            busy: between(cpu_before, cpu_after).map(|ns| ns / calls_ns),
            alone_cpu_ns: between(cpu_after, alone_after),
            took_part: watched.map(|(threads, _)| threads),
            imbalance: watched.map(|(_, imbalance)| imbalance),
            ..timed(iterations, time.as_nanos() as f64)
        })
    }

    /// The baseline on private data, on as many threads at once as the arm has.
    fn cores<D: Data>(&self, bench: &Bench<D>, length: Duration) -> Result<Sample, Outcome> {
        let (index, at) = self.turn.baseline;
        let arm = &bench.arms[index].1;
        let (calls, ns) = cores::time(arm, at, self.turn.at.threads, length)?;
        Ok(timed(calls, ns))
    }
}

/// A sample of so many calls that took so long, and nothing else known of it yet.
fn timed(iterations: u64, ns: f64) -> Sample {
    Sample {
        run: 0,
        round: 0,
        pair: Pair {
            iterations,
            ns,
            baseline_iterations: 1,
            baseline_ns: 1.0,
        },
        busy: None,
        alone_cpu_ns: None,
        took_part: None,
        imbalance: None,
    }
}

/// CPU time of all threads of this process since it started, in nanoseconds, where the system tells.
fn cpu_ns() -> Option<f64> {
    #[cfg(unix)]
    {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        Some(time.tv_sec as f64 * 1e9 + time.tv_nsec as f64)
    }
    #[cfg(not(unix))]
    None
}
