//! How a thread waits before it parks.
#![forbid(unsafe_code)]

use std::time::{Duration, Instant};

use crate::sync::{hint, thread};

/// Rounds before the first look at the clock, which takes longer than a pause does. Models of interleavings have no clock,
/// and the fewer rounds, the fewer interleavings.
const ROUNDS: u32 = if cfg!(loom) { 0 } else { 64 };

/// A wait that has not begun, or the rest of one: copied for each wait.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spin {
    yields: bool,
    rounds: u32,
    time: Duration,
    end: Option<Instant>,
}

impl Spin {
    /// A few rounds, about a microsecond: several times what a spinning thread needs to notice a change.
    pub(crate) const SHORT: Self = Self {
        yields: false,
        rounds: 0,
        time: Duration::ZERO,
        end: None,
    };

    /// About what it costs to park and be woken. Whoever spins for that long first loses at most twice the least that
    /// was possible, however the calls follow one another.
    pub(crate) const LONG: Self = Self {
        time: Duration::from_micros(50),
        ..Self::SHORT
    };

    /// A few rounds for threads that are known to share cores.
    pub(crate) const YIELDING: Self = Self {
        yields: true,
        ..Self::SHORT
    };

    /// Waits a round, and says whether there is time for another.
    pub(crate) fn again(&mut self) -> bool {
        if self.yields {
            thread::yield_now();
        } else {
            hint::spin_loop();
        }
        if self.rounds != ROUNDS {
            self.rounds += 1;
            return true;
        }
        if self.time.is_zero() || cfg!(loom) {
            return false;
        }
        // Where other threads keep all cores busy, a pause would keep off this one the very thread waited for.
        thread::yield_now();
        let now = Instant::now();
        now < *self.end.get_or_insert(now + self.time)
    }
}
