//! The short way for plain PyTorch tensors: everything that is asked of one before it is computed, in one call.

use pyo3::exceptions::PyImportError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyModule, PyType};

use crate::borrow::Exchange;

/// What it takes to know a plain tensor.
struct Known {
    class: Py<PyType>,
    exchange: Exchange,
    is_neg: Py<PyAny>,
    forward_ad: Py<PyModule>,
}

static KNOWN: PyOnceLock<Known> = PyOnceLock::new();

/// Makes `class`, which is `torch.Tensor`, known to [`plain`]; `forward_ad` is the module of forward mode.
///
/// # Errors
///
/// Where the class offers no C functions for exchange.
pub(crate) fn know(class: &Bound<'_, PyType>, forward_ad: &Bound<'_, PyModule>) -> PyResult<()> {
    let Some(exchange) = Exchange::of(class)? else {
        return Err(PyImportError::new_err(
            "this PyTorch has no `torch.Tensor.__dlpack_c_exchange_api__`: update it",
        ));
    };
    KNOWN.get_or_try_init(class.py(), || {
        PyResult::Ok(Known {
            class: class.clone().unbind(),
            exchange,
            is_neg: class.getattr("is_neg")?.unbind(),
            forward_ad: forward_ad.clone().unbind(),
        })
    })?;
    Ok(())
}

/// The functions of `a` if it is a tensor of no subclass, and all there is to it lies in its memory: it needs no gradient, its
/// elements are not to be negated when read, and no tangents are about.
///
/// # Errors
///
/// What PyTorch raises when asked.
pub(crate) fn plain(a: &Bound<'_, PyAny>) -> PyResult<Option<Exchange>> {
    let py = a.py();
    let Some(known) = KNOWN
        .get(py)
        .filter(|known| a.get_type_ptr() == known.class.as_ptr().cast())
    else {
        return Ok(None);
    };
    let no = PyBool::new(py, false);
    let level = known
        .forward_ad
        .bind(py)
        .getattr(intern!(py, "_current_level"))?;
    let is_plain = a.getattr(intern!(py, "requires_grad"))?.is(&no)
        && known.is_neg.bind(py).call1((a,))?.is(&no)
        && level.extract::<i32>()? < 0;
    Ok(is_plain.then_some(known.exchange))
}
