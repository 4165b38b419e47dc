//! The only list of runtimes in the repository, and the kernels they are compared on.

use sigmul_crossbeam::Crossbeam;
use sigmul_kernel::reference;
use sigmul_rayon::Rayon;
use sigmul_runtime::{Runtime, ThreadCount};
use sigmul_serial::Serial;
use sigmul_threads::{Pool, Threads};

use crate::Error;

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
    pub build: fn(ThreadCount) -> Result<Box<dyn Runtime>, String>,
}

/// The runtimes, in the order of tables and legends. To add one, add a line.
pub static RUNTIMES: [RuntimeEntry; 5] = [
    RuntimeEntry {
        name: SERIAL,
        contains: "the kernel alone",
        build: |_| Ok(Box::new(Serial)),
    },
    RuntimeEntry {
        name: "rayon",
        contains: "install on a pool built before; work stealing",
        build: |threads| {
            Rayon::new(threads)
                .map(boxed)
                .map_err(|error| error.to_string())
        },
    },
    RuntimeEntry {
        name: "crossbeam",
        contains: "threads spawned per call, in crossbeam's scope",
        build: |threads| Ok(Box::new(Crossbeam::new(threads))),
    },
    RuntimeEntry {
        name: "threads",
        contains: "threads spawned per call, in the standard library's scope",
        build: |threads| Ok(Box::new(Threads::new(threads))),
    },
    RuntimeEntry {
        name: "pool",
        contains: "chunks handed to a persistent pool built before",
        build: |threads| Pool::new(threads).map(boxed).map_err(|error| error.to_string()),
    },
];

fn boxed(runtime: impl Runtime + 'static) -> Box<dyn Runtime> {
    Box::new(runtime)
}

/// The runtime called `name`.
///
/// # Errors
///
/// Where there is none: a sentence that lists those there are.
pub fn runtime(name: &str) -> Result<&'static RuntimeEntry, Error> {
    RUNTIMES
        .iter()
        .find(|entry| entry.name == name)
        .ok_or_else(|| {
            let names: Vec<_> = RUNTIMES.iter().map(|entry| entry.name).collect();
            Error::new(format!(
                "`{name}` is not a runtime: choose from {}",
                names.join(", ")
            ))
        })
}

/// A kernel that runtimes are handed.
#[derive(Debug)]
pub struct KernelEntry {
    /// Its name in records and charts.
    pub name: &'static str,
    /// Computes one slice into another of the same length.
    pub apply: fn(&[f32], &mut [f32]),
    /// How far an element may be from the exact value, in ULP.
    pub max_ulp: f64,
}

/// The vectorised kernel: what is compared.
pub static SIGMUL: KernelEntry = KernelEntry {
    name: "sigmul",
    apply: sigmul_kernel::sigmul,
    max_ulp: sigmul_kernel::MAX_ULP,
};

/// The formula as everybody writes it, one library call an element. Run serially, to show what vectorising gains.
/// The bound allows for two roundings and a half-ULP `exp` on values from N(0, 1).
pub static NAIVE: KernelEntry = KernelEntry {
    name: "naive",
    apply: reference::naive_slice,
    max_ulp: 3.0,
};
