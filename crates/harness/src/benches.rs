//! The benches: what each compares, and against what.

use std::time::Duration;

use sigmul_kernel::{Level, Sigmul};
use sigmul_runtime::ThreadCount;

use crate::Error;
use crate::grid::{Arm, Shape};
use crate::record::Row;
use crate::registry::{self, COPY, EMPTY, LEVELS, MEMCPY, NAIVE, SERIAL, SIGMUL};
use crate::settings::Settings;
use crate::table;

/// A bench: a grid of arms, each measured beside a baseline.
#[derive(Debug)]
pub struct Bench {
    /// Its name in records, and that of its target: `cargo bench -p harness --bench NAME`.
    pub name: &'static str,
    /// Where its record goes, within the folder of all records.
    pub folder: &'static str,
    /// The shapes it takes where none are chosen.
    pub shapes: &'static [&'static str],
    /// Its arms, shape by shape.
    pub grid: fn(&Settings) -> Vec<Arm>,
    /// Who wins among arms of one shape, in a sentence.
    pub verdict: fn(&[Row]) -> Option<String>,
    /// For how long an arm is warmed up.
    pub warm_up: Duration,
    /// For how long an arm is measured. The baseline beside it takes as long again.
    pub measurement: Duration,
}

/// All benches, in the order in which cargo runs them.
pub static BENCHES: [&Bench; 3] = [&DISPATCH, &KERNEL, &SPEEDUP];

/// The main job: every runtime at every thread count on sigmul, against the vectorised kernel on one thread.
pub static SPEEDUP: Bench = Bench {
    name: "speedup",
    folder: "",
    shapes: &["256", "1024", "4096", "llama"],
    grid: speedup,
    verdict: table::fastest,
    warm_up: Duration::from_millis(100),
    measurement: Duration::from_millis(700),
};

/// The kernel by itself: every level of this CPU. In cache against the naive loop, beyond it against a copy of the same
/// bytes: the arithmetic bounds the one, memory the other.
pub static KERNEL: Bench = Bench {
    name: "kernel",
    folder: "kernel",
    shapes: &["64", "128", "256", "1024", "4096"],
    grid: kernel,
    verdict: table::best_level,
    warm_up: Duration::from_millis(40),
    measurement: Duration::from_millis(250),
};

/// What a runtime costs by itself: an empty task for each thread, against rayon.
pub static DISPATCH: Bench = Bench {
    name: "dispatch",
    folder: "dispatch",
    shapes: &[],
    grid: dispatch,
    verdict: table::fastest,
    warm_up: Duration::from_millis(100),
    measurement: Duration::from_millis(200),
};

/// The bench called `name`.
///
/// # Errors
///
/// Where there is none.
pub fn bench(name: &str) -> Result<&'static Bench, Error> {
    let names = BENCHES.map(|bench| bench.name).join(", ");
    let bench = BENCHES.into_iter().find(|bench| bench.name == name);
    bench.ok_or_else(|| Error::new(format!("`{name}` is not a bench: there are {names}")))
}

/// Every runtime at every thread count, the serial one at one, and beside it the naive kernel.
fn speedup(settings: &Settings) -> Vec<Arm> {
    let baseline = (&SIGMUL, registry::serial());
    let mut arms = Vec::new();
    for &shape in &settings.shapes {
        for &runtime in &settings.runtimes {
            if runtime.name == SERIAL {
                let threads = ThreadCount::ONE;
                arms.extend([&SIGMUL, &NAIVE].map(|kernel| Arm {
                    kernel,
                    runtime,
                    threads,
                    shape,
                    baseline,
                }));
            } else {
                let threads = settings.threads.iter();
                arms.extend(threads.map(|&threads| Arm {
                    kernel: &SIGMUL,
                    runtime,
                    threads,
                    shape,
                    baseline,
                }));
            }
        }
    }
    arms
}

/// Copies, every level and the naive loop, on one thread and on as many as have a core each.
fn kernel(settings: &Settings) -> Vec<Arm> {
    let available = Level::available();
    let levels = LEVELS
        .iter()
        .filter(|entry| available.iter().any(|level| level.name() == entry.name));
    let kernels: Vec<_> = [&COPY, &MEMCPY]
        .into_iter()
        .chain(levels)
        .chain([&NAIVE])
        .collect();
    let mut counts = vec![(ThreadCount::ONE, registry::serial())];
    if ThreadCount::available() > ThreadCount::ONE {
        counts.push((ThreadCount::available(), registry::pool()));
    }
    let mut arms = Vec::new();
    for &shape in &settings.shapes {
        for &(threads, runtime) in &counts {
            let in_memory = Sigmul::for_len(shape.elements()).streams();
            let baseline = (if in_memory { &COPY } else { &NAIVE }, runtime);
            arms.extend(kernels.iter().map(|&kernel| Arm {
                kernel,
                runtime,
                threads,
                shape,
                baseline,
            }));
        }
    }
    arms
}

/// A cache line for each thread, and nothing to compute on it.
fn dispatch(settings: &Settings) -> Vec<Arm> {
    let baseline = (&EMPTY, registry::rayon());
    let mut arms = Vec::new();
    for &threads in &settings.threads {
        let shape = Shape {
            rows: threads.get(),
            cols: 16,
        };
        let runtimes = settings
            .runtimes
            .iter()
            .filter(|runtime| runtime.name != SERIAL);
        arms.extend(runtimes.map(|&runtime| Arm {
            kernel: &EMPTY,
            runtime,
            threads,
            shape,
            baseline,
        }));
    }
    arms
}
