//! From a bench to samples: its arms take turns, each beside its baseline.

mod cores;
mod front;
pub mod plan;
mod progress;
mod quiet;
pub(crate) mod run;
mod turns;
mod work;
