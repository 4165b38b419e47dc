//! The kernel on arrays of any layout.
//!
//! Arrays that lie alike and without gaps are cut flat between threads. Any other input is gathered, piece by piece, to where
//! its results belong, and computed there. An output with gaps goes through a buffer, on one thread.
// Pointers to memory that Python objects own are what this is about.
#![allow(unsafe_code)]

use std::slice;
use std::sync::Arc;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use sigmul_kernel::Sigmul;
use sigmul_runtime::Runtime;
use sigmul_serial::Serial;

use crate::borrow::Borrowed;
use crate::output::Output;
use crate::overlap::{overlap, overlaps_itself};
use crate::runtimes::Choice;
use crate::view::{View, Walk};

/// A serial call on fewer elements keeps the interpreter lock: it is over in 4 µs, while to give the lock up and take it
/// again costs 40 ns where nobody else wants it, and up to 5 ms (the interpreter's switch interval) where somebody does.
const KEEPS_LOCK: usize = 16_384;

/// Elements gathered at a time: they stay in the nearest cache until they are computed.
const PIECE: usize = 2048;

/// Computes a fresh output from `input`, by the runtime chosen.
///
/// # Errors
///
/// Where there is no memory for it, or the system refuses a thread.
pub(crate) fn fresh(py: Python<'_>, choice: &Choice, input: &Borrowed) -> PyResult<Box<Output>> {
    let output = Output::like(&input.view())?;
    let task = Task {
        input: input.view(),
        output: output.view(),
    };
    let runtime = choice.runtime(py, task.output.len())?;
    // SAFETY: of one shape; the output is memory of its own, and nobody else's yet.
    unsafe { task.run_by(py, runtime) };
    Ok(output)
}

/// Computes `output` from `input`, by the runtime chosen, once `will_write` agreed.
///
/// # Errors
///
/// Where the shapes differ, `output` is read-only, or an element of it shares memory with another element of either. Where the
/// system refuses a thread, and what `will_write` returns. Then nothing is written.
pub(crate) fn into(
    py: Python<'_>,
    choice: &Choice,
    input: &Borrowed,
    output: &Borrowed,
    will_write: impl FnOnce() -> PyResult<()>,
) -> PyResult<()> {
    let refused = |message: &str| Err(PyValueError::new_err(message.to_owned()));
    let (x, y) = (input.view(), output.view());
    if x.shape != y.shape {
        return refused(&format!(
            "`out` has the shape {:?} and `a` {:?}: give an `out` of the same shape",
            y.shape, x.shape
        ));
    }
    output.check_writable("out")?;
    if overlaps_itself(&y) {
        return refused(
            "`out` has elements that share memory with one another: give one in which each has its own",
        );
    }
    let in_place = x.data == y.data && x.is_laid_out_as(&y);
    if !in_place && overlap(&x, &y) {
        return refused(
            "`out` overlaps `a` without being the same: give `a` itself, or memory apart from it",
        );
    }
    let task = Task {
        input: x,
        output: y,
    };
    let runtime = choice.runtime(py, y.len())?;
    will_write()?;
    // SAFETY: just checked.
    unsafe { task.run_by(py, runtime) };
    Ok(())
}

/// Computes a fresh gradient of `input` from that of the results, by the runtime chosen.
///
/// # Errors
///
/// As [`fresh`], and where the shapes differ.
pub(crate) fn gradient(
    py: Python<'_>,
    choice: &Choice,
    of_results: &Borrowed,
    input: &Borrowed,
) -> PyResult<Box<Output>> {
    let (dy, x) = (of_results.view(), input.view());
    if dy.shape != x.shape {
        return Err(PyValueError::new_err(format!(
            "`grad` has the shape {:?} and `a` {:?}: give a gradient of the same shape",
            dy.shape, x.shape
        )));
    }
    let output = Output::like(&x)?;
    let dx = output.view();
    let len = dx.len();
    let runtime = choice.runtime(py, len)?;
    if len == 0 {
        return Ok(output);
    }
    // SAFETY: memory of the output's own, dense, and nobody else's yet.
    let results = unsafe { slice::from_raw_parts_mut(dx.data, len) };
    let kernel = Sigmul::for_len(len);
    if [&dy, &x].into_iter().all(|view| view.is_laid_out_as(&dx)) {
        // SAFETY: laid out as the output is, so dense.
        let (dy, x) = unsafe {
            (
                slice::from_raw_parts(dy.data, len),
                slice::from_raw_parts(x.data, len),
            )
        };
        run_by(py, runtime, len, |runtime| {
            runtime.run(results, &|start, chunk| {
                let end = start + chunk.len();
                kernel.gradient(&dy[start..end], &x[start..end], chunk);
            });
        });
    } else {
        let gathered = [dy, x].map(|view| Gathered::new(&dx, view));
        run_by(py, runtime, len, |runtime| {
            runtime.run(results, &|start, chunk| {
                let mut buffers = [[0.0; PIECE]; 2];
                for (i, piece) in chunk.chunks_mut(PIECE).enumerate() {
                    for (buffer, from) in buffers.iter_mut().zip(&gathered) {
                        // SAFETY: the arrays have as many elements as the output.
                        unsafe { from.read(start + i * PIECE, &mut buffer[..piece.len()]) };
                    }
                    let [dy, x] = &buffers;
                    kernel.gradient(&dy[..piece.len()], &x[..piece.len()], piece);
                }
            });
        });
    }
    Ok(output)
}

