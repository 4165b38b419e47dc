//! Arrays of Python libraries, borrowed through DLPack: by the C functions of their type where it offers them, else by
//! `__dlpack__`.
// Structures and functions that C libraries hand out.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_int, c_void};
use std::ptr::{self, NonNull};
use std::slice;

use dlpack_ffi::{
    DLDataTypeCode, DLDeviceType, DLManagedTensor, DLManagedTensorVersioned,
    DLPACK_FLAG_BITMASK_READ_ONLY, DLPACK_MAJOR_VERSION, DLPackExchangeAPI, DLTensor,
};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyType};
use pyo3::{create_exception, ffi, intern};

use crate::output::Output;
use crate::view::View;

create_exception!(
    sigmulib._native,
    CannotBorrow,
    PyValueError,
    "An array's memory can't be used where it lies."
);

/// The C functions by which a type exchanges its arrays.
#[derive(Clone, Copy)]
pub(crate) struct Exchange {
    lend: unsafe extern "C" fn(*mut c_void, *mut *mut DLManagedTensorVersioned) -> c_int,
    take: unsafe extern "C" fn(*mut DLManagedTensorVersioned, *mut *mut c_void) -> c_int,
}

impl Exchange {
    /// Those of arrays of `class`, if it offers any.
    pub(crate) fn of(class: &Bound<'_, PyType>) -> PyResult<Option<Self>> {
        let attribute = intern!(class.py(), "__dlpack_c_exchange_api__");
        let Some(capsule) = class.getattr_opt(attribute)? else {
            return Ok(None);
        };
        let name = c"dlpack_exchange_api".as_ptr();
        // SAFETY: the interpreter is held; a capsule of this name holds this structure, which lives as long as the process.
        let api = unsafe {
            let api = ffi::PyCapsule_GetPointer(capsule.as_ptr(), name);
            api.cast::<DLPackExchangeAPI>().as_ref()
        };
        let api = api.ok_or_else(|| PyErr::fetch(class.py()))?;
        let lend = api.managed_tensor_from_py_object_no_sync;
        let take = api.managed_tensor_to_py_object_no_sync;
        let is_known = api.header.version.major == DLPACK_MAJOR_VERSION;
        Ok(lend
            .zip(take)
            .filter(|_| is_known)
            .map(|(lend, take)| Self { lend, take }))
    }

    fn borrow(self, array: &Bound<'_, PyAny>) -> PyResult<Managed> {
        let mut managed = ptr::null_mut();
        // SAFETY: the interpreter is held, and the object is of the type that offers the function.
        unsafe { (self.lend)(array.as_ptr().cast(), &raw mut managed) };
        let managed = NonNull::new(managed).ok_or_else(|| PyErr::fetch(array.py()))?;
        Ok(Managed::Versioned(managed))
    }

