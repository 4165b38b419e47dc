//! The runtimes a call can name, and the choice for a call that names none.
//!
//! The harness keeps a registry of its own: its entries come with what measuring needs, which an extension should not carry.

use std::fmt::Display;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use std::{env, mem, ptr};

use pyo3::exceptions::{PyOSError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyString};
use sigmul_crossbeam::Crossbeam;
use sigmul_rayon::Rayon;
use sigmul_runtime::{Kernel, Runtime, ThreadCount};
use sigmul_serial::Serial;
use sigmul_threads::{Pool, Threads};

use crate::fork;
use crate::openmp::{OpenMp, Team};
use crate::tensor;

/// Elements from which on a call that names no runtime is shared between threads, if their threads are awake.
///
/// Several times what the record in `plots/2-cores/break_even` finds for calls that follow one another at once. The tests hold it against
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

/// For how long a pool whose threads had no core is left alone, if PyTorch's can be had: several times what PyTorch's spin for after an
/// operator. Once in that time is seldom enough for the loss not to count.
const STARVED: Duration = Duration::from_millis(20);

/// What happens on either side of [`BREAK_EVEN`], and where it comes from.
pub(crate) const BREAK_EVEN_SOURCE: &str = "a call on fewer elements is serial; from here on the persistent pool beats one thread \
    in the repository's record (plots/2-cores/break_even), while its threads are awake: if the call follows another within 50 us. If it \
    does not, or if other threads keep the cores from the pool's, it is shared by PyTorch's own threads where PyTorch is loaded, \
    from 32768 elements on or, after such a call, from here on; elsewhere from 65536 on by the pool";

/// A runtime that was built, or why it can't be.
type Building = Result<Arc<dyn Runtime>, String>;

/// A runtime that a call can name.
pub(crate) struct Entry {
    name: &'static str,
    /// Builds it on so many threads.
    build: fn(ThreadCount) -> Building,
    /// The last that was built. One: where a call asks for another number of threads, those there are end.
    kept: Mutex<Option<Kept>>,
}

struct Kept {
    threads: ThreadCount,
    /// The [`fork::generation`] whose threads it has.
    generation: u32,
    runtime: Arc<dyn Runtime>,
}

impl Entry {
    const fn new(name: &'static str, build: fn(ThreadCount) -> Building) -> Self {
        Self {
            name,
            build,
            kept: Mutex::new(None),
        }
    }

    /// The runtime on so many threads.
    ///
    /// # Errors
    ///
    /// Where the system refuses a thread.
    fn on(&self, threads: ThreadCount) -> Building {
        // Touched by threads that hold the interpreter lock, as a thread that forks does: a child never finds it taken.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let generation = fork::generation();
        match kept.take() {
            Some(old) if old.generation != generation => {
                // A parent's threads can't be joined in its child.
                mem::forget(old);
            }
            Some(same) if same.threads == threads => {
                return Ok(kept.insert(same).runtime.clone());
            }
            // Its threads end before others begin, unless a call is still at it.
            other => drop(other),
        }
        let runtime = (self.build)(threads)?;
        *kept = Some(Kept {
            threads,
            generation,
            runtime: runtime.clone(),
        });
        Ok(runtime)
    }

    fn is_here(&self) -> bool {
        !ptr::eq(self, &raw const OPENMP) || OpenMp::find().is_some()
    }
}

static SERIAL: Entry = Entry::new("serial", |_| Ok(Arc::new(Serial)));

static RAYON: Entry = Entry::new("rayon", |threads| shared(Rayon::new(threads)));

static CROSSBEAM: Entry = Entry::new("crossbeam", |threads| Ok(Arc::new(Crossbeam::new(threads))));

static THREADS: Entry = Entry::new("threads", |threads| Ok(Arc::new(Threads::new(threads))));

/// The measurements favour it wherever sharing pays and the cores are free.
static POOL: Entry = Entry::new("pool", |threads| shared(Pool::new(threads).map(Watched)));

/// Where PyTorch is used, the cores are not free: its threads spin on them between its operators.
static OPENMP: Entry = Entry::new("openmp", |threads| shared(Team::new(threads)));

/// In the order of the comparison.
static RUNTIMES: [&Entry; 6] = [&SERIAL, &RAYON, &CROSSBEAM, &THREADS, &POOL, &OPENMP];

/// The names of the runtimes that can be had in this process.
pub(crate) fn names() -> Vec<&'static str> {
    let here = RUNTIMES.iter().filter(|entry| entry.is_here());
    here.map(|entry| entry.name).collect()
}

