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
//! - `tensor`: the short way for plain PyTorch tensors
//!
//! The interpreter lock is what protects an array from being changed in shape while it is looked at, so the module does
//! not claim to run without one: an interpreter built to run free of it takes it back, and says so.

use pyo3::prelude::*;

mod borrow;
mod compute;
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
    use pyo3::types::PyType;
    use sigmul_kernel::Level;

    #[pymodule_export]
    use crate::borrow::CannotBorrow;
    use crate::borrow::{Borrowed, Exchange};
    use crate::compute;
    use crate::openmp::OpenMp;
    use crate::output::Exported;
    use crate::runtimes::{BREAK_EVEN, BREAK_EVEN_SOURCE, Choice, names};
    use crate::tensor;

    /// Makes the class `torch.Tensor` known to `plain_tensor`.
    #[pyfunction]
    #[pyo3(signature = (class, /))]
    fn know_tensors(class: &Bound<'_, PyType>) -> PyResult<()> {
        OpenMp::find();
        tensor::know(class)
    }

    /// A fresh tensor with the results. None if there is more to `a` than its memory, or it is of a subclass or no tensor.
    #[pyfunction]
    #[pyo3(signature = (a, runtime, threads, /))]
    fn plain_tensor<'py>(
        a: &Bound<'py, PyAny>,
        runtime: Option<&Bound<'py, PyAny>>,
        threads: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let choice = Choice::new(runtime, threads)?;
        let Some((exchange, input)) = tensor::plain(a, "a")? else {
            return Ok(None);
        };
        let output = compute::fresh(a.py(), &choice, &input)?;
        exchange.give(a.py(), output).map(Some)
    }

    /// Writes the results to the tensor `out`, and says so. If there is more to either than its memory, it does nothing.
    #[pyfunction]
    #[pyo3(signature = (a, out, runtime, threads, /))]
    fn into_plain_tensor<'py>(
        a: &Bound<'py, PyAny>,
        out: &Bound<'py, PyAny>,
        runtime: Option<&Bound<'py, PyAny>>,
        threads: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<bool> {
        let choice = Choice::new(runtime, threads)?;
        let input = tensor::plain(a, "a")?;
        let Some(((_, input), (_, output))) = input.zip(tensor::plain(out, "out")?) else {
            return Ok(false);
        };
        compute::into(a.py(), &choice, &input, &output)?;
        Ok(true)
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
        let exchange = Exchange::of(&a.get_type())?;
        let input = Borrowed::new(a, exchange, "a")?;
        let output = compute::fresh(a.py(), &choice, &input)?;
        match exchange {
            Some(exchange) => exchange.give(a.py(), output),
            None => Ok(Bound::new(a.py(), Exported::new(output))?.into_any()),
        }
    }

    /// Writes the results to `out`.
    #[pyfunction]
    #[pyo3(signature = (a, out, runtime, threads, /))]
    fn into<'py>(
        a: &Bound<'py, PyAny>,
        out: &Bound<'py, PyAny>,
        runtime: Option<&Bound<'py, PyAny>>,
        threads: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<()> {
        let choice = Choice::new(runtime, threads)?;
        let input = Borrowed::new(a, Exchange::of(&a.get_type())?, "a")?;
        let output = Borrowed::new(out, Exchange::of(&out.get_type())?, "out")?;
        compute::into(a.py(), &choice, &input, &output)
    }

    /// The names of the runtimes.
    #[pyfunction]
    fn runtimes() -> Vec<&'static str> {
        names()
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
