//! Criterion in front: its command line, and its asking for samples, arm by arm, which is given those that the arms took in
//! turns. Nothing else knows criterion.

use std::any::Any;
use std::cell::RefCell;
use std::collections::HashSet;
use std::env;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::process::{Command, Stdio};
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, SamplingMode, Throughput};

use super::quiet::Quiet;
use super::turns::Turns;
use super::work::said;
use crate::Error;
use crate::declare::settings::SAMPLES;
use crate::declare::{Bench, Data};
use crate::record::{Accuracy, Key, Outcome, Sample, Size};

/// Criterion's own bootstrap is for its report on the terminal alone; its default of 100,000 would take longer than
/// many arms do, and of 1000 or fewer it warns.
const CRITERION_RESAMPLES: usize = 1001;

/// A baseline of criterion's that nobody saves: what it finds none of it does not compare with.
const NO_BASELINE: &str = "abreast-compares-records";

/// An option that takes a number, which it allows, and a test for it.
type Number = (&'static str, &'static str, fn(f64) -> bool);

/// Criterion's, which panics at others.
const NUMBERS: [Number; 7] = [
    (SAMPLE_SIZE, "a whole number from 10 on", |n| n >= 10.0),
    (WARM_UP, SECONDS, is_time),
    (MEASUREMENT, SECONDS, is_time),
    ("--nresamples", "a whole number from 1 on", |n| n >= 1.0),
    ("--noise-threshold", "a number above 0", |n| n > 0.0),
    ("--confidence-level", SHARE, is_share),
    ("--significance-level", SHARE, is_share),
];
const SAMPLE_SIZE: &str = "--sample-size";
const WARM_UP: &str = "--warm-up-time";
const MEASUREMENT: &str = "--measurement-time";
const SECONDS: &str = "seconds, more than 0 and at most a day's 86400";
const SHARE: &str = "a number between 0 and 1";

fn is_time(seconds: f64) -> bool {
    (1e-9..=86400.0).contains(&seconds)
}

fn is_share(share: f64) -> bool {
    share > 0.0 && share < 1.0
}

/// How many samples an arm has, and how long it takes for them.
#[derive(Clone, Copy)]
pub(super) struct Times {
    pub(super) samples: usize,
    pub(super) warm_up: Duration,
    measurement: Duration,
}

impl Times {
    /// As `bench` and the command line say.
    pub(super) fn of<D: Data>(bench: &Bench<D>) -> Self {
        let seconds = |name, default| {
            let given = number(name).filter(|&seconds| is_time(seconds));
            given.map_or(default, Duration::from_secs_f64)
        };
        Self {
            samples: number(SAMPLE_SIZE).map_or(SAMPLES, |samples| samples as usize),
            warm_up: seconds(WARM_UP, bench.warm_up),
            measurement: seconds(MEASUREMENT, bench.measurement),
        }
    }

    /// The length of a turn.
    pub(super) fn turn(self) -> Duration {
        self.measurement / self.samples as u32
    }
}

/// Criterion, set up as `bench` and the command line say. It compares with a run before only where it is asked to: times of another
/// minute are no measure.
///
/// # Errors
///
/// Where it does not take the command line, or what it takes leaves nothing to record: a sentence.
pub(super) fn criterion<D: Data>(bench: &Bench<D>) -> Result<Criterion, Error> {
    if measures() && given(&["--quick"]) {
        return Err(Error::new(
            "--quick takes two samples, of which nothing can be said: give `--measurement-time 0.1`, or a `--sample-size` from 10 on",
        ));
    }
    for (name, allowed, is_allowed) in NUMBERS {
        // What is no number criterion itself refuses with a sentence.
        if let Some(number) = number(name).filter(|&number| !is_allowed(number)) {
            return Err(Error::new(format!("{name} is {number}: give {allowed}")));
        }
    }
    let made = || {
        Criterion::default()
            .without_plots()
            .sample_size(SAMPLES)
            .warm_up_time(bench.warm_up)
            .measurement_time(bench.measurement)
            .nresamples(CRITERION_RESAMPLES)
            .configure_from_args()
    };
    // A filter that is no regular expression is one of those that it panics at, and says why.
    let panics = Quiet::new(false);
    let quiet = panics.begin();
    let made = catch_unwind(AssertUnwindSafe(made));
    drop(quiet);
    let criterion = made.map_err(|panic| refused(&*panic))?;
    Ok(match asks_for_baseline() {
        true => criterion,
        false => criterion.retain_baseline(NO_BASELINE.to_owned(), false),
    })
}

/// What criterion's panic said, in a sentence.
fn refused(panic: &(dyn Any + Send)) -> Error {
    Error::new(format!("criterion stopped: {}", said(panic)))
}

