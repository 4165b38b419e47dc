//! Samples of an arm, through criterion, each beside a sample of the serial baseline.

use std::any::Any;
use std::hint::black_box;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, Instant};

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId};
use sigmul_runtime::Runtime;
use sigmul_serial::Serial;

use crate::Error;
use crate::analyse::Pair;
use crate::grid::Arm;
use crate::matrix::Matrix;
use crate::registry::{KernelEntry, SIGMUL};
use crate::verify::verify;

/// The time over which a call's length is estimated before sampling: reading the clock twice is below a thousandth of it.
const ESTIMATE: Duration = Duration::from_micros(100);

/// Verifies `arm` and has criterion measure it; `None` where criterion's filter or mode leaves it out.
///
/// `matrix` is made when the first arm that needs it comes; `announce` is called before the work on this one starts.
///
/// # Errors
///
/// Where the runtime can't be built, its output is wrong before or after the timed calls, or it panics. Nothing is
/// printed for the arm then, and criterion goes on with the next.
pub fn measure(
    group: &mut BenchmarkGroup<'_, WallTime>,
    arm: &Arm,
    matrix: &mut Option<Matrix>,
    announce: impl FnOnce(),
) -> Result<Option<Vec<Pair>>, Error> {
    let mut announce = Some(announce);
    let mut bench = None;
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let id = BenchmarkId::new(arm.key().label(), arm.threads);
        group.bench_function(id, |bencher| {
            // Criterion calls this once a sample, and not at all where the filter says no.
            if let Some(announce) = announce.take() {
                announce();
                let matrix = matrix.take().unwrap_or_else(|| Matrix::new(arm.shape));
                // A bench that can't start leaves criterion by the one way out of a closure that gives no result.
                bench = Some(
                    Bench::new(arm, matrix).unwrap_or_else(|error| resume_unwind(Box::new(error))),
                );
            }
            if let Some(bench) = &mut bench {
                bencher.iter_custom(|iterations| bench.sample(iterations));
            }
        });
        bench.as_mut().map(Bench::verify).transpose()
    }));
    let samples = bench.map(|bench| {
        *matrix = Some(bench.matrix);
        measured(&bench.pairs)
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

/// An arm that was verified and is ready to be timed.
struct Bench {
    kernel: &'static KernelEntry,
    runtime: Box<dyn Runtime>,
    matrix: Matrix,
    /// Calls of the serial baseline that take as long as one of the arm.
    serial_per_call: f64,
    pairs: Vec<Pair>,
}

impl Bench {
    fn new(arm: &Arm, matrix: Matrix) -> Result<Self, Error> {
        let runtime = (arm.runtime.build)(arm.threads).map_err(|error| {
            Error::new(format!(
                "can't be built with {} threads: {error}",
                arm.threads
            ))
        })?;
        let mut bench = Self {
            kernel: arm.kernel,
            runtime,
            matrix,
            serial_per_call: 1.0,
            pairs: Vec::new(),
        };
        bench.verify()?;
        let arm = seconds_per_call(|iterations| bench.time_arm(iterations));
        let serial = seconds_per_call(|iterations| bench.time_serial(iterations));
        bench.serial_per_call = arm / serial;
        Ok(bench)
    }

    /// Checks one call that is not timed.
    fn verify(&mut self) -> Result<(), Error> {
        // The call before left the right results here.
        self.matrix.parts().1.fill(f32::NAN);
        self.time_arm(1);
        let (input, output) = self.matrix.parts();
        verify(self.kernel, input, output)
    }

    /// Times `iterations` calls of the arm, and right before or right after, in turns, the serial baseline for about as
    /// long: the longer of two stretches of time would meet more of the machine's interruptions.
    fn sample(&mut self, iterations: u64) -> Duration {
        let serial_iterations = (iterations as f64 * self.serial_per_call).round().max(1.0) as u64;
        let serial_first = self.pairs.len().is_multiple_of(2);
        let before = serial_first.then(|| self.time_serial(serial_iterations));
        let arm = self.time_arm(iterations);
        let serial = before.unwrap_or_else(|| self.time_serial(serial_iterations));
        self.pairs.push(Pair {
            iterations,
            ns: arm.as_nanos() as f64,
            serial_iterations,
            serial_ns: serial.as_nanos() as f64,
        });
        arm
    }

    fn time_arm(&mut self, iterations: u64) -> Duration {
        time(&*self.runtime, self.kernel, &mut self.matrix, iterations)
    }

    fn time_serial(&mut self, iterations: u64) -> Duration {
        time(&Serial, &SIGMUL, &mut self.matrix, iterations)
    }
}

/// About how long one call takes: iterations double until [`ESTIMATE`] is over.
fn seconds_per_call(mut time: impl FnMut(u64) -> Duration) -> f64 {
    let mut iterations = 1;
    loop {
        let elapsed = time(iterations);
        if elapsed >= ESTIMATE {
            return elapsed.as_secs_f64() / iterations as f64;
        }
        iterations *= 2;
    }
}

/// Time of `iterations` calls of `kernel` through `runtime`, from a warm input into the same output each time.
fn time(
    runtime: &dyn Runtime,
    kernel: &KernelEntry,
    matrix: &mut Matrix,
    iterations: u64,
) -> Duration {
    let (input, output) = matrix.parts();
    let start = Instant::now();
    for _ in 0..iterations {
        runtime.run(output, &|start, chunk| {
            (kernel.apply)(&input[start..start + chunk.len()], chunk);
        });
        black_box(&mut *output);
    }
    start.elapsed()
}
