//! What is to be measured: a bench, its data, its arms.

mod arm;
mod bench;
pub mod settings;

pub use arm::{Arm, Call, Point, Shares, Threads};
pub use bench::Bench;

use std::fmt::Debug;

use crate::Error;
use crate::record::Size;

/// The data of one size, which all arms work on in turn: input and output, or what is changed in place.
///
/// It is made, and every page of it touched, before anything is timed.
pub trait Data: Sized + 'static {
    /// Whether a call changes what the next one needs, as sorting does: each call is then timed by itself, after a
    /// [`reset`](Self::reset) that is not.
    const IN_PLACE: bool = false;

    /// The data of `size`.
    ///
    /// # Errors
    ///
    /// Where the system refuses it.
    fn new(size: Size) -> Result<Self, Error>;

    /// Puts it in the state that a call expects, without any result in it: a call that does nothing must not pass the check.
    fn reset(&mut self);

    /// Whether the result of the call before is right: [`same`] says so of two slices. No number is printed for an output that was
    /// not checked.
    ///
    /// What is expected may come from the baseline's own code, in [`new`](Self::new): what is checked is then that all arms agree. An
    /// arm whose result is another, the copy that is a ceiling say, has a [check of its own](Arm::check).
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    fn check(&self) -> Result<(), Error>;

    /// The bytes of memory that data of `size` takes, so that one that does not fit is refused before anything is measured.
    fn memory(size: Size) -> u64 {
        let _ = size;
        0
    }

    /// The bytes that one call must move at `size`, where throughput means something.
    fn moved(size: Size) -> Option<u64> {
        let _ = size;
        None
    }
}

/// Whether what was `found` is what was `expected`, for the [check](Data::check) of data.
///
/// # Errors
///
/// The first element that differs, or the lengths.
pub fn same<T: PartialEq + Debug>(found: &[T], expected: &[T]) -> Result<(), Error> {
    if found.len() != expected.len() {
        let (found, expected) = (found.len(), expected.len());
        return Err(Error::new(format!(
            "there are {found} elements, and there should be {expected}"
        )));
    }
    let pairs = found.iter().zip(expected);
    match pairs.enumerate().find(|(_, (is, should))| is != should) {
        None => Ok(()),
        Some((i, (is, should))) => Err(Error::new(format!(
            "element {i} is {is:?}, and should be {should:?}"
        ))),
    }
}
