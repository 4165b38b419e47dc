//! The benches: what each compares, and against what.

use std::path::Path;
use std::time::Duration;

use abreast::Error;
use abreast::declare::{Bench, Data, Point, Threads};
use abreast::record::{Of, Role, Size, is_record};
use abreast::show::View;
use abreast::show::views::{setting, sizes, threads};
use sigmul_kernel::{Level, Sigmul};
use sigmul_runtime::ThreadCount;

use crate::matrix::{Longer, Matrix};
use crate::registry::{
    self, COPY, EMPTY, LEVELS, MEMCPY, NAIVE, PINNED, RUNTIMES, RuntimeEntry, SERIAL, SIGMUL,
};
use crate::work::{arm, planted};
use crate::{peers, study};

/// A bench of this repository. Its record is in the folder of its name within that of all records.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Its name in records, and that of its target: `cargo bench -p harness --bench NAME`.
    pub name: &'static str,
}

/// The folder that runs write to, which is not committed.
pub const HERE: &str = "plots/here";

/// The committed records that README.md and report are about, of several runs each.
pub const REFERENCE: &str = "plots/2-cores";

/// The main job: every runtime at every thread count.
pub const SPEEDUP: Entry = named("speedup");
/// From which size on each runtime pays.
pub const BREAK_EVEN: Entry = named("break_even");
/// The kernel by itself.
pub const KERNEL: Entry = named("kernel");
/// Chunk sizes and pinned threads.
pub const POLICY: Entry = named("policy");
/// What a runtime costs by itself.
pub const DISPATCH: Entry = named("dispatch");
/// What `python -m sigmulib.compare` measures.
pub const PYTHON: Entry = named("python");
/// What differences are told apart.
pub const POWER: Entry = named("power");

/// All benches whose records there are, in the order in which cargo runs them.
pub const BENCHES: [Entry; 6] = [BREAK_EVEN, DISPATCH, KERNEL, POLICY, PYTHON, SPEEDUP];

/// What is shown of these benches' records besides what every reader of records knows.
pub const VIEWS: [View; 7] = [
    KERNEL_VIEW,
    LEVELS_VIEW,
    POLICY_VIEW,
    DISPATCH_VIEW,
    study::STUDY,
    study::RATIO,
    peers::TABLE,
];

const fn named(name: &'static str) -> Entry {
    Entry { name }
}

/// The bench called `name`.
///
/// # Errors
///
/// Where there is none.
pub fn bench(name: &str) -> Result<Entry, Error> {
    let names = BENCHES.map(|bench| bench.name).join(", ");
    let bench = BENCHES.into_iter().find(|bench| bench.name == name);
    bench.ok_or_else(|| Error::new(format!("`{name}` is not a bench: there are {names}")))
}

/// The records of this machine where there are any, else the committed ones.
pub fn records() -> &'static Path {
    let is_here = |bench: &Entry| is_record(&Path::new(HERE).join(bench.name));
    let any = BENCHES.iter().any(is_here);
    Path::new(if any { HERE } else { REFERENCE })
}

impl Entry {
    /// The bench without its arms: what all of this repository's have in common.
    fn declare<D: Data>(self, against: &str) -> Bench<D> {
        Bench::new(self.name)
            .words("sigmoid(A) * A", against)
            .prefix("SIGMUL")
            .root("../..")
            .level(Level::best().name())
            .palette(&PALETTE)
            .set("llama", LLAMA)
            .set("study", (0..=15).map(|power| Size::square(1 << power)))
    }
}

/// One token, and a prompt, in Llama 3 8B.
const LLAMA: [Size; 2] = [
    Size::row(14336),
    Size {
        rows: 512,
        cols: 14336,
    },
];

/// The order of looks, the same in all benches.
const PALETTE: [&str; 13] = [
    SERIAL,
    "rayon",
    "crossbeam",
    "threads",
    "pool",
    "rayon-pinned",
    "pool-pinned",
    "naive",
    "copy",
    "portable",
    "memcpy",
    "avx512",
    "avx2",
];

/// A matrix whose input and output fit in the cache nearest to a core.
const IN_CACHE: Size = Size::square(64);

/// The runtimes, but for the baseline.
fn parallel() -> impl Iterator<Item = &'static RuntimeEntry> {
    RUNTIMES.iter().filter(|runtime| runtime.name != SERIAL)
}

/// Whether the kernel takes a matrix to come from memory.
fn is_in_memory(size: Size) -> bool {
    Sigmul::for_len(size.elements()).streams()
}

