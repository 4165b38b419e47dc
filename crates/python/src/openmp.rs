//! The threads of the OpenMP library that PyTorch brought into the process.
//!
//! PyTorch's own operators run on them, and between two of those they spin for milliseconds. Threads of our own would have to
//! share cores with them for that long; so where PyTorch is used, calls run on its threads, and on as many of them.
// Functions that were looked up by name are called.
#![allow(unsafe_code)]

use std::any::Any;
use std::ffi::{CStr, c_int, c_uint, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::{mem, process, ptr};

use sigmul_runtime::{Kernel, Runtime, ThreadCount, partition};

/// Elements of the smallest chunk worth a thread: below it, handing the chunk over takes longer than computing it.
const GRAIN: usize = 4096;

/// What is called of the library. GNU's has these functions, and those of LLVM and Intel for programs compiled with GNU's compiler.
pub(crate) struct OpenMp {
    parallel: unsafe extern "C" fn(extern "C" fn(*mut c_void), *mut c_void, c_uint, c_uint),
    max_threads: unsafe extern "C" fn() -> c_int,
    team: unsafe extern "C" fn() -> c_int,
    thread: unsafe extern "C" fn() -> c_int,
    /// Its threads don't follow into a child made by `fork`.
    process: u32,
}

static FOUND: OnceLock<OpenMp> = OnceLock::new();

impl OpenMp {
    /// The library, if one has been [found](Self::find), and its threads are in this process.
    pub(crate) fn found() -> Option<&'static Self> {
        FOUND
            .get()
            .filter(|library| library.process == process::id())
    }

    /// Looks for the library among those that are loaded for everybody to use, as PyTorch loads it.
    pub(crate) fn find() -> Option<&'static Self> {
        if FOUND.get().is_none() {
            let library = Self {
                // SAFETY: the types are those of GNU's libgomp.h and of the OpenMP standard.
                parallel: unsafe { function(c"GOMP_parallel")? },
                // SAFETY: as above.
                max_threads: unsafe { function(c"omp_get_max_threads")? },
                // SAFETY: as above.
                team: unsafe { function(c"omp_get_num_threads")? },
                // SAFETY: as above.
                thread: unsafe { function(c"omp_get_thread_num")? },
                process: process::id(),
            };
            // Whoever was first found the same.
            let _ = FOUND.set(library);
        }
        Self::found()
    }

    /// Calls `work` on each thread of a team of `threads`, or as many as the library was told to use, with the thread's number
    /// and the number of threads.
    fn on_each(&self, threads: Option<ThreadCount>, work: &(dyn Fn(usize, usize) + Sync)) {
        struct Region<'a> {
            openmp: &'a OpenMp,
            work: &'a (dyn Fn(usize, usize) + Sync),
        }
        extern "C" fn enter(region: *mut c_void) {
            // SAFETY: the region below, which outlives the call it was given to, and is only read.
            let Region { openmp, work } = unsafe { &*region.cast::<Region<'_>>() };
            // SAFETY: no conditions.
            let (thread, team) = unsafe { ((openmp.thread)(), (openmp.team)()) };
            work(thread as usize, team as usize);
        }
        let region = Region { openmp: self, work };
        let threads = threads.map_or(0, ThreadCount::get) as c_uint;
        // SAFETY: it returns when all threads have left `enter`, which does not unwind, as `work` below does not.
        unsafe { (self.parallel)(enter, ptr::from_ref(&region).cast_mut().cast(), threads, 0) };
    }
}

/// The function called `name`, if it is there.
///
/// # Safety
///
/// `F` is its type.
#[cfg(unix)]
unsafe fn function<F: Copy>(name: &CStr) -> Option<F> {
    const { assert!(size_of::<F>() == size_of::<*mut c_void>()) }
    // SAFETY: the name is a C string.
    let address = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
    // SAFETY: the caller's promise.
    (!address.is_null()).then(|| unsafe { mem::transmute_copy(&address) })
}

#[cfg(not(unix))]
unsafe fn function<F: Copy>(_: &CStr) -> Option<F> {
    None
}

/// The library as a runtime: on a number of threads, or on as many as the library was told to use (`torch.set_num_threads`), but
/// no more than there is work for.
pub(crate) struct Team {
    pub(crate) openmp: &'static OpenMp,
    pub(crate) threads: Option<ThreadCount>,
}

impl Runtime for Team {
    fn run(&self, output: &mut [f32], kernel: &Kernel<'_>) {
        let parts = self.threads.map_or_else(
            || {
                // SAFETY: no conditions.
                let most = unsafe { (self.openmp.max_threads)() } as usize;
                most.min(output.len() / GRAIN)
            },
            ThreadCount::get,
        );
        let parts = ThreadCount::new(parts).unwrap_or(ThreadCount::ONE);
        let chunks: Vec<_> = partition(output, parts)
            .map(|chunk| Mutex::new(Some(chunk)))
            .collect();
        let panic = Mutex::new(None::<Box<dyn Any + Send>>);
        let compute = |thread, team| {
            for chunk in chunks.iter().skip(thread).step_by(team) {
                let chunk = chunk.lock().unwrap_or_else(PoisonError::into_inner).take();
                let done = catch_unwind(AssertUnwindSafe(|| {
                    chunk.map(|(start, chunk)| kernel(start, chunk))
                }));
                if let Err(payload) = done {
                    *panic.lock().unwrap_or_else(PoisonError::into_inner) = Some(payload);
                }
            }
        };
        if chunks.len() > 1 {
            self.openmp.on_each(self.threads, &compute);
        } else {
            compute(0, 1);
        }
        if let Some(payload) = panic.into_inner().unwrap_or_else(PoisonError::into_inner) {
            resume_unwind(payload);
        }
    }
}
