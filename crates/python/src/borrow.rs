//! Arrays of Python libraries, borrowed: through DLPack, by the C functions of their type where it offers them, else by
//! `__dlpack__`; NumPy's through the buffer protocol, which takes a fifth of the time.
// Structures and functions that C libraries hand out.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_int, c_void};
use std::ptr::{self, NonNull};
use std::slice;

use dlpack_ffi::{
    DLDataTypeCode, DLDeviceType, DLManagedTensor, DLManagedTensorVersioned,
    DLPACK_FLAG_BITMASK_READ_ONLY, DLPACK_MAJOR_VERSION, DLPackExchangeAPI, DLTensor,
};
use pyo3::exceptions::{PyException, PyMemoryError, PyTypeError, PyValueError};
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

    fn borrow(self, array: &Bound<'_, PyAny>) -> PyResult<Lender> {
        let mut managed = ptr::null_mut();
        // SAFETY: the interpreter is held, and the object is of the type that offers the function.
        unsafe { (self.lend)(array.as_ptr().cast(), &raw mut managed) };
        let managed = NonNull::new(managed).ok_or_else(|| PyErr::fetch(array.py()))?;
        Ok(Lender::Versioned(managed))
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

/// What lenders hand out: a structure of DLPack 1, one of the versions before, or a buffer.
enum Lender {
    Versioned(NonNull<DLManagedTensorVersioned>),
    Legacy(NonNull<DLManagedTensor>),
    Buffer(Box<ffi::Py_buffer>),
}

impl Lender {
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

    fn by_buffer(array: &Bound<'_, PyAny>, writable: bool) -> PyResult<Self> {
        let flags = if writable {
            ffi::PyBUF_RECORDS
        } else {
            ffi::PyBUF_RECORDS_RO
        };
        let mut buffer = Box::new(ffi::Py_buffer::new());
        // SAFETY: the interpreter is held. The structure does not move until it is released.
        if unsafe { ffi::PyObject_GetBuffer(array.as_ptr(), &raw mut *buffer, flags) } != 0 {
            return Err(PyErr::fetch(array.py()));
        }
        Ok(Self::Buffer(buffer))
    }
}

impl Drop for Lender {
    fn drop(&mut self) {
        // SAFETY: called once, by the borrower, as the lender demands, with the interpreter held.
        unsafe {
            match self {
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
                Self::Buffer(buffer) => ffi::PyBuffer_Release(&raw mut **buffer),
            }
        }
    }
}

/// Why memory lent by DLPack before version 1 may not be written to.
const UNKNOWN: &str = "is lent by a version of DLPack that can't say whether it may be written to";

/// An array of float32 in memory of the CPU, borrowed until it is dropped.
pub(crate) struct Borrowed {
    data: *mut f32,
    /// Of as many elements each as there are dimensions: the lender's, or those that follow.
    shape: *const i64,
    strides: *const i64,
    dimensions: usize,
    /// Lengths and strides, where the lender's are missing or in other units.
    own: Vec<i64>,
    may_be_written: Result<(), &'static str>,
    _lender: Lender,
}

impl Borrowed {
    /// Borrows `array`, the argument called `name`, as its library offers it.
    ///
    /// # Errors
    ///
    /// Where it is no array, not of float32, or not in memory of the CPU. [`CannotBorrow`] where its library can't lend it, or
    /// not aligned as float32 must be. [`PyMemoryError`] where it has more elements than memory could hold. What the library raises
    /// that is no `Exception`, such as an interrupt.
    pub(crate) fn new(array: &Bound<'_, PyAny>, name: &str) -> PyResult<Self> {
        match Exchange::of(&array.get_type())? {
            Some(exchange) => Self::through(array, exchange, name),
            None => Lender::by_method(array)
                .map_err(|error| refused(array, name, error))
                .and_then(|lender| Self::dlpack(lender, array, name)),
        }
    }

    /// Borrows `array` by the functions of its type.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub(crate) fn through(
        array: &Bound<'_, PyAny>,
        exchange: Exchange,
        name: &str,
    ) -> PyResult<Self> {
        let lender = exchange.borrow(array);
        Self::dlpack(
            lender.map_err(|error| refused(array, name, error))?,
            array,
            name,
        )
    }

    fn dlpack(lender: Lender, array: &Bound<'_, PyAny>, name: &str) -> PyResult<Self> {
        let (tensor, major, may_be_written) = match &lender {
            Lender::Versioned(managed) => {
                // SAFETY: the lender keeps it until its deleter is called.
                let managed = unsafe { managed.as_ref() };
                let read_only = managed.flags & u64::from(DLPACK_FLAG_BITMASK_READ_ONLY) != 0;
                let may_be_written = if read_only {
                    Err("is read-only")
                } else {
                    Ok(())
                };
                (&managed.dl_tensor, managed.version.major, may_be_written)
            }
            Lender::Legacy(managed) => {
                // SAFETY: as above.
                let managed = unsafe { managed.as_ref() };
                (&managed.dl_tensor, DLPACK_MAJOR_VERSION, Err(UNKNOWN))
            }
            Lender::Buffer(_) => unreachable!("no buffer is lent through DLPack"),
        };
        if major != DLPACK_MAJOR_VERSION {
            return Err(CannotBorrow::new_err(format!(
                "`{name}` is lent by version {major} of DLPack: version {DLPACK_MAJOR_VERSION} is understood"
            )));
        }
        let DLTensor { device, dtype, .. } = tensor;
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
        if tensor.ndim < 0 {
            return Err(CannotBorrow::new_err(format!(
                "`{name}` is lent with {} dimensions: give an array of 0 or more",
                tensor.ndim
            )));
        }
        let mut borrowed = Self {
            data: tensor
                .data
                .wrapping_byte_add(tensor.byte_offset as usize)
                .cast(),
            shape: tensor.shape,
            strides: tensor.strides,
            dimensions: tensor.ndim as usize,
            own: Vec::new(),
            may_be_written,
            _lender: lender,
        };
        if borrowed.strides.is_null() {
            // From a view without strides.
            borrowed.own = contiguous_strides(borrowed.view().shape);
            borrowed.strides = borrowed.own.as_ptr();
        }
        borrowed.check(name)?;
        Ok(borrowed)
    }

    /// Borrows the NumPy array `array`, the argument called `name`, to write to it if `writable`.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new), and where it is read-only and should be written to.
    pub(crate) fn numpy(array: &Bound<'_, PyAny>, name: &str, writable: bool) -> PyResult<Self> {
        let lender = match Lender::by_buffer(array, writable) {
            Err(_) if writable && Lender::by_buffer(array, false).is_ok() => {
                return Err(read_only(name, "is read-only"));
            }
            lender => lender.map_err(|error| refused(array, name, error))?,
        };
        let Lender::Buffer(buffer) = &lender else {
            unreachable!("a buffer was asked for");
        };
        // SAFETY: the lender keeps the text as long as the buffer.
        let format = unsafe { CStr::from_ptr(buffer.format) };
        // "=": not aligned.
        if format != c"f" && format != c"=f" {
            return Err(wrong_dtype(array, name));
        }
        let dimensions = buffer.ndim as usize;
        let mut own = Vec::with_capacity(2 * dimensions);
        let bytes = size_of::<f32>() as isize;
        if dimensions != 0 {
            // SAFETY: the lender has as many as dimensions, and was asked for both.
            let (shape, strides) = unsafe {
                (
                    slice::from_raw_parts(buffer.shape, dimensions),
                    slice::from_raw_parts(buffer.strides, dimensions),
                )
            };
            own.extend(shape.iter().map(|&len| len as i64));
            // One of a single element leads nowhere.
            let lead = |(&len, &stride): (&isize, &isize)| len > 1 && stride % bytes != 0;
            if shape.iter().zip(strides).any(lead) {
                return Err(unaligned(name));
            }
            own.extend(strides.iter().map(|stride| (stride / bytes) as i64));
        }
        let borrowed = Self {
            data: buffer.buf.cast(),
            shape: own.as_ptr(),
            strides: own.as_ptr().wrapping_add(dimensions),
            dimensions,
            own,
            may_be_written: Ok(()),
            _lender: lender,
        };
        borrowed.check(name)?;
        Ok(borrowed)
    }

    /// Takes memory for writable of which the lender does not say that it is read-only.
    pub(crate) fn trust(&mut self) {
        if self.may_be_written == Err(UNKNOWN) {
            self.may_be_written = Ok(());
        }
    }

    /// Checks that the argument called `name` may be written to.
    ///
    /// # Errors
    ///
    /// Where it may not, or does not say so.
    pub(crate) fn check_writable(&self, name: &str) -> PyResult<()> {
        self.may_be_written.map_err(|why| read_only(name, why))
    }

    pub(crate) fn view(&self) -> View<'_> {
        let of_each_dimension = |values: *const i64| match self.dimensions {
            0 => &[],
            // SAFETY: the lender has as many values as dimensions, and keeps them as long as its structure.
            _ if !values.is_null() => unsafe { slice::from_raw_parts(values, self.dimensions) },
            _ => &[],
        };
        View {
            data: self.data,
            shape: of_each_dimension(self.shape),
            strides: of_each_dimension(self.strides),
        }
    }

    /// Checks that it is there, and that nothing counted in it overflows.
    fn check(&self, name: &str) -> PyResult<()> {
        let view = self.view();
        let Some(len) = view.checked_len() else {
            return Err(PyMemoryError::new_err(format!(
                "`{name}` has the shape {:?}: there is no memory for so many results",
                view.shape
            )));
        };
        // What stands for an array while a program is traced has no memory.
        if self.data.is_null() && len != 0 || !self.data.is_aligned() {
            return Err(unaligned(name));
        }
        Ok(())
    }
}

fn read_only(name: &str, why: &str) -> PyErr {
    PyValueError::new_err(format!("`{name}` {why}: give one that may be written to"))
}

fn unaligned(name: &str) -> PyErr {
    CannotBorrow::new_err(format!(
        "`{name}` has no memory that is aligned to 4 bytes: give a copy of it"
    ))
}

fn contiguous_strides(shape: &[i64]) -> Vec<i64> {
    let mut strides = vec![1_i64; shape.len()];
    for i in (1..shape.len()).rev() {
        // Where it overflows there is no element, or it is refused.
        strides[i - 1] = strides[i].wrapping_mul(shape[i]);
    }
    strides
}

/// What to say where `array` can't be borrowed because of `error`.
fn refused(array: &Bound<'_, PyAny>, name: &str, error: PyErr) -> PyErr {
    if !error.is_instance_of::<PyException>(array.py()) {
        return error;
    }
    let type_name = type_name(array);
    if !array.hasattr("__dlpack__").unwrap_or_default() {
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
