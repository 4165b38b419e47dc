//! The comparison: which runtime should run sigmul here, and what it gains. `abreast` measures, records, analyses and shows; what
//! is measured is declared here.
//!
//! | module | |
//! | --- | --- |
//! | [`registry`] | the only list of runtimes, and the kernels they are compared on |
//! | [`matrix`] | input and output in memory |
//! | [`verify`] | what an output must be |
//! | `work` | a kernel handed out by a runtime, as an arm |
//! | `pin` | runtimes whose threads stay on a core each |
//! | [`benches`] | the benches |
//! | [`peers`], [`study`] | what is shown of the record made from Python |
//! | [`splice`] | README.md with the records' tables in it |
#![forbid(unsafe_code)]

pub mod benches;
pub mod matrix;
pub mod peers;
mod pin;
pub mod registry;
pub mod splice;
pub mod study;
pub mod verify;
mod work;
