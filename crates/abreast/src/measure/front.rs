//! Criterion in front: its command line, and its asking for samples, arm by arm, which is given those that the arms took in
//! turns. Nothing else knows criterion.

use std::cell::RefCell;
use std::collections::HashSet;
use std::env;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::process::{Command, Stdio};
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, SamplingMode, Throughput};

use super::turns::Turns;
use crate::Error;
use crate::declare::{Bench, Data};
use crate::record::{Accuracy, Key, Outcome, Sample, Size};

/// Samples an arm, unless the command line says otherwise: enough for a 95 % interval of the median.
pub(super) const SAMPLES: usize = 30;

/// Criterion's own bootstrap is for its report on the terminal alone; its default of 100,000 would take longer than
/// many arms do, and of 1000 or fewer it warns.
const CRITERION_RESAMPLES: usize = 1001;

/// Criterion, set up as `bench` and the command line say.
pub(super) fn criterion<D: Data>(bench: &Bench<D>) -> Criterion {
    Criterion::default()
        .without_plots()
        .sample_size(SAMPLES)
        .warm_up_time(bench.warm_up)
        .measurement_time(bench.measurement)
        .nresamples(CRITERION_RESAMPLES)
        .configure_from_args()
}

/// How this run was asked for, to be typed in a shell where cargo started it: the variables with this `prefix` that choose what is
/// compared, and criterion's arguments.
pub(super) fn command(prefix: &str) -> Option<String> {
    let package = env::var("CARGO_PKG_NAME").ok()?;
    let program = env::current_exe().ok()?;
    // Cargo ends the program's name in a dash and a hash.
    let (target, _) = program.file_stem()?.to_str()?.rsplit_once('-')?;
    let mut words = Vec::new();
    for name in ["SIZES", "THREADS"].map(|name| format!("{prefix}_{name}")) {
        if let Ok(value) = env::var(&name) {
            words.push(format!("{name}={}", quoted(&value)));
        }
    }
    let cargo = ["cargo", "bench", "-p", &package, "--bench", target];
    words.extend(cargo.map(quoted));
    let given = env::args().skip(1).filter(|argument| argument != "--bench");
    let given: Vec<_> = given.map(|argument| quoted(&argument)).collect();
    if !given.is_empty() {
        words.push("--".to_owned());
        words.extend(given);
    }
    Some(words.join(" "))
}

/// A word as a shell takes it for one.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_=.,:/+@%".contains(c);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

/// Whether this is a run that measures: `cargo bench` says `--bench`, and some of criterion's modes do something else.
pub(super) fn measures() -> bool {
    let given = |names: &[&str]| {
        env::args().any(|argument| names.contains(&argument.split('=').next().unwrap_or_default()))
    };
    given(&["--bench"]) && !given(&["--test", "--list", "--profile-time", "--load-baseline"])
}

/// Whether help is asked for: criterion prints its own, and exits.
pub(super) fn asks_for_help() -> bool {
    env::args().any(|argument| argument == "--help" || argument == "-h")
}

/// The names of the arms that criterion's filter selects. The filter is criterion's own affair, so this program is run once
/// more to list them; the arms that take turns must be known before the first does.
///
/// # Errors
///
/// Where that run fails.
pub(super) fn selected() -> Result<HashSet<String>, Error> {
    let listed = || {
        let mut list = Command::new(env::current_exe()?);
        list.args(env::args_os().skip(1));
        list.args(["--list", "--format=terse"]);
        list.stderr(Stdio::inherit()).output()
    };
    let out = listed().map_err(|error| Error::new(format!("the arms can't be listed: {error}")))?;
    if !out.status.success() {
        return Err(Error::new("the arms can't be listed: see above"));
    }
    let names = String::from_utf8_lossy(&out.stdout);
    let names = names
        .lines()
        .filter_map(|line| line.strip_suffix(": benchmark"));
    Ok(names.map(str::to_owned).collect())
}

/// Criterion's group for the arms of one size, whose calls move so many bytes.
pub(super) fn group(
    criterion: &mut Criterion,
    size: Size,
    moved: Option<u64>,
) -> BenchmarkGroup<'_, WallTime> {
    let mut group = criterion.benchmark_group(size.to_string());
    group.sampling_mode(SamplingMode::Flat);
    group.throughput(match moved {
        Some(bytes) => Throughput::BytesDecimal(bytes),
        None => Throughput::Elements(size.elements() as u64),
    });
    group
}

/// What became of an arm that criterion asked for.
pub(super) struct Measured {
    /// Its samples: none where nothing is recorded.
    pub(super) samples: Vec<Sample>,
    /// The error of its output.
    pub(super) accuracy: Option<Accuracy>,
}

/// Has criterion ask for arm `index` of `turns`; `None` where its filter leaves the arm out.
///
/// Criterion's warm-up doubles the iterations from 1 on, and times the arm by itself; from then on it repeats one number,
/// and each time is given the next sample as if it had been that many iterations long. Where nothing is `recorded`, as
/// when it tests or profiles, all calls are the arm by itself. `announce` is told before each round.
///
/// # Errors
///
/// What became of the arm, where it can't be measured. Criterion prints no figure for it, and goes on with the next.
pub(super) fn measure<D: Data>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    (index, key): (usize, &Key),
    turns: &mut Turns<'_, D>,
    recorded: bool,
    announce: impl Fn(usize),
) -> Result<Option<Measured>, Outcome> {
    let mut samples = Vec::new();
    let mut doublings = 0;
    let mut asked = false;
    let alone = RefCell::new(None);
    let id = BenchmarkId::new(key.name(), key.threads);
    let asking = catch_unwind(AssertUnwindSafe(|| {
        group.bench_function(id, |bencher| {
            if !asked {
                asked = true;
                // Out here, where criterion's clock does not run.
                alone.replace(Some(turns.alone(index).unwrap_or_else(leave)));
            }
            bencher.iter_custom(|iterations| {
                let mut alone = alone.borrow_mut();
                // Where nothing is recorded there may be more calls than an integer can double.
                if !recorded || samples.is_empty() && iterations == 1 << doublings {
                    doublings += 1;
                    let work = alone.as_mut().expect("kept until the first sample");
                    return turns.time(index, work, iterations).unwrap_or_else(leave);
                }
                // No other arm's threads while arms take turns.
                *alone = None;
                let sample = turns.sample(index, iterations, &announce);
                let sample = sample.unwrap_or_else(leave);
                samples.push(sample);
                let ns = sample.pair.ns_per_call() * iterations as f64;
                Duration::from_nanos(ns.round() as u64)
            });
        });
    }));
    drop(alone);
    if let Err(panic) = asking {
        // A panic of criterion's own is not about the arm.
        return Err(*panic
            .downcast::<Outcome>()
            .unwrap_or_else(|panic| resume_unwind(panic)));
    }
    if !asked {
        return Ok(None);
    }
    let accuracy = turns.finish(index)?;
    Ok(Some(Measured { samples, accuracy }))
}

/// The one way out of criterion's closures that gives it no figure.
fn leave<T>(outcome: Outcome) -> T {
    resume_unwind(Box::new(outcome))
}
