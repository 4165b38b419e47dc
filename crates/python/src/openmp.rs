//! The threads of the OpenMP library that PyTorch brought into the process.
//!
//! PyTorch's own operators run on them, and between two of those they spin for milliseconds. Threads of our own would have to
//! share cores with them for that long; so where PyTorch is used, calls run on its threads.
// Functions that were looked up by name are called.
#![allow(unsafe_code)]

use std::any::Any;
use std::ffi::{CStr, c_int, c_uint, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::{mem, ptr};

use sigmul_runtime::{Kernel, Runtime, ThreadCount, partition};

use crate::fork;

/// Elements of the smallest chunk worth a thread: below it, handing the chunk over takes longer than computing it.
const GRAIN: usize = 4096;

/// What is called of the library. GNU's has these functions, and those of LLVM and Intel for programs compiled with GNU's compiler.
pub(crate) struct OpenMp {
    parallel: unsafe extern "C" fn(extern "C" fn(*mut c_void), *mut c_void, c_uint, c_uint),
    team: unsafe extern "C" fn() -> c_int,
    thread: unsafe extern "C" fn() -> c_int,
}

impl OpenMp {
    /// The library, if one is loaded for everybody to use, as PyTorch loads it, and its threads are in this process.
    pub(crate) fn find() -> Option<&'static Self> {
        static FOUND: OnceLock<OpenMp> = OnceLock::new();
        if fork::may_miss_threads() {
            return None;
        }
        if FOUND.get().is_none() {
            let library = Self {
                // SAFETY: the types are those of GNU's libgomp.h and of the OpenMP standard.
                parallel: unsafe { function(c"GOMP_parallel")? },
                // SAFETY: as above.
                team: unsafe { function(c"omp_get_num_threads")? },
                // SAFETY: as above.
                thread: unsafe { function(c"omp_get_thread_num")? },
            };
            // Whoever was first found the same.
            let _ = FOUND.set(library);
        }
        FOUND.get()
    }

    /// Calls `work` on each thread of a team of `threads`, with the thread's number and the number of threads.
    fn on_each(&self, threads: ThreadCount, work: &(dyn Fn(usize, usize) + Sync)) {
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
        let threads = threads.get() as c_uint;
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

/// The library as a runtime.
pub(crate) struct Team {
    openmp: &'static OpenMp,
    threads: ThreadCount,
    grain: usize,
}

impl Team {
    /// Exactly `threads` of its threads.
    ///
    /// # Errors
    ///
    /// Where there is no library, or the system refuses so many threads, at which the library would end the process.
    pub(crate) fn new(threads: ThreadCount) -> Result<Self, String> {
        /// As many were granted before. The library keeps them.
        static GRANTED: AtomicUsize = AtomicUsize::new(1);
        let openmp = OpenMp::find().ok_or("no OpenMP library is loaded")?;
        if threads.get() > GRANTED.load(Relaxed) {
            threads.granted().map_err(|error| error.to_string())?;
            GRANTED.fetch_max(threads.get(), Relaxed);
        }
        Ok(Self {
            openmp,
            threads,
            grain: 1,
        })
    }

    /// The same, with no more than there is work for taking part.
    pub(crate) fn with_as_many_as_pay(self) -> Self {
        Self {
            grain: GRAIN,
            ..self
        }
    }
}

impl Runtime for Team {
    fn run(&self, output: &mut [f32], kernel: &Kernel<'_>) {
        let parts = self.threads.get().min(output.len() / self.grain);
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
