//! A fresh output: its memory, and the DLPack structure that hands it to another library.
//!
//! From 32 MiB on, a page that the system must first clear costs more than the arithmetic on it: four times as much in pages of
//! 4 KiB. So large outputs ask for pages of 2 MiB, and leave it to the threads that compute to touch them first. Smaller
//! blocks the C library keeps when they are freed, and hands out again with their pages.
// Allocation, and structures freed by whoever has them last.
#![allow(unsafe_code)]

use std::alloc::{Layout, alloc, dealloc};
use std::ffi::CStr;
use std::ptr;
use std::sync::{Mutex, PoisonError};

use dlpack_ffi::{
    DLDataType, DLDataTypeCode, DLDevice, DLDeviceType, DLManagedTensor, DLManagedTensorVersioned,
    DLPackVersion, DLTensor,
};
use pyo3::exceptions::{PyBufferError, PyMemoryError};
use pyo3::ffi;
use pyo3::prelude::*;
use smallvec::SmallVec;

use crate::view::View;

/// The largest block that glibc may keep when it is freed.
const KEPT: usize = 32 << 20;

/// The size of a large page on x86-64, and of the smallest one on aarch64.
const LARGE_PAGE: usize = 2 << 20;

/// What the output of a thread should begin with, lest two share one. To aligned it so takes the allocator 70 ns.
const CACHE_LINE: usize = 64;

/// Memory for the elements of a view, and where they lie in it.
#[repr(C)]
pub(crate) struct Output {
    /// First, so that its address is that of the whole.
    managed: DLManagedTensorVersioned,
    /// The lengths, then the strides; of as many dimensions as are usual within the structure, which saves an allocation.
    dimensions: SmallVec<[i64; 10]>,
    layout: Layout,
}

impl Output {
    /// Of the shape of `view`, with dimensions nested as they are there.
    ///
    /// # Errors
    ///
    /// Where there is no memory for it.
    pub(crate) fn like(view: &View<'_>) -> PyResult<Box<Self>> {
        let bytes = view.len() * size_of::<f32>();
        let refused = || {
            PyMemoryError::new_err(format!(
                "there is no memory for an output of {bytes} bytes: give one with `out`"
            ))
        };
        let align = match bytes {
            0..4096 => align_of::<f32>(),
            _ if bytes <= KEPT => CACHE_LINE,
            _ => LARGE_PAGE,
        };
        // At least a byte: no allocation may be empty.
        let layout = Layout::from_size_align(bytes.max(1), align).map_err(|_| refused())?;
        // SAFETY: the layout is not empty.
        let data = unsafe { alloc(layout) };
        if data.is_null() {
            return Err(refused());
        }
        #[cfg(target_os = "linux")]
        if bytes > KEPT {
            // SAFETY: the block is this function's own; the advice changes nothing but the size of its pages. A refusal costs
            // speed and nothing else.
            unsafe { libc::madvise(data.cast(), bytes, libc::MADV_HUGEPAGE) };
        }

        let mut dimensions = SmallVec::from_slice(view.shape);
        if view.is_dense() {
            dimensions.extend_from_slice(view.strides);
        } else {
            dimensions.extend(view.compact_strides());
        }
        let mut output = Box::new(Self {
            managed: DLManagedTensorVersioned {
                version: DLPackVersion { major: 1, minor: 0 },
                manager_ctx: ptr::null_mut(),
                deleter: Some(delete),
                flags: 0,
                dl_tensor: DLTensor {
                    data: data.cast(),
                    device: DLDevice {
                        device_type: DLDeviceType::kDLCPU,
                        device_id: 0,
                    },
                    ndim: view.shape.len() as i32,
                    dtype: DLDataType {
                        code: DLDataTypeCode::kDLFloat.0 as u8,
                        bits: 32,
                        lanes: 1,
                    },
                    shape: ptr::null_mut(),
                    strides: ptr::null_mut(),
                    byte_offset: 0,
                },
            },
            dimensions,
            layout,
        });
        // Where they will stay.
        let shape = output.dimensions.as_mut_ptr();
        output.managed.dl_tensor.shape = shape;
        output.managed.dl_tensor.strides = shape.wrapping_add(view.shape.len());
        Ok(output)
    }

