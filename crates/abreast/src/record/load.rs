//! What else the machine did while something was measured.

use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

/// Cores' worth of CPU time, on average, on the cores that this process may use.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Load {
    /// Used by other processes.
    pub others: f64,
    /// Kept back by the hypervisor.
    pub stolen: f64,
}

/// The load of the next moment, where the system tells: counters of CPU time tick a hundred times a second.
pub fn now() -> Option<Load> {
    let watch = Watch::start();
    thread::sleep(Duration::from_millis(300));
    watch.load()
}

/// A look at the counters, to be held against a later one.
#[derive(Debug)]
pub struct Watch {
    start: Instant,
    counters: Option<Counters>,
}

/// CPU time since the machine started, in seconds.
#[derive(Clone, Copy, Debug)]
struct Counters {
    busy: f64,
    stolen: f64,
    own: f64,
}

impl Watch {
    /// Starts watching.
    pub fn start() -> Self {
        Self {
            start: Instant::now(),
            counters: counters(),
        }
    }

    /// The load since the start, where the system tells.
    pub fn load(&self) -> Option<Load> {
        let (before, now) = (self.counters?, counters()?);
        let seconds = self.start.elapsed().as_secs_f64();
        let busy = now.busy - before.busy - (now.own - before.own);
        Some(Load {
            others: (busy / seconds).max(0.0),
            stolen: (now.stolen - before.stolen) / seconds,
        })
    }
}

#[cfg(target_os = "linux")]
fn counters() -> Option<Counters> {
    use procfs::CurrentSI;

    let allowed = rustix::thread::sched_getaffinity(None).ok()?;
    let ticks = procfs::ticks_per_second() as f64;
    let (mut busy, mut stolen) = (0, 0);
    let cores = procfs::KernelStats::current().ok()?.cpu_time;
    for (_, core) in cores.iter().enumerate().filter(|&(i, _)| allowed.is_set(i)) {
        busy +=
            core.user + core.nice + core.system + core.irq.unwrap_or(0) + core.softirq.unwrap_or(0);
        stolen += core.steal.unwrap_or(0);
    }
    let own = procfs::process::Process::myself().ok()?.stat().ok()?;
    // Children are this process's doing as well: git, for the commit.
    let own = own.utime + own.stime + (own.cutime + own.cstime) as u64;
    Some(Counters {
        busy: busy as f64 / ticks,
        stolen: stolen as f64 / ticks,
        own: own as f64 / ticks,
    })
}

#[cfg(not(target_os = "linux"))]
fn counters() -> Option<Counters> {
    None
}
