//! A number of threads that can be had.

use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;
use std::sync::Mutex;
use std::{io, thread};

/// How many threads share the work: from 1 to [`ThreadCount::MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ThreadCount(NonZeroUsize);

impl ThreadCount {
    /// One thread: serial.
    pub const ONE: Self = Self(NonZeroUsize::MIN);

    /// The most threads accepted, well above any machine's cores and below what an operating system refuses by default.
    pub const MAX: usize = 1024;

    /// A checked thread count.
    ///
    /// # Errors
    ///
    /// Where `threads` is 0 or above [`ThreadCount::MAX`].
    pub fn new(threads: usize) -> Result<Self, ThreadCountError> {
        match NonZeroUsize::new(threads) {
            Some(count) if threads <= Self::MAX => Ok(Self(count)),
            _ => Err(ThreadCountError(threads.to_string())),
        }
    }

    /// As many threads as this process may run at once, which respects CPU affinity and cgroup quotas.
    pub fn available() -> Self {
        let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self::new(cores.min(Self::MAX)).unwrap_or(Self::ONE)
    }

    /// The count as a plain number.
    pub fn get(self) -> usize {
        self.0.get()
    }

    /// Whether the system grants a process that runs now so many threads at once, the calling one included: it starts them, and
    /// joins them. For whoever must know before work begins, and can't be told by the runtime: one that spawns per call goes
    /// on with the threads it gets, and some libraries end the process.
    ///
    /// # Errors
    ///
    /// Where a thread is refused.
    pub fn granted(self) -> io::Result<()> {
        // Nobody passes it, and ends, before the last was asked for.
        let gate = Mutex::new(());
        thread::scope(|scope| {
            let closed = gate.lock();
            let asked = (1..self.get()).try_for_each(|_| {
                let waiting = thread::Builder::new().spawn_scoped(scope, || drop(gate.lock()));
                waiting.map(drop)
            });
            drop(closed);
            asked
        })
    }

    /// Whether there are more threads than [`available`](Self::available): they then take turns on the cores.
    pub fn is_oversubscribed(self) -> bool {
        self > Self::available()
    }
}

impl fmt::Display for ThreadCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for ThreadCount {
    type Err = ThreadCountError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse()
            .map_err(|_| ThreadCountError(text.to_owned()))
            .and_then(Self::new)
    }
}

/// What was given instead of a thread count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadCountError(String);

impl fmt::Display for ThreadCountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is not a thread count: give a whole number from 1 to {}",
            self.0,
            ThreadCount::MAX
        )
    }
}

impl std::error::Error for ThreadCountError {}
