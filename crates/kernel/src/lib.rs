//! `sigmoid(x) * x` on one slice: the arithmetic of sigmul, which knows no threads.
//!
//! ```
//! let input = [-1.0, 0.0, 1.0];
//! let mut output = [0.0; 3];
//! sigmul_kernel::sigmul(&input, &mut output);
//! assert_eq!(output, [-0.26894143, 0.0, 0.7310586]);
//! ```
//!
//! # One function, compiled once per instruction set
//!
//! The arithmetic is one scalar function without branches (`arithmetic.rs`), and a plain
//! loop calls it for each element. The loop is compiled for every [`Level`]; the compiler turns it into vector code,
//! remainder included. IEEE arithmetic makes lane, level and position in the slice irrelevant, so an output element
//! depends on its input element alone: a caller may cut a slice anywhere and get the same bits.
//!
//! # The contract
//!
//! - Finite inputs: within [`MAX_ULP`] of the exact value.
//! - `NaN` gives `NaN`, `+inf` gives `+inf`, `-inf` gives `NaN` (as `sigmoid(x) * x` does: `0 * -inf`),
//!   and zeros keep their sign.
//!
//! # A second kernel
//!
//! A kernel is one scalar function in `arithmetic.rs` and one loop in `level.rs`. A kernel of two inputs, such as the
//! gated `silu(gate) * up`, goes beside this one in the same two places.

// A function compiled for an instruction set is unsafe to call where the CPU may lack it.
#![allow(unsafe_code)]

mod arithmetic;
mod level;
pub mod reference;

pub use level::{Level, sigmul, sigmul_in_place};

/// The furthest a result is from the exact value, in units in the last place, over all finite inputs and every level.
pub const MAX_ULP: f64 = 3.0;
