//! The baseline: the calling thread does all the work, in one chunk.
//!
//! What every speedup in this repository is measured against. There is nothing to decide here, and that is the point:
//! whatever another runtime costs beyond the kernel itself, this one does not.
#![forbid(unsafe_code)]

use sigmul_runtime::{Kernel, Runtime};

/// All on the calling thread.
#[derive(Clone, Copy, Debug, Default)]
pub struct Serial;

impl Runtime for Serial {
    fn run(&self, output: &mut [f32], kernel: &Kernel<'_>) {
        if !output.is_empty() {
            kernel(0, output);
        }
    }
}
