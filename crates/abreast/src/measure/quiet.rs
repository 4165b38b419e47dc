//! Standard output and error to nowhere for a while, for a library that can't be told to be quiet.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Write};
use std::panic;

thread_local! {
    /// Whether a panic of this thread is caught, and said in a sentence.
    static CAUGHT: Cell<bool> = const { Cell::new(false) };
}

/// Standard output and error as they are, and nowhere; none where what is said is heard. Only on Unix can it be done without
/// unsafe code.
pub(super) struct Quiet(Option<[File; 3]>);

impl Quiet {
    /// Keeps panics quiet, and where they are `wanted` to be, standard output and error.
    pub(super) fn new(wanted: bool) -> Self {
        let said = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !CAUGHT.get() {
                said(panic);
            }
        }));
        Self(wanted.then(ends).flatten())
    }

    /// Quiet until what this gives is dropped.
    #[must_use]
    pub(super) fn begin(&self) -> Meanwhile<'_> {
        Meanwhile::new(self, true)
    }

    /// Heard again until what this gives is dropped.
    #[must_use]
    pub(super) fn pause(&self) -> Meanwhile<'_> {
        Meanwhile::new(self, false)
    }

    fn set(&self, quiet: bool) {
        CAUGHT.set(quiet);
        let Some([nowhere, out, error]) = &self.0 else {
            return;
        };
        // What was said until here goes where it was meant to.
        let _ = io::stdout().flush();
        match quiet {
            true => to(nowhere, nowhere),
            false => to(out, error),
        }
    }
}

/// While it lives the terminal is quiet, or heard.
pub(super) struct Meanwhile<'a> {
    of: &'a Quiet,
    quiet: bool,
}

impl<'a> Meanwhile<'a> {
    fn new(of: &'a Quiet, quiet: bool) -> Self {
        of.set(quiet);
        Self { of, quiet }
    }
}

impl Drop for Meanwhile<'_> {
    fn drop(&mut self) {
        self.of.set(!self.quiet);
    }
}

/// Nowhere, standard output, standard error.
#[cfg(unix)]
fn ends() -> Option<[File; 3]> {
    use std::os::fd::AsFd;

    let nowhere = File::options().write(true).open("/dev/null").ok()?;
    let out = io::stdout().as_fd().try_clone_to_owned().ok()?;
    let error = io::stderr().as_fd().try_clone_to_owned().ok()?;
    Some([nowhere, out.into(), error.into()])
}

#[cfg(not(unix))]
fn ends() -> Option<[File; 3]> {
    None
}

/// Has standard output and error go there.
#[cfg(unix)]
fn to(out: &File, error: &File) {
    // Where it fails a line too many is seen.
    let _ = rustix::stdio::dup2_stdout(out);
    let _ = rustix::stdio::dup2_stderr(error);
}

#[cfg(not(unix))]
fn to(_: &File, _: &File) {}