fn shared<E: Display>(runtime: Result<impl Runtime + 'static, E>) -> Building {
    match runtime {
        Ok(runtime) => Ok(Arc::new(runtime)),
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

    /// The runtime for `len` elements, or none where the calling thread does it all.
    ///
    /// # Errors
    ///
    /// Where a runtime or a number of threads is named, and the system refuses a thread.
    pub(crate) fn runtime(&self, py: Python<'_>, len: usize) -> PyResult<Option<Arc<dyn Runtime>>> {
        if self.runtime.is_none() && len < BREAK_EVEN {
            return Ok(None);
        }
        let pytorch = tensor::threads_of_pytorch(py);
        let threads = self.threads.unwrap_or_else(|| most_threads(pytorch));
        let (name, built) = match self.runtime {
            Some(entry) if ptr::eq(entry, &raw const SERIAL) => return Ok(None),
            Some(entry) => (entry.name, entry.on(threads)),
            None if threads == ThreadCount::ONE => return Ok(None),
            None => match fitting(len, threads, pytorch.is_some()) {
                Some(built) => ("pool", built),
                None => return Ok(None),
            },
        };
        match built {
            Ok(runtime) => Ok(Some(runtime)),
            // A call that asks for no threads needs none.
            Err(_) if self.runtime.is_none() && self.threads.is_none() => Ok(None),
            Err(error) => Err(PyOSError::new_err(format!(
                "the system refused a thread of \"{name}\" ({error}): ask for fewer with `threads`"
            ))),
        }
    }
}

/// The runtime that fits `len` elements, at least [`BREAK_EVEN`], on `threads`, at least 2. None where one thread does.
fn fitting(len: usize, threads: ThreadCount, beside_pytorch: bool) -> Option<Building> {
    let follows = len < LONG && follows_another();
    let is_starved = within(STARVED, &STARVED_AT);
    if follows && !is_starved {
        return Some(POOL.on(threads));
    }
    if beside_pytorch
        && (len >= SHARED_BY_PYTORCH || follows)
        && let Ok(team) = Team::new(threads)
    {
        return Some(Ok(Arc::new(team.with_as_many_as_pay())));
    }
    (follows || len >= WORTH_WAKING).then(|| POOL.on(threads))
}

/// The pool, and a note of when its threads had no core.
struct Watched(Pool);

impl Runtime for Watched {
    fn run(&self, output: &mut [f32], kernel: &Kernel<'_>) {
        self.0.run(output, kernel);
        if self.0.was_starved() {
            STARVED_AT.store(now(), Relaxed);
        }
    }
}

/// When the pool's threads last had no core, in nanoseconds as [`now`] counts them; 0 for never.
static STARVED_AT: AtomicU64 = AtomicU64::new(0);

/// Whether another call on fewer than [`LONG`] elements was made within [`AWAKE`].
fn follows_another() -> bool {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let follows = within(AWAKE, &LAST);
    LAST.store(now(), Relaxed);
    follows
}

fn within(time: Duration, moment: &AtomicU64) -> bool {
    let moment = moment.load(Relaxed);
    moment != 0 && now().saturating_sub(moment) < time.as_nanos() as u64
}

/// Nanoseconds since the first call, at least 1.
fn now() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_nanos() as u64 + 1
}

/// What [`set_num_threads`] was told; 0 for nothing.
static TOLD: AtomicUsize = AtomicUsize::new(0);

/// Bounds the threads of calls that don't say how many.
///
/// # Errors
///
/// Where `threads` is no thread count.
pub(crate) fn set_num_threads(threads: &Bound<'_, PyAny>) -> PyResult<()> {
    TOLD.store(thread_count(threads)?.get(), Relaxed);
    Ok(())
}

/// The most threads that a call takes that does not say how many: as many as [`set_num_threads`] was told, or as there are cores;
/// but no more than PyTorch uses, where it is loaded.
pub(crate) fn most_threads(pytorch: Option<ThreadCount>) -> ThreadCount {
    let told = ThreadCount::new(TOLD.load(Relaxed)).unwrap_or_else(|_| cores());
    pytorch.map_or(told, |pytorch| pytorch.min(told))
}

/// The cores this process may use when it is first asked, as the answer takes reading several files, or as many as `OMP_NUM_THREADS`
/// says, if it says fewer.
fn cores() -> ThreadCount {
    static CORES: OnceLock<ThreadCount> = OnceLock::new();
    *CORES.get_or_init(|| {
        let variable = env::var("OMP_NUM_THREADS").unwrap_or_default();
        // It may list a number for each level of nesting.
        let outermost = variable.split(',').next().unwrap_or_default().trim();
        let told = outermost.parse().unwrap_or(ThreadCount::available());
        told.min(ThreadCount::available())
    })
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
        .find(|entry| entry.name == text && entry.is_here())
        .ok_or_else(|| {
            PyValueError::new_err(format!(
                "`runtime` is \"{text}\", which there is none of: choose from {}, or leave it out",
                choices()
            ))
        })
}

fn thread_count(threads: &Bound<'_, PyAny>) -> PyResult<ThreadCount> {
    let is_bool = threads.is_instance_of::<PyBool>();
    let count = threads
        .extract()
        .ok()
        .and_then(|count| ThreadCount::new(count).ok());
    if let Some(count) = count.filter(|_| !is_bool) {
        return Ok(count);
    }
    let message = format!(
        "`threads` is {}: give a whole number from 1 to {}, or leave it out for one thread a core",
        threads.repr()?,
        ThreadCount::MAX
    );
    // Python's own integers and those of others.
    Err(if !is_bool && threads.hasattr("__index__")? {
        PyValueError::new_err(message)
    } else {
        PyTypeError::new_err(message)
    })
}
