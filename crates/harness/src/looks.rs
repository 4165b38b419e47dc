//! How the arms of this repository's benches look.

use crate::show::chart::{Look, Marker};

/// Colours from Okabe and Ito's palette, which colour-blind readers can tell apart, and a marker each for print in grey.
const LOOKS: [(&str, Look); 23] = [
    ("serial", of((0, 0, 0), Marker::Disc)),
    ("naive", of((128, 128, 128), Marker::Cross)),
    ("rayon", of((230, 159, 0), Marker::Up)),
    ("crossbeam", of((204, 121, 167), Marker::Square)),
    ("threads", of((0, 114, 178), Marker::Diamond)),
    ("pool", of((0, 158, 115), Marker::Down)),
    ("rayon-pinned", of((213, 94, 0), Marker::Up)),
    ("pool-pinned", of((86, 180, 233), Marker::Down)),
    ("copy", of((0, 0, 0), Marker::Disc)),
    ("memcpy", of((204, 121, 167), Marker::Square)),
    ("avx512", of((0, 114, 178), Marker::Diamond)),
    ("avx2", of((0, 158, 115), Marker::Down)),
    ("sigmulib", of((0, 0, 0), Marker::Down)),
    ("sigmulib out=", of((86, 180, 233), Marker::Diamond)),
    ("sigmulib NumPy", of((0, 158, 115), Marker::Square)),
    ("F.silu", of((213, 94, 0), Marker::Disc)),
    ("sigmoid(A) * A", of((148, 52, 110), Marker::Up)),
    ("F.silu compiled", of((0, 114, 178), Marker::Cross)),
    ("silu.out", of((230, 159, 0), Marker::Square)),
    ("F.silu after matmul", of((86, 180, 233), Marker::Down)),
    ("NumPy", of((128, 128, 128), Marker::Diamond)),
    ("Python loop", of((128, 128, 128), Marker::Cross)),
    ("portable", of((230, 159, 0), Marker::Up)),
];

const fn of(colour: (u8, u8, u8), marker: Marker) -> Look {
    Look { colour, marker }
}

/// The look of an arm; one that has none yet is drawn in orange.
pub(crate) fn look(arm: &str) -> Look {
    let known = LOOKS.iter().find(|(name, _)| *name == arm);
    known.map_or(of((213, 94, 0), Marker::Disc), |(_, look)| *look)
}
