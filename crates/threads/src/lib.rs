//! The standard library and nothing else: threads, and chunks cut by hand, by two mechanisms.
//!
//! Both cut the output into one chunk a thread beforehand ([`partition`](sigmul_runtime::partition)), and the calling
//! thread computes the first chunk itself. They differ in where the other threads come from:
//!
//! - [`Threads`] *spawns per call*: a scope starts the threads and joins them. Nothing outlives the call, and there is
//!   no unsafe code. A call costs tens of microseconds a thread: nothing next to milliseconds of work.
//! - [`Pool`] is a *persistent pool*: the threads are spawned once, and each call hands them their chunks. A call costs
//!   less than a microsecond while the threads spin, a wake-up after they have parked. It pays wherever calls are short
//!   or many, and costs threads that stay, and unsafe code to lend them what the call borrows.

mod pool;
mod scoped;
mod spin;
mod sync;
mod worker;

pub use pool::Pool;
pub use scoped::Threads;
