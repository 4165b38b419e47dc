//! The kernel against the truth and against itself.

mod accuracy;
mod agreement;
mod interface;
