//! The benches: what each compares, and against what.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sigmul_kernel::{Level, Sigmul};
use sigmul_runtime::ThreadCount;

use crate::analysis::Declared;
use crate::grid::{Arm, Shape};
use crate::machine::Machine;
use crate::record::Row;
use crate::registry::{
    self, COPY, EMPTY, KernelEntry, LEVELS, MEMCPY, NAIVE, PINNED, RuntimeEntry, SERIAL, SIGMUL,
};
use crate::settings::Settings;
use crate::{Error, findings, peers, table};

/// A bench: a grid of arms, each measured beside a baseline.
#[derive(Debug)]
pub struct Bench {
    /// Its name in records, and that of its target: `cargo bench -p harness --bench NAME`.
    pub name: &'static str,
    /// Where its record goes, within the folder of all records.
    pub folder: &'static str,
    /// What its baseline is, in words that go after "against".
    pub against: &'static str,
    /// The shapes it takes where none are chosen.
    pub shapes: &'static [&'static str],
    /// Its arms, shape by shape.
    pub grid: fn(&Settings) -> Vec<Arm>,
    /// Whether arms of all shapes take turns with one another, because shapes are compared. Else those of one shape do, and a run
    /// that is cut short keeps the shapes it had.
    pub sizes_take_turns: bool,
    /// What its record says, for the terminal.
    pub report: fn(&[Row], &Machine) -> String,
    /// For how long an arm is warmed up.
    pub warm_up: Duration,
    /// For how long an arm is measured. The baseline beside it takes as long again.
    pub measurement: Duration,
}

impl Bench {
    /// Where its record is, within `records`, the folder of all of them.
    pub fn folder_in(&self, records: &Path) -> PathBuf {
        // Joining nothing would add a slash.
        match self.folder {
            "" => records.to_path_buf(),
            folder => records.join(folder),
        }
    }

    /// What it says of itself.
    pub fn declared(&self) -> Declared {
        Declared {
            bench: self.name.to_owned(),
            subject: "sigmoid(A) * A".to_owned(),
            against: self.against.to_owned(),
        }
    }

    /// What a run says: the machine, what makes it doubtful, and what its record says.
    pub fn table(&self, rows: &[Row], machine: &Machine) -> String {
        table::table(&(self.report)(rows, machine), rows, machine)
    }
}

/// All benches whose records can be read, in the order in which cargo runs them.
pub static BENCHES: [&Bench; 6] = [&BREAK_EVEN, &DISPATCH, &KERNEL, &POLICY, &PYTHON, &SPEEDUP];

/// The main job: every runtime at every thread count on sigmul, against the vectorised kernel on one thread; and the
/// ceilings: copies on as many threads, and the kernel on a matrix that fits the first caches.
pub static SPEEDUP: Bench = Bench {
    name: "speedup",
    folder: "",
    against: "the vectorised serial kernel",
    shapes: &["256", "1024", "4096", "llama"],
    grid: speedup,
    sizes_take_turns: false,
    report: |rows, machine| {
        table::sizes(table::fastest, rows, machine) + &findings::laws(rows, machine)
    },
    warm_up: Duration::from_millis(20),
    measurement: Duration::from_millis(240),
};

/// From which size on each runtime pays: sizes a factor of two apart, against the serial kernel.
pub static BREAK_EVEN: Bench = Bench {
    name: "break_even",
    folder: "break_even",
    against: "the serial kernel",
    shapes: &[
        "1x1024",
        "1x2048",
        "1x4096",
        "1x8192",
        "1x16384",
        "1x32768",
        "1x65536",
        "1x131072",
        "1x262144",
        "1x524288",
        "1x1048576",
        "1x2097152",
    ],
    grid: break_even,
    sizes_take_turns: true,
    report: |rows, _| findings::break_even(rows),
    warm_up: Duration::from_millis(5),
    measurement: Duration::from_millis(30),
};

/// The kernel by itself: every level of this CPU. In cache against the naive loop, beyond it against a copy of the same
/// bytes: the arithmetic bounds the one, memory the other.
pub static KERNEL: Bench = Bench {
    name: "kernel",
    folder: "kernel",
    against: "the naive loop or a copy",
    shapes: &["64", "128", "256", "1024", "4096"],
    grid: kernel,
    sizes_take_turns: false,
    report: |rows, machine| table::sizes(table::best_level, rows, machine),
    warm_up: Duration::from_millis(10),
    measurement: Duration::from_millis(100),
};

/// What a runtime costs by itself: an empty task for each thread, against rayon.
pub static DISPATCH: Bench = Bench {
    name: "dispatch",
    folder: "dispatch",
    against: "rayon",
    shapes: &[],
    grid: dispatch,
    sizes_take_turns: true,
    report: |rows, machine| table::sizes(table::fastest, rows, machine),
    warm_up: Duration::from_millis(20),
    measurement: Duration::from_millis(200),
};

/// Policy apart from mechanism, on as many threads as have a core each: the grain as an axis, down to the static partition of
/// one chunk a thread, and threads pinned beside threads that the system places.
pub static POLICY: Bench = Bench {
    name: "policy",
    folder: "policy",
    against: "the serial kernel",
    shapes: &["256", "1024", "4096"],
    grid: policy,
    sizes_take_turns: false,
    report: |rows, machine| table::sizes(table::fastest, rows, machine),
    warm_up: Duration::from_millis(10),
    measurement: Duration::from_millis(80),
};

/// PyTorch, NumPy and sigmulib as they are called from Python. `python -m sigmulib.compare` measures it and writes its record;
/// here it is read and drawn.
pub static PYTHON: Bench = Bench {
    name: "python",
    folder: "python",
    against: "F.silu",
    shapes: &[],
    grid: |_| Vec::new(),
    sizes_take_turns: false,
    report: |rows, machine| table::sizes(table::fastest, rows, machine) + &peers::table(rows),
    warm_up: Duration::ZERO,
    measurement: Duration::ZERO,
};

