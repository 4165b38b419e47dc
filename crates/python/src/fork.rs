//! Which process this is: a child made by `fork` has a copy of everything but the threads.
// A function is registered with the C library.
#![allow(unsafe_code)]

use std::sync::OnceLock;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;

static FORKS: AtomicU32 = AtomicU32::new(0);

static BEGAN_BY_FORK: OnceLock<bool> = OnceLock::new();

/// Begins to count. Called once, when the module is imported.
pub(crate) fn watch() {
    BEGAN_BY_FORK.get_or_init(|| {
        #[cfg(unix)]
        {
            extern "C" fn count() {
                FORKS.fetch_add(1, Relaxed);
            }
            // SAFETY: the function is there as long as the process, and does nothing a child may not do.
            unsafe { libc::pthread_atfork(None, None, Some(count)) };
        }
        is_copy_of_parent()
    });
}

/// How many times this process and those it descends from were forked since the module was imported: threads that were started
/// under another number are not in this process.
pub(crate) fn generation() -> u32 {
    FORKS.load(Relaxed)
}

/// Whether threads that somebody else started earlier may be missing from this process.
pub(crate) fn may_miss_threads() -> bool {
    generation() != 0 || BEGAN_BY_FORK.get() == Some(&true)
}

/// Whether this process has the layout of its parent, which the system draws anew for every program it starts. Said of a few
/// other processes too, where it is told not to draw; that costs them no more than the use of PyTorch's threads.
fn is_copy_of_parent() -> bool {
    #[cfg(target_os = "linux")]
    {
        let layout = |process: &str| std::fs::read(format!("/proc/{process}/auxv")).ok();
        let parent = std::os::unix::process::parent_id().to_string();
        layout("self").is_some_and(|own| Some(own) == layout(&parent))
    }
    #[cfg(not(target_os = "linux"))]
    false
}