/// An array that is read in the order in which another lies in memory.
struct Gathered<'a> {
    walk: Walk,
    from: View<'a>,
}

// SAFETY: its address is used in a method that is unsafe for that reason.
unsafe impl Sync for Gathered<'_> {}

impl<'a> Gathered<'a> {
    fn new(order: &View<'_>, from: View<'a>) -> Self {
        Self {
            walk: Walk::new(order, &from),
            from,
        }
    }

    /// Fills `piece` with the elements from the `start`-th on.
    ///
    /// # Safety
    ///
    /// There are so many, and they may be read.
    unsafe fn read(&self, start: usize, piece: &mut [f32]) {
        self.walk
            .rows(start, piece.len(), |before, count, [_, (offset, step)]| {
                for (i, x) in (0..).zip(&mut piece[before..][..count]) {
                    // SAFETY: where an element lies.
                    *x = unsafe { self.from.data.offset(offset + i * step).read() };
                }
            });
    }
}

/// Calls `run` with the runtime, or with that of the calling thread, and without the interpreter lock, unless so few elements are
/// over too soon.
fn run_by(
    py: Python<'_>,
    runtime: Option<Arc<dyn Runtime>>,
    len: usize,
    run: impl FnOnce(&dyn Runtime) + Send,
) {
    match runtime {
        Some(runtime) => py.detach(|| run(&*runtime)),
        None if len >= KEEPS_LOCK => py.detach(|| run(&Serial)),
        None => run(&Serial),
    }
}

/// The arrays of a call.
struct Task<'a> {
    input: View<'a>,
    output: View<'a>,
}

// SAFETY: its addresses are used in methods that are unsafe for that reason.
unsafe impl Sync for Task<'_> {}

impl Task<'_> {
    /// Runs the task.
    ///
    /// # Safety
    ///
    /// The shapes are equal. The arrays are the same, or no element of the output lies where another element of either does.
    ///
    /// (That no other thread writes to them meanwhile can't be known here. Every array library leaves it to its callers.)
    unsafe fn run_by(&self, py: Python<'_>, runtime: Option<Arc<dyn Runtime>>) {
        let len = self.output.len();
        if len != 0 {
            // SAFETY: the caller's promise.
            run_by(py, runtime, len, |runtime| unsafe { self.run(runtime) });
        }
    }

    /// # Safety
    ///
    /// As for [`run_by`](Self::run_by); and there is an element.
    unsafe fn run(&self, runtime: &dyn Runtime) {
        let Self { input, output } = self;
        let len = output.len();
        let kernel = Sigmul::for_len(len);
        if !output.is_dense() {
            // SAFETY: the caller's promise.
            return unsafe { self.through_buffer(kernel) };
        }
        // SAFETY: dense, and used by nobody else.
        let y = unsafe { slice::from_raw_parts_mut(output.data, len) };
        if !input.is_laid_out_as(output) {
            let gathered = Gathered::new(output, *input);
            runtime.run(y, &|start, chunk| {
                for (i, piece) in chunk.chunks_mut(PIECE).enumerate() {
                    // SAFETY: the input has as many elements as the output.
                    unsafe { gathered.read(start + i * PIECE, piece) };
                    kernel.apply_in_place(piece);
                }
            });
        } else if input.data == output.data {
            runtime.run(y, &|_, chunk| kernel.apply_in_place(chunk));
        } else {
            // SAFETY: laid out as the output is, so dense, and apart from it.
            let x = unsafe { slice::from_raw_parts(input.data, len) };
            runtime.run(y, &|start, chunk| {
                kernel.apply(&x[start..][..chunk.len()], chunk);
            });
        }
    }

    /// # Safety
    ///
    /// As for [`run`](Self::run).
    unsafe fn through_buffer(&self, kernel: Sigmul) {
        let gathered = Gathered::new(&self.output, self.input);
        let len = self.output.len();
        let mut buffer = [0.0; PIECE];
        for start in (0..len).step_by(PIECE) {
            let piece = &mut buffer[..PIECE.min(len - start)];
            // SAFETY: the piece ends where the arrays do.
            unsafe { gathered.read(start, piece) };
            kernel.apply_in_place(piece);
            let rows = &gathered.walk;
            rows.rows(start, piece.len(), |before, count, [(offset, step), _]| {
                for (i, y) in (0..).zip(&piece[before..][..count]) {
                    // SAFETY: where an element of the output lies.
                    unsafe { self.output.data.offset(offset + i * step).write(*y) };
                }
            });
        }
    }
}
