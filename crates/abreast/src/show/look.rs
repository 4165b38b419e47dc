//! Which colour and which marker an arm has.

use super::chart::{Look, Marker};
use crate::analyse::Analysis;

/// Colours from Okabe and Ito's palette, which colour-blind readers can tell apart.
const COLOURS: [(u8, u8, u8); 8] = [
    (0, 0, 0),
    (230, 159, 0),
    (204, 121, 167),
    (0, 114, 178),
    (0, 158, 115),
    (213, 94, 0),
    (86, 180, 233),
    // Darker than theirs, which those who see no green take for the green.
    (90, 90, 90),
];

/// A marker each, for print in grey.
const MARKERS: [Marker; 6] = [
    Marker::Disc,
    Marker::Up,
    Marker::Square,
    Marker::Diamond,
    Marker::Down,
    Marker::Cross,
];

/// The look of an arm: that of its name's place in the palette that was declared, or one of the next for a name that is not in it.
pub fn look(of: &Analysis, arm: &str) -> Look {
    let palette = &of.declared.palette;
    let declared = palette.iter().position(|name| name == arm);
    let place = declared.unwrap_or_else(|| {
        let mut others: Vec<&str> = Vec::new();
        for row in &of.rows {
            let name = &*row.key.arm;
            if !others.contains(&name) && !palette.iter().any(|known| known == name) {
                others.push(name);
            }
        }
        let place = others.iter().position(|name| *name == arm);
        palette.len() + place.unwrap_or(others.len())
    });
    // After all colours have been used, each comes with the next marker: no two of the first 24 look the same.
    let turn = place / COLOURS.len();
    let marker = match place % COLOURS.len() {
        5 => 1,
        6 => 4,
        7 => 5,
        place => place,
    };
    Look {
        colour: COLOURS[place % COLOURS.len()],
        marker: MARKERS[(marker + turn) % MARKERS.len()],
    }
}
