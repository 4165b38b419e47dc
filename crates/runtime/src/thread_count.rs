//! A number of threads that can be had.

use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;
use std::thread;

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
