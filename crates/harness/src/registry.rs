//! The only list of runtimes in the repository, and the kernels they are compared on.

use std::num::NonZeroUsize;

use sigmul_crossbeam::Crossbeam;
use sigmul_kernel::{Level, Sigmul, reference};
use sigmul_rayon::Rayon;
use sigmul_runtime::{Runtime, ThreadCount};
use sigmul_serial::Serial;
use sigmul_threads::{Pool, Threads};

use crate::pin;

/// The runtime that every speedup is measured against.
pub const SERIAL: &str = "serial";

/// A runtime that can be compared.
#[derive(Debug)]
pub struct RuntimeEntry {
    /// Its name in settings, records and charts.
    pub name: &'static str,
    /// What a timed call of it contains, for readers.
    pub contains: &'static str,
    /// Builds it, outside of what is timed. The error is what the operating system said.
    pub build: fn(ThreadCount) -> Built,
    /// Builds it with chunks of so many elements, where it can be told.
    pub with_grain: Option<fn(ThreadCount, NonZeroUsize) -> Built>,
}

/// A runtime, or why the operating system refused it.
pub type Built = Result<Box<dyn Runtime>, String>;

/// The runtimes, in the order of tables and legends. To add one, add an entry.
pub static RUNTIMES: &[RuntimeEntry] = &[
    RuntimeEntry {
        name: SERIAL,
        contains: "the kernel alone",
        build: |_| Ok(Box::new(Serial)),
        with_grain: None,
    },
    RuntimeEntry {
        name: "rayon",
        contains: "install on a pool built before; work stealing",
        build: |threads| rayon_pool(threads).map(boxed),
        with_grain: Some(|threads, grain| {
            rayon_pool(threads).map(|pool| boxed(pool.with_grain(grain)))
        }),
    },
    RuntimeEntry {
        name: "crossbeam",
        contains: "threads spawned per call, in crossbeam's scope",
        build: |threads| granted(threads).map(|()| boxed(Crossbeam::new(threads))),
        with_grain: None,
    },
    RuntimeEntry {
        name: "threads",
        contains: "threads spawned per call, in the standard library's scope",
        build: |threads| granted(threads).map(|()| boxed(Threads::new(threads))),
        with_grain: None,
    },
    RuntimeEntry {
        name: "pool",
        contains: "chunks handed to a persistent pool built before",
        build: |threads| persistent_pool(threads).map(boxed),
        with_grain: None,
    },
];

/// The runtimes whose threads outlive a call, with each thread pinned to a core.
pub static PINNED: &[RuntimeEntry] = &[
    RuntimeEntry {
        name: "rayon-pinned",
        contains: "install on a pool built before, its threads pinned",
        build: |threads| pin::pinned(rayon_pool(threads)?),
        with_grain: None,
    },
    RuntimeEntry {
        name: "pool-pinned",
        contains: "chunks handed to a persistent pool built before, its threads pinned",
        build: |threads| pin::pinned(persistent_pool(threads)?),
        with_grain: None,
    },
];

fn rayon_pool(threads: ThreadCount) -> Result<Rayon, String> {
    Rayon::new(threads).map_err(|error| error.to_string())
}

fn persistent_pool(threads: ThreadCount) -> Result<Pool, String> {
    Pool::new(threads).map_err(|error| error.to_string())
}

/// For runtimes that spawn per call, and would go on with fewer threads than the arm is named for.
fn granted(threads: ThreadCount) -> Result<(), String> {
    threads.granted().map_err(|error| error.to_string())
}

fn boxed(runtime: impl Runtime + 'static) -> Box<dyn Runtime> {
    Box::new(runtime)
}

/// The baseline of the comparison.
pub fn serial() -> &'static RuntimeEntry {
    listed(SERIAL)
}

/// The runtime with the least cost of its own, for comparing kernels on several threads.
pub fn pool() -> &'static RuntimeEntry {
    listed("pool")
}

fn listed(name: &str) -> &'static RuntimeEntry {
    let mut entries = RUNTIMES.iter();
    entries
        .find(|entry| entry.name == name)
        .expect("both that are asked for are in the list")
}

/// Computes one slice into another of the same length.
pub type Apply = Box<dyn Fn(&[f32], &mut [f32]) + Sync>;

/// A kernel that runtimes are handed.
#[derive(Debug)]
pub struct KernelEntry {
    /// Its name in records and charts.
    pub name: &'static str,
    /// Makes it ready for an array of so many elements in all, outside of what is timed.
    pub prepare: fn(usize) -> Apply,
    /// What its output is held against.
    pub check: Check,
}

/// What the output of a kernel must be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Check {
    /// SiLU of the input, at most so many ULP from the exact value.
    Silu(f64),
    /// The input.
    Copy,
}

/// The vectorised kernel: what runtimes are compared on.
pub static SIGMUL: KernelEntry = KernelEntry {
    name: "sigmul",
    prepare: |len| sigmul(Sigmul::for_len(len)),
    check: Check::Silu(sigmul_kernel::MAX_ULP),
};

/// The same kernel at each level, for comparing the levels. A level that this CPU lacks must not be prepared.
pub static LEVELS: [KernelEntry; 3] = [
    KernelEntry {
        name: "avx512",
        prepare: |len| at_level("avx512", len),
        check: SIGMUL.check,
    },
    KernelEntry {
        name: "avx2",
        prepare: |len| at_level("avx2", len),
        check: SIGMUL.check,
    },
    KernelEntry {
        name: "portable",
        prepare: |len| at_level("portable", len),
        check: SIGMUL.check,
    },
];

/// The formula as everybody writes it, one library call an element: what vectorising is worth.
/// The bound allows for two roundings and a half-ULP `exp` on values from N(0, 1).
pub static NAIVE: KernelEntry = KernelEntry {
    name: "naive",
    prepare: |_| Box::new(naive),
    check: Check::Silu(3.0),
};

/// The fastest copy of the same bytes, past the cache where the kernel stores past it too: the ceiling for data in memory.
pub static COPY: KernelEntry = KernelEntry {
    name: "copy",
    prepare: |len| {
        if Sigmul::for_len(len).streams() {
            Box::new(|x, y| Level::best().copy_past_cache(x, y))
        } else {
            Box::new(|x, y| y.copy_from_slice(x))
        }
    },
    check: Check::Copy,
};

/// The system's copy, at every size.
pub static MEMCPY: KernelEntry = KernelEntry {
    name: "memcpy",
    prepare: |_| Box::new(|x, y| y.copy_from_slice(x)),
    check: Check::Copy,
};

/// Next to no work, a copy of one cache line a thread: what is left is the runtime. With no work at all there would be
/// nothing to verify.
pub static EMPTY: KernelEntry = KernelEntry {
    name: "empty",
    ..COPY
};

fn naive(input: &[f32], output: &mut [f32]) {
    for (y, &x) in output.iter_mut().zip(input) {
        *y = reference::naive(x);
    }
}

fn sigmul(kernel: Sigmul) -> Apply {
    Box::new(move |x, y| kernel.apply(x, y))
}

fn at_level(name: &str, len: usize) -> Apply {
    let level = Level::available()
        .into_iter()
        .find(|level| level.name() == name)
        .expect("a level of this CPU");
    sigmul(Sigmul::new(level).streaming(Sigmul::for_len(len).streams()))
}