    /// The elements, not yet written.
    pub(crate) fn view(&self) -> View<'_> {
        let (shape, strides) = self.dimensions.split_at(self.dimensions.len() / 2);
        let data = self.managed.dl_tensor.data.cast();
        View {
            data,
            shape,
            strides,
        }
    }

    /// The structure as its next owner takes it, who must call its deleter.
    pub(crate) fn into_managed(self: Box<Self>) -> *mut DLManagedTensorVersioned {
        Box::into_raw(self).cast()
    }
}

// SAFETY: all it points to is its own.
unsafe impl Send for Output {}

impl Drop for Output {
    fn drop(&mut self) {
        // SAFETY: allocated with this layout, and freed here alone.
        unsafe { dealloc(self.managed.dl_tensor.data.cast(), self.layout) };
    }
}

/// The deleter of an output's structure.
unsafe extern "C" fn delete(managed: *mut DLManagedTensorVersioned) {
    // SAFETY: called once, by the last owner of what `into_managed` returned.
    drop(unsafe { Box::from_raw(managed.cast::<Output>()) });
}

/// An output on its way to a library that asks for it with `__dlpack__`, which it can do once.
#[pyclass(frozen, module = "sigmulib._native")]
pub(crate) struct Exported(Mutex<Option<Box<Output>>>);

impl Exported {
    pub(crate) fn new(output: Box<Output>) -> Self {
        Self(Mutex::new(Some(output)))
    }
}

const VERSIONED: &CStr = c"dltensor_versioned";

const LEGACY: &CStr = c"dltensor";

/// An output as readers from before there were versions take it.
#[repr(C)]
struct Legacy {
    /// First, so that its address is that of the whole.
    managed: DLManagedTensor,
    _output: Box<Output>,
}

impl Legacy {
    /// The structure for its next owner, who must call its deleter.
    fn new(output: Box<Output>) -> *mut Self {
        Box::into_raw(Box::new(Self {
            managed: DLManagedTensor {
                dl_tensor: output.managed.dl_tensor,
                manager_ctx: ptr::null_mut(),
                deleter: Some(delete_legacy),
            },
            _output: output,
        }))
    }
}

/// The deleter of a legacy structure.
unsafe extern "C" fn delete_legacy(managed: *mut DLManagedTensor) {
    // SAFETY: called once, by the last owner of what `Legacy::new` returned.
    drop(unsafe { Box::from_raw(managed.cast::<Legacy>()) });
}

#[pymethods]
impl Exported {
    #[pyo3(signature = (*, stream=None, max_version=None, dl_device=None, copy=None))]
    fn __dlpack__<'py>(
        &self,
        py: Python<'py>,
        stream: Option<Bound<'py, PyAny>>,
        max_version: Option<(u32, u32)>,
        dl_device: Option<Bound<'py, PyAny>>,
        copy: Option<bool>,
    ) -> PyResult<Bound<'py, PyAny>> {
        // Memory of the CPU has no streams, and a reader that wants another device or a copy makes it.
        let _ = (stream, dl_device, copy);
        let output = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let output = output.ok_or_else(|| PyBufferError::new_err("it was taken before"))?;
        let (name, managed) = if max_version.is_some_and(|(major, _)| major >= 1) {
            (VERSIONED, output.into_managed().cast())
        } else {
            (LEGACY, Legacy::new(output).cast())
        };
        // SAFETY: the interpreter is held; the name lives for ever.
        unsafe {
            let capsule = ffi::PyCapsule_New(managed, name.as_ptr(), Some(discard));
            Bound::from_owned_ptr_or_err(py, capsule)
        }
    }

    fn __dlpack_device__(&self) -> (u32, i32) {
        (DLDeviceType::kDLCPU.0, 0)
    }
}

/// Deletes what a capsule holds if no reader took it, which would have renamed the capsule.
unsafe extern "C" fn discard(capsule: *mut ffi::PyObject) {
    // SAFETY: called by the interpreter with a capsule made above, whose pointer is as good as its name.
    unsafe {
        for name in [VERSIONED, LEGACY] {
            if ffi::PyCapsule_IsValid(capsule, name.as_ptr()) == 1 {
                let managed = ffi::PyCapsule_GetPointer(capsule, name.as_ptr());
                if name == LEGACY {
                    delete_legacy(managed.cast());
                } else {
                    delete(managed.cast());
                }
            }
        }
    }
}
