//! The native half of the Python package `sigmulib`: arrays are borrowed, computed on, and handed back, where they lie.
//!
//! What shaped it is the cost of a call. PyTorch takes a microsecond to compute a single element; the arithmetic takes a few
//! nanoseconds of that. So arrays are exchanged through DLPack, by the C functions that a type may offer for it, and a
//! fresh output is memory of this crate's own that its new owner frees. Which library an array belongs to, and what that
//! library expects beyond the numbers (gradients, subclasses), the Python half knows; here an array is an address, a shape and
//! strides.
//!
//! - `borrow`: an array of any library, for the time of a call
//! - `output`: a fresh array, and its way to the library that keeps it
//! - `view`, `overlap`: shapes and strides, and what follows from them
//! - `compute`: the kernel on any layout
//! - `runtimes`, `openmp`: who computes it
//! - `fork`: which process this is
//! - `tensor`: the short way for plain PyTorch tensors
//! - `ask`: questions to Python objects that are asked at every call
//!
//! The interpreter lock is what protects an array from being changed in shape while it is looked at, so the module does
//! not claim to run without one: an interpreter built to run free of it takes it back, and says so.

use pyo3::prelude::*;

mod ask;
mod borrow;
mod compute;
mod fork;
mod openmp;
mod output;
mod overlap;
mod runtimes;
mod tensor;
mod view;

/// See the package.
#[pymodule(gil_used = true)]
mod _native {
    use pyo3::prelude::*;
    use pyo3::types::PyDict;
    use sigmul_kernel::Level;

