//! What is asked of PyTorch: the short way for plain tensors, whose classes are known beforehand, and how many threads it may use.
// A function of Python's C interface that pyo3 has no other name for.
#![allow(unsafe_code)]

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList, PyType};
use pyo3::{ffi, intern};
use sigmul_runtime::ThreadCount;

use crate::ask::{Attribute, Function, Method};
use crate::borrow::{Borrowed, Exchange};
use crate::output::Output;

/// The classes of plain tensors, and what would be looked up at every call.
struct Known {
    classes: [Py<PyType>; 2],
    exchange: Exchange,
    is_neg: Method,
    is_inference: Method,
    requires_grad: Attribute,
    is_grad_enabled: Function,
    is_transformed: Function,
    record: Py<PyAny>,
    increment_version: Py<PyAny>,
    listeners: Vec<Function>,
}

static KNOWN: PyOnceLock<Known> = PyOnceLock::new();

/// Makes PyTorch known, by these keys: the classes `tensor` and `parameter`, and an `example` of the first; the functions `is_grad_enabled`, `is_transformed` (by
/// `torch.func`), `record` (records what was computed), `increment_version` (counts a change of tensors); and `listeners`, which
/// say whether somebody listens to what is called. Where this PyTorch has no C functions for exchange, there is no short way.
///
/// # Errors
///
/// Where one is missing, or not of the kind that PyTorch has.
pub(crate) fn know(pytorch: &Bound<'_, PyDict>) -> PyResult<()> {
    let py = pytorch.py();
    let get = |key: &str| pytorch.as_any().get_item(key);
    let tensor = get("tensor")?.cast_into::<PyType>()?;
    let parameter = get("parameter")?.cast_into::<PyType>()?;
    if let Some(exchange) = Exchange::of(&tensor)? {
        KNOWN.get_or_try_init(py, || {
            let listeners = get("listeners")?.try_iter()?;
            PyResult::Ok(Known {
                exchange,
                is_neg: Method::new(&tensor, &get("example")?, "is_neg")?,
                is_inference: Method::new(&tensor, &get("example")?, "is_inference")?,
                requires_grad: Attribute::new(&tensor, "requires_grad")?,
                is_grad_enabled: Function::new(&get("is_grad_enabled")?),
                is_transformed: Function::new(&get("is_transformed")?),
                record: get("record")?.unbind(),
                increment_version: get("increment_version")?.unbind(),
                listeners: listeners
                    .map(|listener| Ok(Function::new(&listener?)))
                    .collect::<PyResult<_>>()?,
                classes: [tensor, parameter].map(Bound::unbind),
            })
        })?;
    }
    Ok(())
}

/// The short way for plain tensors, past the dispatcher.
#[derive(Clone, Copy)]
pub(crate) struct ShortWay(&'static Known);

impl ShortWay {
    /// None where nobody may pass the dispatcher by: somebody listens to what it is told (a tracer, a mode, a profiler), or PyTorch
    /// has no functions to exchange tensors by.
    ///
    /// # Errors
    ///
    /// What PyTorch raises.
    pub(crate) fn open(py: Python<'_>) -> PyResult<Option<Self>> {
        let Some(known) = KNOWN.get(py) else {
            return Ok(None);
        };
        for listener in &known.listeners {
            if listener.ask(py)? {
                return Ok(None);
            }
        }
        Ok(Some(Self(known)))
    }

    /// The float32 tensor `a` borrowed. None if it is of a subclass or no tensor, can't be borrowed, or is to be negated when it is
    /// read.
    ///
    /// # Errors
    ///
    /// What PyTorch raises.
    pub(crate) fn borrow(self, a: &Bound<'_, PyAny>) -> PyResult<Option<Borrowed>> {
        let class = a.get_type_ptr().cast();
        let is_plain = self.0.classes.iter().any(|plain| plain.as_ptr() == class);
        if !is_plain || self.0.is_neg.ask(a)? {
            return Ok(None);
        }
        // It may stand for a tensor, inside a transform. Why else it can't be is said on the long way.
        Ok(Borrowed::through(a, self.0.exchange, "a").ok())
    }

    /// Whether gradients of `a`, a tensor, are recorded.
    ///
    /// # Errors
    ///
    /// What PyTorch raises.
    pub(crate) fn is_recorded(self, a: &Bound<'_, PyAny>) -> PyResult<bool> {
        Ok(self.0.requires_grad.ask(a)? && self.0.is_grad_enabled.ask(a.py())?)
    }

    /// Whether a transform of `torch.func` is at work, which records in its own way.
    ///
    /// # Errors
    ///
    /// What PyTorch raises.
    pub(crate) fn is_transformed(self, py: Python<'_>) -> PyResult<bool> {
        self.0.is_transformed.ask(py)
    }

    /// Records that the tensor `y` was computed from `a`, and how.
    ///
    /// # Errors
    ///
    /// What PyTorch raises.
    pub(crate) fn record<'py>(
        self,
        a: &Bound<'py, PyAny>,
        y: Bound<'py, PyAny>,
        runtime: Option<&Bound<'py, PyAny>>,
        threads: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = a.py();
        // In a list, as a tensor would be taken for another input.
        let y = PyList::new(py, [y])?;
        self.0.record.bind(py).call1((a, y, runtime, threads))
    }

    /// Makes `output` a tensor.
    ///
    /// # Errors
    ///
    /// What PyTorch raises.
    pub(crate) fn give(self, py: Python<'_>, output: Box<Output>) -> PyResult<Bound<'_, PyAny>> {
        self.0.exchange.give(py, output)
    }

    /// Whether `out`, a tensor, was made in inference mode: then it may not be changed everywhere.
    ///
    /// # Errors
    ///
    /// What PyTorch raises.
    pub(crate) fn is_inference(self, out: &Bound<'_, PyAny>) -> PyResult<bool> {
        self.0.is_inference.ask(out)
    }

    /// Tells autograd that the tensor is about to change.
    ///
    /// # Errors
    ///
    /// What PyTorch raises where it must not.
    pub(crate) fn will_change(self, out: &Bound<'_, PyAny>) -> PyResult<()> {
        let changed = (out,).into_pyobject(out.py())?;
        self.0
            .increment_version
            .bind(out.py())
            .call1((changed,))
            .map(drop)
    }
}

/// How many threads PyTorch was told to use, in this thread. None where it is not loaded.
pub(crate) fn threads_of_pytorch(py: Python<'_>) -> Option<ThreadCount> {
    // SAFETY: the interpreter is held, and the name is a string. What is returned is a new reference, or null.
    let torch = unsafe {
        let torch = ffi::PyImport_GetModule(intern!(py, "torch").as_ptr());
        Bound::from_owned_ptr_or_opt(py, torch)
    };
    // Half imported, or something else of that name: as if it were not there.
    let threads = torch?.call_method0(intern!(py, "get_num_threads")).ok()?;
    ThreadCount::new(threads.extract().ok()?).ok()
}
