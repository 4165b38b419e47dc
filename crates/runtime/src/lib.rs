//! What it takes to share an elementwise kernel between threads, without knowing any kernel.
//!
//! # One method
//!
//! A [`Runtime`] is handed the *output* slice and a [`Kernel`], and promises to call the kernel on chunks that cover
//! the output exactly once. The kernel is a closure that is told where its chunk starts, so whatever else it reads (one
//! input, two, or the chunk itself for work in place) stays outside the trait:
//!
//! ```
//! use sigmul_runtime::Runtime;
//!
//! fn double(runtime: &dyn Runtime, input: &[f32], output: &mut [f32]) {
//!     runtime.run(output, &|start, chunk| {
//!         for (y, x) in chunk.iter_mut().zip(&input[start..]) {
//!             *y = 2.0 * x;
//!         }
//!     });
//! }
//!
//! fn double_in_place(runtime: &dyn Runtime, data: &mut [f32]) {
//!     runtime.run(data, &|_, chunk| chunk.iter_mut().for_each(|x| *x *= 2.0));
//! }
//! ```
//!
//! Splitting only the output is what keeps every implementation safe and short: `&mut [f32]` is the one thing that Rust
//! must see cut into disjoint pieces. The runtime decides who computes which chunk; how is the kernel's affair.
//!
//! # What is here
//!
//! - [`Runtime`] and [`Kernel`], the trait and what it is handed;
//! - [`ThreadCount`], a number of threads that can be had;
//! - [`partition()`] and [`grain`], the two ways of cutting the output;
//! - [`conformance`], the tests every implementation must pass.

pub mod conformance;
mod partition;
mod thread_count;

pub use partition::{Chunks, grain, partition};
pub use thread_count::{ThreadCount, ThreadCountError};

/// An elementwise kernel as a value: called with the index of a chunk's first element in the whole output, and the chunk.
///
/// It is called from several threads at once, on disjoint chunks, in no particular order.
pub type Kernel<'a> = dyn Fn(usize, &mut [f32]) + Sync + 'a;

/// A way of sharing an elementwise kernel between threads.
pub trait Runtime: Send + Sync {
    /// Calls `kernel` on non-empty chunks that together cover `output` exactly once, and returns when all are done.
    ///
    /// An empty `output` calls nothing. Several threads may call `run` on one runtime at once. Where the system refuses a thread
    /// during the call, the output is computed by the threads there are.
    ///
    /// # Panics
    ///
    /// A panic of the kernel reaches the caller with its payload, once no thread touches `output` any more;
    /// which chunks were computed by then is not said. The runtime works on the next call.
    fn run(&self, output: &mut [f32], kernel: &Kernel<'_>);
}
