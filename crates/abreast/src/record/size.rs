//! How large the work is.

use std::fmt;
use std::str::FromStr;

use crate::Error;

/// The size of the work: rows and columns, of which one may be 1. Ordered by the number of elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Size {
    /// Rows, at least 1.
    pub rows: usize,
    /// Columns, at least 1.
    pub cols: usize,
}

impl Size {
    /// The most elements accepted: 2^40, far beyond any memory, and small enough to count bytes in a `usize`.
    pub const MAX_LEN: usize = 1 << 40;

    /// `side` rows of as many columns.
    pub const fn square(side: usize) -> Self {
        Self {
            rows: side,
            cols: side,
        }
    }

    /// One row of `len` elements.
    pub const fn row(len: usize) -> Self {
        Self { rows: 1, cols: len }
    }

    /// The number of elements.
    pub fn elements(self) -> usize {
        self.rows * self.cols
    }
}

impl FromStr for Size {
    type Err = Error;

    /// Reads `512`, a square, or `512x14336`, rows and columns.
    fn from_str(text: &str) -> Result<Self, Error> {
        let (rows, cols) = text.split_once('x').unwrap_or((text, text));
        let size = rows
            .parse()
            .ok()
            .zip(cols.parse().ok())
            .map(|(rows, cols)| Self { rows, cols });
        let allowed = |size: &Self| {
            let len = size.rows.checked_mul(size.cols);
            len.is_some_and(|len| (1..=Self::MAX_LEN).contains(&len))
        };
        size.filter(allowed).ok_or_else(|| {
            Error::new(format!(
                "`{text}` is not a size: give a square as 512, rows and columns as 512x14336 (from 1 to 2^40 elements)"
            ))
        })
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.rows, self.cols)
    }
}

impl Ord for Size {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.elements(), self.rows).cmp(&(other.elements(), other.rows))
    }
}

impl PartialOrd for Size {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
