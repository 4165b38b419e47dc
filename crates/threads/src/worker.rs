//! One worker thread, and the slot through which it is handed its jobs: all the synchronisation there is.
//!
//! A slot is one cache line that travels between two cores: to the worker with a job, and back when the job is done.
//! Its state says whose turn it is, and so who may touch the rest:
//!
//! ```text
//! EMPTY   -> GIVEN    owner, give
//! GIVEN   -> TAKEN    worker, next
//! TAKEN   -> EMPTY    worker, finish
//!
//! GIVEN   -> EMPTY    owner, take_back
//!
//! EMPTY   -> PARKED   worker, next: about to park
//! PARKED  -> GIVEN    owner, give: unparks the worker
//! TAKEN   -> AWAITED  owner, wait: about to park
//! AWAITED -> EMPTY    worker, finish: unparks the caller
//!
//! EMPTY or PARKED -> CLOSED    owner, close: unparks the worker
//! ```
//!
//! Nobody parks without having said so in the state, and whoever replaces such a state unparks: no wake-up is lost, and
//! none is paid for that nobody needs.
#![allow(unsafe_code)]

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::{io, mem, process};

use crate::spin::Spin;
use crate::sync::atomic::AtomicU32;
use crate::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use crate::sync::thread::{self, JoinHandle, Thread};
use crate::sync::{Arc, UnsafeCell};

/// No job. The worker looks at the state, or is about to.
const EMPTY: u32 = 0;
/// No job. The worker is parked, or about to be.
const PARKED: u32 = 1;
/// A job that the worker has not seen.
const GIVEN: u32 = 2;
/// The worker is at it.
const TAKEN: u32 = 3;
/// The worker is at it, and the caller parked, or about to be.
const AWAITED: u32 = 4;
/// There will be no more jobs.
const CLOSED: u32 = 5;

type Payload = Box<dyn Any + Send>;

/// What a worker and its owner share.
///
/// All but the panic fits the first cache line. Aligned to two, because some cores fetch lines in pairs and others have
/// lines of 128 bytes.
#[repr(C, align(128))]
struct Slot<J> {
    state: AtomicU32,
    /// The owner's while the state is `EMPTY` or `PARKED`, else the worker's.
    job: UnsafeCell<Option<J>>,
    /// The owner's while the state is `TAKEN`, the worker's while it is `AWAITED`.
    caller: UnsafeCell<Option<Thread>>,
    /// The worker's while the state is `TAKEN` or `AWAITED`, else the owner's.
    panic: UnsafeCell<Option<Payload>>,
}

// SAFETY: one worker and one owner share a slot, and the state says which of the two may touch a cell, as noted there.
// What passes through the cells is `Send`.
unsafe impl<J: Send> Sync for Slot<J> {}

/// The owner's end of a worker thread. Dropping it joins the thread.
pub(crate) struct Worker<J> {
    slot: Arc<Slot<J>>,
    /// Taken when it is joined.
    thread: Option<JoinHandle<()>>,
    /// The process the thread lives in: a child made by `fork` has a copy of everything but the thread.
    process: u32,
    spin: Spin,
    /// Whether it was not parked when it was given its last job.
    was_awake: bool,
}

