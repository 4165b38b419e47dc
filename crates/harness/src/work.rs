//! A kernel handed out by a runtime, as an arm of a bench.

use std::num::NonZeroUsize;

use abreast::declare::{Arm, Call, Point, Shares};
use sigmul_runtime::{Runtime, ThreadCount};

use crate::matrix::{Longer, Matrix};
use crate::registry::{Apply, KernelEntry, RuntimeEntry, SIGMUL};
use crate::verify::verify;

/// `kernel` as `runtime` shares it, called `name`. The setting is the number of elements in a chunk.
pub(crate) fn arm(
    name: &str,
    kernel: &'static KernelEntry,
    runtime: &'static RuntimeEntry,
) -> Arm<Matrix> {
    let build = move |at: Point| {
        let work = Work::new(kernel, runtime, at)?;
        Ok(Box::new(work) as Box<dyn Call<Matrix>>)
    };
    Arm::of_calls(name, build).check(move |matrix| {
        let (input, output) = matrix.arrays();
        verify(kernel, &(kernel.prepare)(output.len()), input, output)
    })
}

/// sigmul as `runtime` shares it, on as many percent more elements as the setting says.
pub(crate) fn planted(runtime: &'static RuntimeEntry) -> Arm<Longer> {
    Arm::of_calls(runtime.name, move |at| {
        let percent = at.setting.unwrap_or(0.0);
        let at = Point {
            setting: None,
            ..at
        };
        let work = Work::new(&SIGMUL, runtime, at)?;
        Ok(Box::new(Planted { work, percent }))
    })
}

/// A runtime with a kernel to hand out.
struct Work {
    runtime: Box<dyn Runtime>,
    apply: Apply,
}

impl Work {
    fn new(
        kernel: &'static KernelEntry,
        runtime: &'static RuntimeEntry,
        at: Point,
    ) -> Result<Self, String> {
        let threads = ThreadCount::new(at.threads).map_err(|error| error.to_string())?;
        let grain = at
            .setting
            .and_then(|grain| NonZeroUsize::new(grain as usize));
        let runtime = match (grain, runtime.with_grain) {
            (Some(grain), Some(build)) => build(threads, grain)?,
            _ => (runtime.build)(threads)?,
        };
        let apply = (kernel.prepare)(at.size.elements());
        Ok(Self { runtime, apply })
    }
}

impl Call<Matrix> for Work {
    fn call(&mut self, matrix: &mut Matrix) {
        let (input, output) = matrix.parts();
        self.runtime.run(output, &|start, chunk| {
            (self.apply)(&input[start..start + chunk.len()], chunk);
        });
    }

    fn watched(&mut self, matrix: &mut Matrix, shares: &Shares) -> bool {
        let (input, output) = matrix.parts();
        self.runtime.run(output, &|start, chunk| {
            shares.work(|| (self.apply)(&input[start..start + chunk.len()], chunk));
        });
        true
    }
}

/// The same with so many percent more to do.
struct Planted {
    work: Work,
    percent: f64,
}

impl Call<Longer> for Planted {
    fn call(&mut self, data: &mut Longer) {
        self.work.call(data.with(self.percent));
    }

    fn watched(&mut self, data: &mut Longer, shares: &Shares) -> bool {
        self.work.watched(data.with(self.percent), shares)
    }
}