    /// Makes `output` an array of the type.
    ///
    /// # Errors
    ///
    /// What the library raises.
    pub(crate) fn give(self, py: Python<'_>, output: Box<Output>) -> PyResult<Bound<'_, PyAny>> {
        let mut array = ptr::null_mut();
        // SAFETY: the interpreter is held, and the function takes the output over. What it returns is a new reference, or null
        // with an error set.
        unsafe {
            (self.take)(output.into_managed(), &raw mut array);
            Bound::from_owned_ptr_or_err(py, array.cast())
        }
    }
}

/// What lenders hand out: of DLPack 1, and of the versions before.
enum Managed {
    Versioned(NonNull<DLManagedTensorVersioned>),
    Legacy(NonNull<DLManagedTensor>),
}

impl Managed {
    /// Asks `array` for its capsule, and takes what is in it.
    fn by_method(array: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = array.py();
        let versions =
            [(intern!(py, "max_version"), (DLPACK_MAJOR_VERSION, 0))].into_py_dict(py)?;
        let method = array.getattr(intern!(py, "__dlpack__"))?;
        let capsule = match method.call((), Some(&versions)) {
            // From before there were versions.
            Err(error) if error.is_instance_of::<PyTypeError>(py) => method.call0()?,
            capsule => capsule?,
        };
        let take = |name: &CStr, used: &'static CStr| {
            // SAFETY: the interpreter is held; a capsule of either name holds what is then made of it, and is renamed to say
            // that it was taken.
            unsafe {
                if ffi::PyCapsule_IsValid(capsule.as_ptr(), name.as_ptr()) == 0 {
                    return None;
                }
                let taken = ffi::PyCapsule_GetPointer(capsule.as_ptr(), name.as_ptr());
                ffi::PyCapsule_SetName(capsule.as_ptr(), used.as_ptr());
                NonNull::new(taken)
            }
        };
        let versioned = take(c"dltensor_versioned", c"used_dltensor_versioned");
        let legacy = || take(c"dltensor", c"used_dltensor");
        versioned
            .map(|managed| Self::Versioned(managed.cast()))
            .or_else(|| legacy().map(|managed| Self::Legacy(managed.cast())))
            .ok_or_else(|| PyTypeError::new_err("its __dlpack__ returned no DLPack capsule"))
    }

    fn tensor(&self) -> &DLTensor {
        match self {
            // SAFETY: the lender keeps it until its deleter is called.
            Self::Versioned(managed) => unsafe { &managed.as_ref().dl_tensor },
            // SAFETY: as above.
            Self::Legacy(managed) => unsafe { &managed.as_ref().dl_tensor },
        }
    }

    /// The major version, and whether the memory must not be written to.
    fn version_and_read_only(&self) -> (u32, bool) {
        match self {
            Self::Versioned(managed) => {
                // SAFETY: the lender keeps it until its deleter is called.
                let managed = unsafe { managed.as_ref() };
                let read_only = managed.flags & u64::from(DLPACK_FLAG_BITMASK_READ_ONLY) != 0;
                (managed.version.major, read_only)
            }
            // Read-only memory was not lent then.
            Self::Legacy(_) => (DLPACK_MAJOR_VERSION, false),
        }
    }
}

impl Drop for Managed {
    fn drop(&mut self) {
        // SAFETY: called once, by the borrower, as the lender demands. It is in the same place in every version.
        unsafe {
            match *self {
                Self::Versioned(managed) => {
                    if let Some(delete) = managed.as_ref().deleter {
                        delete(managed.as_ptr());
                    }
                }
                Self::Legacy(managed) => {
                    if let Some(delete) = managed.as_ref().deleter {
                        delete(managed.as_ptr());
                    }
                }
            }
        }
    }
}

/// An array of float32 in memory of the CPU, borrowed until it is dropped.
pub(crate) struct Borrowed {
    managed: Managed,
    /// Where the lender leaves them out.
    strides: Vec<i64>,
}

impl Borrowed {
    /// Borrows `array`, the argument called `name`.
    ///
    /// # Errors
    ///
    /// Where it is no array, not of float32, or not in memory of the CPU. [`CannotBorrow`] where its library can't lend it, or
    /// not aligned as float32 must be.
    pub(crate) fn new(
        array: &Bound<'_, PyAny>,
        exchange: Option<Exchange>,
        name: &str,
    ) -> PyResult<Self> {
        let managed = match exchange {
            Some(exchange) => exchange.borrow(array),
            None => Managed::by_method(array),
        }
        .map_err(|error| refused(array, name, &error))?;
        let (major, _) = managed.version_and_read_only();
        if major != DLPACK_MAJOR_VERSION {
            return Err(CannotBorrow::new_err(format!(
                "`{name}` is lent by version {major} of DLPack: version {DLPACK_MAJOR_VERSION} is understood"
            )));
        }
        let mut borrowed = Self {
            managed,
            strides: Vec::new(),
        };
        borrowed.check(array, name)?;
        if borrowed.managed.tensor().strides.is_null() {
            borrowed.strides = contiguous_strides(borrowed.view().shape);
        }
        Ok(borrowed)
    }

