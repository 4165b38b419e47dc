//! Arms: what is measured side by side.

use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use super::Data;
use crate::Error;
use crate::record::{Accuracy, Size};

/// Where an arm is measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// The size of the work.
    pub size: Size,
    /// Between how many threads it is shared.
    pub threads: usize,
    /// What the bench varies besides, where it is chosen.
    pub setting: Option<f64>,
}

/// The thread counts of an arm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Threads {
    /// One: serial code.
    One,
    /// Each that is chosen for the run.
    Each,
    /// Each of them above one.
    Several,
    /// The most of them that have a core each.
    Most,
    /// These, whatever is chosen.
    These(Vec<usize>),
}

/// Something that can be called over and over.
pub trait Call<D> {
    /// Does the work once.
    fn call(&mut self, data: &mut D);

    /// Does the work once more, not timed, each thread saying through `shares` when it is at work. Gives whether it did: the record
    /// then has how many threads took part, and how evenly.
    fn watched(&mut self, data: &mut D, shares: &Shares) -> bool {
        let _ = (data, shares);
        false
    }
}

/// What was built for an arm, and what is called with it.
struct Prepared<S, F> {
    state: S,
    call: Arc<F>,
}

impl<D, S, F: Fn(&mut D, &mut S)> Call<D> for Prepared<S, F> {
    fn call(&mut self, data: &mut D) {
        (self.call)(data, &mut self.state);
    }
}

/// How long each thread was at work in a call.
#[derive(Debug, Default)]
pub struct Shares(Mutex<HashMap<ThreadId, Duration>>);

impl Shares {
    /// Does a part of the work, and books its time to the thread that calls this.
    ///
    /// # Panics
    ///
    /// Where another thread panicked in the middle of booking.
    pub fn work<T>(&self, part: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let done = part();
        let time = begun.elapsed();
        let mut shares = self.0.lock().expect("nobody panics with it");
        *shares.entry(thread::current().id()).or_default() += time;
        done
    }

    /// The threads' times.
    pub(crate) fn times(self) -> Vec<Duration> {
        let shares = self.0.into_inner();
        shares
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .into_values()
            .collect()
    }
}

/// An arm that is ready to be called, or what the operating system said instead.
pub(crate) type Built<D> = Result<Box<dyn Call<D>>, String>;

/// Checks an arm's result.
pub(crate) type Check<D> = Box<dyn Fn(&D) -> Result<Option<Accuracy>, Error> + Sync>;

/// Gives the settings of an arm at a size and a thread count.
type Settings = Box<dyn Fn(Size, usize) -> Vec<f64> + Sync>;

/// Something to be measured.
pub struct Arm<D> {
    pub(crate) name: String,
    pub(crate) threads: Threads,
    pub(crate) settings: Settings,
    pub(crate) build: Box<dyn Fn(Point) -> Built<D> + Sync>,
    pub(crate) check: Option<Check<D>>,
}

impl<D> Arm<D> {
    /// Whether the result in `data` is right.
    pub(crate) fn verify(&self, data: &D) -> Result<Option<Accuracy>, Error>
    where
        D: Data,
    {
        match &self.check {
            Some(check) => check(data),
            None => data.check().map(|()| None),
        }
    }
}

impl<D: 'static> Arm<D> {
    /// The arm called `name`, whose `call` does the work once on the calling thread: a baseline, as a rule.
    pub fn serial(name: &str, call: impl Fn(&mut D) + Send + Sync + 'static) -> Self {
        Self::new(name, move |data, _| call(data)).on(Threads::One)
    }

    /// The arm called `name`, whose `call` does the work once on the threads of the point it is handed: of each of the run's thread
    /// counts, if [`on`](Self::on) says no others.
    pub fn new(name: &str, call: impl Fn(&mut D, Point) + Send + Sync + 'static) -> Self {
        let build = Ok::<_, Infallible>;
        Self::built(name, build, move |data, at| call(data, *at))
    }

    /// The same where something is to be built first, a pool of threads say: that is not timed. The operating system may refuse
    /// it; the error is then what it said.
    pub fn built<S: 'static, E: fmt::Display>(
        name: &str,
        build: impl Fn(Point) -> Result<S, E> + Sync + 'static,
        call: impl Fn(&mut D, &mut S) + Send + Sync + 'static,
    ) -> Self {
        let call = Arc::new(call);
        Self::of_calls(name, move |at| {
            let state = build(at).map_err(|error| error.to_string())?;
            let call = Arc::clone(&call);
            Ok(Box::new(Prepared { state, call }))
        })
    }

    /// The same for calls that can be watched.
    pub fn of_calls(
        name: &str,
        build: impl Fn(Point) -> Result<Box<dyn Call<D>>, String> + Sync + 'static,
    ) -> Self {
        Self {
            name: name.to_owned(),
            threads: Threads::Each,
            settings: Box::new(|_, _| Vec::new()),
            build: Box::new(build),
            check: None,
        }
    }

    /// The same on other thread counts.
    #[must_use]
    pub fn on(self, threads: Threads) -> Self {
        Self { threads, ..self }
    }

    /// The same with each of the settings, besides without any.
    #[must_use]
    pub fn settings(self, settings: impl Fn(Size, usize) -> Vec<f64> + Sync + 'static) -> Self {
        Self {
            settings: Box::new(settings),
            ..self
        }
    }

    /// The same with a check of its own, where its result is another than what the [data](Data::check) expects, a copy say, or
    /// where how far it is from the exact values can be told.
    #[must_use]
    pub fn check(
        self,
        check: impl Fn(&D) -> Result<Option<Accuracy>, Error> + Sync + 'static,
    ) -> Self {
        Self {
            check: Some(Box::new(check)),
            ..self
        }
    }
}
