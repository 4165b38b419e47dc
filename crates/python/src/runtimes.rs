//! The runtimes a call can name, and the choice for a call that names none.
//!
//! The harness keeps a registry of its own: its entries come with what measuring needs, which an extension should not carry.

use std::fmt::Display;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use std::{process, ptr};

use pyo3::exceptions::{PyOSError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyInt, PyString};
use sigmul_crossbeam::Crossbeam;
use sigmul_rayon::Rayon;
use sigmul_runtime::{Runtime, ThreadCount};
use sigmul_serial::Serial;
use sigmul_threads::{Pool, Threads};

use crate::openmp::{OpenMp, Team};

/// Elements from which on a call that names no runtime is shared between threads, if their threads are awake.
///
/// Several times what the record in `plots/break_even` finds for calls that follow one another at once. The tests hold it against
/// the record.
pub(crate) const BREAK_EVEN: usize = 16_384;

/// Elements from which on it is shared by PyTorch's threads if the pool's are asleep, as PyTorch's own operators are.
const SHARED_BY_PYTORCH: usize = 32_768;

/// Elements from which on it is shared if no threads are awake: to wake one takes as long as a thread takes for half of these.
const WORTH_WAKING: usize = 65_536;

/// Elements from which on it makes no difference that PyTorch's threads take 2 µs longer to be handed work than the pool's.
const LONG: usize = 131_072;

/// For how long the pool's threads stay awake after a call, or nearly.
const AWAKE: Duration = Duration::from_micros(50);

/// What happens on either side of [`BREAK_EVEN`], and where it comes from.
pub(crate) const BREAK_EVEN_SOURCE: &str = "a call on fewer elements is serial; from here on the persistent pool beats one thread \
    in the repository's record (plots/break_even), while its threads are awake: if the call follows another within 50 us. If it \
    does not, it is shared from 32768 elements on by PyTorch's own threads where tensors were given before, elsewhere from 65536 \
    on by the pool";

/// A runtime that was built, or why it can't be.
type Building = Result<Box<dyn Runtime>, String>;

/// A runtime that a call can name.
pub(crate) struct Entry {
    pub(crate) name: &'static str,
    /// Builds it on so many threads; given none, on one a core, or as many as its library was told to use.
    build: fn(Option<ThreadCount>) -> Building,
}

static SERIAL: Entry = Entry {
    name: "serial",
    build: |_| Ok(Box::new(Serial)),
};

/// The measurements favour it wherever sharing pays and the cores are free.
static POOL: Entry = Entry {
    name: "pool",
    build: |threads| boxed(Pool::new(threads.unwrap_or_else(cores))),
};

/// Where PyTorch is used, the cores are not free: its threads spin on them between its operators.
static OPENMP: Entry = Entry {
    name: "openmp",
    build: |threads| {
        let openmp = OpenMp::find().ok_or("no OpenMP library is loaded")?;
        Ok(Box::new(Team { openmp, threads }))
    },
};

/// In the order of the comparison.
static RUNTIMES: [&Entry; 6] = [
    &SERIAL,
    &Entry {
        name: "rayon",
        build: |threads| boxed(Rayon::new(threads.unwrap_or_else(cores))),
    },
    &Entry {
        name: "crossbeam",
        build: |threads| Ok(Box::new(Crossbeam::new(threads.unwrap_or_else(cores)))),
    },
    &Entry {
        name: "threads",
        build: |threads| Ok(Box::new(Threads::new(threads.unwrap_or_else(cores)))),
    },
    &POOL,
    &OPENMP,
];

/// The names of the runtimes that can be had in this process.
pub(crate) fn names() -> Vec<&'static str> {
    let here = RUNTIMES.iter().filter(|entry| is_here(entry));
    here.map(|entry| entry.name).collect()
}

fn is_here(entry: &Entry) -> bool {
    !ptr::eq(entry, &raw const OPENMP) || OpenMp::find().is_some()
}

fn boxed<E: Display>(runtime: Result<impl Runtime + 'static, E>) -> Building {
    match runtime {
        Ok(runtime) => Ok(Box::new(runtime)),
        Err(error) => Err(error.to_string()),
    }
}

/// What a call says about who computes it.
pub(crate) struct Choice {
    runtime: Option<&'static Entry>,
    threads: Option<ThreadCount>,
}

