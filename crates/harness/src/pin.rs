//! Pinning: every thread that computes stays on a core of its own.
//!
//! A policy, not a runtime: a thread pins itself when it first computes something. Runtimes that spawn their threads for
//! each call are left out, because a new thread starts where its spawner is pinned, and moves away only once it runs.

#[cfg(target_os = "linux")]
pub(crate) use linux::pinned;

/// The runtime with its threads pinned, in the order in which they first compute.
///
/// # Errors
///
/// Always: the system has no call for it that is known here.
#[cfg(not(target_os = "linux"))]
pub(crate) fn pinned(
    _: impl sigmul_runtime::Runtime + 'static,
) -> Result<Box<dyn sigmul_runtime::Runtime>, String> {
    Err("threads are pinned on Linux only".to_owned())
}

#[cfg(target_os = "linux")]
mod linux {
    use std::cell::Cell;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
    use sigmul_runtime::{Kernel, Runtime};

    thread_local! {
        static IS_PINNED: Cell<bool> = const { Cell::new(false) };
    }

    /// The runtime with its threads pinned to the cores this process may use, in the order in which they first compute.
    /// The calling thread is free again when the runtime is dropped.
    ///
    /// # Errors
    ///
    /// Where the system refuses.
    pub(crate) fn pinned(runtime: impl Runtime + 'static) -> Result<Box<dyn Runtime>, String> {
        let all = sched_getaffinity(None).map_err(|error| error.to_string())?;
        sched_setaffinity(None, &all).map_err(|error| error.to_string())?;
        let cores = (0..CpuSet::MAX_CPU).filter(|&core| all.is_set(core));
        Ok(Box::new(Pinned {
            runtime,
            cores: cores.collect(),
            next: AtomicUsize::new(0),
            all,
        }))
    }

    struct Pinned<R> {
        runtime: R,
        cores: Vec<usize>,
        next: AtomicUsize,
        all: CpuSet,
    }

    impl<R: Runtime> Runtime for Pinned<R> {
        fn run(&self, output: &mut [f32], kernel: &Kernel<'_>) {
            self.runtime.run(output, &|start, chunk| {
                if !IS_PINNED.replace(true) {
                    let turn = self.next.fetch_add(1, Ordering::Relaxed);
                    let mut one = CpuSet::new();
                    one.set(self.cores[turn % self.cores.len()]);
                    // Granted when the runtime was built; a core taken away since is one the thread is not on either.
                    let _ = sched_setaffinity(None, &one);
                }
                kernel(start, chunk);
            });
        }
    }

    impl<R> Drop for Pinned<R> {
        fn drop(&mut self) {
            let _ = sched_setaffinity(None, &self.all);
            IS_PINNED.set(false);
        }
    }
}
