//! The short way for plain PyTorch tensors, whose class is known beforehand.

use pyo3::exceptions::PyImportError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

use crate::borrow::{Borrowed, Exchange};

/// The class `torch.Tensor`, and what would be looked up in it at every call.
struct Known {
    class: Py<PyType>,
    exchange: Exchange,
    is_neg: Py<PyAny>,
}

static KNOWN: PyOnceLock<Known> = PyOnceLock::new();

/// Makes `class`, which is `torch.Tensor`, known.
///
/// # Errors
///
/// Where it offers no C functions for exchange.
pub(crate) fn know(class: &Bound<'_, PyType>) -> PyResult<()> {
    let py = class.py();
    let exchange = Exchange::of(class)?.ok_or_else(|| {
        PyImportError::new_err(
            "this PyTorch has no `torch.Tensor.__dlpack_c_exchange_api__`: update it",
        )
    })?;
    KNOWN.get_or_try_init(py, || {
        PyResult::Ok(Known {
            class: class.clone().unbind(),
            exchange,
            is_neg: class.getattr("is_neg")?.unbind(),
        })
    })?;
    Ok(())
}

/// The C functions for `a`, if it is a tensor of no subclass.
pub(crate) fn exchange_of(a: &Bound<'_, PyAny>) -> Option<Exchange> {
    let known = KNOWN.get(a.py())?;
    (a.get_type_ptr() == known.class.as_ptr().cast()).then_some(known.exchange)
}

/// Whether the elements of the tensor `a`, borrowed, are to be negated when they are read.
///
/// The imaginary part of a conjugate is such a tensor, and only that. Of several elements it has gaps, and a single one lies in
/// the second half of 8 bytes. So most need not be asked, which takes a tenth of the time of a small call.
///
/// # Errors
///
/// What PyTorch raises when asked.
pub(crate) fn is_negated(a: &Bound<'_, PyAny>, borrowed: &Borrowed) -> PyResult<bool> {
    let view = borrowed.view();
    match KNOWN.get(a.py()) {
        Some(known)
            if !view.is_dense() || view.len() == 1 && !view.data.addr().is_multiple_of(8) =>
        {
            known.is_neg.bind(a.py()).call1((a,))?.is_truthy()
        }
        _ => Ok(false),
    }
}