impl Choice {
    /// From a call's arguments.
    ///
    /// # Errors
    ///
    /// Where there is no such runtime, or `threads` is no thread count.
    pub(crate) fn new(
        runtime: Option<&Bound<'_, PyAny>>,
        threads: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        Ok(Self {
            runtime: runtime.map(entry).transpose()?,
            threads: threads.map(thread_count).transpose()?,
        })
    }

    /// Whether the calling thread does it all.
    pub(crate) fn is_serial(&self, len: usize) -> bool {
        match self.runtime {
            Some(entry) => ptr::eq(entry, &raw const SERIAL),
            None => len < BREAK_EVEN,
        }
    }

    /// The runtime for `len` elements.
    ///
    /// # Errors
    ///
    /// Where the system refuses a thread.
    pub(crate) fn runtime(&self, len: usize) -> PyResult<&'static dyn Runtime> {
        if self.is_serial(len) {
            return Ok(&Serial);
        }
        let entry = match self.runtime {
            Some(entry) => entry,
            None if len < LONG && follows_another() => &POOL,
            None if len >= SHARED_BY_PYTORCH && OpenMp::found().is_some() => &OPENMP,
            None if len >= WORTH_WAKING => &POOL,
            None => &SERIAL,
        };
        built(entry, self.threads)
    }
}

/// Whether another call on fewer than [`LONG`] elements was made within [`AWAKE`].
fn follows_another() -> bool {
    static START: OnceLock<Instant> = OnceLock::new();
    /// Of the last call, in nanoseconds since the start.
    static LAST: AtomicU64 = AtomicU64::new(0);
    let now = START.get_or_init(Instant::now).elapsed().as_nanos() as u64;
    now - LAST.swap(now, Relaxed).min(now) < AWAKE.as_nanos() as u64
}

fn entry(name: &Bound<'_, PyAny>) -> PyResult<&'static Entry> {
    let choices = || names().join(", ");
    let Ok(text) = name.cast::<PyString>() else {
        return Err(PyTypeError::new_err(format!(
            "`runtime` is {}, not a string: choose from {}, or leave it out",
            name.repr()?,
            choices()
        )));
    };
    let text = text.to_string_lossy();
    RUNTIMES
        .into_iter()
        .find(|entry| entry.name == text && is_here(entry))
        .ok_or_else(|| {
            PyValueError::new_err(format!(
                "`runtime` is \"{text}\", which there is none of: choose from {}, or leave it out",
                choices()
            ))
        })
}

fn thread_count(threads: &Bound<'_, PyAny>) -> PyResult<ThreadCount> {
    let count = threads
        .extract()
        .ok()
        .and_then(|count| ThreadCount::new(count).ok());
    if let Some(count) = count {
        return Ok(count);
    }
    let message = format!(
        "`threads` is {}: give a whole number from 1 to {}, or leave it out for one thread a core",
        threads.repr()?,
        ThreadCount::MAX
    );
    Err(if threads.is_instance_of::<PyInt>() {
        PyValueError::new_err(message)
    } else {
        PyTypeError::new_err(message)
    })
}

/// The cores this process may use when it is first asked: the answer takes reading several files.
fn cores() -> ThreadCount {
    static CORES: OnceLock<ThreadCount> = OnceLock::new();
    *CORES.get_or_init(ThreadCount::available)
}

/// A runtime that was built, and for what.
struct Built {
    entry: &'static Entry,
    threads: Option<ThreadCount>,
    /// A child made by `fork` has no threads but one, and builds its own.
    process: u32,
    runtime: &'static dyn Runtime,
}

/// The runtime of `entry` with `threads`, built at its first use and kept until the process ends.
fn built(entry: &'static Entry, threads: Option<ThreadCount>) -> PyResult<&'static dyn Runtime> {
    // Touched by threads that hold the interpreter lock, as a thread that forks does: a child never finds it taken.
    static ALL: Mutex<Vec<Built>> = Mutex::new(Vec::new());
    let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
    let process = process::id();
    let found = all.iter().find(|built| {
        ptr::eq(built.entry, entry) && built.threads == threads && built.process == process
    });
    if let Some(built) = found {
        return Ok(built.runtime);
    }
    let runtime = (entry.build)(threads).map_err(|error| {
        PyOSError::new_err(format!(
            "the system refused a thread of \"{}\" ({error}): ask for fewer with `threads`",
            entry.name
        ))
    })?;
    // Never dropped: a parent's threads can't be joined in its child.
    let runtime = Box::leak(runtime);
    all.push(Built {
        entry,
        threads,
        process,
        runtime,
    });
    Ok(runtime)
}