    #[pymodule_export]
    use crate::borrow::CannotBorrow;
    use crate::borrow::{Borrowed, Exchange};
    use crate::output::Exported;
    use crate::runtimes::{self, BREAK_EVEN, BREAK_EVEN_SOURCE, Choice};
    use crate::tensor::{self, ShortWay};
    use crate::{compute, fork};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        fork::watch();
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }

    /// Makes PyTorch's classes and functions known to the functions for plain tensors.
    #[pyfunction]
    #[pyo3(signature = (**pytorch))]
    fn know_tensors(pytorch: Option<&Bound<'_, PyDict>>) -> PyResult<()> {
        pytorch.map_or(Ok(()), tensor::know)
    }

    /// The tensor `a`'s results: a fresh tensor, or `out`, written to. None if there is more to either than its memory and its
    /// gradient, or somebody listens.
    #[pyfunction]
    #[pyo3(signature = (a, out, runtime, threads, /))]
    fn plain_tensor<'py>(
        a: &Bound<'py, PyAny>,
        out: Option<&Bound<'py, PyAny>>,
        runtime: Option<&Bound<'py, PyAny>>,
        threads: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let choice = Choice::new(runtime, threads)?;
        let Some(way) = ShortWay::open(a.py())? else {
            return Ok(None);
        };
        let Some(input) = way.borrow(a)? else {
            return Ok(None);
        };
        let is_recorded = way.is_recorded(a)?;
        let Some(out) = out else {
            if is_recorded && way.is_transformed(a.py())? {
                return Ok(None);
            }
            let y = way.give(a.py(), compute::fresh(a.py(), &choice, &input)?)?;
            return if is_recorded {
                way.record(a, y, runtime, threads).map(Some)
            } else {
                Ok(Some(y))
            };
        };
        let Some(output) = way.borrow(out)? else {
            return Ok(None);
        };
        if is_recorded || way.is_recorded(out)? || way.is_inference(out)? {
            return Ok(None);
        }
        compute::into(a.py(), &choice, &input, &output, || way.will_change(out))?;
        Ok(Some(out.clone()))
    }

    /// A fresh tensor with the gradient of `a` from that of the results. None if there is more to either than its memory, gradients of
    /// it are recorded, or somebody listens.
    #[pyfunction]
    #[pyo3(signature = (grad, a, runtime, threads, /))]
    fn plain_gradient<'py>(
        grad: &Bound<'py, PyAny>,
        a: &Bound<'py, PyAny>,
        runtime: Option<&Bound<'py, PyAny>>,
        threads: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let choice = Choice::new(runtime, threads)?;
        let Some(way) = ShortWay::open(a.py())? else {
            return Ok(None);
        };
        let Some((of_results, input)) = way.borrow(grad)?.zip(way.borrow(a)?) else {
            return Ok(None);
        };
        if way.is_recorded(a)? || way.is_recorded(grad)? {
            return Ok(None);
        }
        let output = compute::gradient(a.py(), &choice, &of_results, &input)?;
        way.give(a.py(), output).map(Some)
    }

    /// A fresh array with the results, of the type of `a` where it exchanges arrays by C functions. Else something that its
    /// library can import through DLPack.
    #[pyfunction]
    #[pyo3(signature = (a, runtime, threads, /))]
    fn fresh<'py>(
        a: &Bound<'py, PyAny>,
        runtime: Option<&Bound<'py, PyAny>>,
        threads: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let choice = Choice::new(runtime, threads)?;
        let input = Borrowed::new(a, "a")?;
        let output = compute::fresh(a.py(), &choice, &input)?;
        match Exchange::of(&a.get_type())? {
            Some(exchange) => exchange.give(a.py(), output),
            None => Ok(Bound::new(a.py(), Exported::new(output))?.into_any()),
        }
    }

    /// Writes the results to `out`, of which the caller may know that it may be written to, where its lender can't say so.
    #[pyfunction]
    #[pyo3(signature = (a, out, runtime, threads, out_may_be_written, /))]
    fn into<'py>(
        a: &Bound<'py, PyAny>,
        out: &Bound<'py, PyAny>,
        runtime: Option<&Bound<'py, PyAny>>,
        threads: Option<&Bound<'py, PyAny>>,
        out_may_be_written: bool,
    ) -> PyResult<()> {
        let choice = Choice::new(runtime, threads)?;
        let input = Borrowed::new(a, "a")?;
        let mut output = Borrowed::new(out, "out")?;
        if out_may_be_written {
            output.trust();
        }
        compute::into(a.py(), &choice, &input, &output, || Ok(()))
    }

    /// Writes the results to the NumPy array `out`.
    #[pyfunction]
    #[pyo3(signature = (a, out, runtime, threads, /))]
    fn into_ndarray<'py>(
        a: &Bound<'py, PyAny>,
        out: &Bound<'py, PyAny>,
        runtime: Option<&Bound<'py, PyAny>>,
        threads: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<()> {
        let choice = Choice::new(runtime, threads)?;
        let input = Borrowed::numpy(a, "a", false)?;
        let output = Borrowed::numpy(out, "out", true)?;
        compute::into(a.py(), &choice, &input, &output, || Ok(()))
    }

    /// The names of the runtimes.
    #[pyfunction]
    #[pyo3(name = "runtimes")]
    fn names() -> Vec<&'static str> {
        runtimes::names()
    }

    /// Bounds the threads of calls that don't say how many.
    #[pyfunction]
    #[pyo3(signature = (threads, /))]
    fn set_num_threads(threads: &Bound<'_, PyAny>) -> PyResult<()> {
        runtimes::set_num_threads(threads)
    }

    /// The most threads that a call takes that does not say how many.
    #[pyfunction]
    fn get_num_threads(py: Python<'_>) -> usize {
        runtimes::most_threads(tensor::threads_of_pytorch(py)).get()
    }

    /// The kernel's level on this machine, and the compiler that built it.
    #[pyfunction]
    fn build() -> (&'static str, &'static str) {
        (Level::best().name(), env!("SIGMUL_RUSTC_VERSION"))
    }

    /// From how many elements on a call is shared between threads, and why.
    #[pyfunction]
    fn break_even() -> (usize, &'static str) {
        (BREAK_EVEN, BREAK_EVEN_SOURCE)
    }
}