/// The arguments that are text; criterion refuses others.
fn arguments() -> impl Iterator<Item = String> {
    let arguments = env::args_os().skip(1);
    arguments.filter_map(|argument| argument.into_string().ok())
}

/// Whether one of these options is given, its value apart, after `=`, or after its one letter.
fn given(names: &[&str]) -> bool {
    arguments().any(|argument| {
        let is_it = |name: &&str| match argument.strip_prefix(name) {
            Some(rest) => rest.is_empty() || rest.starts_with('=') || name.len() == 2,
            None => false,
        };
        names.iter().any(is_it)
    })
}

/// The number that is given for option `name`.
fn number(name: &str) -> Option<f64> {
    let mut arguments = arguments().skip_while(|argument| argument.split('=').next() != Some(name));
    let option = arguments.next()?;
    let value = match option.split_once('=') {
        Some((_, value)) => value.to_owned(),
        None => arguments.next()?,
    };
    value.parse().ok()
}

/// Whether criterion is to compare with what it saved, or to save or discard it.
fn asks_for_baseline() -> bool {
    given(&[
        "-b",
        "--baseline",
        "--baseline-lenient",
        "-s",
        "--save-baseline",
        "--load-baseline",
        "--discard-baseline",
    ])
}

/// Whether whole tables are asked for, and criterion's own lines.
pub(super) fn is_verbose() -> bool {
    given(&["-v", "--verbose"])
}

/// Whether criterion's own lines are kept from the terminal: those of a run that measures, unless they are asked for.
pub(super) fn quiet() -> Quiet {
    let heard = is_verbose() || asks_for_baseline() || given(&["--output-format"]);
    Quiet::new(measures() && !heard)
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
    let given = arguments().filter(|argument| argument != "--bench");
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
    given(&["--bench"]) && !given(&["--test", "--list", "--profile-time", "--load-baseline"])
}

/// Whether help is asked for: criterion prints its own, and exits.
pub(super) fn asks_for_help() -> bool {
    given(&["--help", "-h"])
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

/// Has criterion ask for arm `index` of `turns`, its own lines as `quiet` says; `None` where its filter leaves the arm out.
///
/// Criterion's warm-up doubles the iterations from 1 on, and times the arm by itself; from then on it repeats one number,
/// and each time is given the next sample as if it had been that many iterations long. Where nothing is `recorded`, as
/// when it tests or profiles, all calls are the arm by itself. `announce` is told before each round.
///
/// What can't be measured leaves criterion without a figure for it: the outcome says why, and it goes on with the next.
///
/// # Errors
///
/// Where criterion itself can't go on: a baseline it was asked for is not there, say.
pub(super) fn measure<D: Data>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    (index, key): (usize, &Key),
    turns: &mut Turns<'_, D>,
    (recorded, quiet): (bool, &Quiet),
    announce: &dyn Fn(usize),
) -> Result<Option<Result<Measured, Outcome>>, Error> {
    let mut samples = Vec::new();
    let mut doublings = 0;
    let mut asked = false;
    let alone = RefCell::new(None);
    let id = BenchmarkId::new(key.name(), key.threads);
    let asking = catch_unwind(AssertUnwindSafe(|| {
        let _quiet = quiet.begin();
        group.bench_function(id, |bencher| {
            if !asked {
                asked = true;
                let _heard = quiet.pause();
                // Out here, where criterion's clock does not run.
                alone.replace(Some(turns.alone(index).unwrap_or_else(leave)));
            }
            bencher.iter_custom(|iterations| {
                let _heard = quiet.pause();
                let mut alone = alone.borrow_mut();
                // Where nothing is recorded there may be more calls than an integer can double.
                if !recorded || samples.is_empty() && iterations == 1 << doublings {
                    doublings += 1;
                    let work = alone.as_mut().expect("kept until the first sample");
                    return turns.time(index, work, iterations).unwrap_or_else(leave);
                }
                // No other arm's threads while arms take turns.
                *alone = None;
                let sample = turns.sample(index, iterations, announce);
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
        return match panic.downcast::<Outcome>() {
            Ok(outcome) => Ok(Some(Err(*outcome))),
            Err(panic) => Err(refused(&*panic)),
        };
    }
    if !asked {
        return Ok(None);
    }
    let accuracy = turns.finish(index);
    Ok(Some(
        accuracy.map(|accuracy| Measured { samples, accuracy }),
    ))
}

/// The one way out of criterion's closures that gives it no figure.
fn leave<T>(outcome: Outcome) -> T {
    panic::resume_unwind(Box::new(outcome))
}
