//! No number for an output that was not checked.

use sigmul_kernel::reference;

use crate::registry::{Apply, Check, KernelEntry};
use abreast::Error;
use abreast::record::Accuracy;

/// Elements compared at a time: both sides stay in cache.
const BLOCK: usize = 4096;

/// Checks a runtime's `output` against that of one thread, bit for bit, and this against what `kernel` promises. Gives its
/// error against the exact values, where it is no copy.
///
/// The serial result is computed here block by block. An element depends on its input alone, so the cut changes
/// nothing; where it did, this check would find it.
///
/// # Errors
///
/// The first element that differs, or is further from the exact value than the kernel promises.
pub fn verify(
    kernel: &KernelEntry,
    apply: &Apply,
    input: &[f32],
    output: &[f32],
) -> Result<Option<Accuracy>, Error> {
    let (mut sum, mut max) = (0.0, 0.0f64);
    let mut serial = [0.0; BLOCK];
    for (block, (xs, ys)) in input.chunks(BLOCK).zip(output.chunks(BLOCK)).enumerate() {
        let serial = &mut serial[..xs.len()];
        apply(xs, serial);
        for (i, ((&x, &y), &s)) in xs.iter().zip(ys).zip(&*serial).enumerate() {
            let element = block * BLOCK + i;
            if y.to_bits() != s.to_bits() {
                return Err(Error::new(format!(
                    "element {element} is {y:e}, the serial result is {s:e} (input {x:e})"
                )));
            }
            match kernel.check {
                Check::Silu(max_ulp) => {
                    let exact = reference::exact(x);
                    let error = (f64::from(y) - exact).abs();
                    sum += error;
                    max = max.max(error);
                    let ulp = reference::ulp_error_from(y, exact);
                    if ulp > max_ulp {
                        return Err(Error::new(format!(
                            "element {element} is {y:e} for input {x:e}: {ulp:.2} ULP from the exact value, \
                             where {} promises {max_ulp}",
                            kernel.name
                        )));
                    }
                }
                Check::Copy if y.to_bits() != x.to_bits() => {
                    return Err(Error::new(format!(
                        "element {element} is {y:e}, a copy of {x:e}"
                    )));
                }
                Check::Copy => {}
            }
        }
    }
    Ok(matches!(kernel.check, Check::Silu(_)).then(|| Accuracy {
        mean: sum / output.len() as f64,
        max,
    }))
}
