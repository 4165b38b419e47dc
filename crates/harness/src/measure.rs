//! Criterion in front: it asks for samples, arm by arm, and is given those that the arms took in turns.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId};

use crate::analyse::{Accuracy, Sample};
use crate::grid::Key;
use crate::record::Outcome;
use crate::turns::Turns;

/// What became of an arm that criterion asked for.
pub(crate) struct Measured {
    /// Its samples: none where nothing is recorded.
    pub(crate) samples: Vec<Sample>,
    /// The error of its output.
    pub(crate) accuracy: Option<Accuracy>,
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
pub(crate) fn measure(
    group: &mut BenchmarkGroup<'_, WallTime>,
    (index, key): (usize, &Key),
    turns: &mut Turns,
    recorded: bool,
    announce: impl Fn(usize),
) -> Result<Option<Measured>, Outcome> {
    let mut samples = Vec::new();
    let mut doublings = 0;
    let mut asked = false;
    let mut alone = None;
    let id = BenchmarkId::new(key.name(), key.threads);
    let asking = catch_unwind(AssertUnwindSafe(|| {
        group.bench_function(id, |bencher| {
            if !asked {
                asked = true;
                // Out here, where criterion's clock does not run.
                alone = Some(turns.alone(index).unwrap_or_else(leave));
            }
            bencher.iter_custom(|iterations| {
                // Where nothing is recorded there may be more calls than an integer can double.
                if !recorded || samples.is_empty() && iterations == 1 << doublings {
                    doublings += 1;
                    let work = alone.as_ref().expect("kept until the first sample");
                    return turns.time(index, work, iterations).unwrap_or_else(leave);
                }
                // No other runtime's threads while arms take turns.
                alone = None;
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