/// A bench against the serial kernel, with the copy on the threads that it is a ceiling for.
fn against_serial(entry: Entry, against: &str) -> Bench<Matrix> {
    let serial = arm(SERIAL, &SIGMUL, registry::serial()).on(Threads::One);
    entry.declare(against).baseline(serial)
}

/// The main job: every runtime at every thread count on sigmul, against the vectorised kernel on one thread; and the
/// ceilings: copies on as many threads, and the kernel on private data that fits the first caches. The naive kernel is there in
/// cache: beyond it it is no different, and would take a tenth of the run.
pub fn speedup() -> Bench<Matrix> {
    let naive = arm(NAIVE.name, &NAIVE, registry::serial()).on(Threads::One);
    let copy = arm(COPY.name, &COPY, registry::pool());
    let in_cache = |at: Point| (!is_in_memory(at.size)).then_some(Role::Reference);
    let bench = against_serial(SPEEDUP, "the vectorised serial kernel")
        .sizes([256, 1024, 4096].map(Size::square).into_iter().chain(LLAMA))
        .views(&[
            View::SPEEDUP,
            View::THROUGHPUT,
            View::TIME,
            View::SIZES,
            View::FORECAST,
        ])
        .in_cache(IN_CACHE)
        .arm_at(in_cache, naive)
        .ceiling(Of::Memory, copy);
    parallel().fold(bench, |bench, runtime| {
        bench.contender(arm(runtime.name, &SIGMUL, runtime))
    })
}

/// From which size on each runtime pays: sizes a factor of two apart, against the serial kernel.
pub fn break_even() -> Bench<Matrix> {
    let bench = against_serial(BREAK_EVEN, "the serial kernel")
        .sizes((10..22).map(|power| Size::row(1 << power)))
        .in_cache(IN_CACHE)
        .sizes_take_turns()
        .views(&[View::BREAK_EVEN])
        .times(Duration::from_millis(5), Duration::from_millis(30));
    parallel().fold(bench, |bench, runtime| {
        let arm = arm(runtime.name, &SIGMUL, runtime).on(Threads::Several);
        bench.contender(arm)
    })
}

/// The kernel by itself: every level of this CPU, on one thread and on as many as have a core each. In cache against the naive
/// loop, beyond it against a copy of the same bytes: the arithmetic bounds the one, memory the other.
pub fn kernel() -> Bench<Matrix> {
    let bench = KERNEL
        .declare("the naive loop or a copy")
        .sizes([64, 128, 256, 1024, 4096].map(Size::square))
        .views(&[KERNEL_VIEW, LEVELS_VIEW])
        .times(Duration::from_millis(10), Duration::from_millis(100));
    let available = Level::available();
    let is_here = |name: &str| available.iter().any(|level| level.name() == name);
    let levels = LEVELS.iter().filter(|level| is_here(level.name));
    let kernels = [&COPY, &MEMCPY].into_iter().chain(levels).chain([&NAIVE]);
    let cores = abreast::record::machine::available_cores();
    // On several threads the pool, which costs least itself.
    let mut counts = vec![(1, registry::serial())];
    if cores > 1 {
        counts.push((cores, registry::pool()));
    }
    let arms = counts
        .into_iter()
        .flat_map(|count| kernels.clone().map(move |kernel| (count, kernel)));
    arms.fold(bench, |bench, ((threads, runtime), kernel)| {
        let role = move |at: Point| match (kernel.name, is_in_memory(at.size)) {
            ("naive", true) => None,
            ("naive", false) | ("copy", true) => Some(Role::Baseline),
            ("copy" | "memcpy", _) => Some(Role::Reference),
            _ => Some(Role::Contender),
        };
        let arm = arm(kernel.name, kernel, runtime).on(Threads::These(vec![threads]));
        bench.arm_at(role, arm)
    })
}

/// What a runtime costs by itself: a cache line for each thread, and nothing to compute on it.
pub fn dispatch() -> Bench<Matrix> {
    let bench = DISPATCH
        .declare("rayon")
        .sizes((1..=ThreadCount::MAX).map(|rows| Size { rows, cols: 16 }))
        .fixed_sizes()
        .views(&[DISPATCH_VIEW, View::SIZES])
        .times(Duration::from_millis(10), Duration::from_millis(80));
    parallel().fold(bench, |bench, runtime| {
        let role = move |at: Point| {
            let own = at.size.rows == at.threads;
            own.then_some(match runtime.name {
                "rayon" => Role::Baseline,
                _ => Role::Contender,
            })
        };
        bench.arm_at(role, arm(runtime.name, &EMPTY, runtime))
    })
}