impl<J: Copy + Send + 'static> Worker<J> {
    /// A thread that calls `work` on each job it is given. Where it waits, or is awaited, `spin` comes before parking.
    pub(crate) fn spawn(name: String, spin: Spin, work: fn(J)) -> io::Result<Self> {
        let slot = Arc::new(Slot {
            state: AtomicU32::new(EMPTY),
            job: UnsafeCell::new(None),
            caller: UnsafeCell::new(None),
            panic: UnsafeCell::new(None),
        });
        let thread = thread::Builder::new().name(name).spawn({
            let slot = slot.clone();
            move || {
                while let Some(job) = slot.next(spin) {
                    let done = catch_unwind(AssertUnwindSafe(|| work(job)));
                    slot.finish(done.err());
                }
            }
        })?;
        Ok(Self {
            slot,
            thread: Some(thread),
            process: process::id(),
            spin,
            was_awake: false,
        })
    }

    /// Hands the worker a job. It must have none.
    pub(crate) fn give(&mut self, job: J) {
        let state = self.slot.state.load(Acquire);
        assert!(state == EMPTY || state == PARKED, "a worker has one job");
        // SAFETY: the state leaves the job to the owner, and this is the one owner.
        self.slot.job.with_mut(|cell| unsafe { *cell = Some(job) });
        self.was_awake = self.replace(GIVEN) != PARKED;
    }

    /// Whether the worker was not parked when it was given its last job: it needed a core and no more.
    pub(crate) fn was_awake(&self) -> bool {
        self.was_awake
    }

    /// Takes back a job that the worker has not begun by the time `spin` is over.
    pub(crate) fn take_back(&mut self, spin: &mut Spin) -> Option<J> {
        let Slot { state, job, .. } = &*self.slot;
        while state.load(Relaxed) == GIVEN {
            if !spin.again() {
                let taken = state.compare_exchange(GIVEN, EMPTY, Relaxed, Relaxed);
                // SAFETY: the state leaves the job to the owner, and this is the one owner.
                return taken.ok().and_then(|_| job.with(|cell| unsafe { *cell }));
            }
        }
        None
    }

    /// Waits until the worker has no job. The error is the payload of the last job's panic.
    pub(crate) fn wait(&mut self) -> Result<(), Payload> {
        let slot = &*self.slot;
        let mut spin = self.spin;
        loop {
            match slot.state.load(Acquire) {
                GIVEN => unreachable!("a job not begun is taken back before the wait"),
                TAKEN if spin.again() => {}
                TAKEN => {
                    let this = Some(thread::current());
                    // SAFETY: the worker touches the cell when the state is `AWAITED`, which only this owner makes it.
                    slot.caller.with_mut(|cell| unsafe { *cell = this });
                    // A failure is a job done.
                    let _ = slot
                        .state
                        .compare_exchange(TAKEN, AWAITED, Release, Relaxed);
                }
                AWAITED => thread::park(),
                _ => break,
            }
        }
        // SAFETY: the state leaves the payload to the owner, and this is the one owner.
        let panicked = slot.panic.with(|cell| unsafe { (*cell).is_some() });
        // Written to only then: the line it is on stays with both cores.
        if panicked {
            // SAFETY: as above.
            let panic = slot.panic.with_mut(|cell| unsafe { (*cell).take() });
            return panic.map_or(Ok(()), Err);
        }
        Ok(())
    }
}

impl<J> Worker<J> {
    /// Tells the worker, which must have no job, to end, and does not wait for it.
    pub(crate) fn close(&mut self) {
        self.replace(CLOSED);
    }

    /// Replaces a state in which the worker has no job, and says which it was.
    fn replace(&mut self, new: u32) -> u32 {
        let old = self.slot.state.swap(new, Release);
        if old == PARKED
            && let Some(thread) = &self.thread
        {
            thread.thread().unpark();
        }
        old
    }
}

impl<J> Drop for Worker<J> {
    fn drop(&mut self) {
        self.close();
        let Some(thread) = self.thread.take() else {
            return;
        };
        if self.process == process::id() {
            // It catches the panics of its jobs, and has none of its own to report.
            let _ = thread.join();
        } else {
            // Not even detached: in a forked child the handle is that of a thread that never was.
            mem::forget(thread);
        }
    }
}

/// The worker's side.
impl<J: Copy> Slot<J> {
    /// The next job, or none when there will be no more.
    fn next(&self, before_parking: Spin) -> Option<J> {
        let mut spin = before_parking;
        loop {
            match self.state.load(Relaxed) {
                // A failure is a job taken back.
                GIVEN => {
                    let taken = self.state.compare_exchange(GIVEN, TAKEN, Acquire, Relaxed);
                    if taken.is_ok() {
                        // SAFETY: the state leaves the job to the worker, and this is the one worker.
                        return self.job.with(|cell| unsafe { *cell });
                    }
                }
                CLOSED => return None,
                PARKED => {
                    thread::park();
                    // For a job, even if it was taken back by now: the next is likely to follow.
                    spin = before_parking;
                }
                _ if spin.again() => {}
                // A failure is a job, or the end.
                _ => {
                    let _ = self.state.compare_exchange(EMPTY, PARKED, Relaxed, Relaxed);
                }
            }
        }
    }

    /// Tells the caller that the job is done, or that it panicked.
    fn finish(&self, panic: Option<Payload>) {
        if panic.is_some() {
            // SAFETY: the state leaves the payload to the worker, and this is the one worker.
            self.panic.with_mut(|cell| unsafe { *cell = panic });
        }
        if self
            .state
            .compare_exchange(TAKEN, EMPTY, Release, Acquire)
            .is_err()
        {
            // SAFETY: the state is `AWAITED`, which leaves the caller to the worker, and this is the one worker.
            let caller = self.caller.with_mut(|cell| unsafe { (*cell).take() });
            // In this order, and by a handle of its own: the caller may be gone, and another here, once it knows.
            self.state.store(EMPTY, Release);
            if let Some(caller) = caller {
                caller.unpark();
            }
        }
    }
}
