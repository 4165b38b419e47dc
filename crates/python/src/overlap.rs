//! Whether arrays share memory.

use crate::view::View;

/// Steps of the search in [`overlap`]: far more than layouts from slicing, transposing and reshaping take.
const STEPS: u32 = 10_000;

/// Whether some element of `a` lies where an element of `b` does. Where layouts are so contrived that the answer would take
/// long, yes.
pub(crate) fn overlap(a: &View<'_>, b: &View<'_>) -> bool {
    if a.len() == 0 || b.len() == 0 {
        return false;
    }
    // An element of `a` minus one of `b`, as a sum of multiples of strides, must make up for the distance between the two.
    let bytes = b.data.addr() as i128 - a.data.addr() as i128;
    let mut distance = bytes / size_of::<f32>() as i128;
    let mut terms = Vec::new();
    let strides = a
        .dimensions()
        .chain(b.dimensions().map(|(len, stride)| (len, -stride)));
    for (len, stride) in strides {
        let (stride, most) = (i128::from(stride), i128::from(len) - 1);
        // Counted from the other end, so that no multiple is negative.
        distance += most * (-stride).max(0);
        if stride != 0 {
            terms.push((stride.abs(), most));
        }
    }
    terms.sort_unstable_by_key(|&(stride, _)| -stride);
    sums_to(distance, &terms, &mut STEPS.clone())
}

/// Whether multiples of the strides, each at most as large as it says, sum to `distance`, or the steps run out.
fn sums_to(distance: i128, terms: &[(i128, i128)], steps: &mut u32) -> bool {
    let Some((&(stride, most), rest)) = terms.split_first() else {
        return distance == 0;
    };
    let by_the_rest: i128 = rest.iter().map(|(stride, most)| stride * most).sum();
    let least = (distance - by_the_rest + stride - 1)
        .div_euclid(stride)
        .max(0);
    let most = distance.div_euclid(stride).min(most);
    (least..=most).any(|multiple| {
        *steps = steps.saturating_sub(1);
        *steps == 0 || sums_to(distance - multiple * stride, rest, steps)
    })
}

/// Whether elements of `view` may share memory with one another: unless the dimensions are nested.
pub(crate) fn overlaps_itself(view: &View<'_>) -> bool {
    let mut dimensions: Vec<_> = view.dimensions().collect();
    dimensions.sort_unstable_by_key(|&(_, stride)| stride.abs());
    let mut reach = 0;
    view.len() != 0
        && !dimensions.into_iter().all(|(len, stride)| {
            let beyond = stride.abs() > reach;
            reach += (len - 1) * stride.abs();
            beyond
        })
}