/// Policy apart from mechanism: grains four times apart, from 1024 elements to one chunk a thread; what the runtimes do by
/// themselves; and pinned.
pub fn policy() -> Bench<Matrix> {
    let copy = arm(COPY.name, &COPY, registry::pool()).on(Threads::Most);
    let bench = against_serial(POLICY, "the serial kernel")
        .sizes([Size::square(256), Size::square(1024), LLAMA[1]])
        .setting("elements in a chunk")
        .in_cache(IN_CACHE)
        .views(&[POLICY_VIEW, View::SIZES])
        .times(Duration::from_millis(20), Duration::from_millis(200))
        .ceiling(Of::Memory, copy);
    parallel().chain(PINNED).fold(bench, |bench, runtime| {
        let arm = arm(runtime.name, &SIGMUL, runtime).on(Threads::Most);
        let arm = match runtime.with_grain {
            Some(_) => arm.settings(grains),
            None => arm,
        };
        bench.contender(arm)
    })
}

/// Chunk sizes four times apart, the last one chunk a thread.
fn grains(size: Size, threads: usize) -> Vec<f64> {
    let one_each = size.elements().div_ceil(threads);
    let smaller = std::iter::successors(Some(1024), |grain| Some(4 * grain));
    let smaller = smaller.take_while(|&grain| grain < one_each);
    smaller
        .chain([one_each])
        .map(|grain| grain as f64)
        .collect()
}

/// What differences are told apart: the same code on 0, 1 and 3 % more elements, on one thread beside the baseline, and on two
/// beside each other. How often they are in many runs says `examples/power.rs`.
pub fn power() -> Bench<Longer> {
    let of = |runtime| planted(runtime).settings(|_, _| vec![0.0, 1.0, Longer::MOST]);
    POWER
        .declare("the serial kernel")
        .sizes([256, 1024, 4096].map(Size::square))
        .setting("percent planted")
        .views(&[View::SIZES])
        .baseline(of(registry::serial()).on(Threads::One))
        .contender(of(registry::pool()).on(Threads::These(vec![2])))
}

/// The kernel's levels.
const KERNEL_VIEW: View = View::new("kernel", |of| {
    let mut chart = sizes::bytes(of);
    "kernel".clone_into(&mut chart.name);
    "The kernel's throughput against size".clone_into(&mut chart.title);
    "decimal GB/s: each element read once and written once; copy is the ceiling in memory · dashed: the caches of as many cores as threads · band: 95 % interval of the median"
        .clone_into(&mut chart.subtitle);
    abreast::show::Section::chart(chart)
});

/// A table a size, and how the best level of the CPU compares.
const LEVELS_VIEW: View = View::new("levels", |of| {
    abreast::show::sections_of_sizes(of, |rows| {
        let sentences = rows.chunk_by(|a, b| a.key.threads == b.key.threads);
        let sentences = sentences.filter_map(|rows| {
            // Levels stand in the record from the best down.
            let best = rows.iter().find(|row| row.role == Role::Contender)?;
            Some(format!(
                "{}: {} times {}",
                abreast::show::words::name(best),
                abreast::show::words::ratio(best.figures()?.speedup.median),
                best.baseline
            ))
        });
        let sentences: Vec<_> = sentences.collect();
        (!sentences.is_empty()).then(|| sentences.join("; "))
    })
});

/// What chunk sizes and pinning change.
const POLICY_VIEW: View = View::new("policy", |of| {
    let mut chart = setting::setting(of);
    "policy".clone_into(&mut chart.name);
    "Policy: how large the chunks are, and whether threads are pinned".clone_into(&mut chart.title);
    "speedup against the serial kernel timed beside each sample · joined: chunks of one size, the last one a thread · band and bar: 95 % interval of the median"
        .clone_into(&mut chart.subtitle);
    abreast::show::Section::chart(chart)
});

/// What a call costs.
const DISPATCH_VIEW: View = View::new("dispatch", |of| {
    let mut chart = threads::calls(of);
    "dispatch".clone_into(&mut chart.name);
    "What a call costs before any work is done".clone_into(&mut chart.title);
    "a cache line for each thread, handed out and awaited, over and over · band: 95 % interval of the median"
        .clone_into(&mut chart.subtitle);
    abreast::show::Section::chart(chart)
});
