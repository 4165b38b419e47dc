//! Samples: what was timed.

/// One sample of an arm and, right beside it in time, of its baseline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// Calls of the arm that were timed as one.
    pub iterations: u64,
    /// Their time together, in nanoseconds.
    pub ns: f64,
    /// Calls of the baseline.
    pub baseline_iterations: u64,
    /// Their time together, in nanoseconds.
    pub baseline_ns: f64,
}

impl Pair {
    /// Time of one call of the arm, in nanoseconds.
    pub fn ns_per_call(&self) -> f64 {
        self.ns / self.iterations as f64
    }

    /// Time of one call of the baseline, in nanoseconds.
    pub fn baseline_ns_per_call(&self) -> f64 {
        self.baseline_ns / self.baseline_iterations as f64
    }

    /// How many times faster the arm was than the baseline beside it.
    pub fn speedup(&self) -> f64 {
        self.baseline_ns_per_call() / self.ns_per_call()
    }
}

/// One turn of an arm: the pair, and where the time went. What was not observed is `None`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Which of the record's runs it is from, counted from 0.
    pub run: usize,
    /// The round of that run it was taken in: arms that have the same saw the same minute.
    pub round: usize,
    /// The times.
    pub pair: Pair,
    /// Cores at work: CPU time of all threads, until they are quiet again, over the time of the calls.
    pub busy: Option<f64>,
    /// CPU time of one call on its own, until all threads are quiet again, in nanoseconds.
    pub alone_cpu_ns: Option<f64>,
    /// Threads that computed anything in a few calls that were not timed, on average.
    pub took_part: Option<f64>,
    /// In those calls, the busiest thread's time over the mean share: 1 where all the threads asked for are equally busy,
    /// the thread count where one did it all.
    pub imbalance: Option<f64>,
}

/// The error of an output against the exact values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Accuracy {
    /// Mean absolute error.
    pub mean: f64,
    /// Largest absolute error.
    pub max: f64,
}
