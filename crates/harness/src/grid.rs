//! Arms: what is measured, one at a time.

use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;

use sigmul_runtime::ThreadCount;

use crate::Error;
use crate::registry::{EMPTY, KernelEntry, RuntimeEntry, SERIAL, SIGMUL};
use crate::role::{Of, Role};

/// The shape of a matrix. Ordered by its number of elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    /// Rows, at least 1.
    pub rows: usize,
    /// Columns, at least 1.
    pub cols: usize,
}

impl Shape {
    /// The most elements accepted: 2^40, far beyond any memory, and small enough to count bytes in a `usize`.
    pub const MAX_LEN: usize = 1 << 40;

    /// The number of elements.
    pub fn elements(self) -> usize {
        self.rows * self.cols
    }

    /// Bytes that one call must move: each input element read once, each output element written once.
    pub fn bytes(self) -> usize {
        2 * self.elements() * size_of::<f32>()
    }

    /// The shapes that `name` stands for: one, or a named set.
    ///
    /// # Errors
    ///
    /// Where it names neither: a sentence that says what is allowed.
    pub fn named(name: &str) -> Result<Vec<Self>, Error> {
        match name {
            "llama" => Ok(vec![
                Self {
                    rows: 1,
                    cols: 14336,
                },
                Self {
                    rows: 512,
                    cols: 14336,
                },
            ]),
            "study" => Ok((0..=15)
                .map(|power| Self {
                    rows: 1 << power,
                    cols: 1 << power,
                })
                .collect()),
            one => one.parse().map(|shape| vec![shape]),
        }
    }
}

impl FromStr for Shape {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (rows, cols) = text.split_once('x').unwrap_or((text, text));
        let shape = rows
            .parse()
            .ok()
            .zip(cols.parse().ok())
            .map(|(rows, cols)| Self { rows, cols });
        shape
            .filter(|shape| {
                shape
                    .rows
                    .checked_mul(shape.cols)
                    .is_some_and(|len| (1..=Self::MAX_LEN).contains(&len))
            })
            .ok_or_else(|| {
                Error::new(format!(
                    "`{text}` is not a shape: give a square as 512, rows and columns as 512x14336 \
                     (from 1 to 2^40 elements), or a set: llama, study"
                ))
            })
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.rows, self.cols)
    }
}

impl Ord for Shape {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.elements(), self.rows).cmp(&(other.elements(), other.rows))
    }
}

impl PartialOrd for Shape {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// One thing to measure: a kernel, shared by a runtime between threads, on a shape.
#[derive(Clone, Copy, Debug)]
pub struct Arm {
    /// What is computed.
    pub kernel: &'static KernelEntry,
    /// Who shares it out.
    pub runtime: &'static RuntimeEntry,
    /// Between how many threads.
    pub threads: ThreadCount,
    /// On what.
    pub shape: Shape,
    /// In chunks of so many elements, where that is not left to the runtime.
    pub grain: Option<NonZeroUsize>,
    /// The kernel and the runtime, at the same thread count, that each sample is held against.
    pub baseline: (&'static KernelEntry, &'static RuntimeEntry),
}

impl Arm {
    /// What record and charts call its baseline.
    pub fn baseline_label(&self) -> &'static str {
        label(self.baseline.0.name, self.baseline.1.name)
    }

    /// What it is to the others of its shape.
    pub fn role(&self) -> Role {
        role(self.kernel.name, &self.key(), self.baseline_label())
    }

    /// What record and charts call it.
    pub fn key(&self) -> Key {
        Key {
            arm: label(self.kernel.name, self.runtime.name).to_owned(),
            threads: self.threads.get(),
            shape: self.shape,
            setting: self.grain.map(|grain| grain.get() as f64),
        }
    }
}

/// An arm at one point, as it stands in a record: the record may know arms that this build does not.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// The arm's name: what a line in a chart is called.
    pub arm: String,
    /// The thread count.
    pub threads: usize,
    /// The shape.
    pub shape: Shape,
    /// What the bench varies besides, where it was chosen.
    pub setting: Option<f64>,
}

impl Key {
    /// The arm's name, with the setting where it was chosen.
    pub fn name(&self) -> String {
        match self.setting {
            None => self.arm.clone(),
            Some(setting) => format!("{}:{setting}", self.arm),
        }
    }
}

/// What the arm at `key` is to the others, where `baseline` is what they are held against.
pub(crate) fn role(kernel: &str, key: &Key, baseline: &str) -> Role {
    match kernel {
        _ if key.setting.is_none() && key.arm == baseline => Role::Baseline,
        // In the kernel's own bench the copies are there to be seen.
        "copy" if baseline == SERIAL => Role::Ceiling(Of::Memory),
        "naive" | "copy" | "memcpy" => Role::Reference,
        _ => Role::Contender,
    }
}

/// What is compared: the runtime, or where a kernel stands for itself, the kernel.
pub(crate) fn label<'a>(kernel: &'a str, runtime: &'a str) -> &'a str {
    if [SIGMUL.name, EMPTY.name].contains(&kernel) {
        runtime
    } else {
        kernel
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.shape, self.name(), self.threads)
    }
}
