//! Samples of an arm, through criterion, each beside a sample of its baseline.

use std::any::Any;
use std::hint::black_box;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, Instant};

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId};
use sigmul_runtime::{Runtime, ThreadCount};

use crate::Error;
use crate::analyse::Pair;
use crate::grid::Arm;
use crate::matrix::Matrix;
use crate::registry::{Apply, KernelEntry, RuntimeEntry};
use crate::verify::verify;

/// The time over which a call's length is estimated before sampling: reading the clock twice is below a thousandth of it.
const ESTIMATE: Duration = Duration::from_micros(100);

/// Verifies `arm` and has criterion measure it; `None` where criterion's filter or mode leaves it out.
///
/// `matrix` is made when the first arm that needs it comes; `announce` is called before the work on this one starts.
///
/// # Errors
///
/// Where the runtime can't be built, its output is wrong before or after the timed calls, or it panics. Criterion prints
/// no figure for an arm that fails before it is timed, and goes on with the next.
pub fn measure(
    group: &mut BenchmarkGroup<'_, WallTime>,
    arm: &Arm,
    matrix: &mut Option<Matrix>,
    announce: impl FnOnce(),
) -> Result<Option<Vec<Pair>>, Error> {
    let mut announce = Some(announce);
    let mut measurement = None;
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let id = BenchmarkId::new(arm.key().label(), arm.threads);
        group.bench_function(id, |bencher| {
            // Criterion calls this once a sample, and not at all where the filter says no.
            if let Some(announce) = announce.take() {
                announce();
                // An arm that can't start leaves criterion by the one way out of a closure that gives no result.
                let mut start = || {
                    Measurement::new(
                        arm,
                        matrix.take().map_or_else(|| Matrix::new(arm.shape), Ok)?,
                    )
                };
                measurement = Some(start().unwrap_or_else(|error| resume_unwind(Box::new(error))));
            }
            if let Some(measurement) = &mut measurement {
                bencher.iter_custom(|iterations| measurement.sample(iterations));
            }
        });
        measurement.as_mut().map(Measurement::verify).transpose()
    }));
    let samples = measurement.map(|measurement| {
        *matrix = Some(measurement.matrix);
        measured(&measurement.pairs)
    });
    match outcome {
        Ok(verified) => verified.map(|_| samples),
        Err(panic) => Err(sentence(panic)),
    }
}

/// What a panic said.
fn sentence(panic: Box<dyn Any + Send>) -> Error {
    match panic.downcast::<Error>() {
        Ok(error) => *error,
        Err(panic) => {
            let said = panic.downcast_ref::<String>().map(String::as_str);
            let said = said.or_else(|| panic.downcast_ref::<&str>().copied());
            Error::new(format!("panicked: {}", said.unwrap_or("without a message")))
        }
    }
}

/// The samples among criterion's calls. Its warm-up comes first and doubles the iterations from 1 on; flat sampling then
/// repeats one number of them. Where that number happens to continue the doubling, one sample is given up.
fn measured(calls: &[Pair]) -> Vec<Pair> {
    let warm_up = calls
        .iter()
        .zip(0..64)
        .take_while(|&(call, doublings)| call.iterations == 1 << doublings);
    calls[warm_up.count()..].to_vec()
}

/// A runtime with a kernel to hand out.
struct Work {
    kernel: &'static KernelEntry,
    apply: Apply,
    runtime: Box<dyn Runtime>,
}

impl Work {
    fn new(
        kernel: &'static KernelEntry,
        runtime: &RuntimeEntry,
        threads: ThreadCount,
        len: usize,
    ) -> Result<Self, Error> {
        let runtime = (runtime.build)(threads).map_err(|error| {
            Error::new(format!(
                "{} can't be built with {threads} threads: {error}",
                runtime.name
            ))
        })?;
        Ok(Self {
            kernel,
            apply: (kernel.prepare)(len),
            runtime,
        })
    }

    /// Checks one call that is not timed.
    fn verify(&self, matrix: &mut Matrix) -> Result<(), Error> {
        // The call before left the right results here.
        matrix.parts().1.fill(f32::NAN);
        self.time(matrix, 1);
        let (input, output) = matrix.parts();
        verify(self.kernel, &self.apply, input, output)
    }

    /// Time of `iterations` calls, from a warm input into the same output each time.
    fn time(&self, matrix: &mut Matrix, iterations: u64) -> Duration {
        let (input, output) = matrix.parts();
        let start = Instant::now();
        for _ in 0..iterations {
            self.runtime.run(output, &|start, chunk| {
                (self.apply)(&input[start..start + chunk.len()], chunk);
            });
            black_box(&mut *output);
        }
        start.elapsed()
    }

    /// About how long one call takes, in seconds: iterations double until [`ESTIMATE`] is over.
    fn estimate(&self, matrix: &mut Matrix) -> f64 {
        let mut iterations = 1;
        loop {
            let elapsed = self.time(matrix, iterations);
            if elapsed >= ESTIMATE {
                return elapsed.as_secs_f64() / iterations as f64;
            }
            iterations *= 2;
        }
    }
}

/// An arm that was verified and is ready to be timed.
struct Measurement {
    arm: Work,
    baseline: Work,
    matrix: Matrix,
    /// Calls of the baseline that take as long as one of the arm.
    baseline_per_call: f64,
    pairs: Vec<Pair>,
}

impl Measurement {
    fn new(arm: &Arm, mut matrix: Matrix) -> Result<Self, Error> {
        let (kernel, runtime) = arm.baseline;
        let baseline = Work::new(kernel, runtime, arm.threads, arm.shape.elements())?;
        let arm = Work::new(arm.kernel, arm.runtime, arm.threads, arm.shape.elements())?;
        arm.verify(&mut matrix)?;
        let baseline_per_call = arm.estimate(&mut matrix) / baseline.estimate(&mut matrix);
        Ok(Self {
            arm,
            baseline,
            matrix,
            baseline_per_call,
            pairs: Vec::new(),
        })
    }

    fn verify(&mut self) -> Result<(), Error> {
        self.arm.verify(&mut self.matrix)
    }

    /// Times `iterations` calls of the arm, and right before or right after, in turns, the baseline for about as long:
    /// the longer of two stretches of time would meet more of the machine's interruptions.
    fn sample(&mut self, iterations: u64) -> Duration {
        let baseline_iterations = (iterations as f64 * self.baseline_per_call)
            .round()
            .max(1.0) as u64;
        let baseline_first = self.pairs.len().is_multiple_of(2);
        let before =
            baseline_first.then(|| self.baseline.time(&mut self.matrix, baseline_iterations));
        let arm = self.arm.time(&mut self.matrix, iterations);
        let baseline =
            before.unwrap_or_else(|| self.baseline.time(&mut self.matrix, baseline_iterations));
        self.pairs.push(Pair {
            iterations,
            ns: arm.as_nanos() as f64,
            baseline_iterations,
            baseline_ns: baseline.as_nanos() as f64,
        });
        arm
    }
}
