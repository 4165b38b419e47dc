//! Where the elements of an array lie, and in which order to walk over them.

use std::iter;

/// An array: the address of its first element, and a length and a stride (in elements) for each dimension.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) data: *mut f32,
    pub(crate) shape: &'a [i64],
    pub(crate) strides: &'a [i64],
}

impl View<'_> {
    /// The number of elements.
    pub(crate) fn len(&self) -> usize {
        if self.shape.contains(&0) {
            return 0;
        }
        self.shape.iter().product::<i64>() as usize
    }

    /// The number of elements, if neither their bytes nor the distance between any two of them is more than memory could have. All
    /// else that is computed of a view's lengths and strides is less.
    pub(crate) fn checked_len(&self) -> Option<usize> {
        const MOST: i64 = isize::MAX as i64 / size_of::<f32>() as i64;
        if self.shape.contains(&0) {
            return Some(0);
        }
        let (mut len, mut reach) = (1_i64, 0_i64);
        for (&n, &stride) in iter::zip(self.shape, self.strides) {
            let others = n.checked_sub(1).filter(|&others| others >= 0)?;
            len = len.checked_mul(n)?;
            // The stride of a dimension of one element leads nowhere.
            if others != 0 {
                reach = reach.checked_add(others.checked_mul(stride.checked_abs()?)?)?;
            }
        }
        (len <= MOST && reach <= MOST).then_some(len as usize)
    }

    /// The lengths and strides of the dimensions that have more than one element, or none.
    pub(crate) fn dimensions(&self) -> impl DoubleEndedIterator<Item = (i64, i64)> {
        iter::zip(self.shape, self.strides)
            .map(|(&len, &stride)| (len, stride))
            .filter(|&(len, _)| len != 1)
    }

    /// Whether the elements fill their memory without a gap, upwards from the first, the dimensions in any order.
    pub(crate) fn is_dense(&self) -> bool {
        fn nested(innermost_first: impl Iterator<Item = (i64, i64)>) -> bool {
            let mut filled = 1;
            innermost_first.into_iter().all(|(len, stride)| {
                let next = stride == filled;
                filled = len.wrapping_mul(filled);
                next
            })
        }
        // Nearly always the last dimension is the innermost, and nothing need be sorted.
        nested(self.dimensions().rev()) || {
            let mut dimensions: Vec<_> = self.dimensions().collect();
            dimensions.sort_unstable_by_key(|&(_, stride)| stride);
            nested(dimensions.into_iter()) || self.len() == 0
        }
    }

    /// The strides of an array of the same shape without gaps, its dimensions nested as they are here: those that PyTorch gives
    /// its own outputs.
    pub(crate) fn compact_strides(&self) -> Vec<i64> {
        // Innermost first. A dimension of stride 0 could be anywhere, and of two that step alike the longer is the outer one.
        let mut order: Vec<_> = (0..self.shape.len()).rev().collect();
        let key = |i: usize| (self.strides[i].wrapping_abs(), self.shape[i]);
        // By hand: with dimensions that could be anywhere, this is no order that a library would sort by.
        for end in 1..order.len() {
            let mut at = end;
            for before in (0..end).rev() {
                let (inner, outer) = (key(order[before]), key(order[at]));
                if inner.0 == 0 || outer.0 == 0 {
                    continue;
                }
                if inner.0 < outer.0 {
                    break;
                }
                if inner > outer {
                    order.swap(before, at);
                    at = before;
                }
            }
        }
        let mut strides = vec![0; self.shape.len()];
        let mut filled = 1;
        for i in order {
            strides[i] = filled;
            // Where it overflows there is no element.
            filled = self.shape[i].max(1).wrapping_mul(filled);
        }
        strides
    }

    /// Whether every element of the other array is where the same element is here, counted from the first.
    pub(crate) fn is_laid_out_as(&self, other: &View<'_>) -> bool {
        iter::zip(self.shape, iter::zip(self.strides, other.strides))
            .all(|(&len, (here, there))| len == 1 || here == there)
    }
}

/// A walk over two arrays of the same shape, in the order in which the first lies in memory.
pub(crate) struct Walk {
    /// Outermost first, and never empty.
    dimensions: Vec<Dimension>,
}

struct Dimension {
    len: usize,
    /// From one element to the next, in the first array and in the second.
    steps: [isize; 2],
}

impl Walk {
    pub(crate) fn new(first: &View<'_>, second: &View<'_>) -> Self {
        let steps = iter::zip(first.strides, second.strides);
        let mut sorted: Vec<_> = iter::zip(first.shape, steps)
            .filter(|&(&len, _)| len != 1)
            .map(|(&len, (&first, &second))| Dimension {
                len: len as usize,
                steps: [first as isize, second as isize],
            })
            .collect();
        sorted.sort_by_key(|dimension| -dimension.steps[0].abs());

        let mut dimensions: Vec<Dimension> = Vec::with_capacity(sorted.len());
        for inner in sorted {
            let whole = inner.steps.map(|step| step * inner.len as isize);
            match dimensions.last_mut() {
                // One long row instead of many short ones.
                Some(outer) if outer.steps == whole => {
                    outer.len *= inner.len;
                    outer.steps = inner.steps;
                }
                _ => dimensions.push(inner),
            }
        }
        if dimensions.is_empty() {
            let steps = [0; 2];
            dimensions.push(Dimension { len: 1, steps });
        }
        Self { dimensions }
    }

    /// Calls `row` for each run of elements along the innermost dimension, of the `len` elements from the `start`-th on:
    /// with how many elements came before, how many are in the run, and in both arrays the first one's offset and the step to
    /// the next.
    pub(crate) fn rows(
        &self,
        start: usize,
        len: usize,
        mut row: impl FnMut(usize, usize, [(isize, isize); 2]),
    ) {
        let mut before = 0;
        while before < len {
            let mut rest = start + before;
            let mut offsets = [0; 2];
            let mut left_in_row = 0;
            for (i, dimension) in self.dimensions.iter().rev().enumerate() {
                let index = rest % dimension.len;
                rest /= dimension.len;
                if i == 0 {
                    left_in_row = dimension.len - index;
                }
                for (offset, step) in iter::zip(&mut offsets, dimension.steps) {
                    *offset += index as isize * step;
                }
            }
            let count = left_in_row.min(len - before);
            let [first, second] = self.dimensions[self.dimensions.len() - 1].steps;
            row(before, count, [(offsets[0], first), (offsets[1], second)]);
            before += count;
        }
    }
}