/// The shape on which the kernel's rate in cache is measured: 32 KiB in all, which any CPU's second-level cache holds.
const IN_CACHE: Shape = Shape { rows: 64, cols: 64 };

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

/// `kernel` as `runtime` shares it between `threads`, against sigmul on one thread.
fn against_serial(
    kernel: &'static KernelEntry,
    runtime: &'static RuntimeEntry,
    threads: ThreadCount,
    shape: Shape,
) -> Arm {
    Arm {
        kernel,
        runtime,
        threads,
        shape,
        grain: None,
        baseline: (&SIGMUL, registry::serial()),
    }
}

/// The serial baseline against itself.
fn serial(shape: Shape) -> Arm {
    against_serial(&SIGMUL, registry::serial(), ThreadCount::ONE, shape)
}

/// The runtimes chosen, but for the baseline.
fn parallel(settings: &Settings) -> impl Iterator<Item = &'static RuntimeEntry> {
    let chosen = settings.runtimes.iter().copied();
    chosen.filter(|runtime| runtime.name != SERIAL)
}

/// Whether the kernel takes a matrix to come from memory.
fn is_in_memory(shape: Shape) -> bool {
    Sigmul::for_len(shape.elements()).streams()
}

/// Every runtime at every thread count, and beside them the baseline, the ceilings and, in cache, the naive kernel: beyond it
/// it is no different, and would take a tenth of the run.
fn speedup(settings: &Settings) -> Vec<Arm> {
    let mut arms = Vec::new();
    if !settings.shapes.contains(&IN_CACHE) {
        arms.push(serial(IN_CACHE));
    }
    for &shape in &settings.shapes {
        arms.push(serial(shape));
        if !is_in_memory(shape) {
            arms.push(against_serial(
                &NAIVE,
                registry::serial(),
                ThreadCount::ONE,
                shape,
            ));
        }
        let copies = settings.threads.iter();
        arms.extend(copies.map(|&threads| against_serial(&COPY, registry::pool(), threads, shape)));
        for runtime in parallel(settings) {
            let threads = settings.threads.iter();
            arms.extend(threads.map(|&threads| against_serial(&SIGMUL, runtime, threads, shape)));
        }
    }
    arms
}

/// Every runtime at every thread count above 1.
fn break_even(settings: &Settings) -> Vec<Arm> {
    let mut arms = Vec::new();
    for &shape in &settings.shapes {
        arms.push(serial(shape));
        for runtime in parallel(settings) {
            let threads = settings.threads.iter();
            let threads = threads.filter(|&&threads| threads > ThreadCount::ONE);
            arms.extend(threads.map(|&threads| against_serial(&SIGMUL, runtime, threads, shape)));
        }
    }
    arms
}

/// Copies, every level and, in cache, the naive loop, on one thread and on as many as have a core each.
fn kernel(settings: &Settings) -> Vec<Arm> {
    let available = Level::available();
    let levels = LEVELS
        .iter()
        .filter(|entry| available.iter().any(|level| level.name() == entry.name));
    let kernels: Vec<_> = [&COPY, &MEMCPY].into_iter().chain(levels).collect();
    let mut counts = vec![(ThreadCount::ONE, registry::serial())];
    if ThreadCount::available() > ThreadCount::ONE {
        counts.push((ThreadCount::available(), registry::pool()));
    }
    let mut arms = Vec::new();
    for &shape in &settings.shapes {
        for &(threads, runtime) in &counts {
            let naive = (!is_in_memory(shape)).then_some(&NAIVE);
            let baseline = (naive.unwrap_or(&COPY), runtime);
            arms.extend(kernels.iter().copied().chain(naive).map(|kernel| Arm {
                kernel,
                runtime,
                threads,
                shape,
                grain: None,
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
        arms.extend(parallel(settings).map(|runtime| Arm {
            kernel: &EMPTY,
            runtime,
            threads,
            shape,
            grain: None,
            baseline,
        }));
    }
    arms
}

/// Grains four times apart, from 1024 elements to one chunk a thread; what the runtimes do by themselves; and pinned.
fn policy(settings: &Settings) -> Vec<Arm> {
    let fitting = settings.threads.iter().rev();
    let fitting = fitting
        .copied()
        .find(|threads| !threads.is_oversubscribed());
    let threads = fitting.unwrap_or(ThreadCount::ONE);
    let mut arms = Vec::new();
    for &shape in &settings.shapes {
        arms.push(serial(shape));
        arms.push(against_serial(&COPY, registry::pool(), threads, shape));
        let one_each = shape.elements().div_ceil(threads.get());
        let smaller = std::iter::successors(Some(1024), |grain| Some(4 * grain));
        let grains = smaller.take_while(|&grain| grain < one_each);
        let grains: Vec<_> = grains
            .chain([one_each])
            .filter_map(NonZeroUsize::new)
            .collect();
        for runtime in parallel(settings) {
            arms.push(against_serial(&SIGMUL, runtime, threads, shape));
            if runtime.with_grain.is_some() {
                arms.extend(grains.iter().map(|&grain| Arm {
                    grain: Some(grain),
                    ..against_serial(&SIGMUL, runtime, threads, shape)
                }));
            }
        }
        let chosen = |pinned: &&RuntimeEntry| {
            let name = pinned.name.strip_suffix("-pinned");
            parallel(settings).any(|runtime| Some(runtime.name) == name)
        };
        let pinned = PINNED.iter().filter(chosen);
        arms.extend(pinned.map(|runtime| against_serial(&SIGMUL, runtime, threads, shape)));
    }
    arms
}
