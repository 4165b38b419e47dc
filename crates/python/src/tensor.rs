//! The short way for plain PyTorch tensors, whose class is known beforehand.

use pyo3::exceptions::PyImportError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

use crate::borrow::{Borrowed, CannotBorrow, Exchange};

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

/// The tensor `a` borrowed, with the functions that exchange it; none if it is of a subclass, stands for something else, or is to
/// be negated when it is read.
///
/// # Errors
///
/// Where it is no float32 tensor in plain memory, by the name `a` has in the call.
pub(crate) fn plain(a: &Bound<'_, PyAny>, name: &str) -> PyResult<Option<(Exchange, Borrowed)>> {
    let py = a.py();
    let Some(known) = KNOWN.get(py) else {
        return Ok(None);
    };
    if a.get_type_ptr() != known.class.as_ptr().cast() {
        return Ok(None);
    }
    let borrowed = match Borrowed::new(a, Some(known.exchange), name) {
        // It stands for a tensor, inside a transform.
        Err(error) if error.is_instance_of::<CannotBorrow>(py) => return Ok(None),
        borrowed => borrowed?,
    };
    // The imaginary part of a conjugate is to be negated, and only that. Of several elements it has gaps, and a single one lies in
    // the second half of 8 bytes. So most need not be asked, which takes a tenth of the time of a small call.
    let view = borrowed.view();
    let may_be_negated = !view.is_dense() || view.len() == 1 && !view.data.addr().is_multiple_of(8);
    if may_be_negated && known.is_neg.bind(py).call1((a,))?.is_truthy()? {
        return Ok(None);
    }
    Ok(Some((known.exchange, borrowed)))
}