    pub(crate) fn is_read_only(&self) -> bool {
        self.managed.version_and_read_only().1
    }

    pub(crate) fn view(&self) -> View<'_> {
        let tensor = self.managed.tensor();
        let of_each_dimension = |values: *const i64| match tensor.ndim {
            _ if values.is_null() => self.strides.as_slice(),
            // SAFETY: the lender has as many values as dimensions, and keeps them as long as the structure.
            count => unsafe { slice::from_raw_parts(values, count as usize) },
        };
        View {
            data: tensor
                .data
                .wrapping_byte_add(tensor.byte_offset as usize)
                .cast(),
            shape: of_each_dimension(tensor.shape),
            strides: of_each_dimension(tensor.strides),
        }
    }

    /// Checks that this is float32, in memory of the CPU, and there.
    fn check(&self, array: &Bound<'_, PyAny>, name: &str) -> PyResult<()> {
        let DLTensor { device, dtype, .. } = self.managed.tensor();
        let cpu = [
            DLDeviceType::kDLCPU,
            DLDeviceType::kDLCUDAHost,
            DLDeviceType::kDLROCMHost,
        ];
        if !cpu.contains(&device.device_type) {
            return Err(PyValueError::new_err(format!(
                "`{name}` is on {}: only memory of the CPU is supported, move it there first",
                attribute(array, "device")
            )));
        }
        if (u32::from(dtype.code), dtype.bits, dtype.lanes) != (DLDataTypeCode::kDLFloat.0, 32, 1) {
            return Err(wrong_dtype(array, name));
        }
        let view = self.view();
        // What stands for an array while a program is traced has no memory.
        let is_there = !view.data.is_null() || view.len() == 0;
        if !is_there || !view.data.is_aligned() {
            return Err(CannotBorrow::new_err(format!(
                "`{name}` has no memory that is aligned to 4 bytes: give a copy of it"
            )));
        }
        Ok(())
    }
}

fn contiguous_strides(shape: &[i64]) -> Vec<i64> {
    let mut strides = vec![1; shape.len()];
    for i in (1..shape.len()).rev() {
        strides[i - 1] = strides[i] * shape[i];
    }
    strides
}

/// What to say where `array` can't be borrowed because of `error`.
fn refused(array: &Bound<'_, PyAny>, name: &str, error: &PyErr) -> PyErr {
    let type_name = type_name(array);
    if array.getattr("__dlpack__").is_err() {
        return PyTypeError::new_err(format!(
            "`{name}` is a {type_name}: give a float32 array or tensor, such as NumPy's or PyTorch's"
        ));
    }
    if !attribute(array, "dtype").ends_with("float32") {
        return wrong_dtype(array, name);
    }
    // Some libraries append where in their source it was raised.
    let reason = error.value(array.py()).to_string();
    let reason = reason.lines().next().unwrap_or_default();
    CannotBorrow::new_err(format!(
        "`{name}`, a {type_name}, can't be used where it lies ({reason}): give a dense copy of it in memory of the CPU"
    ))
}

fn wrong_dtype(array: &Bound<'_, PyAny>, name: &str) -> PyErr {
    PyTypeError::new_err(format!(
        "`{name}` is of dtype {}: only float32 is supported, convert it first",
        attribute(array, "dtype")
    ))
}

/// The type's name as Python writes it, with its module.
pub(crate) fn type_name(object: &Bound<'_, PyAny>) -> String {
    let name = object.get_type().fully_qualified_name();
    name.map_or_else(|_| "nameless object".to_owned(), |name| name.to_string())
}

/// An attribute of `array` as text.
fn attribute(array: &Bound<'_, PyAny>, name: &str) -> String {
    let text = array.getattr(name).and_then(|value| value.str());
    text.map_or_else(|_| "another kind".to_owned(), |text| text.to_string())
}
