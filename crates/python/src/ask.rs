//! Questions with the answer yes or no, asked of Python objects at every call: by the C function behind an object, where the
//! interpreter's own way of calling takes several times as long as the answer does. Five of them would take a quarter of the time
//! of a call on a small tensor.
// C functions that Python objects stand for are called.
#![allow(unsafe_code)]

use std::{mem, ptr};

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyType;

/// The C function behind a built-in function or method, and how it wants to be called.
fn behind(object: &Bound<'_, PyAny>) -> Option<(ffi::PyCFunction, std::ffi::c_int)> {
    // SAFETY: the interpreter is held. The first answers null where it is asked of another kind, and the error is cleared.
    unsafe {
        let function = ffi::PyCFunction_GetFunction(object.as_ptr());
        ffi::PyErr_Clear();
        function.map(|function| (function, ffi::PyCFunction_GetFlags(object.as_ptr())))
    }
}

/// A function of no arguments.
pub(crate) struct Function {
    object: Py<PyAny>,
    call: Call,
}

enum Call {
    Plain(ffi::PyCFunction),
    Fast(ffi::PyCFunctionFastWithKeywords),
    ByInterpreter,
}

impl Function {
    pub(crate) fn new(object: &Bound<'_, PyAny>) -> Self {
        const FAST: std::ffi::c_int = ffi::METH_FASTCALL | ffi::METH_KEYWORDS;
        let call = match behind(object) {
            Some((function, ffi::METH_NOARGS)) => Call::Plain(function),
            // SAFETY: the flags say that this is its type.
            Some((function, FAST)) => Call::Fast(unsafe {
                mem::transmute::<ffi::PyCFunction, ffi::PyCFunctionFastWithKeywords>(function)
            }),
            _ => Call::ByInterpreter,
        };
        Self {
            object: object.clone().unbind(),
            call,
        }
    }

    /// # Errors
    ///
    /// What the function raises.
    pub(crate) fn ask(&self, py: Python<'_>) -> PyResult<bool> {
        let object = self.object.as_ptr();
        // SAFETY: the interpreter is held, and the functions are called as the interpreter would.
        let answer = unsafe {
            match self.call {
                Call::Plain(function) => {
                    function(ffi::PyCFunction_GetSelf(object), ptr::null_mut())
                }
                Call::Fast(function) => {
                    let this = ffi::PyCFunction_GetSelf(object);
                    function(this, ptr::null(), 0, ptr::null_mut())
                }
                Call::ByInterpreter => ffi::PyObject_CallNoArgs(object),
            }
        };
        truth(py, answer)
    }
}

/// A method of no arguments.
pub(crate) struct Method {
    object: Py<PyAny>,
    function: Option<ffi::PyCFunction>,
}

impl Method {
    /// That of `class` called `name`, found at `example`, an object of it.
    ///
    /// # Errors
    ///
    /// Where there is no such method.
    pub(crate) fn new(
        class: &Bound<'_, PyType>,
        example: &Bound<'_, PyAny>,
        name: &str,
    ) -> PyResult<Self> {
        let function = behind(&example.getattr(name)?);
        Ok(Self {
            object: class.getattr(name)?.unbind(),
            function: function
                .filter(|&(_, flags)| flags == ffi::METH_NOARGS)
                .map(|(function, _)| function),
        })
    }

    /// Asks it of an object of the class.
    ///
    /// # Errors
    ///
    /// What the method raises.
    pub(crate) fn ask(&self, object: &Bound<'_, PyAny>) -> PyResult<bool> {
        let end = ptr::null_mut::<ffi::PyObject>();
        // SAFETY: the interpreter is held, and the function is called as the interpreter would, or by it, with arguments that end
        // with a null.
        let answer = unsafe {
            match self.function {
                Some(function) => function(object.as_ptr(), end),
                None => {
                    ffi::PyObject_CallFunctionObjArgs(self.object.as_ptr(), object.as_ptr(), end)
                }
            }
        };
        truth(object.py(), answer)
    }
}

/// A computed attribute of a class.
pub(crate) struct Attribute {
    descriptor: Py<PyAny>,
    get: ffi::descrgetfunc,
}

impl Attribute {
    /// # Errors
    ///
    /// Where `class` has no such attribute, or it is not computed.
    pub(crate) fn new(class: &Bound<'_, PyType>, name: &str) -> PyResult<Self> {
        let descriptor = class.getattr(name)?;
        let kind = descriptor.get_type_ptr();
        // SAFETY: the interpreter is held. What is in the slot has this type, or is null.
        let get = unsafe {
            let slot = ffi::PyType_GetSlot(kind, ffi::Py_tp_descr_get);
            mem::transmute::<*mut std::ffi::c_void, Option<ffi::descrgetfunc>>(slot)
        };
        let get = get.ok_or_else(|| {
            pyo3::exceptions::PyTypeError::new_err(format!("`{name}` is no computed attribute"))
        })?;
        Ok(Self {
            descriptor: descriptor.unbind(),
            get,
        })
    }

    /// # Errors
    ///
    /// What its computation raises.
    pub(crate) fn ask(&self, object: &Bound<'_, PyAny>) -> PyResult<bool> {
        let class = object.get_type_ptr().cast();
        // SAFETY: the interpreter is held, and the function is called as the interpreter would.
        let answer = unsafe { (self.get)(self.descriptor.as_ptr(), object.as_ptr(), class) };
        truth(object.py(), answer)
    }
}

/// Whether an object counts as true, which is a new reference, or null with an error set.
fn truth(py: Python<'_>, answer: *mut ffi::PyObject) -> PyResult<bool> {
    // SAFETY: the interpreter is held.
    unsafe {
        if answer.is_null() {
            return Err(PyErr::fetch(py));
        }
        // These two nearly always.
        let truth = if answer == ffi::Py_False() || answer == ffi::Py_None() {
            0
        } else {
            ffi::PyObject_IsTrue(answer)
        };
        ffi::Py_DecRef(answer);
        if truth < 0 {
            return Err(PyErr::fetch(py));
        }
        Ok(truth != 0)
    }
}
